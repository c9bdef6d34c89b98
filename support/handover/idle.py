"""A chat with the assistant in which nothing happens is closed, after a warning."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from support import conversations
from support.handover import handoff
from support.messages import Draft, append
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.timers import Handler, set_timer
from support.values import Author, State

TIMER = "idle"


def handlers(playbook: Playbook) -> Mapping[str, Handler]:
    def ends(tx: Transaction, conversation_id: str, data: dict[str, Any], now: datetime) -> None:
        look(tx, conversation_id, playbook, now, warned=bool(data.get("warned")))

    return {TIMER: ends}


def look(
    tx: Transaction, conversation_id: str, playbook: Playbook, now: datetime, *, warned: bool
) -> None:
    _, conversation = conversations.lock(tx, conversation_id)
    if conversation.state is not State.BOT:
        return
    closing, said = playbook.escalation.closing, playbook.messages
    warn_after = timedelta(minutes=closing.warn_after_minutes)
    close_after = timedelta(minutes=closing.close_after_minutes)
    if now < conversation.updated_at + (close_after if warned else warn_after):
        # Somebody wrote meanwhile; messages don't cancel the timer, which spares them the work.
        set_timer(tx, TIMER, conversation_id, conversation.updated_at + warn_after, now)
        return
    if not warned:
        text = said.idle_warning.in_lang(conversation.lang)
        append(tx, conversation, Draft(Author.SYSTEM, text, "notice"), now)
        set_timer(tx, TIMER, conversation_id, now + close_after, now, warned=True)
        return
    handoff.resolve(
        tx, conversation, actor="system", why="idle", agent_id=None, playbook=playbook, now=now,
        text=said.idle_closed,
    )  # fmt: skip
