"""Conversations taken out for reading and counting elsewhere: masked, without private notes."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from support import audit
from support.privacy.masking import mask
from support.store import Transaction
from support.store.schema import agents, feedback, messages
from support.transcripts.filters import Filters
from support.transcripts.transcripts import list_conversations

PAGE = 100
COLUMNS = (
    "conversation", "state", "channel", "lang", "reason", "anger", "topic", "labels", "score",
    "seq", "at", "author", "agent", "kind", "text",
)  # fmt: skip
# A cell that begins so is a formula to a spreadsheet; full-width signs are folded by some.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def page(
    connection: Connection, filters: Filters, now: datetime, readable: Callable[[str], str] = mask
) -> tuple[list[dict[str, Any]], str | None]:
    """Some conversations with their messages, and the cursor of the next page.

    `readable` takes out of a text what its reader must not see. Raises
    support.transcripts.cursors.BadCursor.
    """
    rows, cursor = list_conversations(connection, replace(filters, limit=PAGE), now)
    ids = [row["id"] for row in rows]
    said: dict[str, list[dict[str, Any]]] = {one: [] for one in ids}
    for message in connection.execute(
        select(messages, agents.c.name.label("agent_name"))
        .outerjoin(agents, agents.c.id == messages.c.agent_id)
        .where(messages.c.conversation_id.in_(ids), messages.c.private.is_(False))
        .order_by(messages.c.conversation_id, messages.c.seq)
    ):
        said[message.conversation_id].append(
            {
                "seq": message.seq,
                "at": message.created_at.isoformat(),
                "author": message.author,
                "agent": message.agent_name,
                "kind": message.kind,
                "text": readable(message.text),
            }
        )
    scores = {
        row.conversation_id: row.score
        for row in connection.execute(select(feedback).where(feedback.c.conversation_id.in_(ids)))
    }
    found = [
        {
            "conversation": row["id"],
            **{name: row[name] for name in ("state", "channel", "lang", "reason", "anger")},
            "topic": row["topic"],
            "labels": row["labels"],
            "score": scores.get(row["id"]),
            "created_at": row["created_at"],
            "messages": said[row["id"]],
        }
        for row in rows
    ]
    return found, cursor


def as_jsonl(conversations: Iterable[dict[str, Any]]) -> str:
    """A conversation a line."""
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in conversations)


def as_csv(conversations: Iterable[dict[str, Any]], *, head: bool) -> str:
    """A message a line. `head`: with the names of the columns, and the mark by which
    spreadsheets know UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    if head:
        out.write("\ufeff")
        writer.writerow(COLUMNS)
    for conversation in conversations:
        for line in _lines(conversation):
            writer.writerow([inert(line[name]) for name in COLUMNS])
    return out.getvalue()


def inert(value: Any) -> str:
    """`value` as a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return "'" + text if text.lstrip(" \u3000").startswith(_FORMULA) else text


def record(
    tx: Transaction, actor: str, detail: str, now: datetime, subject: str | None = None
) -> None:
    """Who took what out; `subject`: the one conversation, if it was one."""
    audit.record(tx, actor, "export", now, subject=subject, detail=detail)


def _lines(conversation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    shared = {**conversation, "labels": " ".join(conversation["labels"])}
    for message in conversation["messages"]:
        yield {**shared, **message}


def exported(
    connection: Connection, since: datetime | None, until: datetime | None
) -> list[dict[str, Any]]:
    """The messages of a time, masked, without notes: conversation, seq, at, author, kind, text."""
    query = (
        select(messages)
        .where(messages.c.private.is_(False))
        .order_by(messages.c.conversation_id, messages.c.seq)
    )
    if since is not None:
        query = query.where(messages.c.created_at >= since)
    if until is not None:
        query = query.where(messages.c.created_at < until)
    return [
        {
            "conversation": row.conversation_id,
            "seq": row.seq,
            "at": row.created_at.isoformat(),
            "author": row.author,
            "kind": row.kind,
            "text": mask(row.text),
        }
        for row in connection.execute(query)
    ]
