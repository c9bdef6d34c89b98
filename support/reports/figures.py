"""The figures of the reports, each defined once: docs/reports.md tells them in words.

All are computed from episodes alone, so the conversations behind a figure are those that it
counted; `support.reports.tally` adds them up. A figure of too little is None rather than a number
that means nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from zoneinfo import ZoneInfo

from support.reports.episodes import Episode
from support.reports.waits import Wait

SATISFIED: Final = 4
# How a conversation ends that was good for something.
_CONTENT: Final = ("thank", "goodbye")
_CANCELLED: Final = "cancelled"

Kind = Literal["count", "share", "seconds", "score"]
# Those that alone a figure can count, where they are few of all.
Among = Literal["with a person", "rated", "complaints"]


@dataclass(frozen=True)
class Figure:
    """`of`: what an episode adds, one value for each thing that is counted there; shares are made
    of ones and noughts. An episode that has nothing to do with it adds nothing."""

    name: str
    kind: Kind
    of: Callable[[Episode], Sequence[float]]
    among: Among | None = None

    def is_behind(self, parts: Sequence[float]) -> bool:
        """Whether a conversation that adds `parts` is among those it counted; of a share, among
        those it is the share of."""
        return any(parts) if self.kind == "share" else bool(parts)


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
    return [] if wait.as_told is None else [float(wait.as_told)]


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
    Figure("handed_over", "count", lambda e: [1] if e.handed_over else [], "with a person"),
    Figure(
        "first_response",
        "seconds",
        lambda e: _over(e.waits, lambda w: [] if w.answered_s is None else [w.answered_s]),
        "with a person",
    ),
    Figure("within_range", "share", lambda e: _over(e.waits, _within_range), "with a person"),
    Figure(
        "abandoned",
        "share",
        lambda e: _over(e.waits, lambda w: [w.outcome == _CANCELLED] if w.outcome else []),
        "with a person",
    ),
    Figure(
        "resolution",
        "seconds",
        lambda e: [e.resolved_s] if e.handed_over and e.resolved_s is not None else [],
        "with a person",
    ),
    Figure("rating", "score", lambda e: [] if e.score is None else [e.score], "rated"),
    Figure(
        "satisfied", "share", lambda e: [] if e.score is None else [e.score >= SATISFIED], "rated"
    ),
    Figure("complaints", "share", lambda e: [e.complaint], "complaints"),
)


def of_reason(reason: str) -> Figure:
    """Waits for this reason, each; of those handed over."""
    return Figure(
        "handed_over",
        "count",
        lambda e: [1 for wait in e.waits if wait.reason == reason],
        "with a person",
    )


def of_fault(fault: str) -> Figure:
    """Complaints about this, unnamed where it is empty."""
    return Figure(
        "complaints",
        "count",
        lambda e: [1] if e.complaint and (e.fault or "") == fault else [],
        "complaints",
    )


BY_NAME: Final[Mapping[str, Figure]] = {figure.name: figure for figure in FIGURES}
SLICES: Final = ("channel", "lang", "topic", "hour", "agent")


def behind(figure: Figure, episodes: Sequence[Episode]) -> list[Episode]:
    """The conversations that a figure counts."""
    return [episode for episode in episodes if figure.is_behind(figure.of(episode))]


def slice_of(episode: Episode, by: str, zone: ZoneInfo) -> str:
    """To which part an episode belongs: empty if to none. Hours are the shop's, 00 to 23."""
    if by == "hour":
        return f"{episode.begun.astimezone(zone).hour:02}"
    return str(getattr(episode, by) or "")
