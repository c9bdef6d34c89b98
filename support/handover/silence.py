"""A customer who is left without an answer by the agent who holds the conversation.

The agent is told first; when still nothing comes, the conversation returns to the queue. One sweep
looks for those who are due, so that no message has to arm anything; the return is a timer that
carries the epoch it was armed under, and does nothing in a conversation that has moved on.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from support import conversations, events
from support.handover import handoff
from support.handover.unanswered import unanswered
from support.hints import DESK
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import conversations as conversations_table
from support.store.schema import timers, transitions
from support.team.agents import get as get_agent
from support.timers import Handler, set_timer
from support.values import State

SWEEP_TIMER = "silence"
RETURN_TIMER = "silence return"
EVERY = timedelta(seconds=30)
MOST = 500


def handlers(playbook: Playbook) -> Mapping[str, Handler]:
    def look(tx: Transaction, subject: str, data: dict[str, Any], now: datetime) -> None:
        sweep(tx, playbook, now)
        set_timer(tx, SWEEP_TIMER, "", now + EVERY, now)

    def ends(tx: Transaction, conversation_id: str, data: dict[str, Any], now: datetime) -> None:
        still_silent(tx, conversation_id, data, playbook, now)

    return {SWEEP_TIMER: look, RETURN_TIMER: ends}


def sweep(tx: Transaction, playbook: Playbook, now: datetime) -> None:
    """Tell agents of customers who have waited for their answer too long."""
    waiting = playbook.escalation.waiting
    due = now - timedelta(minutes=waiting.silent_alert_minutes)
    returns = timedelta(minutes=waiting.silent_return_minutes - waiting.silent_alert_minutes)
    held = tx.execute(
        select(conversations_table.c.id)
        .where(
            conversations_table.c.state == str(State.ASSIGNED),
            conversations_table.c.snoozed_until.is_(None),
            conversations_table.c.id.not_in(
                select(timers.c.subject).where(
                    timers.c.kind == RETURN_TIMER, timers.c.fired_at.is_(None)
                )
            ),
        )
        .order_by(conversations_table.c.updated_at)
        .limit(MOST)
    ).scalars()
    for conversation_id, since in _silent(tx.connection, list(held), due):
        _, conversation = conversations.lock(tx, conversation_id)
        if conversation.state is not State.ASSIGNED or conversation.agent_id is None:
            continue
        set_timer(tx, RETURN_TIMER, conversation.id, now + returns, now, epoch=conversation.epoch)
        agent = get_agent(tx.connection, conversation.agent_id)
        minutes = int((now - since).total_seconds() // 60)
        text = f"{agent.name}: no answer to the customer for {minutes} min"
        events.tell(tx, conversation, "silent", text, now, who=agent.name, minutes=minutes)
        tx.hint(DESK, "alert", agents=[agent.id], alert="silent", conversation=conversation.id)


def still_silent(
    tx: Transaction, conversation_id: str, data: dict[str, Any], playbook: Playbook, now: datetime
) -> None:
    """The timer's handler: back to the queue, unless somebody answered or it has another owner."""
    thread, conversation = conversations.lock(tx, conversation_id)
    if (
        conversation.state is not State.ASSIGNED
        or conversation.epoch != data.get("epoch")
        or conversation.snoozed_until is not None
    ):
        return
    limit = now - timedelta(minutes=playbook.escalation.waiting.silent_return_minutes)
    if _silent(tx.connection, [conversation_id], limit):
        handoff.requeue(tx, thread, conversation, playbook, now, actor="system", why="no answer")


def _silent(connection: Connection, ids: list[str], due: datetime) -> list[tuple[str, datetime]]:
    """Those of `ids` whose customers have waited since before `due`, and since when.

    Nobody is blamed for the time before they took the conversation.
    """
    taken = _taken_at(connection, ids)
    found = []
    for conversation_id, waits in unanswered(connection, ids).items():
        if waits.since is None:
            continue
        since = max(waits.since, taken.get(conversation_id, waits.since))
        if since <= due:
            found.append((conversation_id, since))
    return found


def _taken_at(connection: Connection, ids: list[str]) -> dict[str, datetime]:
    rows = connection.execute(
        select(transitions.c.conversation_id, func.max(transitions.c.at).label("at"))
        .where(transitions.c.conversation_id.in_(ids))
        .group_by(transitions.c.conversation_id)
    )
    return {row.conversation_id: row.at for row in rows}
