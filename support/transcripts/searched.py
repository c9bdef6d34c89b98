"""Conversations that have some words in them: stretch by stretch of the messages with the words.

A common word is in most conversations, and a filter may fit few of them: each stretch of hits is
looked at by itself, in the order of the messages, and a page that has looked at enough of them ends
early, with a cursor that goes on from there.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from support.store.among import among
from support.store.schema import conversations, tickets
from support.transcripts.cursors import BadCursor, make_cursor, read_cursor
from support.transcripts.filters import Filters, conditions, order_of
from support.transcripts.rows import beside, rows_of
from support.transcripts.search import hits

# For each row of a page so many messages with the words are looked at.
_LOOKED_AT: Final = 40
# Stands for no row in a cursor: the next page begins with a stretch.
_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NO_MESSAGE: Final = "-"


@dataclass(frozen=True)
class _Place:
    """`beyond`: the last message of the stretch before; `after`: the last row of this stretch that
    was shown."""

    beyond: int | None
    after: tuple[datetime, str] | None

    def as_cursor(self) -> str:
        key, id = self.after or (_NO_TIME, "")
        beyond = _NO_MESSAGE if self.beyond is None else str(self.beyond)
        return make_cursor(key, f"{beyond} {id}")


def searched(
    connection: Connection, filters: Filters, now: datetime
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of conversations that `filters` find, and the cursor of the next page, which may be
    short, or empty, and have a cursor all the same. Raises BadCursor."""
    order, descending = order_of(filters.sort)
    oldest = filters.sort == "oldest"
    place: _Place | None = _place(filters.cursor)
    shown: list[Row[Any]] = []
    looked_at = 0
    while place is not None and len(shown) < filters.limit:
        if looked_at and looked_at >= filters.limit * _LOOKED_AT:
            break
        found = hits(
            connection, filters.q or "", oldest_first=oldest, beyond=place.beyond,
            until=filters.until,
        )  # fmt: skip
        looked_at += found.looked_at
        fitting = select(conversations.c.id, order.label("order_key")).select_from(conversations)
        query = beside(fitting).where(
            among(conversations.c.id, found.ids),
            conversations.c.last_text.is_not(None),
            *conditions(connection, filters, now),
        )
        if filters.sort == "queue":
            query = query.where(tickets.c.id.is_not(None))
        # Sorted here: for the first rows in order, databases would read others by the thousand.
        rows = sorted(
            connection.execute(query), key=lambda row: (row.order_key, row.id), reverse=descending
        )
        rows = [row for row in rows if _comes(row, place.after, descending)]
        room = filters.limit - len(shown)
        shown += rows[:room]
        if len(rows) > room:
            last = rows[room - 1]
            place = _Place(place.beyond, (last.order_key, last.id))
        else:
            place = None if found.edge is None else _Place(found.edge, None)
    shown.sort(key=lambda row: (row.order_key, row.id), reverse=descending)
    known = {row["id"]: row for row in rows_of(connection, [row.id for row in shown], now)}
    return [known[row.id] for row in shown], place.as_cursor() if place is not None else None


def _comes(row: Row[Any], after: tuple[datetime, str] | None, descending: bool) -> bool:
    if after is None:
        return True
    key = (row.order_key, row.id)
    return bool(key < after if descending else key > after)


def _place(cursor: str | None) -> _Place:
    if cursor is None:
        return _Place(None, None)
    key, rest = read_cursor(cursor)
    beyond, _, id = rest.partition(" ")
    if beyond != _NO_MESSAGE and not (beyond.isascii() and beyond.isdigit() and len(beyond) < 19):
        raise BadCursor("no such page")
    return _Place(
        None if beyond == _NO_MESSAGE else int(beyond), None if key == _NO_TIME else (key, id)
    )
