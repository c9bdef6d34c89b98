"""What an agent is shown about the customer beside a conversation."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from support import audit, words
from support.privacy.masking import mask
from support.store import Transaction
from support.store.schema import (
    conversations,
    customers,
    feedback,
    links,
    messages,
    threads,
    tickets,
)
from support.team.agents import Agent
from support.values import Conversation

MOST_EARLIER = 20


def customer(connection: Connection, conversation: Conversation) -> dict[str, Any] | None:
    """The signed-in customer: id, name, masked e-mail, tier, lang, since; None for a visitor."""
    if conversation.customer_id is None:
        return None
    row = connection.execute(
        select(customers).where(customers.c.id == conversation.customer_id)
    ).first()
    if row is None:
        return None
    return {
        "id": row.id,
        "name": row.name,
        "email": words.masked_email(row.email) if row.email else None,
        "tier": row.tier,
        "lang": row.lang,
        "since": row.created_at,
    }


def visit(connection: Connection, thread_id: str) -> dict[str, Any]:
    """The visitor's thread: masked contact, page, when first and last seen, what was read."""
    row = connection.execute(select(threads).where(threads.c.id == thread_id)).one()
    return {
        "contact": words.masked_email(row.contact) if row.contact else None,
        "page": row.page,
        "since": row.created_at,
        "seen_at": row.seen_at,
        "read_seq": row.read_seq,
    }


def contact(
    tx: Transaction, conversation: Conversation, agent: Agent, now: datetime
) -> dict[str, str | None]:
    """The customer's addresses in full: email, contact. That they were asked for is recorded."""
    row = tx.execute(
        select(threads.c.contact, customers.c.email)
        .outerjoin(customers, customers.c.id == threads.c.customer_id)
        .where(threads.c.id == conversation.thread_id)
    ).one()
    audit.record(tx, f"agent:{agent.id}", "contact_shown", now, subject=conversation.id)
    return {"email": row.email, "contact": row.contact}


def channels(connection: Connection, conversation: Conversation) -> list[str]:
    """On which channels this customer has written, the newest first."""
    linked = connection.execute(
        select(links.c.channel).where(links.c.thread_id == conversation.thread_id)
    ).scalars()
    if conversation.customer_id is None:
        return list(dict.fromkeys([conversation.channel, *linked]))
    rows = connection.execute(
        select(threads.c.channel)
        .where(threads.c.customer_id == conversation.customer_id)
        .order_by(threads.c.seen_at.desc())
        .limit(MOST_EARLIER)
    ).scalars()
    return list(dict.fromkeys([*rows, conversation.channel, *linked]))


def ratings(connection: Connection, conversation: Conversation) -> list[dict[str, Any]]:
    """What the same customer gave earlier conversations: score, comment, at; the newest first."""
    theirs = conversations.c.thread_id == conversation.thread_id
    if conversation.customer_id is not None:
        theirs = or_(theirs, conversations.c.customer_id == conversation.customer_id)
    rows = connection.execute(
        select(feedback)
        .join(conversations, conversations.c.id == feedback.c.conversation_id)
        .where(theirs, conversations.c.id != conversation.id)
        .order_by(feedback.c.at.desc())
        .limit(5)
    )
    return [{"score": row.score, "comment": row.comment, "at": row.at} for row in rows]


def earlier(connection: Connection, conversation: Conversation) -> list[dict[str, Any]]:
    """The same customer's other conversations, newest first."""
    joined = select(threads.c.id).where(threads.c.joined_to == conversation.thread_id)
    # Asked for first: beside an OR, PostgreSQL looks at every conversation for a subquery.
    of = [conversation.thread_id, *connection.execute(joined).scalars()]
    theirs: ColumnElement[bool] = conversations.c.thread_id.in_(of)
    if conversation.customer_id is not None:
        theirs = or_(theirs, conversations.c.customer_id == conversation.customer_id)
    rows = connection.execute(
        select(conversations)
        .where(
            theirs,
            conversations.c.id != conversation.id,
            conversations.c.last_text.is_not(None),
        )
        .order_by(conversations.c.updated_at.desc())
        .limit(MOST_EARLIER)
    )
    return [
        {
            "id": row.id,
            "state": row.state,
            "channel": row.channel,
            "reason": row.reason,
            "topic": row.topic,
            "updated_at": row.updated_at,
            "last_message": mask(row.last_text or ""),
        }
        for row in rows
    ]


def rating(connection: Connection, conversation_id: str) -> dict[str, Any] | None:
    row = connection.execute(
        select(feedback).where(feedback.c.conversation_id == conversation_id)
    ).first()
    return {"score": row.score, "comment": row.comment, "at": row.at} if row else None


def ticket(connection: Connection, conversation_id: str) -> dict[str, Any] | None:
    """The newest place in the queue: when, and what the customer chose."""
    row = connection.execute(
        select(tickets)
        .where(tickets.c.conversation_id == conversation_id)
        .order_by(tickets.c.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    return {
        "queued_at": row.queued_at,
        "open": row.closed_at is None,
        "choice": row.choice,
        "callback_at": row.callback_at,
    }


def resolution(connection: Connection, conversation_id: str) -> str | None:
    """Why the agent who resolved it said it was done."""
    query = select(conversations.c.resolve_reason).where(conversations.c.id == conversation_id)
    reason: str | None = connection.execute(query).scalar_one_or_none()
    return reason


def message_count(connection: Connection, conversation_id: str) -> int:
    """How many messages, notes included: tells a reader when something was moved or erased."""
    query = select(func.count()).where(messages.c.conversation_id == conversation_id)
    return connection.execute(query.select_from(messages)).scalar_one()
