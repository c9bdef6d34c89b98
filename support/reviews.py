"""What support leads say of conversations and of messages: the raw material of learning."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from support import conversations
from support.agents import Agent
from support.hints import DESK
from support.store import Transaction
from support.store.schema import agents, messages, reviews
from support.verdicts import VERDICTS as VERDICTS


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
    comment: str | None = None,
) -> int:
    """Keep a review; its id. `intent` and `article` are what would have been right.

    Raises NoSuchMessage, NotFound.
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
            comment=comment,
            at=now,
        )
        .returning(reviews.c.id)
    ).scalar_one()
    tx.hint(DESK, "review", conversation=conversation_id)
    return made


def of_conversation(connection: Connection, conversation_id: str) -> list[dict[str, Any]]:
    """Oldest first: id, by, seq, verdict, intent, article, score, comment, at."""
    rows = connection.execute(
        select(reviews, agents.c.name.label("by"))
        .join(agents, agents.c.id == reviews.c.agent_id)
        .where(reviews.c.conversation_id == conversation_id)
        .order_by(reviews.c.id)
    )
    return [
        {
            "id": row.id,
            "by": row.by,
            "seq": row.seq,
            "verdict": row.verdict,
            "intent": row.intent,
            "article": row.article,
            "score": row.score,
            "comment": row.comment,
            "at": row.at,
        }
        for row in rows
    ]
