"""A message as the classifiers see it: the same for training sentences and live ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from brain.nlu.folding import fold
from brain.nlu.segmentation import Word
from brain.nlu.spans import Span

# What identifies somebody's order or person says nothing about what they want: every number
# reads the same, so that one training sentence stands for all of them.
_STAND_INS: Mapping[str, str] = {
    "order_number": "HN-10234",
    "case_number": "C-123456",
    "email": "name@example.com",
    "postcode": "604-8091",
    "phone": "075-000-0123",
    "link": "link",
}
# The kind of fault or wish is telling; which item is not.
_TELLING = ("fault", "wish")
# The encoder takes a millisecond for some forty characters.
_READ = 1000


@dataclass(frozen=True, slots=True)
class Reading:
    """`text` with stand-ins for numbers and addresses, its `words`, and `marks` of entities."""

    text: str
    words: tuple[str, ...]
    marks: tuple[str, ...]


def read(text: str, words: Sequence[Word], spans: Iterable[Span]) -> Reading:
    """The reading of `text`, whose `spans` don't overlap where they are identifying."""
    spans = list(spans)
    identifying = sorted(
        (span for span in spans if span.entity in _STAND_INS), key=lambda span: span.start
    )
    pieces, position = [], 0
    for span in identifying:
        pieces += [text[position : span.start], _STAND_INS[span.entity]]
        position = span.end
    masked = fold("".join(pieces) + text[position:])[:_READ]
    return Reading(
        # Shouting hides the meaning from the encoder; it is judged elsewhere.
        text=masked.lower() if masked.isupper() else masked,
        words=tuple(_without(identifying, words)),
        marks=tuple(
            dict.fromkeys(
                mark
                for span in spans
                for mark in (
                    (span.entity, f"{span.entity}={span.value}")
                    if span.entity in _TELLING
                    else (span.entity,)
                )
            )
        ),
    )


def _without(spans: Sequence[Span], words: Iterable[Word]) -> Iterable[str]:
    named: set[Span] = set()
    for word in words:
        inside = next((s for s in spans if s.start < word.end and word.start < s.end), None)
        if inside is None:
            yield word.form
        elif inside not in named:
            named.add(inside)
            yield f"<{inside.entity}>"
