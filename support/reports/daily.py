"""The tallies of days past, kept as rows: a report over many conversations reads them.

A period with few conversations is counted as it is read, to the second. Of a long or busy one the
days are taken from their rows, which are counted anew by the servers as they grow old: today every
minute, a day that is over the less often the longer ago it was (what still changes about it, such
as a late rating, becomes rare). No change has to be watched for, and a row that was ever wrong
mends itself.
"""

import asyncio
import logging
import time as clock_time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from support import leases
from support.clock import Clock
from support.playbook.playbook import Playbook
from support.reports.episodes import AGAIN, Episode, episodes
from support.reports.figures import SLICES, Figure, behind, slice_of
from support.reports.tally import VERSION, Tally, numbers_of, parted, together
from support.store import Database, Transaction
from support.store.database import StorageUnavailable
from support.store.schema import conversations, report_days

log = logging.getLogger(__name__)

# So many are counted as they are read.
FEW: Final = 500
# So many are read for a page of what is behind a figure, and the rest of their day.
READ_AT_ONCE: Final = 1000
# Days of which rows are kept; no report is longer.
KEPT_DAYS: Final = 400
FRESH: Final = timedelta(minutes=1)
LASTING: Final = timedelta(minutes=2)
LEASE: Final = "report days"
LOOK_EVERY_S: Final = 20.0
# Counting takes this share of a processor at most.
_SHARE: Final = 0.2

Parts = Mapping[str, Tally]


@dataclass(frozen=True)
class Counted:
    """`days`: each day's parts, oldest first; `as_of`: when the newest of the rows was counted,
    None where all was counted just now."""

    days: Sequence[tuple[date, Parts]]
    as_of: datetime | None

    @cached_property
    def parts(self) -> Parts:
        """Of all days together."""
        found: dict[str, list[Tally]] = {}
        for _, parts in self.days:
            for name, tally in parts.items():
                found.setdefault(name, []).append(tally)
        return {name: together(tallies) for name, tallies in found.items()}

    def whole(self, part: str | None) -> Tally:
        """All parts, or one."""
        if part is None:
            return together(self.parts.values())
        return self.parts.get(part, Tally())

    def tallies(self, part: str | None) -> list[tuple[date, Tally]]:
        """All parts of each day, or one, with everything that was counted."""
        return [
            (day, together([tally for name, tally in parts.items() if part in (None, name)]))
            for day, parts in self.days
        ]

    def by_day(self, part: str | None) -> list[tuple[date, Tally]]:
        """The same for each day, in numbers only."""
        return [
            (day, numbers_of([tally for name, tally in parts.items() if part in (None, name)]))
            for day, parts in self.days
        ]


