"""The articles of one language, indexed: for a question, six features of every article.

The features don't depend on the shop, and all are about 0 to 1: two cosines; a profile, which is
what sets an article's vectors apart from all the others'; and three shares of the question's
weight (inverse document frequency) that an article's words or pieces of words account for. A word
that no article has counts with the largest weight, so a question about something else gets low
shares.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import bm25s
import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA

from support.knowledge.articles import Article
from support.knowledge.language import Lang
from support.knowledge.vectors import DIMENSIONS, Vectors, encode, encode_cached
from support.knowledge.words import character_ngrams, normalise, stem, words

# It sets itself to DEBUG when imported, and tells of every index it builds.
logging.getLogger("bm25s").setLevel(logging.WARNING)

FEATURES: Final = ("head", "passage", "profile", "words", "characters_head", "characters")
# So many of them come from vectors, the others from words.
DENSE: Final = 3
# At most this many sentences of an article take part in its profile, each for so much of a title.
SENTENCES: Final = 40
BODY_WEIGHT: Final = 0.3
# Ridge of the profiles: how much text it takes before the vectors' own directions are believed.
RIDGE: Final = 3.0
# A passage further down is given instead of the first, which was written to be the answer, if it
# is nearer to the question by this much: cosine, and half the share of the question's words in it.
NEARER: Final = 0.15
_SENTENCE: Final = re.compile(r"[^。！？!?\n.]+(?:[。！？!?\n]|\.(?=\s|$)|\.)*")


class _Lexicon:
    """BM25 over one field of all articles, as the share of the question's weight."""

    def __init__(self, documents: Sequence[list[str]]) -> None:
        self.size = len(documents)
        frequency: dict[str, int] = {}
        for document in documents:
            for term in set(document):
                frequency[term] = frequency.get(term, 0) + 1
        self._weights = {term: self._weight(count) for term, count in frequency.items()}
        self._unknown = self._weight(0)
        self._bm25: Any = None
        if frequency:
            self._bm25 = bm25s.BM25(method="lucene", k1=0.9, b=0.4)
            self._bm25.index(list(documents), show_progress=False)

    def _weight(self, count: int) -> float:
        return float(np.log(1 + (self.size - count + 0.5) / (count + 0.5)))

    def __contains__(self, term: str) -> bool:
        return term in self._weights

    def shares(self, terms: Sequence[str]) -> npt.NDArray[np.float32]:
        terms = list(dict.fromkeys(terms))
        known = [term for term in terms if term in self._weights]
        if not known:
            return np.zeros(self.size, np.float32)
        total = sum(self._weights.get(term, self._unknown) for term in terms)
        scores: npt.NDArray[np.float32] = self._bm25.get_scores(known)
        return scores / np.float32(total)


@dataclass(frozen=True)
class Match:
    """`features`: (readings, articles, FEATURES); `vectors`: one row per reading."""

    readings: tuple[str, ...]
    features: npt.NDArray[np.float32]
    vectors: Vectors


