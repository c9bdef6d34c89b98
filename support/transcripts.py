"""Conversations as the desk finds them: by filters, by their words, page by page."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select, tuple_

from support.privacy.masking import mask
from support.search import conversations_with
from support.store.schema import (
    agents,
    conversations,
    customers,
    feedback,
    messages,
    missed_questions,
    reviews,
    tickets,
)
from support.verdicts import FAILINGS

Sort = Literal["queue", "newest", "oldest"]
_PIECE = 1000


class BadCursor(ValueError):
    """The cursor is none of ours. Shown as 422."""


@dataclass(frozen=True)
class Filters:
    """What to list; None means all. `q` is matched against the words of messages.

    `scores`: of customers' ratings. `longer`: this many messages at least. `failed`: only where the
    assistant failed, see `assistant_failed`.
    """

    states: tuple[str, ...] = ()
    channel: str | None = None
    lang: str | None = None
    reason: str | None = None
    agent_id: int | None = None
    label: str | None = None
    topic: str | None = None
    tier: str | None = None
    scores: tuple[int, ...] = ()
    longer: int | None = None
    failed: bool = False
    id: str | None = None
    q: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    sort: Sort = "newest"
    limit: int = 50
    cursor: str | None = None


def list_conversations(
    connection: Connection, filters: Filters, now: datetime
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of conversations with something in them, and the cursor of the next page."""
    order, descending = _order(filters.sort)
    query = _listed(order).where(
        conversations.c.last_text.is_not(None), *_conditions(connection, filters)
    )
    if filters.sort == "queue":
        query = query.where(tickets.c.id.is_not(None))
    if filters.cursor is not None:
        key, last_id = _read_cursor(filters.cursor)
        place = tuple_(order, conversations.c.id)
        query = query.where(place < (key, last_id) if descending else place > (key, last_id))
    direction = (
        (order.desc(), conversations.c.id.desc()) if descending else (order, conversations.c.id)
    )
    rows = connection.execute(query.order_by(*direction).limit(filters.limit + 1)).all()
    page = rows[: filters.limit]
    cursor = None
    if len(rows) > filters.limit:
        cursor = _make_cursor(page[-1].order_key, page[-1].id)
    return [_row(row, now) for row in page], cursor


def rows_of(connection: Connection, ids: Sequence[str], now: datetime) -> list[dict[str, Any]]:
    """The same rows of given conversations, in no order."""
    found: list[dict[str, Any]] = []
    for at in range(0, len(ids), _PIECE):
        query = _listed(conversations.c.updated_at).where(
            conversations.c.id.in_(ids[at : at + _PIECE]), conversations.c.last_text.is_not(None)
        )
        found += [_row(row, now) for row in connection.execute(query)]
    return found


def _listed(order: ColumnElement[Any]) -> Select[Any]:
    return (
        select(
            conversations,
            agents.c.name.label("agent_name"),
            customers.c.name.label("customer_name"),
            customers.c.tier,
            tickets.c.queued_at,
            tickets.c.sort_at,
            tickets.c.choice,
            order.label("order_key"),
        )
        .outerjoin(agents, agents.c.id == conversations.c.agent_id)
        .outerjoin(customers, customers.c.id == conversations.c.customer_id)
        .outerjoin(
            tickets,
            (tickets.c.conversation_id == conversations.c.id) & tickets.c.closed_at.is_(None),
        )
    )


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


def counts(connection: Connection) -> dict[str, int]:
    """How many conversations with something in them are in each state."""
    rows = connection.execute(
        select(conversations.c.state, func.count())
        .where(conversations.c.last_text.is_not(None))
        .group_by(conversations.c.state)
    )
    return {state: number for state, number in rows}


def _order(sort: Sort) -> tuple[ColumnElement[Any], bool]:
    if sort == "queue":
        return tickets.c.sort_at, False
    return conversations.c.updated_at, sort == "newest"


def _conditions(connection: Connection, filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.states:
        found.append(conversations.c.state.in_(filters.states))
    for name, wanted in (
        ("channel", filters.channel),
        ("lang", filters.lang),
        ("reason", filters.reason),
        ("agent_id", filters.agent_id),
        ("topic", filters.topic),
        ("id", filters.id),
    ):
        if wanted is not None:
            found.append(conversations.c[name] == wanted)
    if filters.since is not None:
        found.append(conversations.c.updated_at >= filters.since)
    if filters.until is not None:
        found.append(conversations.c.updated_at < filters.until)
    if filters.label is not None:
        quoted = json.dumps(filters.label)
        labels = conversations.c.labels.cast(conversations.c.last_text.type)
        found.append(labels.contains(quoted, autoescape=True))
    if filters.tier is not None:
        found.append(customers.c.tier == filters.tier)
    if filters.scores:
        found.append(_of(feedback).where(feedback.c.score.in_(filters.scores)).exists())
    if filters.longer is not None:
        # Not counted: whether there is one that is the n-th.
        nth = _of(messages).where(messages.c.private.is_(False)).order_by(messages.c.seq)
        found.append(nth.offset(max(0, filters.longer - 1)).limit(1).exists())
    if filters.failed:
        found.append(assistant_failed())
    if filters.q:
        found.append(conversations.c.id.in_(conversations_with(connection, filters.q)))
    return found


def assistant_failed() -> ColumnElement[bool]:
    """It was stuck or down, had no answer to a question, or a lead says that it went wrong."""
    return (
        conversations.c.reason.in_(("stuck", "brain_down"))
        | _of(missed_questions).exists()
        | _of(reviews).where(reviews.c.verdict.in_(FAILINGS)).exists()
    )


def _of(its: Table) -> Select[Any]:
    return select(its.c.conversation_id).where(its.c.conversation_id == conversations.c.id)


def _make_cursor(key: datetime, last_id: str) -> str:
    return base64.urlsafe_b64encode(f"{key.isoformat()} {last_id}".encode()).decode()


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        key, _, last_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        moment = datetime.fromisoformat(key)
        if moment.tzinfo is None or "\x00" in last_id:
            raise ValueError("not made here")
        return moment, last_id
    except ValueError as error:
        raise BadCursor("no such page") from error


def _row(row: Any, now: datetime) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": row.state,
        "channel": row.channel,
        "lang": row.lang,
        "customer": {"id": row.customer_id, "name": row.customer_name, "tier": row.tier}
        if row.customer_id
        else None,
        "reason": row.reason,
        "anger": row.anger,
        "topic": row.topic,
        "waiting_s": int((now - row.queued_at).total_seconds()) if row.queued_at else None,
        "choice": row.choice,
        "agent": {"id": row.agent_id, "name": row.agent_name} if row.agent_id else None,
        "labels": list(row.labels or ()),
        "last_message": mask(row.last_text or ""),
        "created_at": row.created_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
    }
