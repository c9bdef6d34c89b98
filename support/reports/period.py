"""The tallies of a period: counted as it is read where few conversations began in it, else put
together from the kept rows of its weeks and days (see `support.reports.kept`)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from support.reports import kept
from support.reports.episodes import Episode, episodes
from support.reports.kept import ALL, SPANS, WEEK, Parts, begin_of, bounds, key_of
from support.reports.tally import Tally, numbers_of, parted, together
from support.reports.trend import Step, step_of
from support.store.schema import conversations

# So many are counted as they are read.
FEW: Final = 500


class Period:
    """Read within one transaction. `part` is one of `by`, or None for all together.

    `as_of`: when the newest of the rows was counted, None where all is counted just now.
    """

    def __init__(
        self, connection: Connection, first: date, last: date, zone: ZoneInfo, now: datetime
    ) -> None:
        self._connection = connection
        self._first, self._last = first, last
        self._zone = zone
        self._now = now
        self._fresh: dict[date, list[Episode]] = {}
        self._days: set[date] = set()
        self._spans: dict[int, set[date]] = {}
        self.as_of: datetime | None = None
        since, until = bounds(first, last, zone)
        if _number(connection, since, until, FEW + 1) <= FEW:
            self._read(since, until)
            return
        made = kept.days_made(connection, first, last, zone)
        self._days = set(made)
        self._spans = {
            length: kept.spans_made(connection, first, last, length, zone) for length in SPANS
        }
        self.as_of = max(made.values(), default=None)
        for gap in self._gaps():
            self._read(*gap)

    def parts(self, by: str, part: str | None = None) -> dict[str, Tally]:
        """The tally of each part, or of the one."""
        found = kept.tallies(self._connection, self._rows(max(SPANS)).keys(), by, part, self._zone)
        fresh = (parts for _, parts in self._counted(by, part))
        return kept.summed([*found.values(), *fresh])

    def steps(self, step: Step, by: str, part: str | None = None) -> list[tuple[date, Tally]]:
        """By the first day of each day or week, also of those in which nothing began."""
        found: dict[date, list[Tally]] = {}
        day = self._first
        while day <= self._last:
            found.setdefault(step_of(day, self._first, step), [])
            day += timedelta(days=1)
        by, part = (by, part) if part is not None else (ALL, ALL)
        keys = self._rows(WEEK if step == "week" else 1)
        rows = kept.tallies(self._connection, keys.keys(), by, part, self._zone)
        counted = [(keys[key], parts) for key, parts in rows.items()]
        for day, parts in (*counted, *self._counted(by, part)):
            found[step_of(day, self._first, step)] += parts.values()
        return [(begin, together(tallies)) for begin, tallies in found.items()]

    def numbers(self, by: str, part: str | None = None) -> list[tuple[date, Tally]]:
        """Of each day in which something began, in numbers only; oldest first."""
        by, part = (by, part) if part is not None else (ALL, ALL)
        keys = self._rows(1)
        rows = kept.numbers(self._connection, keys.keys(), by, part, self._zone)
        found = {keys[key]: tally for key, tally in rows.items()}
        for day, parts in self._counted(by, part):
            found[day] = numbers_of(list(parts.values()))
        return sorted((day, tally) for day, tally in found.items() if tally.total("conversations"))

    def _rows(self, longest: int) -> dict[str, date]:
        """The keys of the rows that make up the period, with their first days: of no span longer
        than `longest`, and of as few as can be."""
        left, found = set(self._days), {}
        for length in sorted(self._spans, reverse=True):
            if length > longest:
                continue
            for begin in self._spans[length]:
                if begin in left:
                    found[key_of(begin, length)] = begin
            left = {day for day in left if begin_of(day, length) not in self._spans[length]}
        return {**found, **{key_of(day): day for day in left}}

    def _counted(self, by: str, part: str | None) -> Iterable[tuple[date, Parts]]:
        """Of the days that have no row."""
        for day, found in self._fresh.items():
            if by == ALL:
                parts: Mapping[str, Tally] = {
                    ALL: together(parted(found, self._zone, ("lang",))["lang"].values())
                }
            else:
                parts = parted(found, self._zone, (by,))[by]
            yield day, {name: one for name, one in parts.items() if part in (None, name)}

    def _read(self, since: datetime, until: datetime) -> None:
        for episode in episodes(self._connection, since, until, self._now):
            day = episode.begun.astimezone(self._zone).date()
            self._fresh.setdefault(day, []).append(episode)

    def _gaps(self) -> Sequence[tuple[datetime, datetime]]:
        """The stretches of days without a row, between the oldest conversation and now."""
        oldest = kept.oldest(self._connection)
        if oldest is None:
            return []
        day = max(self._first, oldest.astimezone(self._zone).date())
        last = min(self._last, self._now.astimezone(self._zone).date())
        found: list[tuple[datetime, datetime]] = []
        begun: date | None = None
        while day <= last + timedelta(days=1):
            missing = day <= last and day not in self._days
            if missing and begun is None:
                begun = day
            if not missing and begun is not None:
                found.append(bounds(begun, day - timedelta(days=1), self._zone))
                begun = None
            day += timedelta(days=1)
        return found


def _number(connection: Connection, since: datetime, until: datetime, most: int) -> int:
    begun = conversations.c.created_at
    some = select(begun).where(begun >= since, begun < until).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()
