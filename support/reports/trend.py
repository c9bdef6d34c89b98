"""The figures over time: day by day, or week by week where that would be too many."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Literal

from support.reports.figures import Kind

Step = Literal["day", "week"]
MOST_DAYS: Final = 35
# A line is drawn in a box of this size, whatever it is stretched to.
WIDTH: Final = 100.0
HEIGHT: Final = 24.0
_EDGE: Final = 1.5


def step_for(first: date, last: date) -> Step:
    return "day" if (last - first).days < MOST_DAYS else "week"


def step_of(day: date, first: date, step: Step) -> date:
    """The first day of the step that a day is in. Weeks begin on Mondays, the first of them where
    the period does."""
    return day if step == "day" else max(first, day - timedelta(days=day.weekday()))


def line(kind: Kind, values: Sequence[float | None]) -> list[str]:
    """The points of each stretch without a gap. Shares and scores are drawn on their whole scale,
    so that a small change looks small; the others from nought to the highest."""
    low, high = {"share": (0.0, 1.0), "score": (1.0, 5.0)}.get(kind, (0.0, 0.0))
    if not high:
        high = max((value for value in values if value is not None), default=0) or 1.0
    across = WIDTH / max(1, len(values) - 1)
    stretches: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            stretches.append([])
            continue
        up = HEIGHT - _EDGE - (HEIGHT - 2 * _EDGE) * (value - low) / (high - low)
        stretches[-1].append(f"{place * across:.2f},{up:.2f}")
    # One point alone is a dot: a line of no length with round ends.
    return [" ".join(points * 2 if len(points) == 1 else points) for points in stretches if points]
