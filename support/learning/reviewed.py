"""What a reviewed message is about: the customer's own words, also where it was the assistant's
answer to them that was reviewed. Masked, and on one line, as examples and articles have them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from support.knowledge.language import language_of
from support.privacy.masking import mask
from support.store.schema import agents, conversations, messages, reviews
from support.values import Author

LONGEST: Final = 400
# So many messages before an answer are looked at for what it answered.
_BEFORE: Final = 20
# What training data would read as markup of its own.
_MARKUP: Final = re.compile(r"[\[\]{}]")


@dataclass(frozen=True)
class Asked:
    """`text` is empty where the customer wrote nothing: a button was pressed, say. `intent`: what
    the assistant took it for."""

    text: str
    lang: str
    intent: str | None


def reviewed(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Reviews of what a customer or the assistant said, the newest first."""
    return (
        select(
            reviews.c.id,
            reviews.c.verdict,
            reviews.c.intent,
            reviews.c.article,
            reviews.c.conversation_id,
            messages.c.seq,
            messages.c.author,
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
        .where(messages.c.author.in_((str(Author.CUSTOMER), str(Author.BOT))), *conditions)
        .order_by(reviews.c.id.desc())
    )


def asked(connection: Connection, review: Row[Any]) -> Asked:
    """`review`: a row of `reviewed`."""
    said: Sequence[Row[Any]] = [review]
    if review.author == str(Author.BOT):
        said = _answered(connection, review)
    text = as_example(" ".join(one.text for one in said))
    intent = (said[-1].reading or {}).get("intent") if said else None
    return Asked(text, language_of(text) or review.lang or "en", intent)


def _answered(connection: Connection, answer: Row[Any]) -> list[Row[Any]]:
    """What the customer had written since the assistant's last answer, oldest first."""
    lines: Select[Any] = (
        select(messages.c.author, messages.c.kind, messages.c.text, messages.c.reading)
        .where(
            messages.c.conversation_id == answer.conversation_id,
            messages.c.seq < answer.seq,
            messages.c.private.is_(False),
        )
        .order_by(messages.c.seq.desc())
        .limit(_BEFORE)
    )
    found: list[Row[Any]] = []
    for line in connection.execute(lines):
        if line.author == str(Author.CUSTOMER):
            if line.kind != "text":
                break
            found.append(line)
        elif found:
            break
    return found[::-1]


def as_example(text: str) -> str:
    """One line without personal data and without what Rasa would read as an entity."""
    return " ".join(_MARKUP.sub(" ", mask(text)).split())[:LONGEST]
