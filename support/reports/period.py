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
from support.reports.tally import Tally, numbers_of, parted, place_of_total, together
from support.reports.trend import Step, step_of
from support.store.schema import conversations

# So many are counted as they are read.
FEW: Final = 500
_NUMBER: Final = place_of_total("conversations")


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
        made = kept.made(connection, first, zone)
        self._days = {day for day in _each(first, last) if key_of(day) in made}
        self._spans = {
            length: {
                begin for key, begin in kept.span_keys(first, last, length).items() if key in made
            }
            for length in SPANS
        }
        self.as_of = max((made[key_of(day)] for day in self._days), default=None)
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
        for day in _each(self._first, self._last):
            found.setdefault(step_of(day, self._first, step), [])
        by, part = (by, part) if part is not None else (ALL, ALL)
        keys = self._rows(WEEK if step == "week" else 1)
        rows = kept.tallies(self._connection, keys.keys(), by, part, self._zone)
        counted = [(keys[key], parts) for key, parts in rows.items()]
        for day, parts in (*counted, *self._counted(by, part)):
            found[step_of(day, self._first, step)] += parts.values()
        return [(begin, together(tallies)) for begin, tallies in found.items()]

    def numbers(
        self, places: Sequence[int], by: str, part: str | None = None
    ) -> list[tuple[date, tuple[int, ...]]]:
        """What stands at these places of the numbers of each day in which something began; oldest
        first."""
        by, part = (by, part) if part is not None else (ALL, ALL)
        keys = self._rows(1)
        asked = (_NUMBER, *places)
        rows = kept.numbers(self._connection, keys.keys(), by, part, self._zone, asked)
        found = {keys[key]: numbers for key, numbers in rows.items()}
        for day, parts in self._counted(by, part):
            whole = numbers_of(list(parts.values())).numbers
            found[day] = tuple(int(whole[place]) for place in asked)
        return sorted((day, numbers[1:]) for day, numbers in found.items() if numbers[0])

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
        last = min(self._last, self._now.astimezone(self._zone).date())
        missing = [day for day in _each(self._first, last) if day not in self._days]
        oldest = kept.oldest(self._connection) if missing else None
        if oldest is None:
            return []
        begun = oldest.astimezone(self._zone).date()
        found: list[tuple[date, date]] = []
        for day in missing:
            if day < begun:
                continue
            if found and day - found[-1][1] == timedelta(days=1):
                found[-1] = (found[-1][0], day)
            else:
                found.append((day, day))
        return [bounds(since, until, self._zone) for since, until in found]


def _each(first: date, last: date) -> list[date]:
    return [first + timedelta(days=at) for at in range((last - first).days + 1)]


def _number(connection: Connection, since: datetime, until: datetime, most: int) -> int:
    begun = conversations.c.created_at
    some = select(begun).where(begun >= since, begun < until).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()
