"""Missed questions that ask the same thing, in whatever words and in both languages."""

from collections.abc import Sequence
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
    vectors = encode([normalise(question["text"]) for question in shown])
    groups = _together(vectors, [_stems(question["text"]) for question in shown])
    made = [_group([shown[i] for i in group], vectors[group]) for group in groups]
    return sorted(made, key=lambda group: (group["count"], group["last_at"]), reverse=True)


def _stems(text: str) -> frozenset[str]:
    lang = language_of(text) or "en"
    return frozenset(stem(word, lang) for word in words(text, lang))


def _shared(ours: frozenset[str], theirs: frozenset[str]) -> float:
    return len(ours & theirs) / max(1, len(ours | theirs))


def _together(vectors: Vectors, stems: Sequence[frozenset[str]]) -> list[list[int]]:
    """Each joins the group whose middle is nearest, if it is near enough; else begins one."""
    groups: list[list[int]] = []
    sums: list[Vectors] = []
    for place, vector in enumerate(vectors):
        if groups:
            middles = np.stack([total / np.linalg.norm(total) for total in sums])
            shared = [_shared(stems[group[0]], stems[place]) for group in groups]
            nearness = middles @ vector + WORDS_COUNT * np.array(shared)
            best = int(nearness.argmax())
            if nearness[best] >= ALIKE:
                groups[best].append(place)
                sums[best] = sums[best] + vector
                continue
        groups.append([place])
        sums.append(vector.copy())
    return groups


def _group(questions: list[dict[str, Any]], vectors: Vectors) -> dict[str, Any]:
    typical = questions[int((vectors @ vectors.sum(axis=0)).argmax())]
    return {
        "text": typical["text"],
        "lang": typical["lang"],
        "count": len(questions),
        "langs": sorted({q["lang"] for q in questions if q["lang"]}),
        "last_at": max(q["at"] for q in questions),
        "questions": questions,
    }
