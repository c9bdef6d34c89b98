"""When people answer: the week's hours and the holidays, in the shop's own time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import holidays

# Nobody closes for longer; a search that ends here means that the week has no hours at all.
LONGEST_CLOSURE = 60


@dataclass(frozen=True)
class Hours:
    """`week`: seven (opens, closes) pairs from Monday on, None for a closed day, local time."""

    zone: ZoneInfo
    week: tuple[tuple[time, time] | None, ...]
    country: str | None = None
    closed: frozenset[date] = frozenset()

    def on(self, day: date) -> tuple[datetime, datetime] | None:
        """The opening and closing of a local date, in UTC, or None when closed."""
        hours = self.week[day.weekday()]
        if hours is None or day in self.closed or _is_holiday(self.country, day):
            return None
        opens, closes = (datetime.combine(day, at, self.zone).astimezone(UTC) for at in hours)
        return opens, closes

    def is_open(self, at: datetime) -> bool:
        today = self.on(at.astimezone(self.zone).date())
        return today is not None and today[0] <= at < today[1]

    def next_opening(self, at: datetime) -> datetime | None:
        """`at` itself when open, else the next opening; None if there is none in sight."""
        day = at.astimezone(self.zone).date()
        for offset in range(LONGEST_CLOSURE):
            hours = self.on(day + timedelta(days=offset))
            if hours is not None and at < hours[1]:
                return max(at, hours[0])
        return None

    def after(self, at: datetime, working: timedelta) -> datetime | None:
        """The moment when `working` hours of opening have passed since `at`."""
        left = working
        day = at.astimezone(self.zone).date()
        for offset in range(LONGEST_CLOSURE):
            hours = self.on(day + timedelta(days=offset))
            if hours is None or at >= hours[1]:
                continue
            begins = max(at, hours[0])
            if hours[1] - begins >= left:
                return begins + left
            left -= hours[1] - begins
        return None

    def open_s(self, since: datetime, until: datetime) -> float:
        """Seconds of opening between two moments; what lies further back than the longest closure
        is not looked at."""
        day, last = until.astimezone(self.zone).date(), since.astimezone(self.zone).date()
        found = 0.0
        for _ in range(LONGEST_CLOSURE):
            if day < last:
                break
            hours = self.on(day)
            if hours is not None:
                open_for = min(until, hours[1]) - max(since, hours[0])
                found += max(0.0, open_for.total_seconds())
            day -= timedelta(days=1)
        return found


@lru_cache(maxsize=8)
def _calendar(country: str) -> "holidays.HolidayBase":
    # The library takes a good part of a second to load; the server answers before that.
    import holidays

    return holidays.country_holidays(country)


def _is_holiday(country: str | None, day: date) -> bool:
    return country is not None and day in _calendar(country)
