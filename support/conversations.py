"""Who owns a conversation: the only place where that changes.

Every change is a `move`: it is checked against the transitions below, raises the epoch, is stored
as an event with who and why, and is told to whoever watches. Output made under an older epoch is
refused by whoever holds the thread's lock (see `support.turns.turns`).
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from support.hints import DESK, thread_topic
from support.identifiers import new_id
from support.store import Transaction
from support.store.schema import conversations, threads, transitions
from support.team import agents
from support.values import Conversation, State, Thread

ALLOWED: Mapping[State, frozenset[State]] = {
    State.BOT: frozenset({State.QUEUED, State.ASSIGNED, State.RESOLVED}),
    State.QUEUED: frozenset({State.ASSIGNED, State.BOT, State.RESOLVED}),
    State.ASSIGNED: frozenset({State.QUEUED, State.ASSIGNED, State.BOT, State.RESOLVED}),
    State.RESOLVED: frozenset({State.BOT, State.QUEUED, State.ASSIGNED}),
}


# Built once: every turn uses them several times, and putting a statement together takes longer
# than SQLite needs to run it.
_CONVERSATION = select(conversations).where(conversations.c.id == bindparam("id"))
_LATEST = (
    select(conversations)
    .where(conversations.c.thread_id == bindparam("thread_id"))
    .order_by(conversations.c.number.desc())
    .limit(1)
)
_THREAD = select(threads).where(threads.c.id == bindparam("id"))
_THREAD_LOCKED = _THREAD.with_for_update()


class NotFound(LookupError):
    """No such conversation, or not for the one who asks. Shown as 404 either way."""


class TransitionRefused(Exception):
    """The conversation is in a state from which this can't be done. Shown as 409."""


def begin(tx: Transaction, thread: Thread, now: datetime, lang: str | None = None) -> Conversation:
    """A new matter in `thread`, owned by the assistant. The caller holds the thread's lock."""
    before = latest(tx.connection, thread.id)
    conversation_id = new_id()
    tx.execute(
        insert(conversations).values(
            id=conversation_id,
            thread_id=thread.id,
            number=before.number + 1 if before else 1,
            state=str(State.BOT),
            epoch=1,
            channel=thread.answers_on,
            customer_id=thread.customer_id,
            lang=lang or thread.lang,
            # What the customer has proved once they needn't prove again in the same thread.
            verified_orders=list(before.verified_orders) if before else [],
            facts={},
            labels=[],
            anger="none",
            # Replies and notices that came before are nobody's open question.
            handled_seq=thread.last_seq,
            created_at=now,
            updated_at=now,
        )
    )
    tx.hint(DESK, "state", conversation=conversation_id)
    return get(tx.connection, conversation_id)


def lock_thread(tx: Transaction, thread_id: str) -> Thread:
    """Take the thread for this transaction: everything in it is serialised by this row.

    Raises NotFound.
    """
    row = tx.execute(_THREAD_LOCKED, {"id": thread_id}).first()
    if row is None:
        raise NotFound(f"no thread {thread_id}")
    return thread_from_row(row)


def lock(tx: Transaction, conversation_id: str) -> tuple[Thread, Conversation]:
    """Take a conversation's thread, then read the conversation. Raises NotFound."""
    thread_id = tx.execute(
        select(conversations.c.thread_id).where(conversations.c.id == conversation_id)
    ).scalar_one_or_none()
    if thread_id is None:
        raise NotFound(f"no conversation {conversation_id}")
    thread = lock_thread(tx, thread_id)
    return thread, get(tx.connection, conversation_id)


def get(connection: Connection, conversation_id: str) -> Conversation:
    """Raises NotFound."""
    row = connection.execute(_CONVERSATION, {"id": conversation_id}).first()
    if row is None:
        raise NotFound(f"no conversation {conversation_id}")
    return from_row(row)


def latest(connection: Connection, thread_id: str) -> Conversation | None:
    """The matter that the thread is about now, resolved or not."""
    row = connection.execute(_LATEST, {"thread_id": thread_id}).first()
    return from_row(row) if row else None


def get_thread(connection: Connection, thread_id: str) -> Thread:
    """Raises NotFound."""
    row = connection.execute(_THREAD, {"id": thread_id}).first()
    if row is None:
        raise NotFound(f"no thread {thread_id}")
    return thread_from_row(row)


