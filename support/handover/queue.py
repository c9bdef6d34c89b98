"""Places in the human queue.

A ticket is a place. It is opened by a handover and closed by a claim, by the customer who gives it
up, or by the end of the conversation; meanwhile the assistant may go on answering. Places are told
in `support.handover.telling`; who owns the conversation is decided in `support.handover.handoff`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from support import conversations
from support.handover.waiting import Estimate, estimate, head_start, remaining, typical_wait
from support.hints import DESK, QUEUE, thread_topic
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import customers, tickets
from support.team import agents
from support.timers import cancel_timer, set_timer
from support.values import Conversation

LEARN_FROM = 50
ESTIMATE_TIMER = "estimate"
OFFERS_TIMER = "offers"


@dataclass(frozen=True)
class Place:
    """Where a waiting customer stands. `told`: the range they were told, less the time since."""

    position: int
    told: Estimate
    staffed: bool


def staff(connection: Connection, playbook: Playbook, now: datetime) -> int:
    """How many people take conversations now: none outside the opening hours."""
    if not playbook.hours.is_open(now):
        return 0
    away_after = timedelta(seconds=playbook.escalation.waiting.agent_away_s)
    return len(agents.on_duty(connection, now, away_after))


def place_of(
    connection: Connection, conversation_id: str, playbook: Playbook, now: datetime
) -> Place | None:
    """Where a conversation stands in the queue, or None when it doesn't wait."""
    ticket = ticket_of(connection, conversation_id)
    if ticket is None:
        return None
    told = Estimate(ticket.low_s or 0, ticket.high_s or 0)
    return Place(
        _position(connection, ticket),
        remaining(told, ticket.estimated_at or now, now),
        staff(connection, playbook, now) > 0,
    )


def open_ticket(
    tx: Transaction,
    conversation: Conversation,
    reason: str,
    note: dict[str, Any],
    playbook: Playbook,
    now: datetime,
    *,
    queued_at: datetime,
) -> None:
    """`queued_at`: what the place is counted from, earlier than `now` for whoever was in line."""
    start = head_start(playbook.escalation, reason, conversation.anger, _tier(tx, conversation))
    tx.execute(
        insert(tickets).values(
            conversation_id=conversation.id,
            queued_at=queued_at,
            began_at=now,
            sort_at=queued_at - start,
            reason=reason,
            note=note,
        )
    )
    tx.hint(QUEUE, "queue")


def _tier(tx: Transaction, conversation: Conversation) -> str | None:
    if conversation.customer_id is None:
        return None
    query = select(customers.c.tier).where(customers.c.id == conversation.customer_id)
    return tx.execute(query).scalar_one_or_none()


def raise_ticket(
    tx: Transaction,
    conversation: Conversation,
    reason: str,
    note: dict[str, Any],
    playbook: Playbook,
) -> None:
    ticket = ticket_of(tx.connection, conversation.id)
    if ticket is None:
        return
    start = head_start(playbook.escalation, reason, conversation.anger, _tier(tx, conversation))
    sort_at = ticket.queued_at - start
    values: dict[str, Any] = {"note": {**ticket.note, **note}}
    if sort_at < ticket.sort_at:
        values |= {"sort_at": sort_at, "reason": reason}
        conversations.note(tx, conversation, reason=reason)
    tx.execute(update(tickets).where(tickets.c.id == ticket.id).values(**values))
    tx.hint(DESK, "state", conversation=conversation.id)
    tx.hint(QUEUE, "queue")


def give_to_team(tx: Transaction, conversation_id: str, team: str) -> None:
    """Let a waiting conversation wait for a team. Its place stays what it is."""
    tx.execute(
        update(tickets)
        .where(tickets.c.conversation_id == conversation_id, tickets.c.closed_at.is_(None))
        .values(team=team)
    )
    tx.hint(DESK, "state", conversation=conversation_id)


def close_ticket(tx: Transaction, conversation_id: str, outcome: str, now: datetime) -> None:
    tx.execute(
        update(tickets)
        .where(tickets.c.conversation_id == conversation_id, tickets.c.closed_at.is_(None))
        .values(closed_at=now, outcome=outcome)
    )
    _stop_telling(tx, conversation_id)
    tx.hint(QUEUE, "queue")


def ticket_of(connection: Connection, conversation_id: str) -> Row[Any] | None:
    return connection.execute(
        select(tickets).where(
            tickets.c.conversation_id == conversation_id, tickets.c.closed_at.is_(None)
        )
    ).first()


def _position(connection: Connection, ticket: Row[Any]) -> int:
    ahead: int = connection.execute(
        select(func.count())
        .select_from(tickets)
        .where(
            tickets.c.closed_at.is_(None),
            or_(
                tickets.c.sort_at < ticket.sort_at,
                (tickets.c.sort_at == ticket.sort_at) & (tickets.c.id < ticket.id),
            ),
        )
    ).scalar_one()
    return ahead + 1


