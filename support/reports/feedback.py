"""What customers say about how they were served."""

from datetime import datetime

from sqlalchemy import delete, insert

from support.hints import DESK
from support.store import Transaction
from support.store.schema import feedback
from support.values import Conversation


def give(
    tx: Transaction, conversation: Conversation, score: int, comment: str | None, now: datetime
) -> None:
    """Keep a rating from 1 to 5; the last one counts."""
    tx.execute(delete(feedback).where(feedback.c.conversation_id == conversation.id))
    tx.execute(
        insert(feedback).values(
            conversation_id=conversation.id, score=score, comment=comment or None, at=now
        )
    )
    tx.hint(DESK, "feedback", conversation=conversation.id)
