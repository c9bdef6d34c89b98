"""The articles of one language, indexed: for a question, nine features of every article.

The features don't depend on the shop, and all are about 0 to 1: three cosines; a profile, which is
what sets an article's vectors apart from all the others'; two of a closer encoder, 0 until somebody
looks closer, which isn't worth it for all articles; and three shares of the question's
weight (inverse document frequency) that an article's words or pieces of words account for. A word
that no article has counts with the largest weight, so a question about something else gets low
shares.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA

from support.knowledge.articles import Article
from support.knowledge.closer import CloserLook, kind_for
from support.knowledge.language import Lang, language_of
from support.knowledge.lexicon import Lexicon
from support.knowledge.rows import FirstLook, Places, Rows, largest, profiles
from support.knowledge.vectors import Vectors, VectorTable, encode
from support.knowledge.words import character_ngrams, normalise, stem, words

FEATURES: Final = (
    "head", "passage", "sentence", "profile", "close_head", "close_passage",
    "words", "characters_head", "characters",
)  # fmt: skip
# Left at 0 until somebody looks closer.
CLOSE_FEATURES: Final = ("close_head", "close_passage")
# So many of them come from vectors, the others from words.
DENSE: Final = 6
# At most this many sentences of an article take part in its profile, each for so much of a title.
SENTENCES: Final = 40
BODY_WEIGHT: Final = 0.3
Synonyms = Sequence[Sequence[str]]
# More articles than this in one language are very many: then of each the title and the beginning of
# the first passage have vectors, BRIEF characters of it, and its words count up to WORDS_IN; a
# question looks closely at the CHOSEN first ones by each feature; and PASSAGES of an article are
# compared for the one that answers.
LARGE: Final = 5_000
BRIEF: Final = 200
WORDS_IN: Final = 3_000
CHOSEN: Final = 100
PASSAGES: Final = 4
# A passage further down is given instead of the first, which was written to be the answer, if it
# is nearer to the question by this much: cosine, and half the share of the question's words in it.
NEARER: Final = 0.15
_SENTENCE: Final = re.compile(r"[^。！？!?\n.]+(?:[。！？!?\n]|\.(?=\s|$)|\.)*")


@dataclass(frozen=True)
class Match:
    """`features`: (readings, places, FEATURES); `vectors`: one row per reading.

    `places` are those of the articles that were looked at: all, unless there are very many.
    """

    readings: tuple[str, ...]
    places: Places
    features: npt.NDArray[np.float32]
    vectors: Vectors


class LanguageIndex:
    """Built once, then only read: safe for any number of threads."""

    def __init__(
        self,
        lang: Lang,
        articles: Sequence[Article],
        cache_dir: Path | None,
        synonyms: Synonyms = (),
    ) -> None:
        self.lang = lang
        self.articles = tuple(articles)
        large = len(self.articles) > LARGE
        heads = [_heads(article, large) for article in self.articles]
        passages = [_passages(article, large) for article in self.articles]
        sentences = [] if large else [_sentences(article) for article in self.articles]
        groups = (*heads, *passages, *sentences)
        table = VectorTable((normalise(text) for group in groups for text in group), cache_dir)
        self._heads = Rows(heads, table, large)
        self._passages = Rows(passages, table, large)
        kinds = [(self._heads, 1.0), (self._passages, BODY_WEIGHT)]
        # Of very many articles the passages that are kept are hardly more than sentences.
        self._sentences = self._passages if large else Rows(sentences, table, large)
        if not large:
            kinds.append((self._sentences, BODY_WEIGHT))
        self._profiles = profiles(kinds)
        del table
        kind = kind_for(lang, self.articles)
        self._closer = CloserLook(kind, heads, passages, cache_dir) if kind else None
        self._first_look = FirstLook([self._heads, self._passages]) if large else None
        titles = ["\n".join(head) for head in heads]
        briefs = ["\n".join(group) for group in zip(titles, map("\n".join, passages), strict=True)]
        worded = map(_text, self.articles, titles) if large else briefs
        surface: set[str] = set()
        self._words = Lexicon(self._noted(worded, surface), large)
        self._known = frozenset(surface)
        # People rarely get the first letter wrong; without this, "pine" would be "wine".
        self._vocabulary: dict[str, list[str]] = {}
        for word in sorted(surface):
            self._vocabulary.setdefault(word[0], []).append(word)
        self._characters_head = Lexicon((character_ngrams(text, lang) for text in titles), large)
        self._characters = Lexicon((character_ngrams(text, lang) for text in briefs), large)

        self._said_otherwise = self._otherwise(synonyms)

    def _otherwise(self, synonyms: Synonyms) -> dict[str, str]:
        """Words that no article has to the word of their group that one has."""

        def known(phrase: str) -> bool:
            found = words(phrase, self.lang)
            return bool(found) and all(stem(word, self.lang) in self._words for word in found)

        return {
            normalise(phrase): other
            for group in synonyms
            if (other := next((phrase for phrase in group if known(phrase)), None))
            for phrase in group
            if not known(phrase)
        }

    def reworded(self, text: str) -> str | None:
        """`text` in the articles' words where customers have others; None if nothing changed."""
        plain = normalise(text)
        said = plain
        for phrase, other in self._said_otherwise.items():
            if phrase in said:
                edge = r"\b" if self.lang == "en" else ""
                said = re.sub(f"{edge}{re.escape(phrase)}{edge}", other, said)
        return said if said != plain else None

    def _noted(self, texts: Iterable[str], surface: set[str]) -> Iterator[list[str]]:
        """The stems of each text; its words as written go to `surface`."""
        for text in texts:
            found = words(text, self.lang)
            surface.update(found)
            yield [stem(word, self.lang) for word in found]

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
        same_letter = self._vocabulary.get(word[0], ())
        match = process.extractOne(word, same_letter, scorer=OSA.distance, score_cutoff=slips)
        return match[0] if match and len(match[0]) >= 4 else None

    def match(self, readings: Sequence[str]) -> Match:
        vectors = encode([normalise(reading) for reading in readings])
        lexical = np.stack([self._lexical(reading) for reading in readings])
        chosen = self._chosen(vectors, lexical)
        places = np.arange(len(self.articles)) if chosen is None else chosen
        dense = [
            self._heads.best(vectors, chosen),
            self._passages.best(vectors, chosen),
            self._sentences.best(vectors, chosen),
            vectors @ self._profiles[places].astype(np.float32).T,
            *[np.zeros((len(readings), len(places)), np.float32)] * len(CLOSE_FEATURES),
        ]
        features = np.concatenate([np.stack(dense, axis=-1), lexical[:, places]], axis=-1)
        return Match(tuple(readings), places, features, vectors)

    def look_closer(self, match: Match) -> Match | None:
        """`match` with the features of the closer encoder; None where it has nothing to say."""
        if self._closer is None or language_of(match.readings[0]) != self.lang:
            return None
        found = self._closer.features(match.readings, match.places)
        features = match.features.copy()
        for name, feature in zip(CLOSE_FEATURES, found, strict=True):
            features[..., FEATURES.index(name)] = feature
        return replace(match, features=features)

    def _chosen(self, vectors: Vectors, lexical: Vectors) -> Places | None:
        """The articles that vectors or words put first, if there are very many."""
        if self._first_look is None:
            return None
        by_words = [largest(column, CHOSEN) for shares in lexical for column in shares.T]
        found = np.unique(np.concatenate([self._first_look.nearest(vectors, CHOSEN), *by_words]))
        return found if len(found) else np.arange(1)

    def answer(self, place: int, match: Match, reading: int) -> str:
        """The passage of an article that answers: its first unless another is clearly nearer.

        Where the shop wrote questions for an article, it wrote the first passage to answer them.
        """
        article = self.articles[place]
        if article.questions or len(article.passages) < 2:
            return article.answer
        texts = _passages(article, large=False)
        terms = set(self._stems(match.readings[reading]))
        # Of very many articles only the first passages' vectors are kept.
        vectors = self._passages.of(place)
        if len(vectors) < len(texts):
            vectors = encode([normalise(text) for text in texts[:PASSAGES]])
        nearness = vectors @ match.vectors[reading]
        for passage, text in enumerate(texts[: len(nearness)]):
            found = terms.intersection(self._stems(text))
            nearness[passage] += 0.5 * len(found) / max(1, len(terms))
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


def _heads(article: Article, large: bool) -> list[str]:
    """What an article is called: its title, its questions or, without any, how it is filed, where
    that is in its language."""
    filed = not article.questions and not large and language_of(article.filed_as) == article.lang
    return [article.title, *([article.filed_as] if filed else article.questions)]


def _passages(article: Article, large: bool) -> list[str]:
    """Of very many articles only what the first passage begins with."""
    shown = article.passages[:1] if large else article.passages
    found = [f"{p.heading}: {p.text}" if p.heading else p.text for p in shown]
    return (
        [text[:BRIEF] for text in found or [article.title]] if large else found or [article.title]
    )


def _text(article: Article, title: str) -> str:
    """All that a word of a question is looked for in."""
    return "\n".join([title, *(f"{p.heading}\n{p.text}" for p in article.passages)])[:WORDS_IN]


def _sentences(article: Article) -> list[str]:
    found = (s.strip() for p in article.passages for s in _SENTENCE.findall(p.text))
    return [sentence for sentence in found if len(sentence) > 8][:SENTENCES] or [article.title]