def bounds(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the first moment of `first` until the first after `last`."""
    since = datetime.combine(first, time(), zone)
    return since, datetime.combine(last + timedelta(days=1), time(), zone)


def is_stale(day_end: datetime, made_at: datetime, number: int, now: datetime) -> bool:
    """Whether a day's row is to be counted anew. `number`: of its conversations; counting them
    takes time, so that a very busy day is counted less often."""
    settles = day_end + AGAIN
    if made_at < settles <= now:
        return True
    tolerated = max(FRESH, (now - day_end) / 20, timedelta(milliseconds=number))
    return now - made_at >= tolerated


def counted(
    connection: Connection, first: date, last: date, by: str, zone: ZoneInfo, now: datetime
) -> Counted:
    """The days' tallies in the parts of `by`."""
    since, until = bounds(first, last, zone)
    if _number(connection, since, until, FEW + 1) <= FEW:
        return Counted(_fresh(connection, since, until, by, zone, now), None)
    r = report_days.c
    query = select(r.day, r.made_at, r.data).where(
        r.by == by, r.day >= first.isoformat(), r.day <= last.isoformat(), *_usable(zone)
    )
    rows = connection.execute(query).all()
    found: dict[date, Parts] = {
        date.fromisoformat(row.day): {
            part: Tally.from_data(data) for part, data in row.data.items()
        }
        for row in rows
    }
    for gap_since, gap_until in _gaps(connection, found, first, last, zone, now):
        found.update(_fresh(connection, gap_since, gap_until, by, zone, now))
    return Counted(sorted(found.items()), max((row.made_at for row in rows), default=None))


@dataclass(frozen=True)
class Behind:
    """`before`: from where to go on, None at the end."""

    episodes: Sequence[Episode]
    before: datetime | None


def newest_behind(
    connection: Connection,
    figure: Figure,
    days: Sequence[date],
    by: str,
    part: str | None,
    zone: ZoneInfo,
    now: datetime,
    before: datetime | None,
    limit: int,
) -> Behind:
    """The conversations that a figure counted, newest first: a page of them, read day by day.

    `days` are those that have any, oldest first; a page ends early rather than read many of them.
    """
    found: list[Episode] = []
    read = 0
    for day in reversed(days):
        since, until = bounds(day, day, zone)
        if before is not None and since >= before:
            continue
        if len(found) >= limit or read >= READ_AT_ONCE:
            return Behind(found, until)
        of_day = episodes(connection, since, until if before is None else min(until, before), now)
        read += len(of_day)
        of_part = [e for e in of_day if part is None or slice_of(e, by, zone) == part]
        found += reversed(behind(figure, of_part))
        if len(found) > limit:
            return Behind(found[:limit], found[limit - 1].begun)
    return Behind(found, None)


def _number(connection: Connection, since: datetime, until: datetime, most: int) -> int:
    begun = conversations.c.created_at
    some = select(begun).where(begun >= since, begun < until).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def _fresh(
    connection: Connection,
    since: datetime,
    until: datetime,
    by: str,
    zone: ZoneInfo,
    now: datetime,
) -> list[tuple[date, Parts]]:
    by_day = _by_day(episodes(connection, since, until, now), zone)
    return [(day, parted(found, zone, (by,))[by]) for day, found in sorted(by_day.items())]


def _by_day(found: Iterable[Episode], zone: ZoneInfo) -> dict[date, list[Episode]]:
    by_day: dict[date, list[Episode]] = {}
    for episode in found:
        by_day.setdefault(episode.begun.astimezone(zone).date(), []).append(episode)
    return by_day


def _gaps(
    connection: Connection,
    known: Mapping[date, Parts],
    first: date,
    last: date,
    zone: ZoneInfo,
    now: datetime,
) -> list[tuple[datetime, datetime]]:
    """The stretches of days without a row, between the oldest conversation and now."""
    oldest = _oldest(connection)
    if oldest is None:
        return []
    day = max(first, oldest.astimezone(zone).date())
    last = min(last, now.astimezone(zone).date())
    found: list[tuple[datetime, datetime]] = []
    begun: date | None = None
    while day <= last + timedelta(days=1):
        missing = day <= last and day not in known
        if missing and begun is None:
            begun = day
        if not missing and begun is not None:
            found.append(bounds(begun, day - timedelta(days=1), zone))
            begun = None
        day += timedelta(days=1)
    return found


def _oldest(connection: Connection) -> datetime | None:
    oldest: datetime | None = connection.execute(
        select(func.min(conversations.c.created_at))
    ).scalar_one()
    return oldest


def _usable(zone: ZoneInfo) -> tuple[ColumnElement[bool], ...]:
    return (report_days.c.zone == zone.key, report_days.c.version == VERSION)


def stale_days(connection: Connection, zone: ZoneInfo, now: datetime) -> list[date]:
    """Days whose rows are missing or old, the newest first."""
    oldest = _oldest(connection)
    if oldest is None:
        return []
    today = now.astimezone(zone).date()
    r = report_days.c
    query = select(r.day, r.made_at, r.number).where(r.by == SLICES[0], *_usable(zone))
    known = {row.day: row for row in connection.execute(query)}
    found = []
    for back in range(KEPT_DAYS):
        day = today - timedelta(days=back)
        _, end = bounds(day, day, zone)
        if end <= oldest:
            break
        row = known.get(day.isoformat())
        if row is None or is_stale(end, row.made_at, row.number, now):
            found.append(day)
    return found


def count(
    connection: Connection, day: date, zone: ZoneInfo, now: datetime
) -> tuple[Mapping[str, Parts], int]:
    """A day's tallies in all parts, and how many conversations they are of."""
    since, until = bounds(day, day, zone)
    found = episodes(connection, since, until, now)
    return parted(found, zone, SLICES), len(found)


def keep(
    tx: Transaction,
    day: date,
    zone: ZoneInfo,
    tallies: Mapping[str, Parts],
    number: int,
    now: datetime,
) -> None:
    """A day's rows, in place of those there were."""
    tx.execute(delete(report_days).where(report_days.c.day == day.isoformat()))
    rows: list[dict[str, Any]] = [
        {
            "day": day.isoformat(), "by": by, "zone": zone.key, "version": VERSION,
            "made_at": now, "number": number,
            "data": {part: tally.as_data() for part, tally in parts.items()},
        }
        for by, parts in tallies.items()
    ]  # fmt: skip
    tx.execute(insert(report_days), rows)


class DayCounter:
    """Counts stale days anew, for all servers one at a time."""

    def __init__(self, db: Database, playbook: Playbook, clock: Clock, worker: str) -> None:
        self._db = db
        self._playbook = playbook
        self._clock = clock
        self._worker = worker

    async def run(self) -> None:
        while True:
            try:
                await self.count_stale()
            except StorageUnavailable as error:
                log.warning("daily figures wait for the database: %s", error)
            await asyncio.sleep(LOOK_EVERY_S)

    async def count_stale(self) -> None:
        zone = self._playbook.hours.zone
        stale = await self._db.reading(lambda c: stale_days(c, zone, self._clock()))
        for day in stale:
            if not await self._db.writing(self._take):
                return
            begun = clock_time.perf_counter()
            await self._count(day, zone)
            await asyncio.sleep((clock_time.perf_counter() - begun) * (1 / _SHARE - 1))

    async def _count(self, day: date, zone: ZoneInfo) -> None:
        now = self._clock()
        tallies, number = await self._db.reading(lambda c: count(c, day, zone, now))
        await self._db.writing(lambda tx: keep(tx, day, zone, tallies, number, now))

    def _take(self, tx: Transaction) -> bool:
        return leases.take(tx, LEASE, self._worker, self._clock(), LASTING)
