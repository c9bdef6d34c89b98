"""Sentence vectors of the training data, made while Rasa is still reading it.

Reading takes Rasa some twenty seconds on one processor; the vectors take as long on another. What
this process leaves out or reads differently is merely made later, by the component that needs it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from brain.nlu.mood import MoodDataError, mood_examples
from brain.nlu.patterns import find_patterns
from brain.nlu.reading import read
from brain.nlu.vectors import encode_cached

_EXAMPLE = re.compile(r"^ +- (?!intent:|lookup:|synonym:|regex:)(.+)$", re.M)
_ANY_DAY = date(2026, 1, 1)


def begin(data: Sequence[Path]) -> subprocess.Popen[bytes]:
    """Start the process for the folders or files of `data`."""
    command = [sys.executable, "-m", "brain", "ahead", "--data", *map(str, data)]
    return subprocess.Popen(  # noqa: S603 - our own program
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def make_vectors(data: Sequence[Path]) -> int:
    """Fill the cache with the vectors of all examples below `data`; ends with the training."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    texts = (read(text, (), find_patterns(text, _ANY_DAY)).text for text in _texts(data))
    encode_cached(list(dict.fromkeys(texts)))
    return 0


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _texts(data: Sequence[Path]) -> Iterator[str]:
    for place in data:
        for path in sorted(place.rglob("*.yml")) if place.is_dir() else [place]:
            content = path.read_text(encoding="utf-8")
            if re.search(r"^nlu:", content, re.M):
                yield from (match.strip() for match in _EXAMPLE.findall(content))
        mood = place.parent / "mood"
        if place.name == "nlu" and mood.is_dir():
            try:
                yield from (text for text, _ in mood_examples(mood))
            except MoodDataError:
                return  # told by the component that reads it
