"""Reviewed messages as examples to learn from: one decision each, masked, nothing twice.

One in five is held back: never trained on, so that old and new model can be compared with it.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, insert, select, update

from support.learning.reviewed import asked, reviewed
from support.learning.training_data import alike
from support.store import Transaction
from support.store.schema import lessons, reviews

HELD_BACK_ONE_IN: Final = 5
MOST: Final = 200


class NothingToLearn(LookupError):
    """No review of what a customer said, or decided already. Shown as 404."""


@dataclass(frozen=True)
class Proposal:
    """What a customer wrote and the intent that a lead says was right.

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

    @property
    def key(self) -> tuple[str, str]:
        """The same for those that would teach the same."""
        return alike(self.text), self.intent


@dataclass(frozen=True)
class Lesson:
    id: int
    text: str
    lang: str
    intent: str


def proposed(connection: Connection, known: Mapping[str, str] | None = None) -> list[Proposal]:
    """Newest first, those that nobody has decided about; the same words with the same intent
    stand there once."""
    found: dict[tuple[str, str], Proposal] = {}
    for row in connection.execute(_undecided().limit(MOST)).all():
        proposal = _proposal(connection, row, known or {})
        if proposal.text:
            found.setdefault(proposal.key, proposal)
    return list(found.values())


def decide(tx: Transaction, review_id: int, agent_id: int, now: datetime, *, take: bool) -> str:
    """Take the message as an example or leave it; what it is now. Raises NothingToLearn."""
    row = tx.execute(_undecided(reviews.c.id == review_id)).first()
    proposal = None if row is None else _proposal(tx.connection, row, {})
    if proposal is None or not proposal.text:
        raise NothingToLearn(f"nothing to learn from review {review_id}")
    state = "dismissed"
    if take:
        state = "held_back" if is_held_back(proposal.text) else "taken"
    kept = {
        "text": proposal.text,
        "lang": proposal.lang,
        "intent": proposal.intent,
        "agent_id": agent_id,
        "at": now,
    }
    doubles = [
        other.id
        for other in tx.execute(_undecided(reviews.c.id != review_id).limit(MOST)).all()
        if _proposal(tx.connection, other, {}).key == proposal.key
    ]
    tx.execute(
        insert(lessons),
        [
            {"review_id": review_id, "state": state, **kept},
            # Decided with it, and learned once.
            *({"review_id": one, "state": "dismissed", **kept} for one in doubles),
        ],
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


def _undecided(*conditions: ColumnElement[bool]) -> Select[Any]:
    decided = exists().where(lessons.c.review_id == reviews.c.id)
    return reviewed(reviews.c.intent.is_not(None), ~decided, *conditions)


def _proposal(connection: Connection, row: Row[Any], known: Mapping[str, str]) -> Proposal:
    said = asked(connection, row)
    return Proposal(
        review_id=row.id,
        conversation_id=row.conversation_id,
        text=said.text,
        lang=said.lang,
        intent=row.intent,
        said_intent=said.intent,
        by=row.by,
        known=known.get(alike(said.text)),
    )
