"""Tallies that are kept as rows: of each day, and of each one, four and twelve weeks that are over.

A day's row is counted anew as it grows old: today's every minute, of a day that is over the less
often the longer ago it was (what still changes about it, such as a late rating, becomes rare). No
change has to be watched for, and a row that was ever wrong mends itself. A span of weeks is the
sum of its days' rows: it goes with the first of them that changes, and is put together again.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, ColumnElement, Connection, column, delete, func, insert, select

from support.reports.episodes import AGAIN, episodes
from support.reports.figures import SLICES
from support.reports.tally import VERSION, Tally, parted, together
from support.store import Transaction
from support.store.among import among
from support.store.schema import conversations, report_days

# Days of which rows are kept; no report is longer.
KEPT_DAYS: Final = 400
FRESH: Final = timedelta(minutes=1)
WEEK: Final = 7
# Days in a span, each made of whole ones of the span before: a year is some twenty rows.
SPANS: Final = (WEEK, 28, 84)
_DAY: Final = timedelta(days=1)
# Beside the parts, all of a day together.
ALL: Final = "all"
_EVERY: Final = (ALL, *SLICES)

Parts = Mapping[str, Tally]
_r = report_days.c


def bounds(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the first moment of `first` until the first after `last`."""
    since = datetime.combine(first, time(), zone)
    return since, datetime.combine(last + timedelta(days=1), time(), zone)


def oldest(connection: Connection) -> datetime | None:
    found: datetime | None = connection.execute(
        select(func.min(conversations.c.created_at))
    ).scalar_one()
    return found


def begin_of(day: date, length: int) -> date:
    """The first day of the span that a day is in, a Monday."""
    return day - timedelta(days=(day.toordinal() - 1) % length)


def key_of(begin: date, length: int = 1) -> str:
    """Spans come after every date, so that days are found without them."""
    return begin.isoformat() if length == 1 else f"w{length}{begin:%y%m%d}"


# Reading ------------------------------------------------------------------------------------------


def made(connection: Connection, first: date, zone: ZoneInfo) -> dict[str, datetime]:
    """When each row was counted, by its key: of days from `first` on, and all spans."""
    query = select(_r.day, _r.made_at).where(_r.by == ALL, _r.day >= key_of(first), *_usable(zone))
    return {row.day: row.made_at for row in connection.execute(query)}


def days_made(
    connection: Connection, first: date, last: date, zone: ZoneInfo
) -> dict[date, datetime]:
    """When the row of each day was counted, of those that have one."""
    query = select(_r.day, _r.made_at).where(
        _r.by == ALL, _r.day.between(key_of(first), key_of(last)), *_usable(zone)
    )
    return {date.fromisoformat(row.day): row.made_at for row in connection.execute(query)}


def spans_made(
    connection: Connection, first: date, last: date, length: int, zone: ZoneInfo
) -> set[date]:
    """The begins of the spans of this length that lie within the days and have a row."""
    keys = span_keys(first, last, length)
    query = select(_r.day).where(_r.by == ALL, among(_r.day, keys), *_usable(zone))
    return {keys[key] for key in connection.execute(query).scalars()}


def span_keys(first: date, last: date, length: int) -> dict[str, date]:
    """The keys and begins of the spans of this length that lie within the days."""
    return {key_of(begin, length): begin for begin in _within(first, last, length)}


def _within(first: date, last: date, length: int) -> list[date]:
    begin = begin_of(first + _DAY * (length - 1), length)
    number = ((last - begin).days + 1) // length
    return [begin + _DAY * length * at for at in range(number)]


def tallies(
    connection: Connection, keys: Collection[str], by: str, part: str | None, zone: ZoneInfo
) -> dict[str, Parts]:
    """By each of `keys` that has a row: all its parts, or the one."""
    wanted = (_r.by == by, among(_r.day, keys), *_usable(zone))
    if part is None:
        rows = connection.execute(select(_r.day, _r.data).where(*wanted))
        return {
            row.day: {name: Tally.from_data(data) for name, data in row.data.items()}
            for row in rows
        }
    one = _one_of_each()
    query = select(_r.day, one.c.value).where(*wanted, one.c.key == part)
    return {row.day: {part: Tally.from_data(row.value)} for row in connection.execute(query)}


def numbers(
    connection: Connection,
    keys: Collection[str],
    by: str,
    part: str,
    zone: ZoneInfo,
    places: Sequence[int],
) -> dict[str, tuple[int, ...]]:
    """By each of `keys` that has a row: of one part, what stands at these places of its numbers."""
    one = _one_of_each()
    # All of them at once: PostgreSQL would read the tally again for each place.
    query = select(_r.day, one.c.value[0].label("numbers")).where(
        _r.by == by, among(_r.day, keys), one.c.key == part, *_usable(zone)
    )
    return {
        row.day: tuple(int(row.numbers[place]) for place in places)
        for row in connection.execute(query)
    }


def _one_of_each() -> Any:
    """Each part of a row's data: SQLite and PostgreSQL have the same function for it, and no name
    of a part gets into a path."""
    each = func.json_each(report_days.c.data)
    return each.table_valued("key", column("value", JSON), joins_implicitly=True)


