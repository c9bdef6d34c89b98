"""Reviews that say which article was right, or that there should be one: one decision each.

Taken, a customer's words become a question of the article that a lead named; where none was named
and the assistant should have known, they become a missed question, grouped with the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, exists, func, insert, select

from support.learning import missed_questions
from support.learning.lessons import NothingToLearn
from support.learning.reviewed import asked, reviewed
from support.learning.training_data import alike
from support.store import Transaction
from support.store.schema import missed_questions as missed
from support.store.schema import review_questions, reviews

MOST: Final = 200
# "of_article": a question of the article that was named; "missed": no article answers it.
Kind = Literal["of_article", "missed"]
SHOULD_HAVE_KNOWN: Final = "no_answer"


@dataclass(frozen=True)
class Question:
    """What a customer asked, masked. `article`: which one would have been right."""

    review_id: int
    kind: Kind
    conversation_id: str
    text: str
    lang: str
    article: str | None
    by: str


def proposed(connection: Connection) -> list[Question]:
    """Newest first, those that nobody has decided about; what was asked twice stands there once,
    and what is a missed question already isn't proposed as one."""
    rows = connection.execute(_undecided().limit(MOST)).all()
    found: dict[tuple[str, str | None], Question] = {}
    for row in rows:
        question = _question(connection, row)
        if question.text:
            found.setdefault((alike(question.text), question.article), question)
    known = _missed_already(connection, [one.conversation_id for one in found.values()])
    return [
        one
        for one in found.values()
        if one.kind == "of_article" or (one.conversation_id, alike(one.text)) not in known
    ]


def get(connection: Connection, review_id: int) -> Question:
    """Raises NothingToLearn."""
    row = connection.execute(_undecided(reviews.c.id == review_id)).first()
    question = None if row is None else _question(connection, row)
    if question is None or not question.text:
        raise NothingToLearn(f"no question to decide in review {review_id}")
    return question


def decide(tx: Transaction, question: Question, agent_id: int, now: datetime, *, take: bool) -> str:
    """Keep the decision, for whoever was reviewed for the same words too; what it is now.

    A question of an article is put there by the caller, in the same transaction. Raises
    NothingToLearn where somebody decided meanwhile.
    """
    key = (alike(question.text), question.article)
    same = [
        row.id
        for row in tx.execute(_undecided().limit(MOST)).all()
        if row.id == question.review_id or _key(tx.connection, row) == key
    ]
    if question.review_id not in same:
        get(tx.connection, question.review_id)
        same.append(question.review_id)
    state = "taken" if take else "dismissed"
    values = {"state": state, "agent_id": agent_id, "at": now}
    tx.execute(insert(review_questions), [{"review_id": id, **values} for id in same])
    if take and question.kind == "missed":
        missed_questions.ask(tx, question.conversation_id, question.text, question.lang, None, now)
    return state


def _undecided(*conditions: ColumnElement[bool]) -> Select[Any]:
    decided = exists().where(review_questions.c.review_id == reviews.c.id)
    about = (func.coalesce(reviews.c.article, "") != "") | (reviews.c.verdict == SHOULD_HAVE_KNOWN)
    return reviewed(about, ~decided, *conditions)


def _key(connection: Connection, row: Row[Any]) -> tuple[str, str | None]:
    question = _question(connection, row)
    return alike(question.text), question.article


def _question(connection: Connection, row: Row[Any]) -> Question:
    said = asked(connection, row)
    return Question(
        review_id=row.id,
        kind="of_article" if row.article else "missed",
        conversation_id=row.conversation_id,
        text=said.text,
        lang=said.lang,
        article=row.article or None,
        by=row.by,
    )


def _missed_already(
    connection: Connection, conversation_ids: Sequence[str]
) -> set[tuple[str, str]]:
    rows = connection.execute(
        select(missed.c.conversation_id, missed.c.text).where(
            missed.c.conversation_id.in_(conversation_ids)
        )
    )
    return {(row.conversation_id, alike(row.text)) for row in rows}
