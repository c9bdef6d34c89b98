"""The conversations behind a figure, page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Table, func, null, select

from support.reports.episodes import Episode, episodes
from support.reports.figures import Among, Figure, behind, slice_of
from support.reports.kept import bounds
from support.store.schema import cases, conversations, feedback, tickets, transitions
from support.values import Author, State

# So many are read at once, and in all for one page.
AT_ONCE: Final = 250
READ_AT_MOST: Final = 1000
# Days in between that have none cost less than asking once more.
NEAR: Final = timedelta(days=3)


@dataclass(frozen=True)
class Behind:
    """`before`: from where to go on, None at the end."""

    episodes: Sequence[Episode]
    before: datetime | None


def newest_behind(
    connection: Connection,
    figure: Figure,
    days: Sequence[tuple[date, int]],
    by: str,
    part: str | None,
    zone: ZoneInfo,
    now: datetime,
    before: datetime | None,
    limit: int,
) -> Behind:
    """The conversations that a figure counted, newest first: a page of them.

    `days` are those that have any, oldest first, each with about how many; a page ends early
    rather than read many others.
    """
    only = [*_among(figure), *_of_part(by, part)]
    found: list[Episode] = []
    read = 0
    for first, last in _stretches(days):
        since, until = bounds(first, last, zone)
        until = until if before is None else min(until, before)
        while until > since:
            if len(found) >= limit or read >= READ_AT_MOST:
                return Behind(found, until)
            begin = _begin(connection, since, until, only)
            some = episodes(connection, begin, until, now, only)
            read += len(some)
            of_part = [e for e in some if part is None or slice_of(e, by, zone) == part]
            found += reversed(behind(figure, of_part))
            if len(found) > limit:
                return Behind(found[:limit], found[limit - 1].begun)
            until = begin
    return Behind(found, None)


def _stretches(days: Sequence[tuple[date, int]]) -> list[tuple[date, date]]:
    """First and last days of what is read at once, the newest first: days that are near each
    other, while there are few on them."""
    found: list[tuple[date, date]] = []
    held = 0
    for day, number in reversed(days):
        if found and found[-1][0] - day <= NEAR and held + number <= AT_ONCE:
            found[-1] = (day, found[-1][1])
            held += number
        else:
            found.append((day, day))
            held = number
    return found


def _begin(
    connection: Connection, since: datetime, until: datetime, only: Sequence[ColumnElement[bool]]
) -> datetime:
    """From when on there are AT_ONCE conversations until `until`, `since` at the earliest."""
    begun = conversations.c.created_at
    query = (
        select(begun)
        .where(begun >= since, begun < until, conversations.c.last_text.is_not(None), *only)
        .order_by(begun.desc())
        .offset(AT_ONCE - 1)
        .limit(1)
    )
    found: datetime | None = connection.execute(query).scalar_one_or_none()
    return found or since


def _has(its: Table, *also: ColumnElement[bool]) -> ColumnElement[bool]:
    # Not as EXISTS: beside an OR, PostgreSQL would read all of `its` for it.
    mine = select(its.c.conversation_id).where(its.c.conversation_id == conversations.c.id, *also)
    return mine.limit(1).correlate(conversations).scalar_subquery().is_not(None)


_WROTE_AGAIN: Final = _has(
    transitions,
    transitions.c.from_state == str(State.RESOLVED),
    transitions.c.to_state == str(State.ASSIGNED),
    transitions.c.actor == str(Author.CUSTOMER),
)
_SOMEBODY: Final = func.coalesce(conversations.c.agent_id, conversations.c.resolved_by)
# What the database can tell beforehand; which of them a figure counts is not decided here.
_CAN_BE: Final[Mapping[Among, ColumnElement[bool]]] = {
    "with a person": _SOMEBODY.is_not(None) | _has(tickets) | _WROTE_AGAIN,
    "rated": _has(feedback),
    "complaints": (conversations.c.topic == "complaint") | _has(cases, cases.c.kind == "complaint"),
}


def _among(figure: Figure) -> list[ColumnElement[bool]]:
    return [] if figure.among is None else [_CAN_BE[figure.among]]


def _of_part(by: str, part: str | None) -> list[ColumnElement[bool]]:
    """The parts that are a column; agents and hours are told apart later."""
    if part is None or by not in ("channel", "lang", "topic"):
        return []
    return [conversations.c[by] == (part or null())]
