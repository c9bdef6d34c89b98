"""Conversations as the desk finds them: by filters, by their words, page by page."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    false,
    func,
    literal_column,
    select,
    tuple_,
)

from support.learning.verdicts import FAILINGS
from support.privacy.masking import mask
from support.store.schema import (
    agents,
    conversation_labels,
    conversations,
    customers,
    feedback,
    messages,
    missed_questions,
    reviews,
    tickets,
)
from support.transcripts.search import conversations_with
from support.values import State

Sort = Literal["queue", "newest", "oldest"]
# A view says "999+" beyond it.
MOST_COUNTED = 1000
RARE_LABEL = 2000
_PIECE = 1000
# Comes after every id.
_AFTER_ALL = "~"
# For each row of a page so many conversations are looked at: where few fit the filters, a page ends
# early, and its cursor goes on from there.
_LOOKED_AT = 200
# What lists of resolved conversations have an index for, the most telling first.
_INDEXED = ("agent", "topic", "reason", "channel", "lang")


class BadCursor(ValueError):
    """The cursor is none of ours. Shown as 422."""


@dataclass(frozen=True)
class Filters:
    """What to list; None means all. `q` is matched against the words of messages.

    `mood`: the strongest so far. `scores`: of customers' ratings. `longer`: this many messages at
    least. `failed`: only where the assistant failed, see `assistant_failed`. `waiting`: in line for
    so many minutes at least.
    """

    states: tuple[str, ...] = ()
    channel: str | None = None
    lang: str | None = None
    reason: str | None = None
    agent_id: int | None = None
    label: str | None = None
    topic: str | None = None
    tier: str | None = None
    mood: str | None = None
    scores: tuple[int, ...] = ()
    longer: int | None = None
    failed: bool = False
    id: str | None = None
    q: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    waiting: int | None = None
    snoozed: bool | None = None
    sort: Sort = "newest"
    limit: int = 50
    cursor: str | None = None


def list_conversations(
    connection: Connection, filters: Filters, now: datetime
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of conversations with something in them, and the cursor of the next page.

    No page looks at more than some thousands of conversations: it may be short, or empty, and have
    a cursor all the same.
    """
    if filters.sort == "queue" or filters.q or filters.id:
        # Few, and found by an index: all states at once.
        found = _page(connection, filters, now, None)
        return _cut(found, filters, None, now)
    parts = _parts(filters)
    edges = [_edge(connection, part) for part in parts]
    newest = filters.sort == "newest"
    # Of all states no more than down to where the first of them was looked at.
    ends = [edge for edge in edges if edge is not None]
    edge = (max(ends) if newest else min(ends)) if ends else None
    rows = [row for part in parts for row in _page(connection, part, now, edge)]
    rows.sort(key=lambda row: (row.order_key, row.id), reverse=newest)
    return _cut(rows, filters, edge, now)


def _cut(
    found: Sequence[Row[Any]], filters: Filters, edge: datetime | None, now: datetime
) -> tuple[list[dict[str, Any]], str | None]:
    page = found[: filters.limit]
    cursor = None
    if len(found) > filters.limit:
        cursor = _make_cursor(page[-1].order_key, page[-1].id)
    elif edge is not None:
        # What was changed at that very moment has been looked at.
        cursor = _make_cursor(edge, "" if filters.sort == "newest" else _AFTER_ALL)
    return [_row(row, now) for row in page], cursor


def _edge(connection: Connection, filters: Filters) -> datetime | None:
    """The moment up to which a page looks, or None where all the rest is few enough."""
    order, descending = _order(filters.sort)
    query = select(order).where(_in_state(State(filters.states[0])), *_span(filters))
    if filters.states[0] == State.RESOLVED:
        query = query.where(*_equal(filters, _INDEXED)[:1])
    if filters.cursor is not None:
        key, _ = _read_cursor(filters.cursor)
        query = query.where(order <= key if descending else order >= key)
    looked_at = max(1, filters.limit) * _LOOKED_AT
    query = query.order_by(order.desc() if descending else order).offset(looked_at).limit(1)
    return connection.execute(query).scalar_one_or_none()


