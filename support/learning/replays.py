"""Conversations of some days as a replay needs them, and what differs in a new answer to them.

A replay asks another model what the assistant was asked, in the same order, and stores nothing in
the conversations: what a turn would have done is thrown away with its state.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from support.learning.wordings import Wordings
from support.privacy.masking import mask
from support.store.schema import conversations, messages, transitions
from support.values import Author, State

# What is filled in by the server, or differs from day to day without being another answer.
_FILLED = re.compile(r"\{\w+\}|\b[A-Z]{1,4}-[\w-]+|\d+")


@dataclass(frozen=True)
class Said:
    """What a customer said, and what the assistant answered before the customer's next message."""

    seq: int
    at: datetime
    text: str
    intent: str | None
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Recorded:
    """A conversation as far as the assistant alone answered it."""

    id: str
    thread_id: str
    channel: str
    lang: str | None
    said: tuple[Said, ...]


@dataclass(frozen=True)
class Difference:
    """One answer that customers would see changed. Texts are masked."""

    conversation: str
    seq: int
    text: str
    old_intent: str | None
    new_intent: str
    old: tuple[str, ...]
    new: tuple[str, ...]


def recorded(
    connection: Connection, since: datetime, until: datetime, limit: int
) -> list[Recorded]:
    """The newest conversations begun in that time, without what a person answered."""
    rows = connection.execute(
        select(conversations)
        .where(
            conversations.c.created_at >= since,
            conversations.c.created_at < until,
            conversations.c.last_text.is_not(None),
        )
        .order_by(conversations.c.created_at.desc())
        .limit(limit)
    ).all()
    return [
        Recorded(row.id, row.thread_id, row.channel, row.lang, _said(connection, row.id))
        for row in rows
    ]


def _said(connection: Connection, conversation_id: str) -> tuple[Said, ...]:
    lines = connection.execute(
        select(messages)
        .where(messages.c.conversation_id == conversation_id, messages.c.private.is_(False))
        .order_by(messages.c.seq)
    ).all()
    handed_over = connection.execute(
        select(func.min(transitions.c.at)).where(
            transitions.c.conversation_id == conversation_id,
            transitions.c.to_state.in_((str(State.QUEUED), str(State.ASSIGNED))),
        )
    ).scalar_one()
    found: list[Said] = []
    for line in lines:
        if line.author == str(Author.CUSTOMER):
            if line.kind != "text" or (handed_over and line.created_at > handed_over):
                break  # a button or a picture can't be said again; later a person decided
            intent = (line.reading or {}).get("intent")
            if found and not found[-1].answers:
                # Gathered into one turn and answered together.
                text = f"{found[-1].text}\n{line.text}"
                found[-1] = Said(line.seq, line.created_at, text, intent, ())
            else:
                found.append(Said(line.seq, line.created_at, line.text, intent, ()))
        elif line.author == str(Author.BOT) and found:
            last = found[-1]
            answers = (*last.answers, line.text)
            found[-1] = Said(last.seq, last.at, last.text, last.intent, answers)
    return tuple(said for said in found if said.answers)


def difference(
    conversation_id: str, said: Said, intent: str, answers: Sequence[str], wordings: Wordings
) -> Difference | None:
    """None where a customer would see the same answer, be it in other words of its own."""
    before, now = ([_bare(text, wordings) for text in texts] for texts in (said.answers, answers))
    if before == now:
        return None
    return Difference(
        conversation=conversation_id,
        seq=said.seq,
        text=mask(said.text),
        old_intent=said.intent,
        new_intent=intent,
        old=tuple(mask(text) for text in said.answers),
        new=tuple(mask(text) for text in answers),
    )


def as_shape(difference: Difference) -> dict[str, Any]:
    return {**vars(difference), "old": list(difference.old), "new": list(difference.new)}


def _bare(text: str, wordings: Wordings) -> list[str]:
    return [_FILLED.sub("…", part) for part in wordings.meant(" ".join(text.split()))]
