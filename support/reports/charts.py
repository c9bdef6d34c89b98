"""The reports' charts: what complaints are about (Pareto), and how many there were day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Final

from support.reports.tally import Tally, place_of_total


@dataclass(frozen=True)
class Cause:
    """`cumulative`: the share of all complaints that this cause and those before it make up."""

    name: str
    count: int
    cumulative: float


def causes(tally: Tally) -> list[Cause]:
    """The faults that complaints are about, for a Pareto chart; the unnamed ones last."""
    counts = tally.faults
    total, so_far, found = sum(counts.values()), 0, []
    for name, count in sorted(counts.items(), key=lambda item: (not item[0], -item[1], item[0])):
        so_far += count
        found.append(Cause(name, count, so_far / total))
    return found


@dataclass(frozen=True)
class Day:
    """`low` and `high`: where the share of complaints lies on 997 of 1,000 days of so many
    conversations if nothing has changed; `signal`: this day's lies outside."""

    day: str
    conversations: int
    handed_over: int
    complaints: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.complaints / self.conversations

    @property
    def signal(self) -> bool:
        return not self.low <= self.share <= self.high


# What `days` is made of, by their places in the numbers of each day.
COUNTED: Final = tuple(
    place_of_total(name) for name in ("conversations", "handed_over", "complaints")
)


def days(by_day: Sequence[tuple[date, Sequence[int]]]) -> tuple[float, list[Day]]:
    """The mean share of complaints, and each day of a p control chart, of the numbers COUNTED.

    Limits are three standard deviations of a binomial share from the mean (Shewhart's p chart).
    """
    whole = sum(number for _, (number, _, _) in by_day)
    centre = sum(complaints for _, (_, _, complaints) in by_day) / whole if whole else 0.0
    found = []
    for day, (number, handed_over, complaints) in by_day:
        spread = 3 * sqrt(centre * (1 - centre) / number)
        found.append(
            Day(
                day=day.isoformat(),
                conversations=number,
                handed_over=handed_over,
                complaints=complaints,
                low=max(0.0, centre - spread),
                high=min(1.0, centre + spread),
            )
        )
    return centre, found


# The chart's box, whatever it is stretched to.
WIDTH: Final = 100.0
HEIGHT: Final = 40.0


@dataclass(frozen=True)
class Drawing:
    """The control chart in its box: `band` goes around what is usual, `line` through the days'
    shares, as points of a polygon and a polyline. `mean`: how far down; `top`: the share up there.
    """

    band: str
    line: str
    mean: float
    top: float


def drawn(centre: float, shown: Sequence[Day]) -> Drawing:
    top = max(0.05, *(max(day.share, day.high) for day in shown))
    wide = WIDTH / len(shown)

    def down(share: float) -> float:
        return HEIGHT - HEIGHT * share / top

    above, below, line = [], [], []
    for place, day in enumerate(shown):
        left, right = place * wide, (place + 1) * wide
        above += [f"{x:.3f},{down(day.high):.3f}" for x in (left, right)]
        below += [f"{x:.3f},{down(day.low):.3f}" for x in (left, right)]
        line.append(f"{(left + right) / 2:.3f},{down(day.share):.3f}")
    if len(line) == 1:
        line *= 2  # a line of no length, a dot
    return Drawing(" ".join([*above, *reversed(below)]), " ".join(line), down(centre), top)
