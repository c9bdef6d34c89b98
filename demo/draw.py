"""Choices that look random and are always the same.

Each choice depends only on what it is for, not on how many were made before it, so a new kind
of choice changes none of the others, and no version of Python changes any.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Choices for one thing, called by a name."""

    def __init__(self, seed: str, *name: object) -> None:
        self._name = ":".join([seed, *(str(part) for part in name)])

    def number(self, what: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        digest = hashlib.sha256(f"{self._name}:{what}".encode()).digest()
        return low + int.from_bytes(digest[:8], "big") % (high - low + 1)

    def pick(self, what: str, options: Sequence[T]) -> T:
        """One of `options`."""
        return options[self.number(what, 0, len(options) - 1)]

    def shuffled(self, what: str, options: Sequence[T]) -> list[T]:
        """`options` in another order."""
        keyed = [
            (hashlib.sha256(f"{self._name}:{what}:{place}".encode()).digest(), place)
            for place in range(len(options))
        ]
        return [options[place] for _, place in sorted(keyed)]
