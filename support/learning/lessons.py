"""Reviewed messages as examples to learn from: one decision each, masked, nothing twice.

One in five is held back: never trained on, so that old and new model can be compared with it.
"""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, insert, select, update

from support.knowledge.language import language_of
from support.learning.training_data import alike
from support.privacy.masking import mask
from support.store import Transaction
from support.store.schema import agents, conversations, lessons, messages, reviews
from support.values import Author

HELD_BACK_ONE_IN: Final = 5
MOST: Final = 200
# What training data would read as markup of its own.
_MARKUP: Final = re.compile(r"[\[\]{}]")


class NothingToLearn(LookupError):
    """No review of a customer's message with a right intent, or decided already. Shown as 404."""


@dataclass(frozen=True)
class Proposal:
    """A customer's message and the intent that a lead says was right.

    `known`: the intent of the same example in the training data, if it is there already.
    """

    review_id: int
    conversation_id: str
    text: str
    lang: str
    intent: str
    said_intent: str | None
    by: str
    known: str | None = None


@dataclass(frozen=True)
class Lesson:
    id: int
    text: str
    lang: str
    intent: str


def proposed(connection: Connection, known: Mapping[str, str] | None = None) -> list[Proposal]:
    """Newest first, those that nobody has decided about."""
    rows = connection.execute(_undecided().order_by(reviews.c.id.desc()).limit(MOST))
    return [_proposal(row, known or {}) for row in rows]


def decide(tx: Transaction, review_id: int, agent_id: int, now: datetime, *, take: bool) -> str:
    """Take the message as an example or leave it; what it is now. Raises NothingToLearn."""
    row = tx.execute(_undecided().where(reviews.c.id == review_id)).first()
    if row is None:
        raise NothingToLearn(f"nothing to learn from review {review_id}")
    proposal = _proposal(row, {})
    state = "dismissed"
    if take:
        state = "held_back" if is_held_back(proposal.text) else "taken"
    tx.execute(
        insert(lessons).values(
            review_id=review_id,
            text=proposal.text,
            lang=proposal.lang,
            intent=proposal.intent,
            state=state,
            agent_id=agent_id,
            at=now,
        )
    )
    return state


def of_state(connection: Connection, *states: str) -> list[Lesson]:
    rows = connection.execute(
        select(lessons).where(lessons.c.state.in_(states)).order_by(lessons.c.id)
    )
    return [Lesson(row.id, row.text, row.lang, row.intent) for row in rows]


def learned(tx: Transaction, ids: list[int]) -> None:
    tx.execute(update(lessons).where(lessons.c.id.in_(ids)).values(state="learned"))


def is_held_back(text: str) -> bool:
    """The same for texts that are alike, so that none is on both sides."""
    return zlib.crc32(alike(text).encode()) % HELD_BACK_ONE_IN == 0


def as_example(text: str) -> str:
    """One line without personal data and without what Rasa would read as an entity."""
    return " ".join(_MARKUP.sub(" ", mask(text)).split())[:400]


def _undecided() -> Select[Any]:
    return (
        select(
            reviews.c.id,
            reviews.c.intent,
            reviews.c.conversation_id,
            messages.c.text,
            messages.c.reading,
            conversations.c.lang,
            agents.c.name.label("by"),
        )
        .join(conversations, conversations.c.id == reviews.c.conversation_id)
        .join(
            messages,
            (messages.c.thread_id == conversations.c.thread_id) & (messages.c.seq == reviews.c.seq),
        )
        .join(agents, agents.c.id == reviews.c.agent_id)
        .outerjoin(lessons, lessons.c.review_id == reviews.c.id)
        .where(
            reviews.c.intent.is_not(None),
            messages.c.author == str(Author.CUSTOMER),
            lessons.c.id.is_(None),
        )
    )


def _proposal(row: Row[Any], known: Mapping[str, str]) -> Proposal:
    text = as_example(row.text)
    reading = row.reading or {}
    return Proposal(
        review_id=row.id,
        conversation_id=row.conversation_id,
        text=text,
        lang=language_of(text) or row.lang or "en",
        intent=row.intent,
        said_intent=reading.get("intent"),
        by=row.by,
        known=known.get(alike(text)),
    )
