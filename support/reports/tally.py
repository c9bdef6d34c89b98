"""What a number of conversations adds up to. Tallies are kept for each day, and put together again,
so that a year costs no more than its days (see `support.reports.kept`).

Seconds are kept to seven binary digits: whole ones up to two minutes, then by two, by four and so
on. A median is right to one per cent, and a day takes the same room whether a thousand people
waited in it or a million.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import ceil, floor
from typing import Any, Final
from zoneinfo import ZoneInfo

from support.reports.episodes import Episode
from support.reports.figures import FIGURES, Figure, Value, slice_of

# Of each figure: the sum, how many things were counted, and in how many conversations.
_EACH: Final = 3
_PLACES: Final = {figure.name: _EACH * at for at, figure in enumerate(FIGURES)}
_DIGITS: Final = 7


def place_of_total(name: str) -> int:
    """Where among a tally's numbers the sum of a figure stands."""
    return _PLACES[name]


def place_behind(figure: Figure) -> int:
    """Where it stands in how many conversations the figure counted something."""
    return _PLACES[figure.name] + 2


Counts = dict[str, int]
# What a kept tally is made of and counted by: rows of another number are counted anew.
VERSION: Final = 3


@dataclass(slots=True)
class Tally:
    """`seconds`: of each figure, how often each number of seconds (as JSON has it: a string).

    It is what JSON keeps, so that thousands of them are read without being made over.
    """

    numbers: list[float] = field(default_factory=lambda: [0] * (_EACH * len(FIGURES)))
    seconds: dict[str, Counts] = field(default_factory=dict)
    reasons: Counts = field(default_factory=dict)
    faults: Counts = field(default_factory=dict)
    scores: Counts = field(default_factory=dict)

    def value(self, figure: Figure) -> Value:
        total, counted = self._of(figure)[:2]
        if figure.kind == "count":
            return Value(total, None, int(counted))
        if not counted:
            return Value(None, None, 0)
        if figure.kind == "seconds":
            counts = self.seconds.get(figure.name, {})
            spread = sorted(zip(map(int, counts), counts.values(), strict=True))
            values = [seconds for seconds, _ in spread]
            seen = list(accumulate(number for _, number in spread))
            low, high = (_quantile(values, seen, share) for share in (0.5, 0.9))
            return Value(low, high, int(counted))
        return Value(total / counted, None, int(counted))

    def values(self) -> dict[str, Value]:
        return {figure.name: self.value(figure) for figure in FIGURES}

    def behind(self, figure: Figure) -> int:
        """In how many conversations the figure counted something."""
        return int(self.numbers[place_behind(figure)])

    def total(self, name: str) -> int:
        return int(self.numbers[place_of_total(name)])

    def as_data(self) -> list[Any]:
        return [self.numbers, self.seconds, self.reasons, self.faults, self.scores]

    @classmethod
    def from_data(cls, data: Sequence[Any]) -> "Tally":
        return cls(*data)

    def _of(self, figure: Figure) -> list[float]:
        place = _PLACES[figure.name]
        return self.numbers[place : place + _EACH]


def _add(mine: Counts, theirs: Mapping[str, int]) -> None:
    for name, number in theirs.items():
        mine[name] = mine.get(name, 0) + number


def of_episode(episode: Episode) -> Tally:
    made = Tally()
    for figure in FIGURES:
        parts = figure.of(episode)
        place = _PLACES[figure.name]
        made.numbers[place : place + _EACH] = (
            round(sum(parts)), len(parts), int(figure.is_behind(parts)),
        )  # fmt: skip
        if figure.kind == "seconds" and parts:
            made.seconds[figure.name] = dict(Counter(str(_rounded(one)) for one in parts))
    made.reasons = dict(Counter(wait.reason for wait in episode.waits))
    if episode.complaint:
        made.faults = {episode.fault or "": 1}
    if episode.score is not None:
        made.scores = {str(episode.score): 1}
    return made


def together(tallies: Iterable[Tally]) -> Tally:
    given = list(tallies)
    if len(given) == 1:
        return given[0]
    whole = numbers_of(given)
    for one in given:
        for name, counts in one.seconds.items():
            _add(whole.seconds.setdefault(name, {}), counts)
        _add(whole.reasons, one.reasons)
        _add(whole.faults, one.faults)
        _add(whole.scores, one.scores)
    return whole


def numbers_of(tallies: Sequence[Tally]) -> Tally:
    """The sum in numbers only: enough for counts, shares, and what is behind a figure."""
    if not tallies:
        return Tally()
    # Column by column: a year in the parts of forty agents is half a million numbers.
    return Tally(list(map(sum, zip(*(one.numbers for one in tallies), strict=True))))


def parted(
    episodes: Iterable[Episode], zone: ZoneInfo, slices: Sequence[str]
) -> dict[str, dict[str, Tally]]:
    """By each of `slices`, the tally of each part."""
    found: dict[str, dict[str, list[Tally]]] = {by: {} for by in slices}
    for episode in episodes:
        made = of_episode(episode)
        for by in slices:
            found[by].setdefault(slice_of(episode, by, zone), []).append(made)
    return {
        by: {part: together(tallies) for part, tallies in parts.items()}
        for by, parts in found.items()
    }


def in_order(parts: Mapping[str, Tally], by: str) -> list[tuple[str, Tally]]:
    """The parts, the largest first; hours in their order."""
    if by == "hour":
        return sorted(parts.items())
    return sorted(parts.items(), key=lambda item: (-item[1].total("conversations"), item[0]))


def _rounded(seconds: float) -> int:
    whole = round(seconds)
    step = 1 << max(0, whole.bit_length() - _DIGITS)
    return round(seconds / step) * step


def _quantile(values: Sequence[int], seen: Sequence[int], share: float) -> float | None:
    """Of sorted values and how many there are up to each, between the nearest two as
    statistics.quantiles does it (inclusive)."""
    if not seen:
        return None
    place = share * (seen[-1] - 1)
    low, high = (values[bisect_right(seen, at)] for at in (floor(place), ceil(place)))
    return low + (high - low) * (place - floor(place))
