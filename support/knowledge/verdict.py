"""From features to a verdict: which article, how surely, and when to ask or to admit ignorance.

The constants were fitted by `python -m benchmarks.knowledge --fit` on the tune half of
tests/data/knowledge_questions.yml (see there); nothing of them is particular to one shop. The
weights of the nearest sentence and of the closer encoders came later and were chosen by hand, on
that half and on tests/data/other_shops: fitting on those as well made answers here worse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from support.knowledge.index import DENSE
from support.knowledge.language import Lang

Verdict = Literal["answer", "clarify", "none"]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """Of the features of `index.FEATURES`, in their order.

    `ranking` compares articles for one question: the softmax of its sums is the probability of
    each, given that one of them answers. `relevance` is a logistic over the best article's
    features: the probability that anything here answers. `answer`: from this probability on the
    first hit is given as the answer.
    """

    ranking: tuple[float, ...]
    relevance: tuple[float, ...]
    relevance_bias: float
    answer: float = 0.6


SAME_LANGUAGE: Final = Weights(
    ranking=(6.3, 2.5, 3.0, 34.8, 10.0, 20.0, 3.4, 1.7, 6.3),
    relevance=(2.7, 9.5, 0.0, 0.0, 0.0, 0.0, 4.1, 1.4, 2.0),
    relevance_bias=-4.5,
)
# After a closer look: how near the nearest passage is says more than anything whether it answers.
CLOSER: Final[Mapping[Lang, Weights]] = {
    "en": replace(
        SAME_LANGUAGE,
        relevance=(2.7, 9.5, 0.0, 0.0, 0.0, 6.0, 4.1, 1.4, 2.0),
        relevance_bias=-6.75,
    ),
    "ja": replace(
        SAME_LANGUAGE,
        relevance=(2.7, 9.5, 0.0, 0.0, 0.0, 6.0, 4.1, 1.4, 2.0),
        relevance_bias=-7.5,
        answer=0.65,
    ),
}
OTHER_LANGUAGE: Final = Weights(
    ranking=(7.4, 5.9, 0.0, 49.2, 0.0, 0.0, 2.0, 1.9, 0.3),
    relevance=(4.8, 10.9, 0.0, 1.5, 0.0, 0.0, 1.4, 0.6, 1.7),
    relevance_bias=-4.1,
)
# What a caller's topic is worth: enough to decide between near equals, not to turn a clear lead.
TOPIC: Final = 0.5
# Below this probability that anything answers, nothing is offered.
NONE: Final = 0.4
# What is left of the certainty when only the vectors or only the words put the first hit first.
# On the tune half this turns more than half of the wrong answers into questions back, for one
# right answer in fifteen.
DOUBT: Final = 0.7


@dataclass(frozen=True)
class Judgement:
    """`ranked`: (which of the articles judged, probability that it answers), best first.

    `reading`: which reading of the message the best article fits.
    """

    verdict: Verdict
    ranked: tuple[tuple[int, float], ...]
    reading: int


def judge(
    features: Floats, partial: Sequence[bool], leaning: Floats, weights: Weights
) -> Judgement:
    """`features`: (readings, articles, features); `partial`: which readings are only a sentence.

    `leaning`: what speaks for each article apart from the question (see `leaning`, TOPIC).
    """
    sums = totals(features, partial, weights) + leaning
    order = np.argsort(-sums, kind="stable")
    first = int(order[0])
    shares = np.exp(sums - sums[first])
    shares /= shares.sum()
    reading = best_reading(features, first, weights)
    relevance = _logistic(
        float(features[reading, first] @ np.array(weights.relevance)) + weights.relevance_bias
    )
    ranked = tuple((int(place), relevance * float(shares[place])) for place in order)
    certainty = ranked[0][1] * DOUBT ** _dissenters(features, first, weights)
    verdict: Verdict = "answer" if certainty >= weights.answer else "clarify"
    return Judgement("none" if relevance < NONE else verdict, ranked, reading)


def totals(features: Floats, partial: Sequence[bool], weights: Weights) -> Floats:
    """How well each article fits the message: all of it and, in a long one, one sentence of it."""
    sums: Floats = features @ np.array(weights.ranking, np.float32)
    parts = np.array(partial)
    best: Floats = sums[~parts].max(axis=0)
    return (best + sums[parts].max(axis=0)) / 2 if parts.any() else best


def best_reading(features: Floats, place: int, weights: Weights) -> int:
    return int((features[:, place] @ np.array(weights.ranking)).argmax())


def _dissenters(features: Floats, first: int, weights: Weights) -> int:
    """How many of the two kinds of features, vectors and words, would put another one first."""
    ranking = np.array(weights.ranking, np.float32)
    kinds = (slice(None, DENSE), slice(DENSE, None))
    sums = ((features[..., kind] @ ranking[kind]).max(axis=0) for kind in kinds)
    return sum(bool((found > found[first]).any()) for found in sums)


def _logistic(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))
