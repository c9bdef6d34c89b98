"""Which times a customer can choose for a call: the shop's hours, seen from where they are."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from support.playbook.hours import Hours
from support.playbook.playbook import CallbackRules
from support.tasks.callback_slots import UnknownZone, free_slots, known_zone, slots

WEEKDAYS = ((time(9), time(18)),) * 5 + (None, None)


def rules(**values: object) -> CallbackRules:
    given = {
        "slot_minutes": 30,
        "per_slot": 1,
        "earliest_after_minutes": 60,
        "open_days_ahead": 2,
        "remind_minutes": 15,
        "missed_after_minutes": 20,
        "phone_region": "JP",
    }
    return CallbackRules.model_validate({**given, **values})


def hours(zone: str = "Asia/Tokyo", country: str | None = None, *closed: date) -> Hours:
    return Hours(ZoneInfo(zone), WEEKDAYS, country, frozenset(closed))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_whole_slots_within_the_opening_from_an_hour_on() -> None:
    found = list(slots(hours(), rules(), at("2026-11-18T16:10+09:00")))
    assert found[:2] == [at("2026-11-18T17:30+09:00"), at("2026-11-19T09:00+09:00")]
    assert found[-1] == at("2026-11-19T17:30+09:00")


def test_a_weekend_a_holiday_and_a_closed_day_are_left_out() -> None:
    closed = date(2026, 11, 24)
    friday_evening = at("2026-11-20T17:00+09:00")
    found = list(slots(hours("Asia/Tokyo", "JP", closed), rules(), friday_evening))
    # Monday the 23rd is Labour Thanksgiving Day.
    assert {one.astimezone(ZoneInfo("Asia/Tokyo")).date() for one in found} == {
        date(2026, 11, 25),
        date(2026, 11, 26),
    }


def test_a_day_that_is_nearly_over_is_none_of_the_days_promised() -> None:
    found = list(slots(hours(), rules(open_days_ahead=1), at("2026-11-18T17:45+09:00")))
    assert found[0] == at("2026-11-19T09:00+09:00")


def test_the_shops_clock_change_moves_the_slots_in_utc() -> None:
    # Clocks in Berlin go back on 25 October 2026.
    found = list(slots(hours("Europe/Berlin"), rules(), at("2026-10-23T08:00+02:00")))
    by_day = {one.astimezone(ZoneInfo("Europe/Berlin")).date(): one for one in reversed(found)}
    assert by_day[date(2026, 10, 23)] == at("2026-10-23T07:00+00:00")
    assert by_day[date(2026, 10, 26)] == at("2026-10-26T08:00+00:00")
    assert len([one for one in found if one >= at("2026-10-26T00:00+00:00")]) == 18


def test_the_day_on_which_the_clock_changes_has_no_slot_twice() -> None:
    sundays = Hours(ZoneInfo("America/New_York"), (*WEEKDAYS[:6], (time(0), time(6))))
    found = [
        one
        for one in slots(sundays, rules(open_days_ahead=30), at("2026-10-30T20:00-04:00"))
        if one.astimezone(ZoneInfo("America/New_York")).date() == date(2026, 11, 1)
    ]
    assert len(found) == len(set(found)) == 14  # the hour from one to two comes twice
    assert all(b - a == timedelta(minutes=30) for a, b in zip(found, found[1:], strict=False))


def test_full_slots_are_no_choice() -> None:
    first, second = list(slots(hours(), rules(), at("2026-11-18T09:00+09:00")))[:2]
    free = free_slots(
        hours(), rules(per_slot=2), at("2026-11-18T09:00+09:00"), {first: 2, second: 1}
    )
    assert free[0] == second


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../../etc/passwd", "Europe", "a" * 5000, "\x00", "東京"]
)
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone):
        known_zone(name)
