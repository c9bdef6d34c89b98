"""What support leads say of conversations and of messages: the raw material of learning."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from support import conversations
from support.hints import DESK
from support.learning.verdicts import VERDICTS as VERDICTS
from support.store import Transaction
from support.store.schema import agents, messages, reviews
from support.team.agents import Agent

# What handling is scored by: 0 no, 1 partly, 2 yes.
CRITERIA = ("understood", "correct", "warm", "settled")
MOST_LISTED = 100


class NoSuchReview(LookupError):
    """Not there, or not for this agent. Shown as 404."""


class NoSuchAgent(LookupError):
    """Nobody at the desk has this number. Shown as 422."""


class NoSuchMessage(LookupError):
    """The conversation has no message with this seq. Shown as 422."""


def give(
    tx: Transaction,
    conversation_id: str,
    lead: Agent,
    verdict: str,
    now: datetime,
    *,
    seq: int | None = None,
    intent: str | None = None,
    article: str | None = None,
    score: int | None = None,
    scorecard: Mapping[str, int] | None = None,
    comment: str | None = None,
    to_agent: int | None = None,
) -> int:
    """Keep a review; its id. `intent` and `article` are what would have been right.

    With `to_agent` that agent reads it too. Raises NoSuchMessage, NoSuchAgent, NotFound.
    """
    conversation = conversations.get(tx.connection, conversation_id)
    if seq is not None:
        found = tx.execute(
            select(messages.c.id).where(
                messages.c.thread_id == conversation.thread_id,
                messages.c.conversation_id == conversation_id,
                messages.c.seq == seq,
            )
        ).first()
        if found is None:
            raise NoSuchMessage(f"no message {seq}")
    if to_agent is not None:
        known = tx.execute(select(agents.c.id).where(agents.c.id == to_agent)).first()
        if known is None:
            raise NoSuchAgent(f"no agent {to_agent}")
    made: int = tx.execute(
        insert(reviews)
        .values(
            conversation_id=conversation_id,
            agent_id=lead.id,
            seq=seq,
            verdict=verdict,
            intent=intent,
            article=article,
            score=score,
            scorecard=dict(scorecard or {}),
            comment=comment,
            to_agent_id=to_agent,
            at=now,
        )
        .returning(reviews.c.id)
    ).scalar_one()
    tx.hint(DESK, "review", conversation=conversation_id)
    return made


def of_conversation(
    connection: Connection, conversation_id: str, reader: Agent
) -> list[dict[str, Any]]:
    """Oldest first; a lead sees all, an agent those that were written to them."""
    query = _given().where(reviews.c.conversation_id == conversation_id).order_by(reviews.c.id)
    if not reader.is_lead:
        query = query.where(reviews.c.to_agent_id == reader.id)
    return [_shape(row) for row in connection.execute(query)]


def to_agent(connection: Connection, agent_id: int) -> list[dict[str, Any]]:
    """What leads wrote to an agent, newest first."""
    query = _given().where(reviews.c.to_agent_id == agent_id).order_by(reviews.c.id.desc())
    return [_shape(row) for row in connection.execute(query.limit(MOST_LISTED))]


def mark_seen(tx: Transaction, review_id: int, agent_id: int, now: datetime) -> None:
    """Raises NoSuchReview."""
    changed = tx.execute(
        update(reviews)
        .where(reviews.c.id == review_id, reviews.c.to_agent_id == agent_id)
        .values(seen_at=func.coalesce(reviews.c.seen_at, now))
    )
    if changed.rowcount != 1:
        raise NoSuchReview(f"no review {review_id}")


def _given() -> Select[Any]:
    meant = agents.alias("meant")
    return (
        select(reviews, agents.c.name.label("by"), meant.c.name.label("to_name"))
        .join(agents, agents.c.id == reviews.c.agent_id)
        .outerjoin(meant, meant.c.id == reviews.c.to_agent_id)
    )


def _shape(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "conversation_id": row.conversation_id,
        "by": row.by,
        "to": row.to_name,
        "seq": row.seq,
        "verdict": row.verdict,
        "intent": row.intent,
        "article": row.article,
        "score": row.score,
        "scorecard": row.scorecard,
        "comment": row.comment,
        "at": row.at,
        "seen_at": row.seen_at,
    }