def _parts(filters: Filters) -> list[Filters]:
    """Each state is asked for apart: the open ones are few and in the order of their index, and
    what is resolved has indexes of its own, which a message in an open one needn't touch."""
    states = dict.fromkeys(filters.states or (str(state) for state in State))
    if filters.snoozed or filters.waiting is not None:
        # Nobody waits for what is resolved.
        states.pop(str(State.RESOLVED), None)
    return [replace(filters, states=(state,)) for state in states]


def _page(
    connection: Connection, filters: Filters, now: datetime, edge: datetime | None
) -> Sequence[Row[Any]]:
    """Up to one more than a page, in order, as far as `edge`."""
    order, descending = _order(filters.sort)
    query = _listed(order).where(
        conversations.c.last_text.is_not(None), *_conditions(connection, filters, now)
    )
    if filters.sort == "queue":
        query = query.where(tickets.c.id.is_not(None))
    if edge is not None:
        query = query.where(order >= edge if descending else order <= edge)
    if filters.cursor is not None:
        key, last_id = _read_cursor(filters.cursor)
        place = tuple_(order, conversations.c.id)
        query = query.where(place < (key, last_id) if descending else place > (key, last_id))
    direction = (
        (order.desc(), conversations.c.id.desc()) if descending else (order, conversations.c.id)
    )
    return connection.execute(query.order_by(*direction).limit(filters.limit + 1)).all()


def rows_of(connection: Connection, ids: Sequence[str], now: datetime) -> list[dict[str, Any]]:
    """The same rows of given conversations, in no order."""
    found: list[dict[str, Any]] = []
    for at in range(0, len(ids), _PIECE):
        query = _listed(conversations.c.updated_at).where(
            conversations.c.id.in_(ids[at : at + _PIECE]), conversations.c.last_text.is_not(None)
        )
        found += [_row(row, now) for row in connection.execute(query)]
    return found


def changed_at(connection: Connection, ids: Sequence[str]) -> dict[str, datetime]:
    """When those of given conversations that have something in them were last changed."""
    found: dict[str, datetime] = {}
    for at in range(0, len(ids), _PIECE):
        query = select(conversations.c.id, conversations.c.updated_at).where(
            conversations.c.id.in_(ids[at : at + _PIECE]), conversations.c.last_text.is_not(None)
        )
        found.update({row.id: row.updated_at for row in connection.execute(query)})
    return found


