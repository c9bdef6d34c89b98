"""From readings to numbers: sentence vectors beside weighted n-grams."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from brain.nlu.reading import Reading


def _joined(reading: Reading) -> str:
    return " ".join(reading.words)


def _words_and_pairs(reading: Reading) -> list[str]:
    words = reading.words
    return [
        *words,
        *(f"{first} {second}" for first, second in zip(words[:-1], words[1:], strict=True)),
    ]


def _marks(reading: Reading) -> list[str]:
    return list(reading.marks)


# Raw counts would drown the dense vector: every block is normalised to one, then weighted. Weights
# and caps are measured (docs/decisions/0006-nlu-pipeline.md).
_BLOCKS: dict[str, tuple[float, dict[str, Any]]] = {
    "characters": (
        1.3,
        {"analyzer": "char_wb", "ngram_range": (2, 5), "preprocessor": _joined, "min_df": 2},
    ),
    "words": (1.3, {"analyzer": _words_and_pairs}),
    "marks": (0.3, {"analyzer": _marks}),
}
_CAPS = {"characters": 60_000, "words": 60_000, "marks": 500}


@dataclass(frozen=True)
class Block:
    """One kind of n-gram: `idf` of each term, whose columns begin at `offset`."""

    weight: float
    analyze: Callable[[Reading], Sequence[str]]
    vocabulary: Mapping[str, int]
    idf: np.ndarray
    offset: int

    def weigh(self, reading: Reading) -> tuple[np.ndarray, np.ndarray]:
        """Columns and values of one reading, as `TfidfVectorizer` would have them."""
        vocabulary = self.vocabulary
        counts = Counter(vocabulary[t] for t in self.analyze(reading) if t in vocabulary)
        columns = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
        values = np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))
        values = (values + 1.0) * self.idf[columns]
        length = float(np.sqrt(values @ values))
        return columns + self.offset, values * (self.weight / length) if length else values


@dataclass
class Features:
    """N-grams with capped vocabularies, fitted on training readings."""

    _stored: dict[str, dict[str, Any]] = field(default_factory=dict)
    _blocks: list[Block] = field(default_factory=list)

    def fit_transform(self, readings: Sequence[Reading], dense: np.ndarray) -> csr_matrix:
        """Learns the vocabularies; one row a reading, its dense columns first."""
        parts = [csr_matrix(dense)]
        for name, (weight, options) in _BLOCKS.items():
            pieces = [_PIECES[name](reading) for reading in readings]
            counts, terms = count_terms(pieces, _terms_of(options))
            counts, terms = _told_often(counts, terms, options.get("min_df", 1), _CAPS[name])
            if not terms:  # nothing of this kind in so little data
                continue
            weighed, idf = _weighed(counts)
            parts.append(weighed * weight)
            self._stored[name] = {
                "vocabulary": {term: at for at, term in enumerate(terms)},
                "idf": [round(float(value), 5) for value in idf],
            }
        self._prepare(dense.shape[1])
        return side_by_side(parts)

    def project(self, reading: Reading, dense: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """`weights` (columns, outputs) applied to one reading: a row of outputs.

        The same as multiplying its sparse row, without building one: sparse matrices take
        longer to make than all the arithmetic.
        """
        outputs = dense @ weights[: len(dense)]
        for block in self._blocks:
            columns, values = block.weigh(reading)
            if len(columns):
                outputs = outputs + values @ weights[columns]
        return outputs

    def _prepare(self, dense_columns: int) -> None:
        self._blocks, offset = [], dense_columns
        for name, stored in self._stored.items():
            weight, options = _BLOCKS[name]
            analyze = TfidfVectorizer(**options).build_analyzer()
            idf = np.array(stored["idf"], dtype=np.float32)
            self._blocks.append(Block(weight, analyze, stored["vocabulary"], idf, offset))
            offset += len(idf)

    def dump(self, dense_columns: int) -> str:
        stored = {"dense_columns": dense_columns, "blocks": self._stored}
        return json.dumps(stored, ensure_ascii=False)

    @classmethod
    def load(cls, dumped: str) -> "Features":
        stored = json.loads(dumped)
        features = cls(stored["blocks"])
        features._prepare(stored["dense_columns"])
        return features


# A word's n-grams are the same wherever it stands: taken apart once, they are counted by a product
# of matrices, in a fifth of the time that `TfidfVectorizer` takes for the same columns.
_PIECES: dict[str, Callable[[Reading], Sequence[str]]] = {
    "characters": lambda reading: _joined(reading).split(),
    "words": _words_and_pairs,
    "marks": _marks,
}


def _terms_of(options: Mapping[str, Any]) -> Callable[[str], Sequence[str]]:
    """What a piece of a reading is taken apart to."""
    if options["analyzer"] != "char_wb":
        return lambda piece: (piece,)
    plain = {name: value for name, value in options.items() if name != "preprocessor"}
    analyze: Callable[[str], Sequence[str]] = TfidfVectorizer(
        preprocessor=str, **plain
    ).build_analyzer()
    return analyze


def count_terms(
    pieces: Sequence[Sequence[str]], terms_of: Callable[[str], Sequence[str]]
) -> tuple[csr_matrix, list[str]]:
    """How often each term is in each reading (readings, terms), with the terms in order."""
    places: dict[str, int] = {}
    in_readings = _counted(pieces, places)
    numbers: dict[str, int] = {}
    in_pieces = _counted([terms_of(piece) for piece in places], numbers)
    terms = sorted(numbers)
    return (in_readings @ in_pieces)[:, [numbers[term] for term in terms]], terms


def _counted(rows: Sequence[Sequence[str]], columns: dict[str, int]) -> csr_matrix:
    """How often each name is in each row; new ones get the next of the `columns`."""
    starts = np.cumsum([0, *map(len, rows)])
    named = [columns.setdefault(name, len(columns)) for name in chain.from_iterable(rows)]
    found = csr_matrix((np.ones(len(named)), named, starts), shape=(len(rows), len(columns)))
    found.sum_duplicates()
    return found


def _told_often(
    counts: csr_matrix, terms: Sequence[str], least: int, cap: int
) -> tuple[csr_matrix, list[str]]:
    """Terms in at least so many readings, and of those the most frequent."""
    kept = np.flatnonzero(np.bincount(counts.indices, minlength=counts.shape[1]) >= least)
    if len(kept) > cap:
        totals = np.asarray(counts.sum(axis=0)).ravel()[kept]
        kept = np.sort(kept[(-totals).argsort()[:cap]])
    return counts[:, kept], [terms[at] for at in kept]


def _weighed(counts: csr_matrix) -> tuple[csr_matrix, np.ndarray]:
    """Sublinear tf-idf with rows of length one, and the idf of each term."""
    readings = counts.shape[0]
    within = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log((1 + readings) / (1 + within)) + 1
    weighed = counts.copy()
    weighed.data = (np.log(weighed.data) + 1) * idf[weighed.indices]
    return normalize(weighed, copy=False), idf


def side_by_side(parts: Sequence[csr_matrix]) -> csr_matrix:
    """`scipy.sparse.hstack` of rows, which goes by way of coordinates, in a fifth of its time."""
    starts = sum(part.indptr.astype(np.int64) for part in parts)
    columns, values = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.float32)
    begins, offset = starts[:-1].copy(), 0
    for part in parts:
        counts = np.diff(part.indptr)
        places = np.repeat(begins - part.indptr[:-1], counts) + np.arange(len(part.indices))
        columns[places] = part.indices + offset
        values[places] = part.data
        begins += counts
        offset += part.shape[1]
    return csr_matrix((values, columns, starts), shape=(parts[0].shape[0], offset))