def _usable(zone: ZoneInfo) -> tuple[ColumnElement[bool], ...]:
    return (_r.zone == zone.key, _r.version == VERSION)


# Keeping ------------------------------------------------------------------------------------------


def is_stale(day_end: datetime, made_at: datetime, number: int, now: datetime) -> bool:
    """Whether a day's row is to be counted anew. `number`: of its conversations; counting them
    takes time, so that a very busy day is counted less often."""
    settles = day_end + AGAIN
    if made_at < settles <= now:
        return True
    tolerated = max(FRESH, (now - day_end) / 20, timedelta(milliseconds=number))
    return now - made_at >= tolerated


def stale_days(connection: Connection, zone: ZoneInfo, now: datetime) -> list[date]:
    """Days whose rows are missing or old, the newest first."""
    begun = oldest(connection)
    if begun is None:
        return []
    today = now.astimezone(zone).date()
    query = select(_r.day, _r.made_at, _r.number).where(
        _r.by == ALL, _r.day <= key_of(today), *_usable(zone)
    )
    known = {row.day: row for row in connection.execute(query)}
    found = []
    for back in range(KEPT_DAYS):
        day = today - timedelta(days=back)
        _, end = bounds(day, day, zone)
        if end <= begun:
            break
        row = known.get(key_of(day))
        if row is None or is_stale(end, row.made_at, row.number, now):
            found.append(day)
    return found


def count(
    connection: Connection, day: date, zone: ZoneInfo, now: datetime
) -> tuple[Mapping[str, Parts], int]:
    """A day's tallies in all parts, and how many conversations they are of."""
    since, until = bounds(day, day, zone)
    found = episodes(connection, since, until, now)
    by = parted(found, zone, SLICES)
    return {ALL: {ALL: together(by[SLICES[0]].values())}, **by}, len(found)


def keep(
    tx: Transaction,
    day: date,
    zone: ZoneInfo,
    counted: Mapping[str, Parts],
    number: int,
    now: datetime,
) -> None:
    """A day's rows, in place of those there were; its spans are to be put together again."""
    keys = [key_of(day), *(key_of(begin_of(day, length), length) for length in SPANS)]
    tx.execute(delete(report_days).where(_r.day.in_(keys)))
    _insert(tx, key_of(day), zone, counted, number, now)


def spans_due(connection: Connection, length: int, zone: ZoneInfo, now: datetime) -> list[date]:
    """The begins of spans that are over and have no row, though all that they are made of has."""
    last = now.astimezone(zone).date() - _DAY
    first = last - _DAY * KEPT_DAYS
    known = spans_made(connection, first, last, length, zone)
    shorter = _shorter(length)
    made: Collection[date]
    if shorter == 1:
        made = days_made(connection, first, last, zone)
    else:
        made = spans_made(connection, first, last, shorter, zone)
    return [
        begin
        for begin in _within(first, last, length)
        if begin not in known and all(begin + _DAY * at in made for at in range(0, length, shorter))
    ]


def span(
    connection: Connection, begin: date, length: int, zone: ZoneInfo
) -> tuple[Mapping[str, Parts], Sequence[datetime]]:
    """A span's tallies in all parts, and when the days that they are of were counted."""
    shorter = _shorter(length)
    keys = [key_of(begin + _DAY * at, shorter) for at in range(0, length, shorter)]
    counted = {by: summed(tallies(connection, keys, by, None, zone).values()) for by in _EVERY}
    return counted, _made(connection, begin, length, zone)


def keep_span(
    tx: Transaction,
    begin: date,
    length: int,
    zone: ZoneInfo,
    counted: Mapping[str, Parts],
    made: Sequence[datetime],
) -> None:
    """A span's rows, unless a day was counted anew since."""
    if len(made) != length or _made(tx.connection, begin, length, zone) != made:
        return
    tx.execute(delete(report_days).where(_r.day == key_of(begin, length)))
    number = sum(tally.total("conversations") for tally in counted[ALL].values())
    _insert(tx, key_of(begin, length), zone, counted, number, max(made))


def _shorter(length: int) -> int:
    return max((one for one in SPANS if one < length), default=1)


def summed(of_days: Iterable[Parts]) -> dict[str, Tally]:
    """The parts of all of them together."""
    found: dict[str, list[Tally]] = {}
    for parts in of_days:
        for name, tally in parts.items():
            found.setdefault(name, []).append(tally)
    return {name: together(each) for name, each in found.items()}


def _made(connection: Connection, begin: date, length: int, zone: ZoneInfo) -> Sequence[datetime]:
    made = days_made(connection, begin, begin + _DAY * (length - 1), zone)
    return [made[day] for day in sorted(made)]


def _insert(
    tx: Transaction,
    key: str,
    zone: ZoneInfo,
    counted: Mapping[str, Parts],
    number: int,
    now: datetime,
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "day": key, "by": by, "zone": zone.key, "version": VERSION,
            "made_at": now, "number": number,
            "data": {part: tally.as_data() for part, tally in parts.items()},
        }
        for by, parts in counted.items()
    ]  # fmt: skip
    tx.execute(insert(report_days), rows)
