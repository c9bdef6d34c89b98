"""Agents who are gone: what they held returns to the queue, with a word on how it stands.

Gone is who was not seen for the playbook's grace time, however that came about (a closed laptop, a
dead line, a sign-out, a changed password), and at once who was disabled. Seen means that their
browser asked for something: an open stream alone proves nobody, since a dead line looks open.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from support import conversations
from support.handover import handoff
from support.handover.unanswered import unanswered
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import agents as agents_table
from support.store.schema import conversations as conversations_table
from support.store.schema import transitions
from support.team import agents
from support.timers import Handler, set_timer
from support.values import Conversation, State

TIMER = "vanished"
EVERY = timedelta(seconds=30)
# At most so many at a time; the next look takes the rest.
PIECE = 100


def handlers(playbook: Playbook) -> Mapping[str, Handler]:
    def look(tx: Transaction, subject: str, data: dict[str, Any], now: datetime) -> None:
        sweep(tx, playbook, now)
        set_timer(tx, TIMER, "", now + EVERY, now)

    return {TIMER: look}


def sweep(tx: Transaction, playbook: Playbook, now: datetime) -> int:
    """Return the conversations of everyone who is gone; how many there were."""
    gone = now - timedelta(minutes=playbook.escalation.waiting.agent_gone_minutes)
    # Given to somebody who was away already: the grace counts from then.
    given_at = (
        select(func.max(transitions.c.at))
        .where(transitions.c.conversation_id == conversations_table.c.id)
        .scalar_subquery()
    )
    unseen = or_(agents_table.c.seen_at.is_(None), agents_table.c.seen_at < gone)
    # What was put aside on purpose waits for its time; the agent may be at home.
    aside = conversations_table.c.snoozed_until.is_not(None)
    return _return(
        tx,
        or_(agents_table.c.disabled_at.is_not(None), unseen & (given_at < gone) & ~aside),
        playbook,
        now,
    )


def disable(tx: Transaction, agent_id: int, playbook: Playbook, now: datetime) -> int:
    """End an agent's access now: sign-ins, open pages, and what they hold; how many it was."""
    agents.disable(tx, agent_id, now)
    return _return(tx, agents_table.c.id == agent_id, playbook, now, most=None)


def _return(
    tx: Transaction,
    whose: ColumnElement[bool],
    playbook: Playbook,
    now: datetime,
    most: int | None = PIECE,
) -> int:
    left = tx.execute(
        select(conversations_table.c.id)
        .join(agents_table, agents_table.c.id == conversations_table.c.agent_id)
        .where(conversations_table.c.state == str(State.ASSIGNED), whose)
        .order_by(conversations_table.c.id)
        .limit(most)
    ).scalars()
    returned = 0
    for conversation_id in list(left):
        thread, conversation = conversations.lock(tx, conversation_id)
        if conversation.state is not State.ASSIGNED or conversation.agent_id is None:
            continue
        handoff.requeue(
            tx,
            thread,
            conversation,
            playbook,
            now,
            actor="system",
            why="agent vanished",
            note={"left": _how_it_stood(tx, conversation, conversation.agent_id)},
        )
        returned += 1
    return returned


def _how_it_stood(tx: Transaction, conversation: Conversation, agent_id: int) -> dict[str, Any]:
    """What whoever takes it up should know: whose it was, since when not, what is unanswered."""
    agent = agents.get(tx.connection, agent_id)
    open_ones = unanswered(tx.connection, [conversation.id]).get(conversation.id)
    return {
        "agent": agent.name,
        "seen_at": agent.seen_at.isoformat() if agent.seen_at else None,
        "unanswered": open_ones.count if open_ones else 0,
        "seq": open_ones.last_seq if open_ones else None,
    }
