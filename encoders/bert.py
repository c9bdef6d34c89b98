"""BERT's network in numpy, and the mean of what it makes of a text's tokens.

Two encoders are such networks and differ in how a text is cut and how the weights are kept:
`encoders.minilm` and `encoders.e5`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Tokens = npt.NDArray[np.int64]
# The weights of a step and its biases.
Pair = tuple[Vectors, Vectors]

_TOKENS_AT_ONCE: Final = 2_048
_NARROW: Final = 1e-12


@dataclass(frozen=True)
class Layer:
    query: Pair
    key: Pair
    value: Pair
    out: Pair
    after: Pair
    wide: Pair
    narrow: Pair
    last: Pair


@dataclass(frozen=True)
class Bert:
    """`words`: the vectors of tokens; `places`: what each place of a text adds, as many as may be.

    Only read once made: safe for any number of threads.
    """

    words: Callable[[Tokens], Vectors]
    places: Vectors
    norm: Pair
    layers: Sequence[Layer]
    heads: int

    def encode(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """One row of unit length for each text, which is given as its tokens."""
        found = np.empty((len(texts), self.places.shape[1]), np.float32)
        for chosen in _batches(texts):
            found[chosen] = self._forward([texts[place] for place in chosen])
        return found

    def _forward(self, group: Sequence[Sequence[int]]) -> Vectors:
        count, longest, dimensions = len(group), max(map(len, group)), self.places.shape[1]
        tokens = np.zeros((count, longest), np.int64)
        present = np.zeros((count, longest, 1), np.float32)
        for row, own in enumerate(group):
            tokens[row, : len(own)] = own
            present[row, : len(own)] = 1.0
        absent = ((present - 1.0) * 1e9).reshape(count, 1, 1, longest)
        state: Vectors = (self.words(tokens) + self.places[:longest]).reshape(-1, dimensions)
        state = _normalised(state, self.norm)
        for layer in self.layers:
            q, k, v = (
                _through(state, pair).reshape(count, longest, self.heads, -1).transpose(0, 2, 1, 3)
                for pair in (layer.query, layer.key, layer.value)
            )
            heed: Vectors = q @ k.transpose(0, 1, 3, 2)
            heed *= np.float32(1 / np.sqrt(dimensions // self.heads))
            heed += absent
            heed -= heed.max(axis=-1, keepdims=True)
            np.exp(heed, out=heed)
            heed /= heed.sum(axis=-1, keepdims=True)
            seen: Vectors = (heed @ v).transpose(0, 2, 1, 3).reshape(-1, dimensions)
            state = _normalised(state + _through(seen, layer.out), layer.after)
            more = _through(_gelu(_through(state, layer.wide)), layer.narrow)
            state = _normalised(state + more, layer.last)
        means: Vectors = (state.reshape(count, longest, -1) * present).sum(axis=1)
        found: Vectors = means / np.linalg.norm(means, axis=1, keepdims=True)
        return found


def _batches(tokens: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Texts of like length together, so that little is computed for nothing."""
    batch: list[int] = []
    for place in sorted(range(len(tokens)), key=lambda place: len(tokens[place])):
        if batch and (len(batch) + 1) * len(tokens[place]) > _TOKENS_AT_ONCE:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _through(rows: Vectors, pair: Pair) -> Vectors:
    found: Vectors = rows @ pair[0].T
    found += pair[1]
    return found


def _normalised(rows: Vectors, pair: Pair) -> Vectors:
    """Each row to mean 0 and variance 1, in place; then the layer's own scale."""
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.sqrt(np.einsum("ij,ij->i", rows, rows)[:, None] / rows.shape[1] + _NARROW)
    rows *= pair[0]
    rows += pair[1]
    return rows


def _gelu(rows: Vectors) -> Vectors:
    """x times the chance that a normal variable is below x, by its usual approximation."""
    inner = rows * rows
    inner *= np.float32(0.044715)
    inner += 1.0
    inner *= rows
    inner *= np.float32(np.sqrt(2 / np.pi))
    np.tanh(inner, out=inner)
    inner += 1.0
    inner *= rows
    inner *= np.float32(0.5)
    return inner
