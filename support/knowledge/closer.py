"""A closer look at articles that aren't too many, by an encoder that costs more than all the rest.

For English that is MiniLM, for Japanese multilingual-e5. Each adds two features: how near a
question is to the nearest title (or question) and to the nearest passage of an article.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from encoders import e5, minilm
from support.knowledge.articles import Article
from support.knowledge.language import Lang
from support.knowledge.rows import Places, Rows
from support.knowledge.vectors import Encoder, Vectors, VectorTable
from support.knowledge.words import normalise

# Of a reading so many characters are read, which keep the longest story to some hundredths of a
# second.
ASKED: Final = 200
# So many articles take their encoder a minute or two, once; more go without.
MOST: Final[Mapping[Lang, int]] = {"en": 1_000, "ja": 400}
# With so many questions of their own on average, articles gain too little from the slowest encoder.
WELL_ASKED: Final = 5


@dataclass(frozen=True)
class Kind:
    """An encoder. `nothing`: the cosine of what has nothing in common, which is 0 as a feature.

    `readings`: it reads so many of a message, the whole of it first; the others have 0.
    """

    question: Callable[[Sequence[str]], Vectors]
    title: Encoder
    passage: Encoder
    nothing: float
    readings: int


class CloserLook:
    """The vectors of titles and passages. Only read once made: safe for any number of threads."""

    def __init__(
        self,
        kind: Kind,
        heads: Sequence[Sequence[str]],
        passages: Sequence[Sequence[str]],
        cache_dir: Path | None,
    ) -> None:
        def rows(groups: Sequence[Sequence[str]], encoder: Encoder) -> Rows:
            texts = (normalise(text) for group in groups for text in group)
            return Rows(groups, VectorTable(texts, cache_dir, encoder), large=False)

        self._kind = kind
        self._heads = rows(heads, kind.title)
        self._passages = rows(passages, kind.passage)
        kind.question(["ready"])  # loads what is loaded on first use, before a customer waits

    def features(self, readings: Sequence[str], places: Places) -> tuple[Vectors, Vectors]:
        """(readings, places) each: of titles, of passages."""
        read = readings[: self._kind.readings]
        vectors = self._kind.question([normalise(reading)[:ASKED] for reading in read])

        def feature(rows: Rows) -> Vectors:
            found = np.zeros((len(readings), len(places)), np.float32)
            above = rows.best(vectors, places) - np.float32(self._kind.nothing)
            found[: len(read)] = np.maximum(above, 0) / np.float32(1 - self._kind.nothing)
            return found

        return feature(self._heads), feature(self._passages)


def kind_for(lang: Lang, articles: Sequence[Article]) -> Kind | None:
    """The encoder that pays for these articles, if any does."""
    if len(articles) > MOST[lang]:
        return None
    if lang == "en":
        return _minilm()
    questions = sum(len(article.questions) for article in articles)
    return _e5() if questions < WELL_ASKED * len(articles) and e5.available() else None


def _minilm() -> Kind:
    encoder = Encoder(
        minilm.name(), minilm.DIMENSIONS, minilm.encode, minilm.in_bulk, minilm.CHUNK, minilm.CHUNK
    )
    return Kind(minilm.encode, encoder, encoder, nothing=0.0, readings=8)


def _e5() -> Kind:
    title = Encoder(
        f"{e5.name()}-titles", e5.DIMENSIONS, e5.questions, e5.questions_in_bulk, e5.CHUNK, e5.CHUNK
    )
    passage = Encoder(
        f"{e5.name()}-passages", e5.DIMENSIONS, e5.passages, e5.passages_in_bulk, e5.CHUNK, e5.CHUNK
    )
    # Of two texts that have nothing in common the cosine is above 0.7 already. It reads whole
    # stories so well that their sentences find nothing more; they would take a tenth of a second.
    return Kind(e5.questions, title, passage, nothing=0.7, readings=1)