def move(
    tx: Transaction,
    conversation: Conversation,
    to: State,
    *,
    actor: str,
    why: str,
    now: datetime,
    agent_id: int | None = None,
    **changes: Any,
) -> Conversation:
    """Give `conversation` to another owner. The caller holds the thread's lock.

    `agent_id` is the new owner where `to` is ASSIGNED; their row is held from here on, so that
    what they hold is counted by one transaction at a time. Raises TransitionRefused.
    """
    if to not in ALLOWED[conversation.state]:
        raise TransitionRefused(f"{conversation.state} can't become {to}")
    if (to is State.ASSIGNED) != (agent_id is not None):
        raise TransitionRefused("an assigned conversation, and no other, has an agent")
    if agent_id is not None:
        agents.lock(tx, agent_id)
    epoch = conversation.epoch + 1
    values: dict[str, Any] = {
        "state": str(to),
        "epoch": epoch,
        "agent_id": agent_id,
        "updated_at": now,
        "snoozed_until": None,
        "resolved_at": now if to is State.RESOLVED else None,
        **changes,
    }
    changed = tx.execute(
        update(conversations)
        .where(conversations.c.id == conversation.id, conversations.c.epoch == conversation.epoch)
        .values(**values)
    )
    if changed.rowcount != 1:
        raise TransitionRefused("somebody else changed the conversation first")
    tx.execute(
        insert(transitions).values(
            conversation_id=conversation.id,
            at=now,
            from_state=str(conversation.state),
            to_state=str(to),
            epoch=epoch,
            actor=actor,
            why=why,
        )
    )
    tx.hint(thread_topic(conversation.thread_id), "state")
    tx.hint(DESK, "state", conversation=conversation.id)
    return get(tx.connection, conversation.id)


def note(tx: Transaction, conversation: Conversation, **values: Any) -> Conversation:
    """Keep what was learned about a conversation; its owner stays.

    The caller holds the thread's lock, so the row is what `conversation` says, with `values`.
    """
    if {"state", "epoch", "agent_id"} & values.keys():
        raise ValueError("an owner changes by `move` only")
    tx.execute(update(conversations).where(conversations.c.id == conversation.id).values(**values))
    known: dict[str, Any] = {
        name: tuple(value) if name in ("labels", "verified_orders") else value
        for name, value in values.items()
        if name in _FIELDS
    }
    return replace(conversation, **known)


def history(connection: Connection, conversation_id: str) -> list[dict[str, Any]]:
    """The transitions so far, oldest first: at, from, to, epoch, actor, why."""
    rows = connection.execute(
        select(transitions)
        .where(transitions.c.conversation_id == conversation_id)
        .order_by(transitions.c.id)
    )
    return [
        {
            "at": row.at,
            "from": row.from_state,
            "to": row.to_state,
            "epoch": row.epoch,
            "actor": row.actor,
            "why": row.why,
        }
        for row in rows
    ]


_FIELDS = frozenset(field.name for field in fields(Conversation))


def thread_from_row(row: Row[Any]) -> Thread:
    return Thread(
        id=row.id,
        channel=row.channel,
        address=row.address,
        customer_id=row.customer_id,
        lang=row.lang,
        contact=row.contact,
        last_seq=row.last_seq,
        read_seq=row.read_seq,
        used_channel=row.used_channel,
        preferred_channel=row.preferred_channel,
        joined_to=row.joined_to,
    )


def from_row(row: Row[Any]) -> Conversation:
    return Conversation(
        id=row.id,
        thread_id=row.thread_id,
        number=row.number,
        state=State(row.state),
        epoch=row.epoch,
        agent_id=row.agent_id,
        channel=row.channel,
        customer_id=row.customer_id,
        lang=row.lang,
        reason=row.reason,
        anger=row.anger,
        topic=row.topic,
        dialogue=row.dialogue,
        facts=dict(row.facts or {}),
        verified_orders=tuple(row.verified_orders or ()),
        handled_seq=row.handled_seq,
        hint=row.hint,
        labels=tuple(row.labels or ()),
        created_at=row.created_at,
        updated_at=row.updated_at,
        resolved_at=row.resolved_at,
        resolved_by=row.resolved_by,
        snoozed_until=row.snoozed_until,
    )
