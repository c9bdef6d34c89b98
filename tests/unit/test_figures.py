"""What the reports' figures count, on episodes made for the purpose."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from statistics import median, quantiles
from zoneinfo import ZoneInfo

import pytest

from support.reports.charts import COUNTED, causes, days
from support.reports.episodes import Episode
from support.reports.figures import BY_NAME, behind
from support.reports.kept import is_stale
from support.reports.tally import Tally, in_order, of_episode, parted, together
from support.reports.trend import line, step_for, step_of
from support.reports.waits import Wait, answered

TOKYO = ZoneInfo("Asia/Tokyo")
BEGUN = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # 10:00 in Tokyo
PLAIN = Episode(
    id="a", begun=BEGUN, channel="website", lang="en", topic="faq_delivery", agent=None,
    last_text="ok", waits=(), resolved_s=None, score=None, last_intent="faq_delivery",
    complaint=False, fault=None, failing=False, returned=False, settled=True,
)  # fmt: skip
WAITED = Wait("asked", BEGUN, answered_s=60, until=BEGUN + timedelta(seconds=90), outcome="claimed")


def tally(*episodes: Episode) -> Tally:
    return together(map(of_episode, episodes))


def shown(name: str, *episodes: Episode) -> float | None:
    return tally(*episodes).value(BY_NAME[name]).value


def test_silence_is_contained_but_no_help() -> None:
    assert shown("contained", PLAIN) == 1
    assert shown("helped", PLAIN) == 0


@pytest.mark.parametrize(
    ("changes", "helped"),
    [
        ({"last_intent": "thank"}, True),
        ({"score": 5}, True),
        ({"score": 3, "last_intent": "thank"}, False),
        ({"score": 1}, False),
        ({"score": 5, "failing": True}, False),
        ({"last_intent": "thank", "returned": True}, False),
        ({"score": 5, "waits": (WAITED,)}, False),
        ({"score": 5, "agent": "Aya"}, False),
    ],
)
def test_help_needs_a_sign_and_nothing_against_it(changes: dict[str, object], helped: bool) -> None:
    assert shown("helped", replace(PLAIN, **changes)) == helped  # type: ignore[arg-type]


def test_whether_it_is_still_solved_is_known_after_seven_days_only() -> None:
    young = replace(PLAIN, settled=False)
    back = replace(PLAIN, returned=True)

    assert shown("still_contained", young) is None
    assert shown("still_contained", young, PLAIN, back) == 0.5
    assert shown("repeated", young, PLAIN, back) == 0.5


def test_waits_are_counted_each() -> None:
    late = replace(WAITED, answered_s=300)
    gone = replace(WAITED, answered_s=None, outcome="cancelled")
    lasting = replace(WAITED, answered_s=None, outcome=None)
    episode = replace(PLAIN, waits=(WAITED, late, gone, lasting))

    found = tally(episode).value(BY_NAME["first_response"])
    assert (found.value, found.counted) == (180, 2)
    assert found.p90 == pytest.approx(276)
    assert shown("within_range", episode) == 0.5
    assert shown("abandoned", episode) == pytest.approx(1 / 3)


def test_a_figure_of_nothing_is_no_figure() -> None:
    assert shown("contained") is None
    assert shown("rating", PLAIN) is None
    assert shown("conversations") == 0


def test_each_figure_shows_what_it_counted() -> None:
    handed = replace(PLAIN, id="b", waits=(WAITED,), score=5)

    assert behind(BY_NAME["contained"], [PLAIN, handed]) == [PLAIN]
    assert behind(BY_NAME["satisfied"], [PLAIN, handed]) == [handed]
    assert behind(BY_NAME["first_response"], [PLAIN, handed]) == [handed]


def test_parts_are_the_largest_first_and_hours_in_order() -> None:
    late = replace(PLAIN, begun=BEGUN + timedelta(hours=5), channel="telegram")
    early = replace(PLAIN, begun=BEGUN - timedelta(hours=9), channel="telegram")

    found = parted([PLAIN, late, early], TOKYO, ("channel", "hour"))
    assert [name for name, _ in in_order(found["channel"], "channel")] == ["telegram", "website"]
    assert [name for name, _ in in_order(found["hour"], "hour")] == ["01", "10", "15"]


def test_causes_add_up() -> None:
    broken = replace(PLAIN, complaint=True, fault="broken")
    late = replace(PLAIN, complaint=True, fault="late")
    unnamed = replace(PLAIN, complaint=True)
    found = causes(tally(broken, late, broken, unnamed, unnamed, unnamed, PLAIN))

    assert [(cause.name, cause.count) for cause in found] == [
        ("broken", 2), ("late", 1), ("", 3),
    ]  # fmt: skip
    assert [cause.cumulative for cause in found] == pytest.approx([1 / 3, 0.5, 1])


def test_a_day_with_far_more_complaints_than_usual_is_a_signal() -> None:
    def day(number: int, complaints: int) -> tuple[date, list[int]]:
        made = [replace(PLAIN, complaint=n < complaints) for n in range(50)]
        numbers = tally(*made).numbers
        return date(2026, 11, 2) + timedelta(days=number), [int(numbers[at]) for at in COUNTED]

    centre, found = days([*(day(number, 2) for number in range(20)), day(20, 15)])

    assert centre == pytest.approx(55 / 1050)
    assert [day.day for day in found if day.signal] == ["2026-11-22"]
    # Three standard deviations of a share of 50, by hand.
    assert found[0].high == pytest.approx(0.0524 + 3 * (0.0524 * 0.9476 / 50) ** 0.5, abs=1e-3)
    assert found[0].low == 0


def test_a_tally_that_was_kept_is_the_same_again() -> None:
    waited = replace(PLAIN, waits=(WAITED, replace(WAITED, answered_s=4321.4)), score=2)
    whole = tally(PLAIN, waited, replace(PLAIN, complaint=True, fault="late"))
    again = Tally.from_data(json.loads(json.dumps(whole.as_data())))
    assert again.values() == whole.values()
    assert (again.reasons, again.faults) == (whole.reasons, whole.faults)
    once_more = together([again, again])
    assert once_more.value(BY_NAME["conversations"]).value == 6
    assert once_more.value(BY_NAME["first_response"]) == replace(
        whole.value(BY_NAME["first_response"]), counted=4, p90=4352
    )


@pytest.mark.parametrize("numbers", [[7], [1, 2], [5, 5, 5, 900], list(range(1, 200, 7))])
def test_medians_are_those_of_the_statistics_module(numbers: list[int]) -> None:
    waits = tuple(replace(WAITED, answered_s=float(number)) for number in numbers)
    found = tally(replace(PLAIN, waits=waits)).value(BY_NAME["first_response"])
    # To one per cent: long waits are kept more coarsely than short ones.
    assert found.value == pytest.approx(median(numbers), rel=0.01)
    nine = quantiles(numbers, n=10, method="inclusive")[-1] if len(numbers) > 1 else numbers[0]
    assert found.p90 == pytest.approx(nine, rel=0.01)


def test_days_are_counted_anew_the_less_often_the_older_they_are() -> None:
    end = BEGUN
    hour, minute = timedelta(hours=1), timedelta(minutes=1)

    def stale(since_end: timedelta, age: timedelta, number: int = 100) -> bool:
        return is_stale(end, end + since_end - age, number, end + since_end)

    assert not stale(-hour, minute / 2)  # still going on
    assert stale(-hour, minute)
    assert not stale(20 * hour, hour / 2)
    assert stale(20 * hour, hour)
    assert not stale(200 * 24 * hour, 9 * 24 * hour)
    assert stale(200 * 24 * hour, 10 * 24 * hour)
    # So many take minutes to count.
    assert not stale(-hour, minute, number=300_000)
    assert stale(-hour, 5 * minute, number=300_000)
    # What is known after seven days only is counted then.
    assert is_stale(end, end + 7 * 24 * hour - minute, 100, end + 7 * 24 * hour)
    assert not is_stale(end, end + 7 * 24 * hour, 100, end + 7 * 24 * hour + minute)


def later(minutes: float) -> datetime:
    return BEGUN + timedelta(minutes=minutes)


def test_each_wait_is_answered_by_the_reply_after_it() -> None:
    first = Wait("asked", BEGUN, None, later(5), "claimed")
    again = Wait("agent", later(30), None, later(40), "claimed")
    reopened = Wait("reopened", later(90), None, None, "claimed")
    told = answered([again, first, reopened], [later(2), later(3), later(37), later(91)])
    assert [(one.answered_s, one.as_told) for one in told] == [
        (120, True), (420, True), (60, None),
    ]  # fmt: skip


def test_taken_on_and_put_back_without_a_word_is_one_wait() -> None:
    first = Wait("asked", BEGUN, None, later(5), "claimed")
    again = Wait("agent", later(10), None, later(30), "claimed")
    [wait] = answered([first, again], [later(20)])
    assert (wait.reason, wait.answered_s, wait.as_told) == ("asked", 1200, False)
    # Another agent's silence is no answer, and giving up afterwards is giving up.
    [wait] = answered([first, replace(again, outcome="cancelled")], [])
    assert (wait.answered_s, wait.outcome) == (None, "cancelled")


def test_nobody_answers_who_has_given_up() -> None:
    gone = Wait("asked", BEGUN, None, later(5), "cancelled")
    lasting = Wait("stuck", later(60), None, later(65), None)
    assert [one.answered_s for one in answered([gone, lasting], [later(10)])] == [None, None]


def test_a_long_period_is_told_by_weeks_and_gaps_are_gaps() -> None:
    first, last = date(2026, 11, 4), date(2026, 11, 15)  # a Wednesday to a Sunday
    days = [first + timedelta(days=more) for more in range(12)]
    assert [step_of(day, first, "week") for day in days] == [first] * 5 + [date(2026, 11, 9)] * 7
    assert [step_of(day, first, "day") for day in days] == days
    assert days[-1] == last
    assert [step_for(first, first + timedelta(days=more)) for more in (34, 35)] == ["day", "week"]


def test_a_line_has_the_whole_scale_and_breaks_where_nothing_was() -> None:
    assert line("share", [0.0, None, 1.0, 0.5]) == [
        "0.00,22.50 0.00,22.50", "66.67,1.50 100.00,12.00",
    ]  # fmt: skip
    assert line("score", [1.0, 5.0]) == ["0.00,22.50 100.00,1.50"]
    assert line("count", [0, 4]) == ["0.00,22.50 100.00,1.50"]
    assert line("seconds", [None]) == []
