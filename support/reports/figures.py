"""The figures of the reports, each defined once: docs/reports.md tells them in words.

All are computed from episodes alone, so the conversations behind a figure are those that it
counted. A figure of too little is None rather than a number that means nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import mean, median, quantiles
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from support.reports.episodes import Episode, Wait

SATISFIED: Final = 4
DISSATISFIED: Final = 2
# How a conversation ends that was good for something.
_CONTENT: Final = ("thank", "goodbye")
_CLAIMED: Final = "claimed"
_CANCELLED: Final = "cancelled"

Kind = Literal["count", "share", "seconds", "score"]


@dataclass(frozen=True)
class Figure:
    """`of`: what an episode adds, one value for each thing that is counted there; shares are made
    of ones and noughts. An episode that has nothing to do with it adds nothing."""

    name: str
    kind: Kind
    of: Callable[[Episode], Sequence[float]]


@dataclass(frozen=True)
class Value:
    """`value`: the count, share (0 to 1), median seconds or mean score; `p90` of seconds;
    `counted`: how many things it was made of."""

    value: float | None
    p90: float | None
    counted: int


def _contained(episode: Episode) -> bool:
    return not episode.handed_over


def _helped(episode: Episode) -> bool:
    """Contained, and there is a sign that it was good for something, and none of the contrary."""
    rated = episode.score
    content = episode.last_intent in _CONTENT if rated is None else rated >= SATISFIED
    return _contained(episode) and content and not episode.failing and not episode.returned


def _within_range(wait: Wait) -> list[float]:
    if wait.answered_s is None or wait.high_s is None:
        return []
    return [float(wait.answered_s <= wait.high_s)]


def _over(waits: Sequence[Wait], of: Callable[[Wait], Sequence[float]]) -> list[float]:
    return [value for wait in waits for value in of(wait)]


FIGURES: Final[tuple[Figure, ...]] = (
    Figure("conversations", "count", lambda e: [1]),
    Figure("contained", "share", lambda e: [_contained(e)]),
    Figure(
        "still_contained",
        "share",
        lambda e: [not e.returned] if _contained(e) and e.settled else [],
    ),
    Figure("helped", "share", lambda e: [_helped(e)]),
    Figure("repeated", "share", lambda e: [e.returned] if e.settled else []),
    Figure("handed_over", "count", lambda e: [1] if e.handed_over else []),
    Figure(
        "first_response",
        "seconds",
        lambda e: _over(e.waits, lambda w: [] if w.answered_s is None else [w.answered_s]),
    ),
    Figure("within_range", "share", lambda e: _over(e.waits, _within_range)),
    Figure(
        "abandoned",
        "share",
        lambda e: _over(e.waits, lambda w: [w.outcome == _CANCELLED] if w.outcome else []),
    ),
    Figure(
        "resolution",
        "seconds",
        lambda e: [e.resolved_s] if e.handed_over and e.resolved_s is not None else [],
    ),
    Figure("rating", "score", lambda e: [] if e.score is None else [e.score]),
    Figure("satisfied", "share", lambda e: [] if e.score is None else [e.score >= SATISFIED]),
    Figure("complaints", "share", lambda e: [e.complaint]),
)
BY_NAME: Final[Mapping[str, Figure]] = {figure.name: figure for figure in FIGURES}
SLICES: Final = ("channel", "lang", "topic", "hour", "agent")


def value(figure: Figure, episodes: Sequence[Episode]) -> Value:
    found = [float(part) for episode in episodes for part in figure.of(episode)]
    if figure.kind == "count":
        return Value(sum(found), None, len(found))
    if not found:
        return Value(None, None, 0)
    if figure.kind == "seconds":
        ninth = quantiles(found, n=10, method="inclusive")[-1] if len(found) > 1 else found[0]
        return Value(median(found), ninth, len(found))
    return Value(mean(found), None, len(found))


def values(episodes: Sequence[Episode]) -> dict[str, Value]:
    return {figure.name: value(figure, episodes) for figure in FIGURES}


def behind(figure: Figure, episodes: Sequence[Episode]) -> list[Episode]:
    """The conversations that a figure counts; of a share, those it is the share of."""
    counted = [(episode, figure.of(episode)) for episode in episodes]
    if figure.kind == "share":
        return [episode for episode, parts in counted if any(parts)]
    return [episode for episode, parts in counted if parts]


def slice_of(episode: Episode, by: str, zone: ZoneInfo) -> str:
    """To which part an episode belongs: empty if to none. Hours are the shop's, 00 to 23."""
    if by == "hour":
        return f"{episode.begun.astimezone(zone).hour:02}"
    return str(getattr(episode, by) or "")


def sliced(
    episodes: Sequence[Episode], by: str, zone: ZoneInfo
) -> list[tuple[str, dict[str, Value]]]:
    """The figures of each part, the largest first; hours in their order. `by` is one of SLICES."""
    parts: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        parts[slice_of(episode, by, zone)].append(episode)
    order: Callable[[str], Any] = (
        (lambda name: name) if by == "hour" else (lambda name: (-len(parts[name]), name))
    )
    return [(name, values(parts[name])) for name in sorted(parts, key=order)]


def reasons(episodes: Sequence[Episode]) -> list[tuple[str, int]]:
    """Why people were needed, the most frequent first."""
    return Counter(wait.reason for episode in episodes for wait in episode.waits).most_common()


@dataclass(frozen=True)
class Cause:
    """`cumulative`: the share of all complaints that this cause and those before it make up."""

    name: str
    count: int
    cumulative: float


def causes(episodes: Sequence[Episode]) -> list[Cause]:
    """The faults that complaints are about, for a Pareto chart; the unnamed ones last."""
    counts = Counter(episode.fault or "" for episode in episodes if episode.complaint)
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


def days(episodes: Sequence[Episode], zone: ZoneInfo) -> tuple[float, list[Day]]:
    """The mean share of complaints, and each local day of a p control chart.

    Limits are three standard deviations of a binomial share from the mean (Shewhart's p chart).
    """
    by_day: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        by_day[episode.begun.astimezone(zone).date().isoformat()].append(episode)
    centre = mean(e.complaint for e in episodes) if episodes else 0.0
    found = []
    for day, parts in sorted(by_day.items()):
        spread = 3 * sqrt(centre * (1 - centre) / len(parts))
        found.append(
            Day(
                day=day,
                conversations=len(parts),
                handed_over=sum(e.handed_over for e in parts),
                complaints=sum(e.complaint for e in parts),
                low=max(0.0, centre - spread),
                high=min(1.0, centre + spread),
            )
        )
    return centre, found
