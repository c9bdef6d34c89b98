"""From readings to numbers: sentence vectors beside weighted n-grams."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

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
            vectorizer = TfidfVectorizer(sublinear_tf=True, max_features=_CAPS[name], **options)
            try:
                parts.append(vectorizer.fit_transform(readings) * weight)
            except ValueError:  # nothing of this kind in so little data
                continue
            self._stored[name] = {
                "vocabulary": {term: int(at) for term, at in vectorizer.vocabulary_.items()},
                "idf": [round(float(value), 5) for value in vectorizer.idf_],
            }
        self._prepare(dense.shape[1])
        return hstack(parts, format="csr", dtype=np.float32)

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
