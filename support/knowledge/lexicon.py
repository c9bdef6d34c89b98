"""BM25 over one field of all articles, as the share of the question's weight that each explains."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any, Final

import bm25s
import numpy as np
import numpy.typing as npt

# It sets itself to DEBUG when imported, and tells of every index it builds.
logging.getLogger("bm25s").setLevel(logging.WARNING)

# Where there are very many articles, what so large a share of them has tells nothing, and would
# take most of the time.
COMMON: Final = 0.05


class Lexicon:
    """The terms of `documents`, one document an article; a large one passes over common terms."""

    def __init__(self, documents: Iterable[Sequence[str]], large: bool) -> None:
        vocabulary: dict[str, int] = {}
        # The same number objects again and again: a document costs no more than its references.
        numbered = [[vocabulary.setdefault(t, len(vocabulary)) for t in d] for d in documents]
        self.size = len(numbered)
        frequency = np.zeros(len(vocabulary), np.int64)
        for document in numbered:
            frequency[list(set(document))] += 1
        counts = frequency.tolist()
        self._weights = {term: self._weight(counts[number]) for term, number in vocabulary.items()}
        self._common = frozenset(
            term for term, number in vocabulary.items() if large and counts[number] > self._many
        )
        self._unknown = self._weight(0)
        self._bm25: Any = None
        if vocabulary:
            self._bm25 = bm25s.BM25(method="lucene", k1=0.9, b=0.4)
            self._bm25.index((numbered, vocabulary), show_progress=False)

    @property
    def _many(self) -> float:
        return COMMON * self.size

    def _weight(self, count: int) -> float:
        return float(np.log(1 + (self.size - count + 0.5) / (count + 0.5)))

    def __contains__(self, term: str) -> bool:
        return term in self._weights

    def shares(self, terms: Iterable[str]) -> npt.NDArray[np.float32]:
        """For each document the share, about 0 to 1, of the weight of `terms` found in it."""
        distinct = [term for term in dict.fromkeys(terms) if term not in self._common]
        known = [term for term in distinct if term in self._weights]
        if not known:
            return np.zeros(self.size, np.float32)
        total = sum(self._weights.get(term, self._unknown) for term in distinct)
        scores: npt.NDArray[np.float32] = self._bm25.get_scores(known)
        return scores / np.float32(total)
