"""The vectors of all articles' texts: cosines, profiles, and the nearest of very many."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from support.knowledge.vectors import DIMENSIONS, Vectors, VectorTable
from support.knowledge.words import normalise

Places = npt.NDArray[np.intp]

# Ridge of the profiles: how much text it takes before the vectors' own directions are believed.
RIDGE: Final = 3.0
# A first look at very many vectors is at so many directions, in which they differ most.
DIRECTIONS: Final = 64
_CHUNK: Final = 4_096


class Rows:
    """The vectors of all articles' texts of one kind, one below the other.

    `large`: kept in half precision, and only looked at for some articles at a time.
    """

    def __init__(self, groups: Sequence[Sequence[str]], table: VectorTable, large: bool) -> None:
        matrix = table.of([normalise(text) for group in groups for text in group])
        self.matrix: npt.NDArray[np.floating[Any]] = matrix if large else matrix.astype(np.float32)
        self.starts = np.cumsum([0, *map(len, groups)], dtype=np.intp)

    def of(self, place: int) -> Vectors:
        found: Vectors = self.matrix[self.starts[place] : self.starts[place + 1]]
        return found.astype(np.float32)

    def owners(self) -> Places:
        """For each row the place of its article."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def best(self, vectors: Vectors, places: Places | None) -> Vectors:
        """(readings, places): the largest cosine of each article's texts; None means all."""
        if places is None:
            nearness = self.matrix @ vectors.T
            starts = self.starts[:-1]
        else:
            counts = self.starts[places + 1] - self.starts[places]
            starts = np.cumsum(counts) - counts
            rows = np.arange(int(counts.sum())) + np.repeat(self.starts[places] - starts, counts)
            nearness = self.matrix[rows].astype(np.float32) @ vectors.T
        found: Vectors = np.maximum.reduceat(nearness, starts).T
        return found

    def sums(self, first: int, last: int) -> Vectors:
        """(last - first, dimensions) of those articles; one without such texts has zeros."""
        found = np.zeros((last - first, DIMENSIONS), np.float32)
        owners = np.repeat(np.arange(last - first), np.diff(self.starts[first : last + 1]))
        np.add.at(found, owners, self.matrix[self.starts[first] : self.starts[last]])
        return found

    def gram(self) -> Vectors:
        """(dimensions, dimensions): how the texts' vectors lie."""
        found = np.zeros((DIMENSIONS, DIMENSIONS), np.float32)
        for start in range(0, len(self.matrix), _CHUNK):
            rows = self.matrix[start : start + _CHUNK].astype(np.float32)
            found += rows.T @ rows
        return found


def profiles(kinds: Sequence[tuple[Rows, float]]) -> Vectors:
    """(articles, dimensions): ridge regression from a text's vector to the article it is from."""
    together = RIDGE * np.eye(DIMENSIONS, dtype=np.float32)
    for rows, weight in kinds:
        together += weight * rows.gram()
    inverse = np.linalg.inv(together)
    count = len(kinds[0][0].starts) - 1
    found = np.empty((count, DIMENSIONS), kinds[0][0].matrix.dtype)
    for first in range(0, count, _CHUNK):
        last = min(first + _CHUNK, count)
        targets = sum(
            (weight * rows.sums(first, last) for rows, weight in kinds),
            np.zeros((last - first, DIMENSIONS), np.float32),
        )
        found[first:last] = targets @ inverse
    return found


class FirstLook:
    """Which of very many articles are worth a close look: exact in a few directions, so cheap."""

    def __init__(self, kinds: Sequence[Rows]) -> None:
        _, directions = np.linalg.eigh(sum(rows.gram() for rows in kinds))
        self._directions: Vectors = np.ascontiguousarray(directions[:, -DIRECTIONS:])
        self._kinds = [(self._seen(rows), rows.owners()) for rows in kinds]

    def _seen(self, rows: Rows) -> Vectors:
        found = np.empty((len(rows.matrix), DIRECTIONS), np.float32)
        for start in range(0, len(found), _CHUNK):
            chunk = rows.matrix[start : start + _CHUNK].astype(np.float32)
            found[start : start + _CHUNK] = chunk @ self._directions
        return found

    def nearest(self, vectors: Vectors, count: int) -> Places:
        """The articles of the `count` nearest texts of each kind, for each of `vectors`."""
        looks = vectors @ self._directions
        places = [
            owners[largest(seen @ look, count)] for seen, owners in self._kinds for look in looks
        ]
        return np.concatenate(places)


def largest(values: npt.NDArray[np.float32], count: int) -> Places:
    """Where the `count` largest values above 0 are, in no order."""
    # Most documents have none of a question's words, and partitioning so many equals takes long.
    above = np.flatnonzero(values > 0)
    if len(above) <= count:
        return above
    found: Places = above[np.argpartition(values[above], -count)[-count:]]
    return found