class LanguageIndex:
    """Built once, then only read: safe for any number of threads."""

    def __init__(self, lang: Lang, articles: Sequence[Article], cache_dir: Path | None) -> None:
        self.lang = lang
        self.articles = tuple(articles)
        heads = [[article.title, *article.questions] for article in self.articles]
        passages = [_passages(article) for article in self.articles]
        sentences = [_sentences(article) for article in self.articles]
        vectors = encode_cached(
            (text for group in (*heads, *passages, *sentences) for text in map(normalise, group)),
            cache_dir,
        )
        self._heads = _Rows(heads, vectors)
        self._passages = _Rows(passages, vectors)
        self._profiles = _profiles(
            [
                (self._heads, 1.0),
                (self._passages, BODY_WEIGHT),
                (_Rows(sentences, vectors), BODY_WEIGHT),
            ]
        )
        titles = ["\n".join(head) for head in heads]
        texts = ["\n".join(group) for group in zip(titles, map("\n".join, passages), strict=True)]
        surface = [words(text, lang) for text in texts]
        self._vocabulary = sorted({word for document in surface for word in document})
        self._known = frozenset(self._vocabulary)
        self._words = _Lexicon([[stem(word, lang) for word in found] for found in surface])
        self._passage_words = [
            [frozenset(self._stems(text)) for text in found] for found in passages
        ]
        self._characters_head = _Lexicon([character_ngrams(text, lang) for text in titles])
        self._characters = _Lexicon([character_ngrams(text, lang) for text in texts])

    def corrected(self, text: str) -> str | None:
        """`text` with unknown words replaced by the articles' nearest; None if nothing changed."""
        if self.lang == "ja":
            return None
        found = words(text, "en")
        nearest = {w: n for w in found if w not in self._known and (n := self._nearest(w))}
        if not nearest:
            return None
        return " ".join(nearest.get(word, word) for word in re.findall(r"\w+", text.casefold()))

    def _nearest(self, word: str) -> str | None:
        """The articles' word within one slip (two in long words) of this one."""
        if len(word) < 4 or not word.isalpha() or stem(word, "en") in self._words:
            return None
        slips = 1 if len(word) < 8 else 2
        match = process.extractOne(word, self._vocabulary, scorer=OSA.distance, score_cutoff=slips)
        # People rarely get the first letter wrong; without this, "pine" would be "wine".
        return match[0] if match and match[0][0] == word[0] and len(match[0]) >= 4 else None

    def match(self, readings: Sequence[str]) -> Match:
        vectors = encode([normalise(reading) for reading in readings])
        dense = [
            self._heads.best(vectors),
            self._passages.best(vectors),
            vectors @ self._profiles.T,
        ]
        lexical = np.stack([self._lexical(reading) for reading in readings])
        features = np.concatenate([np.stack(dense, axis=-1), lexical], axis=-1)
        return Match(tuple(readings), features, vectors)

    def answer(self, place: int, match: Match, reading: int) -> str:
        """The passage of an article that answers: its first unless another is clearly nearer.

        Where the shop wrote questions for an article, it wrote the first passage to answer them.
        """
        article = self.articles[place]
        if article.questions:
            return article.answer
        terms = set(self._stems(match.readings[reading]))
        nearness = self._passages.of(place) @ match.vectors[reading]
        for passage, found in enumerate(self._passage_words[place]):
            nearness[passage] += 0.5 * len(terms & found) / max(1, len(terms))
        nearest = int(nearness.argmax())
        if nearest == 0 or nearness[nearest] < nearness[0] + NEARER:
            return article.answer
        return self._pertinent(article.passages[nearest].text, terms)

    def _pertinent(self, text: str, terms: set[str]) -> str:
        """Of a list its items about the question's words, if there are any; else all of it."""
        lines = text.split("\n")
        if sum(line.startswith("• ") for line in lines) < 2:
            return text
        kept = [line for line in lines if terms.intersection(self._stems(line))]
        return "\n".join(kept).removeprefix("• ") if len(kept) == 1 else "\n".join(kept) or text

    def _stems(self, text: str) -> list[str]:
        return [stem(word, self.lang) for word in words(text, self.lang)]

    def _lexical(self, text: str) -> npt.NDArray[np.float32]:
        terms = self._stems(text)
        pieces = character_ngrams(text, self.lang)
        return np.column_stack(
            [
                self._words.shares(terms),
                self._characters_head.shares(pieces),
                self._characters.shares(pieces),
            ]
        )


class _Rows:
    """The vectors of all articles' texts of one kind, one below the other."""

    def __init__(self, groups: Sequence[Sequence[str]], vectors: dict[str, Vectors]) -> None:
        rows = [vectors[normalise(text)] for group in groups for text in group]
        self.matrix = np.stack(rows) if rows else np.empty((0, DIMENSIONS), np.float32)
        self.starts = np.cumsum([0, *map(len, groups)], dtype=np.intp)

    def of(self, place: int) -> Vectors:
        found: Vectors = self.matrix[self.starts[place] : self.starts[place + 1]]
        return found

    def best(self, vectors: Vectors) -> Vectors:
        """(readings, articles): the largest cosine of each article's texts."""
        nearness = self.matrix @ vectors.T
        found: Vectors = np.maximum.reduceat(nearness, self.starts[:-1]).T
        return found

    def sums(self) -> Vectors:
        """(articles, dimensions); an article without texts of this kind has zeros."""
        found = np.zeros((len(self.starts) - 1, DIMENSIONS), np.float32)
        owners = np.repeat(np.arange(len(found)), np.diff(self.starts))
        np.add.at(found, owners, self.matrix)
        return found


def _profiles(kinds: Sequence[tuple[_Rows, float]]) -> Vectors:
    """(articles, dimensions): ridge regression from a text's vector to the article it is from."""
    together = RIDGE * np.eye(DIMENSIONS, dtype=np.float32)
    targets = np.zeros_like(kinds[0][0].sums())
    for rows, weight in kinds:
        together += weight * (rows.matrix.T @ rows.matrix)
        targets += weight * rows.sums()
    profiles: Vectors = np.linalg.solve(together, targets.T).T
    return np.ascontiguousarray(profiles)


def _passages(article: Article) -> list[str]:
    found = [f"{p.heading}: {p.text}" if p.heading else p.text for p in article.passages]
    return found or [article.title]


def _sentences(article: Article) -> list[str]:
    found = (s.strip() for p in article.passages for s in _SENTENCE.findall(p.text))
    return [sentence for sentence in found if len(sentence) > 8][:SENTENCES]
