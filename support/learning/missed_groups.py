"""Missed questions that ask the same thing, in whatever words and in both languages."""

import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np

from support.knowledge.language import language_of
from support.knowledge.vectors import Vectors, encode
from support.knowledge.words import normalise, stem, words

# Nearness from which two questions are one: cosine, and a share for words in common. Measured on
# the questions of the shop's own articles: of a group's questions four in five are of one article.
ALIKE: Final = 0.72
WORDS_COUNT: Final = 0.25
# More questions are not grouped at once: the newest say what is missing now.
MOST: Final = 600


def grouped(questions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The most asked first: `text` (the most typical one), `count`, `langs`, `last_at`,
    `questions` (as given)."""
    shown = list(questions[:MOST])
    if not shown:
        return []
    groups = _groups(tuple(question["text"] for question in shown))
    made = [_group([shown[at] for at in places], shown[typical]) for typical, places in groups]
    return sorted(made, key=lambda group: (group["count"], group["last_at"]), reverse=True)


# Most often nothing was asked since somebody looked last.
@lru_cache(maxsize=4)
def _groups(texts: tuple[str, ...]) -> Sequence[tuple[int, Sequence[int]]]:
    """Of each group: the place of the most typical text, and all its places."""
    vectors = _vectors.of([normalise(text) for text in texts])
    found = []
    for places in _together(vectors, [_stems(text) for text in texts]):
        its = vectors[places]
        found.append((places[int((its @ its.sum(axis=0)).argmax())], places))
    return found


class _Remembered:
    """Vectors of the questions that were grouped last: of them nearly all are there again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Vectors] = {}

    def of(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            new = [text for text in dict.fromkeys(texts) if text not in self._known]
            found = {**self._known, **dict(zip(new, encode(new), strict=True))}
            self._known = {text: found[text] for text in texts}
            return np.stack([self._known[text] for text in texts])


_vectors = _Remembered()


@lru_cache(maxsize=4 * MOST)
def _stems(text: str) -> frozenset[str]:
    lang = language_of(text) or "en"
    return frozenset(stem(word, lang) for word in words(text, lang))


def _shares(stems: Sequence[frozenset[str]]) -> Vectors:
    """For each two, the share of their words that they have in common."""
    places = {word: place for place, word in enumerate(sorted(frozenset().union(*stems)))}
    has = np.zeros((len(stems), max(1, len(places))), np.float32)
    for row, of_one in enumerate(stems):
        has[row, [places[word] for word in of_one]] = 1
    common: Vectors = has @ has.T
    sizes = has.sum(axis=1)
    either = sizes[:, None] + sizes[None, :] - common
    shares: Vectors = (common / np.maximum(either, 1)).astype(np.float32)
    return shares


def _together(vectors: Vectors, stems: Sequence[frozenset[str]]) -> list[list[int]]:
    """Each joins the group whose middle is nearest, if it is near enough; else begins one."""
    shares = _shares(stems)
    groups: list[list[int]] = []
    sums = np.empty_like(vectors)
    for place, vector in enumerate(vectors):
        if groups:
            totals = sums[: len(groups)]
            middles = (totals @ vector) / np.linalg.norm(totals, axis=1)
            nearness = middles + WORDS_COUNT * shares[[group[0] for group in groups], place]
            best = int(nearness.argmax())
            if nearness[best] >= ALIKE:
                groups[best].append(place)
                sums[best] += vector
                continue
        sums[len(groups)] = vector
        groups.append([place])
    return groups


def _group(questions: list[dict[str, Any]], typical: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": typical["text"],
        "lang": typical["lang"],
        "count": len(questions),
        "langs": sorted({q["lang"] for q in questions if q["lang"]}),
        "last_at": max(q["at"] for q in questions),
        "questions": questions,
    }
