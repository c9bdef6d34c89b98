"""Questions that the assistant had no answer to, and what became of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from support.privacy.masking import mask
from support.store import Transaction
from support.store.schema import OPEN_QUESTION, missed_questions

LONGEST = 500
STATES = ("open", "answered", "dismissed")


class NoSuchQuestion(LookupError):
    """No missed question has this number. Shown as 404."""


def listed(
    connection: Connection,
    *,
    state: str | None = None,
    lang: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Newest first: id, text (masked), lang, topic, at, state, conversation_id."""
    query = select(missed_questions).order_by(missed_questions.c.id.desc()).limit(limit)
    if state is not None:
        is_open = state == "open"
        query = query.where(OPEN_QUESTION if is_open else missed_questions.c.state == state)
    if lang is not None:
        query = query.where(missed_questions.c.lang == lang)
    if before is not None:
        query = query.where(missed_questions.c.id < before)
    return [
        {
            "id": row.id,
            "text": row.text,
            "lang": row.lang,
            "topic": row.topic,
            "at": row.at,
            "state": row.state,
            "conversation_id": row.conversation_id,
        }
        for row in connection.execute(query)
    ]


def ask(
    tx: Transaction,
    conversation_id: str,
    text: str,
    lang: str | None,
    topic: str | None,
    now: datetime,
) -> None:
    """Keep what was asked in vain, masked."""
    values = {"text": mask(text)[:LONGEST], "lang": lang, "topic": topic, "at": now}
    tx.execute(insert(missed_questions).values(conversation_id=conversation_id, **values))


def count_open(connection: Connection) -> int:
    query = select(func.count()).where(OPEN_QUESTION)
    return connection.execute(query.select_from(missed_questions)).scalar_one()


def settle(tx: Transaction, question_id: int, state: str) -> None:
    """Raises NoSuchQuestion; ValueError for a state that questions don't have."""
    if state not in STATES:
        raise ValueError(f"state: {state!r} is none of {', '.join(STATES)}")
    changed = tx.execute(
        update(missed_questions).where(missed_questions.c.id == question_id).values(state=state)
    )
    if changed.rowcount != 1:
        raise NoSuchQuestion(f"no question {question_id}")
