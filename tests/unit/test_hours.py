"""Time that counts: seconds of opening between two moments."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from support.playbook.hours import Hours

WEEKDAYS = ((time(9), time(18)),) * 5 + (None, None)
BERLIN = Hours(ZoneInfo("Europe/Berlin"), ((time(0), time(23, 59)),) * 7)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("since", "until", "minutes"),
    [
        ("2026-11-18T10:00+09:00", "2026-11-18T10:05+09:00", 5),
        ("2026-11-18T17:50+09:00", "2026-11-19T09:10+09:00", 20),  # over night
        ("2026-11-20T17:50+09:00", "2026-11-23T09:10+09:00", 20),  # over a weekend
        ("2026-11-18T20:00+09:00", "2026-11-18T23:00+09:00", 0),  # never open
        ("2026-11-24T17:00+09:00", "2026-11-26T10:00+09:00", 120),  # over a day that is closed
    ],
)
def test_a_night_does_not_count(since: str, until: str, minutes: float) -> None:
    shop = Hours(ZoneInfo("Asia/Tokyo"), WEEKDAYS, None, frozenset({date(2026, 11, 25)}))
    assert shop.open_s(at(since), at(until)) == minutes * 60


@pytest.mark.parametrize(
    ("night", "clocks"), [("2026-03-29", 2), ("2026-10-25", 4), ("2026-10-26", 3)]
)
def test_hours_are_those_that_pass_when_the_clocks_are_changed(night: str, clocks: int) -> None:
    since = datetime.fromisoformat(f"{night}T01:00").replace(tzinfo=BERLIN.zone)
    until = datetime.fromisoformat(f"{night}T04:00").replace(tzinfo=BERLIN.zone)
    assert BERLIN.open_s(since.astimezone(UTC), until.astimezone(UTC)) == clocks * 3600
