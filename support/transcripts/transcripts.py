"""Conversations as the desk finds them: by filters, page by page."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, tuple_

from support.store.schema import conversations, tickets
from support.transcripts.cursors import make_cursor, read_cursor
from support.transcripts.filters import (
    INDEXED,
    Filters,
    awake,
    conditions,
    equal,
    in_state,
    order_of,
    span,
)
from support.transcripts.rows import listed, row_of
from support.transcripts.searched import searched
from support.values import State

# A view says "999+" beyond it.
MOST_COUNTED = 1000
_AFTER_ALL = "~"  # comes after every id
# For each row of a page so many conversations are looked at: where few fit the filters, a page ends
# early, and its cursor goes on from there.
_LOOKED_AT = 200


def list_conversations(
    connection: Connection, filters: Filters, now: datetime
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of conversations with something in them, and the cursor of the next page.

    No page looks at more than some thousands of conversations: it may be short, or empty, and have
    a cursor all the same.
    """
    if filters.q:
        return searched(connection, filters, now)
    if filters.sort == "queue" or filters.id:
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
        cursor = make_cursor(page[-1].order_key, page[-1].id)
    elif edge is not None:
        # What was changed at that very moment has been looked at.
        cursor = make_cursor(edge, "" if filters.sort == "newest" else _AFTER_ALL)
    return [row_of(row, now) for row in page], cursor


def _edge(connection: Connection, filters: Filters) -> datetime | None:
    """The moment up to which a page looks, or None where all the rest is few enough."""
    order, descending = order_of(filters.sort)
    query = select(order).where(in_state(State(filters.states[0])), *span(filters))
    if filters.states[0] == State.RESOLVED:
        query = query.where(*equal(filters, INDEXED)[:1])
    if filters.cursor is not None:
        key, _ = read_cursor(filters.cursor)
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
    order, descending = order_of(filters.sort)
    query = listed(order.label("order_key")).where(
        conversations.c.last_text.is_not(None), *conditions(connection, filters, now)
    )
    if filters.sort == "queue":
        query = query.where(tickets.c.id.is_not(None))
    if edge is not None:
        query = query.where(order >= edge if descending else order <= edge)
    if filters.cursor is not None:
        key, last_id = read_cursor(filters.cursor)
        place = tuple_(order, conversations.c.id)
        query = query.where(place < (key, last_id) if descending else place > (key, last_id))
    direction = (
        (order.desc(), conversations.c.id.desc()) if descending else (order, conversations.c.id)
    )
    return connection.execute(query.order_by(*direction).limit(filters.limit + 1)).all()


def counts_for(connection: Connection, agent_id: int, now: datetime) -> dict[str, int]:
    """Numbers beside the views: by state, the agent's own, and what is put aside.

    Counted up to MOST_COUNTED, which costs the same with a thousand conversations and a million.
    What is put aside is in `snoozed` and in its state, not in `mine`.
    """
    some = conversations.c.last_text.is_not(None)
    mine = (conversations.c.agent_id == agent_id) & in_state(State.ASSIGNED)
    wanted = {
        **{str(state): some & in_state(state) for state in State},
        "mine": mine & awake(now),
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