def _listed(order: ColumnElement[Any]) -> Select[Any]:
    return (
        select(
            conversations,
            agents.c.name.label("agent_name"),
            customers.c.name.label("customer_name"),
            customers.c.tier,
            tickets.c.queued_at,
            tickets.c.team,
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


def counts_for(connection: Connection, agent_id: int, now: datetime) -> dict[str, int]:
    """Numbers beside the views: by state, the agent's own, and what is put aside.

    Counted up to MOST_COUNTED, which costs the same with a thousand conversations and a million.
    What is put aside is in `snoozed` and in its state, not in `mine`.
    """
    some = conversations.c.last_text.is_not(None)
    mine = (conversations.c.agent_id == agent_id) & _in_state(State.ASSIGNED)
    awake = _awake(now)
    wanted = {
        **{str(state): some & _in_state(state) for state in State},
        "mine": mine & awake,
        "snoozed": conversations.c.snoozed_until > now,
    }
    return {
        name: connection.execute(
            select(func.count()).select_from(
                select(conversations.c.id).where(condition).limit(MOST_COUNTED).subquery()
            )
        ).scalar_one()
        for name, condition in wanted.items()
    }


def _awake(now: datetime) -> ColumnElement[bool]:
    return conversations.c.snoozed_until.is_(None) | (conversations.c.snoozed_until <= now)


def _in_state(state: State) -> ColumnElement[bool]:
    # Written out, so that SQLite sees that a partial index fits.
    return conversations.c.state == literal_column(f"'{state}'")


def _order(sort: Sort) -> tuple[ColumnElement[Any], bool]:
    if sort == "queue":
        return tickets.c.sort_at, False
    return conversations.c.updated_at, sort == "newest"


def _conditions(
    connection: Connection, filters: Filters, now: datetime
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if len(filters.states) == 1:
        found.append(_in_state(State(filters.states[0])))
    elif filters.states:
        found.append(conversations.c.state.in_(filters.states))
    found += _equal(filters, (*_INDEXED, "id"))
    found += _span(filters)
    if filters.label is not None:
        found.append(_labelled(connection, filters.label))
    if filters.tier is not None:
        found.append(customers.c.tier == filters.tier)
    if filters.mood is not None:
        found.append(conversations.c.anger == filters.mood)
    if filters.waiting is not None:
        found.append(tickets.c.queued_at <= now - timedelta(minutes=filters.waiting))
    if filters.snoozed is True:
        found.append(conversations.c.snoozed_until > now)
    if filters.snoozed is False:
        found.append(_awake(now))
    if filters.scores:
        found.append(_of(feedback).where(feedback.c.score.in_(filters.scores)).exists())
    if filters.longer is not None:
        # Not counted: whether there is one that is the n-th.
        nth = _of(messages).where(messages.c.private.is_(False)).order_by(messages.c.seq)
        found.append(nth.offset(max(0, filters.longer - 1)).limit(1).exists())
    if filters.failed:
        found.append(assistant_failed())
    if filters.q:
        ids = conversations_with(connection, filters.q, filters.until)
        found.append(conversations.c.id.in_(ids))
    return found


def _equal(filters: Filters, names: Sequence[str]) -> list[ColumnElement[bool]]:
    """What a column has to be, of those filters of `names` that are given."""
    c, agent = conversations.c, filters.agent_id
    # Whoever resolved it doesn't hold it any more.
    if filters.states == (str(State.RESOLVED),):
        theirs = c.resolved_by == agent
    elif len(filters.states) == 1:
        theirs = c.agent_id == agent
    else:
        theirs = func.coalesce(c.agent_id, c.resolved_by) == agent
    found = []
    for name in names:
        if name == "agent":
            found += [] if agent is None else [theirs]
        elif (wanted := getattr(filters, name)) is not None:
            found.append(c[name] == wanted)
    return found


def _span(filters: Filters) -> list[ColumnElement[bool]]:
    """From when to when they were last changed."""
    found, changed = [], conversations.c.updated_at
    if filters.since is not None:
        found.append(changed >= filters.since)
    if filters.until is not None:
        found.append(changed < filters.until)
    return found


def _labelled(connection: Connection, label: str) -> ColumnElement[bool]:
    """A rare label is looked up by its conversations; of a common one the newest come soon enough
    while the list is read in its order. Which is better, no database knows without being told."""
    its = conversation_labels.c.label == label
    ids = connection.execute(
        select(conversation_labels.c.conversation_id).where(its).limit(RARE_LABEL + 1)
    ).scalars()
    known = list(ids)
    if not known:
        return false()
    if len(known) <= RARE_LABEL:
        return conversations.c.id.in_(known)
    return _of(conversation_labels).where(its).exists()


def assistant_failed() -> ColumnElement[bool]:
    """It was stuck or down, had no answer to a question, or a lead says that it went wrong."""
    return (
        conversations.c.reason.in_(("stuck", "brain_down"))
        | _any(_of(missed_questions))
        | _any(_of(reviews).where(reviews.c.verdict.in_(FAILINGS)))
    )


def _of(its: Table) -> Select[Any]:
    return select(its.c.conversation_id).where(its.c.conversation_id == conversations.c.id)


def _any(its: Select[Any]) -> ColumnElement[bool]:
    """Whether there is one. Not as EXISTS: beside an OR, PostgreSQL would read all of them for
    it."""
    return its.limit(1).scalar_subquery().is_not(None)


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
        "team": row.team,
        "waiting_s": int((now - row.queued_at).total_seconds()) if row.queued_at else None,
        "choice": row.choice,
        "agent": {"id": row.agent_id, "name": row.agent_name} if row.agent_id else None,
        "labels": list(row.labels or ()),
        "last_message": mask(row.last_text or ""),
        "created_at": row.created_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
    }
