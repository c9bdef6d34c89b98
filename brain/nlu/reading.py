"""A message as the classifiers see it: the same for training sentences and live ones."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


# Shorter ones say nothing by themselves ("Hi!", 「はい。」), and a story has its mood in the open.
# A full stop ends a sentence before a blank only: not in an address or a price.
_SENTENCE = re.compile(
    r"(?:[^.!?\u3002\uff01\uff1f\u2026\n]|[.!?](?=[^\s.!?]))+[.!?\u3002\uff01\uff1f\u2026\n]*"
)
# What begins the next one of a list: "1) ... (2) ...", ①.
_ITEM = re.compile(r"(?<!\S)(?=\(?[1-9]\))|(?=[\u2460-\u2468])")
_LEAST_LATIN, _LEAST_OTHER = 9, 4
_MOST_SENTENCES = 6
_ASKS = re.compile(
    r"[?]|\b(?:please|pls|can (?:you|i|we)|could (?:you|i|we)|would like|i['’]?d like|want|need to|"
    r"wanna|how (?:do|can|much|long)|do you|is there|are there|what|where|when|which|who|cancel|"
    r"tell me)\b"
    r"|か[。!]*$|教えて|おしえて|お願い|ください|下さい|(?:し|き|り|み|び|え|け|せ|て|め|れ|い)たい|"
    r"ほしい|欲しい|もらえ|いただけ|頂け|できます|ですか|ますか"
    r"|いくら|いつ(?!も)|どこ|何(?:日|時|円)",
    re.IGNORECASE,
)


def asks(said: str) -> bool:
    """Whether a sentence sounds like a question or a wish."""
    return _ASKS.search(fold(said)) is not None


# What begins another wish in the same sentence.
_ANOTHER = re.compile(
    r"(?:[,;]\s*|\s)(?=(?:and|also|plus|btw|by the way)\b)"
    r"|[,;]\s*(?=(?:do|does|can|could|is|are|how|what|when|where|which|will)\s)"
    r"|、?(?=(?:それと|それから|あと|ついでに|ちなみに|また、|もう(?:一|1)つ))|(?<=のと)[、,]"
    r"|(?<=[すま]か)[、,]|(?<=いくら)[、,]|(?<=いつ)[、,]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence of a message, or a clause of its only one (`whole` is False): `text[start:end]`,
    and how it reads by itself."""

    start: int
    end: int
    said: str
    reading: Reading
    whole: bool


def parts(text: str, words: Sequence[Word], spans: Iterable[Span]) -> list[Part]:
    """The sentences of `text`; of a single one its clauses; none where there is nothing to part.

    Of a long story the first and the last ones, where people say what they feel, and those that
    ask something, wherever they stand.
    """
    spans = list(spans)
    found = _telling(text, _sentences(text), spans)
    whole = len(found) > 1
    if not whole:
        cuts = [0, *(match.end() for match in _ANOTHER.finditer(text)), len(text)]
        found = _telling(text, zip(cuts[:-1], cuts[1:], strict=True), spans)
    if len(found) < 2:
        return []
    if len(found) > _MOST_SENTENCES:
        found = _most_telling(found, [asks(text[start:end]) for start, end in found])
    return [
        Part(start, end, text[start:end], _reading(text, start, end, words, spans), whole)
        for start, end in found
    ]


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """The places of sentences, and of the items of a list within one."""
    for match in _SENTENCE.finditer(text):
        start, end = match.span()
        cuts = [start, *(item.start() for item in _ITEM.finditer(text, start + 1, end)), end]
        yield from zip(cuts[:-1], cuts[1:], strict=True)


def _most_telling(
    places: Sequence[tuple[int, int]], asking: Sequence[bool]
) -> list[tuple[int, int]]:
    """As many of `places` as are read: the first and the last two, then what is `asking`, then
    what is nearest to either end."""
    last = len(places) - 1
    edges = {0, last - 1, last}

    def order(at: int) -> tuple[bool, bool, int]:
        return at not in edges, not asking[at], min(at, last - at)

    ordered = sorted(range(len(places)), key=order)
    return [places[at] for at in sorted(ordered[:_MOST_SENTENCES])]


def _telling(
    text: str, places: Iterable[tuple[int, int]], spans: Sequence[Span]
) -> list[tuple[int, int]]:
    """Those of `places` that say something apart from numbers and addresses."""
    found = []
    for start, end in places:
        inside = (s for s in spans if s.entity in _STAND_INS and start <= s.start < s.end <= end)
        said = _cut(text, start, end, inside).strip()
        if len(said) >= (_LEAST_LATIN if said.isascii() else _LEAST_OTHER):
            found.append((start, end))
    return found


def _reading(
    text: str, start: int, end: int, words: Sequence[Word], spans: Sequence[Span]
) -> Reading:
    """`text[start:end]` as if it were a message."""
    return read(
        text[start:end],
        [
            Word(word.text, word.start - start, word.form)
            for word in words
            if start <= word.start < end
        ],
        [
            Span(span.entity, span.value, span.start - start, span.end - start)
            for span in spans
            if start <= span.start and span.end <= end
        ],
    )


def _cut(text: str, start: int, end: int, spans: Iterable[Span]) -> str:
    """`text[start:end]` without `spans`, which lie in it."""
    pieces = []
    for span in sorted(spans, key=lambda span: span.start):
        pieces.append(text[start : span.start])
        start = span.end
    return "".join(pieces) + text[start:end]


def _without(spans: Sequence[Span], words: Iterable[Word]) -> Iterable[str]:
    named: set[Span] = set()
    for word in words:
        inside = next((s for s in spans if s.start < word.end and word.start < s.end), None)
        if inside is None:
            yield word.form
        elif inside not in named:
            named.add(inside)
            yield f"<{inside.entity}>"
