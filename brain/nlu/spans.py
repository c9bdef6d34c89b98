"""Entities found in a text, before Rasa sees them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` means `value` as an entity of type `entity`."""

    entity: str
    value: str
    start: int
    end: int

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end

    def as_entity(self, extractor: str) -> dict[str, Any]:
        """The dictionary Rasa expects in a message's `entities`."""
        return {
            "entity": self.entity,
            "value": self.value,
            "start": self.start,
            "end": self.end,
            "extractor": extractor,
        }


def keep_first(spans: Iterable[Span]) -> list[Span]:
    """Of overlapping spans the one that came first in `spans`; the result in text order."""
    kept: list[Span] = []
    for span in spans:
        if not any(span.overlaps(other) for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)
