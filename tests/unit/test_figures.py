"""What the reports' figures count, on episodes made for the purpose."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from support.reports.episodes import Episode, Wait
from support.reports.figures import BY_NAME, behind, causes, days, sliced, value

TOKYO = ZoneInfo("Asia/Tokyo")
BEGUN = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # 10:00 in Tokyo
PLAIN = Episode(
    id="a", begun=BEGUN, channel="website", lang="en", topic="faq_delivery", agent=None,
    last_text="ok", waits=(), resolved_s=None, score=None, last_intent="faq_delivery",
    complaint=False, fault=None, failing=False, returned=False, settled=True,
)  # fmt: skip
WAITED = Wait("asked", BEGUN, answered_s=60, low_s=30, high_s=90, outcome="claimed")


def shown(name: str, *episodes: Episode) -> float | None:
    return value(BY_NAME[name], episodes).value


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

    found = value(BY_NAME["first_response"], [episode])
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

    assert [name for name, _ in sliced([PLAIN, late, early], "channel", TOKYO)] == [
        "telegram", "website",
    ]  # fmt: skip
    assert [name for name, _ in sliced([PLAIN, late, early], "hour", TOKYO)] == ["01", "10", "15"]


def test_causes_add_up() -> None:
    broken = replace(PLAIN, complaint=True, fault="broken")
    late = replace(PLAIN, complaint=True, fault="late")
    unnamed = replace(PLAIN, complaint=True)
    found = causes([broken, late, broken, unnamed, unnamed, unnamed, PLAIN])

    assert [(cause.name, cause.count) for cause in found] == [
        ("broken", 2), ("late", 1), ("", 3),
    ]  # fmt: skip
    assert [cause.cumulative for cause in found] == pytest.approx([1 / 3, 0.5, 1])


def test_a_day_with_far_more_complaints_than_usual_is_a_signal() -> None:
    def day(number: int, complaints: int) -> list[Episode]:
        begun = BEGUN + timedelta(days=number)
        return [replace(PLAIN, begun=begun, complaint=n < complaints) for n in range(50)]

    quiet = [episode for number in range(20) for episode in day(number, 2)]
    centre, found = days([*quiet, *day(20, 15)], TOKYO)

    assert centre == pytest.approx(55 / 1050)
    assert [day.day for day in found if day.signal] == ["2026-11-22"]
    # Three standard deviations of a share of 50, by hand.
    assert found[0].high == pytest.approx(0.0524 + 3 * (0.0524 * 0.9476 / 50) ** 0.5, abs=1e-3)
    assert found[0].low == 0