def fresh_estimate(
    connection: Connection, ticket: Row[Any], people: int, playbook: Playbook, now: datetime
) -> tuple[Estimate, int]:
    accepted = connection.execute(
        select(tickets.c.began_at, tickets.c.queued_at, tickets.c.closed_at)
        .where(
            tickets.c.outcome == "claimed",
            # Who asked for a call or left a message doesn't wait in line.
            or_(tickets.c.choice.is_(None), tickets.c.choice == "wait"),
        )
        .order_by(tickets.c.closed_at.desc())
        .limit(LEARN_FROM)
    ).all()
    # A night between asking and being answered says nothing of the day, nor does one at work then.
    hours = [
        # Without a beginning: made by a server of before, while they are restarted one by one.
        playbook.hours.open_s(row.began_at or row.queued_at, row.closed_at)
        for row in reversed(accepted)
    ]
    waits = [wait for wait in hours if wait > 0]
    typical = typical_wait(waits, playbook.escalation.waiting.first_guess_s)
    position = _position(connection, ticket)
    return estimate(position, people, typical), position


def keep_estimate(tx: Transaction, conversation_id: str, fresh: Estimate, now: datetime) -> None:
    due = now + timedelta(seconds=fresh.high_s)
    tx.execute(
        update(tickets)
        .where(tickets.c.conversation_id == conversation_id, tickets.c.closed_at.is_(None))
        .values(
            low_s=fresh.low_s,
            high_s=fresh.high_s,
            estimated_at=now,
            told_until=func.coalesce(tickets.c.told_until, due),
        )
    )
    set_timer(tx, ESTIMATE_TIMER, conversation_id, due, now)


def promised(tx: Transaction, conversation_id: str, until: datetime | None) -> None:
    """Until when the customer chose to wait, instead of what was told at first."""
    tx.execute(
        update(tickets)
        .where(tickets.c.conversation_id == conversation_id, tickets.c.closed_at.is_(None))
        .values(told_until=until)
    )


def wait_for_call(
    tx: Transaction, conversation: Conversation, at: datetime, until: datetime, now: datetime
) -> None:
    """A call at `at` instead of a wait: the place comes when its time comes, and nobody who is
    here now stands behind it."""
    tx.execute(
        update(tickets)
        .where(tickets.c.conversation_id == conversation.id, tickets.c.closed_at.is_(None))
        .values(
            choice="callback",
            callback_at=at,
            sort_at=at,
            low_s=int((at - now).total_seconds()),
            high_s=int((until - now).total_seconds()),
            estimated_at=now,
            told_until=until,
        )
    )
    _stop_telling(tx, conversation.id)
    tx.hint(DESK, "state", conversation=conversation.id)
    tx.hint(thread_topic(conversation.thread_id), "state")
    tx.hint(QUEUE, "queue")


def back_in_line(
    tx: Transaction, conversation: Conversation, playbook: Playbook, now: datetime
) -> None:
    """The call is off: the place is the one that was taken on arrival."""
    ticket = ticket_of(tx.connection, conversation.id)
    if ticket is None:
        return
    tier = _tier(tx, conversation)
    start = head_start(playbook.escalation, ticket.reason, conversation.anger, tier)
    promised(tx, conversation.id, None)
    _place_at(tx, conversation, ticket.queued_at - start, playbook, now)


def first_in_line(
    tx: Transaction, conversation: Conversation, playbook: Playbook, now: datetime
) -> None:
    """We failed somebody: they go before everybody who waits."""
    ticket = ticket_of(tx.connection, conversation.id)
    if ticket is None:
        return
    first = tx.execute(
        select(func.min(tickets.c.sort_at)).where(tickets.c.closed_at.is_(None))
    ).scalar_one()
    _place_at(tx, conversation, first - timedelta(seconds=1), playbook, now)


def _place_at(
    tx: Transaction,
    conversation: Conversation,
    sort_at: datetime,
    playbook: Playbook,
    now: datetime,
) -> None:
    tx.execute(
        update(tickets)
        .where(tickets.c.conversation_id == conversation.id, tickets.c.closed_at.is_(None))
        .values(choice=None, callback_at=None, sort_at=sort_at)
    )
    ticket = ticket_of(tx.connection, conversation.id)
    people = staff(tx.connection, playbook, now)
    if ticket is not None and people:
        fresh, _ = fresh_estimate(tx.connection, ticket, people, playbook, now)
        keep_estimate(tx, conversation.id, fresh, now)
    tx.hint(QUEUE, "queue")
    tx.hint(DESK, "state", conversation=conversation.id)
    tx.hint(thread_topic(conversation.thread_id), "state")


def _stop_telling(tx: Transaction, conversation_id: str) -> None:
    for timer in (ESTIMATE_TIMER, OFFERS_TIMER):
        cancel_timer(tx, timer, conversation_id)
