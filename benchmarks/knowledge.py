"""How well the knowledge search finds, hesitates and refuses: `python -m benchmarks.knowledge`.

Questions: tests/data/knowledge_questions.yml, written before and apart from the articles, in a tune
and a test half; and tests/data/other_shops, four folders of plain Markdown on which nothing is
tuned, with four harder ones in its folder `hard`. `--fit` fits the constants of
support/knowledge/verdict.py on the tune half and prints them.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

# As support.knowledge does, and like it before numpy is imported: see there.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt
import yaml

from support.knowledge import Article, Knowledge, load_articles
from support.knowledge.index import FEATURES, LanguageIndex
from support.knowledge.language import language_of
from support.knowledge.readings import all_readings
from support.knowledge.verdict import OTHER_LANGUAGE, SAME_LANGUAGE, Weights, best_reading, totals

ROOT = Path(__file__).parent.parent
ARTICLES = ROOT / "data" / "knowledge"
QUESTIONS = ROOT / "tests" / "data" / "knowledge_questions.yml"
OTHER_SHOPS = ROOT / "tests" / "data" / "other_shops"
HARD = OTHER_SHOPS / "hard"
PLAIN_SHOPS = ("spoke", "fernhill", "yamabiko", "hanamori")
HARD_SHOPS = ("voltmere", "pawcel", "asahi-sake", "kutsunoya")
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """`expect`: the ids of the articles that answer; empty where nothing does."""

    text: str
    lang: str
    half: str
    expect: frozenset[str]


@dataclass(frozen=True)
class Figures:
    """Shares of the answerable (`answered`...) and of the unanswerable (`false_...`) questions."""

    first: float
    third: float
    right: float
    clarified: float
    refused: float
    wrong: float
    false_answer: float
    false_clarify: float


def demonstration_questions() -> list[Asked]:
    content = yaml.safe_load(QUESTIONS.read_text("utf-8"))
    asked = [
        Asked(q["text"], q["lang"], q["half"], frozenset(q["expect"]))
        for q in content["answerable"]
    ]
    return asked + [
        Asked(q["text"], q["lang"], q["half"], frozenset()) for q in content["unanswerable"]
    ]


def other_shop_questions(shop: str, folder: Path = OTHER_SHOPS) -> list[Asked]:
    content = yaml.safe_load((folder / "questions.yml").read_text("utf-8"))
    return [
        Asked(
            q["text"],
            language_of(q["text"]) or "en",
            "test",
            frozenset(() if q["expect"] == "none" else (q["expect"],)),
        )
        for q in content[shop]
    ]


def measure(knowledge: Knowledge, questions: Sequence[Asked], verbose: bool = False) -> Figures:
    counts = dict.fromkeys(Figures.__dataclass_fields__, 0)
    for asked in questions:
        result = knowledge.search(asked.text, lang=asked.lang, top=3)
        ids = [hit.id for hit in result.hits]
        first = bool(ids) and ids[0] in asked.expect
        if asked.expect:
            counts["first"] += first
            counts["third"] += bool(asked.expect & set(ids))
            counts["right"] += first and result.verdict == "answer"
            counts["wrong"] += not first and result.verdict == "answer"
            counts["clarified"] += result.verdict == "clarify" and bool(asked.expect & set(ids))
            counts["refused"] += result.verdict == "none"
        else:
            counts["false_answer"] += result.verdict == "answer"
            counts["false_clarify"] += result.verdict == "clarify"
        good = first if asked.expect else result.verdict == "none"
        if verbose and (not good or result.verdict == "none") and not (good and not asked.expect):
            found = ", ".join(f"{hit.id} {hit.score:.2f}" for hit in result.hits)
            wanted = "/".join(sorted(asked.expect)) or "nothing"
            print(f"    {result.verdict:8} {asked.text}\n{'':13}wanted {wanted}; found {found}")
    answerable = sum(bool(asked.expect) for asked in questions) or 1
    unanswerable = sum(not asked.expect for asked in questions) or 1
    return Figures(
        **{
            name: count / (unanswerable if name.startswith("false") else answerable)
            for name, count in counts.items()
        }
    )


def without_questions(articles: Iterable[Article]) -> list[Article]:
    return [replace(article, questions=()) for article in articles]


def only(articles: Iterable[Article], lang: str) -> list[Article]:
    return [article for article in articles if article.lang == lang]


def report(cache: Path, half: str, verbose: bool) -> None:
    articles = load_articles(ARTICLES)
    questions = [asked for asked in demonstration_questions() if asked.half == half]
    print(f"{len(articles)} articles, {len(questions)} questions of the {half} half")
    print(
        f"{'':34}{'n':>4}{'first':>7}{'in 3':>7}{'answer':>8}{'clarify':>8}{'none':>7}{'WRONG':>7}"
        f"{'n':>7}{'WRONG':>7}{'clarify':>8}"
    )
    plain = without_questions(articles)
    for lang, other in (("en", "ja"), ("ja", "en")):
        mine = [asked for asked in questions if asked.lang == lang]
        _row(f"{lang}", Knowledge(articles, cache), mine, verbose)
        _row(f"{lang}, no alternative questions", Knowledge(plain, cache), mine, False)
        _row(f"{lang}, articles only in {other}", Knowledge(only(articles, other), cache), mine)
    for shop in PLAIN_SHOPS:
        knowledge = Knowledge(load_articles(OTHER_SHOPS / shop), cache)
        _row(f"another shop ({shop})", knowledge, other_shop_questions(shop), verbose)
    for shop in HARD_SHOPS:
        knowledge = Knowledge(load_articles(HARD / shop), cache)
        _row(f"a harder one ({shop})", knowledge, other_shop_questions(shop, HARD), verbose)
    knowledge = Knowledge(articles, cache)
    print(f"search: {_latency(lambda text: knowledge.search(text), [q.text for q in questions])}")


def _row(
    name: str, knowledge: Knowledge, questions: Sequence[Asked], verbose: bool = False
) -> None:
    found = measure(knowledge, questions, verbose)
    answerable = sum(bool(asked.expect) for asked in questions)
    shares = (found.first, found.third, found.right, found.clarified, found.refused, found.wrong)
    print(
        f"{name:34}{answerable:4}"
        + "".join(
            f"{share:{width}.3f}" for share, width in zip(shares, (7, 7, 8, 8, 7, 7), strict=True)
        )
        + f"{len(questions) - answerable:7}{found.false_answer:7.3f}{found.false_clarify:8.3f}"
    )


def _latency(search: Callable[[str], object], texts: Sequence[str]) -> str:
    """Time on the clock, and of it the processor's, which a busy machine doesn't lengthen."""
    search(texts[0])
    times = []
    for text in texts:
        clock, processor = time.perf_counter(), time.thread_time()
        search(text)
        times.append((time.perf_counter() - clock, time.thread_time() - processor))
    middle, late = 1000 * np.percentile(times, [50, 99], axis=0)
    return (
        f"p50 {middle[0]:.1f} ms, p99 {late[0]:.1f} ms over {len(texts)} questions"
        f" (processor: {middle[1]:.1f}, {late[1]:.1f})"
    )


@dataclass(frozen=True)
class Example:
    features: npt.NDArray[np.float32]
    partial: tuple[bool, ...]
    right: npt.NDArray[np.bool_]


def examples(
    articles: Sequence[Article], questions: Sequence[Asked], cache: Path, same_language: bool
) -> list[Example]:
    found = []
    for lang in ("en", "ja"):
        own = only(articles, lang)
        if not own:
            continue
        index = LanguageIndex("en" if lang == "en" else "ja", own, cache)
        for asked in questions:
            if (asked.lang == lang) != same_language or language_of(asked.text) is None:
                continue
            texts, partial = all_readings(asked.text, index, "ja" if asked.lang == "ja" else "en")
            right = np.array([article.id in asked.expect for article in own])
            first = index.match(texts)
            features = (index.look_closer(first) or first).features
            found.append(Example(features, tuple(partial), right))
    return found


def fit_ranking(found: Sequence[Example], start: Weights) -> Weights:
    """Softmax cross entropy over articles, weights kept at or above 0, a pull towards `start`."""
    usable = [example for example in found if example.right.any()]
    centre = np.array(start.ranking)

    def loss(values: Floats) -> float:
        weights = replace(start, ranking=tuple(values))
        total = 0.0
        for example in usable:
            sums = totals(example.features, example.partial, weights).astype(float)
            sums -= sums.max()
            odds = np.exp(sums)
            total -= np.log(odds[example.right].sum() / odds.sum())
        return total / len(usable) + 0.0005 * float(((values - centre) ** 2).sum())

    size = len(FEATURES)
    values = _descend(loss, centre, np.zeros(size), np.full(size, 60.0))
    return replace(start, ranking=_rounded(values))


def fit_relevance(found: Sequence[Example], weights: Weights) -> Weights:
    """Logistic regression over the best article's features: does it answer?"""
    rows, labels = [], []
    for example in found:
        place = int(totals(example.features, example.partial, weights).argmax())
        reading = best_reading(example.features, place, weights)
        rows.append(example.features[reading, place])
        labels.append(bool(example.right.any()))
    features, label = np.array(rows, float), np.array(labels, float)
    # Both kinds of question count the same, whatever their number here.
    mass = np.where(label > 0, 0.5 / label.sum(), 0.5 / (1 - label).sum())

    def loss(values: Floats) -> float:
        logits = features @ values[:-1] + values[-1]
        errors = np.logaddexp(0, np.where(label > 0, -logits, logits))
        return float((mass * errors).sum()) + 0.0003 * float((values[:-1] ** 2).sum())

    size = len(FEATURES)
    start = np.array([*weights.relevance, weights.relevance_bias])
    values = _descend(
        loss, start, np.array([0.0] * size + [-30.0]), np.array([40.0] * size + [0.0])
    )
    return replace(
        weights,
        relevance=_rounded(values[:-1]),
        relevance_bias=round(float(values[-1]), 2),
    )


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 2) for value in values)


def _descend(loss: Callable[[Floats], float], start: Floats, low: Floats, high: Floats) -> Floats:
    """Coordinate search with shrinking steps: half a dozen figures need nothing finer."""
    values, best = np.clip(start, low, high), loss(np.clip(start, low, high))
    step = 4.0
    while step > 0.02:
        moved = False
        for place in range(len(values)):
            for change in (step, -step):
                trial = values.copy()
                trial[place] = np.clip(trial[place] + change, low[place], high[place])
                value = loss(trial)
                if value < best - 1e-7:
                    values, best, moved = trial, value, True
        if not moved:
            step /= 2
    return values


def fit(cache: Path) -> None:
    articles = load_articles(ARTICLES)
    tune = [asked for asked in demonstration_questions() if asked.half == "tune"]
    variants = (articles, without_questions(articles))
    for name, same_language, start in (
        ("SAME_LANGUAGE", True, SAME_LANGUAGE),
        ("OTHER_LANGUAGE", False, OTHER_LANGUAGE),
    ):
        whole = [e for v in variants for e in examples(v, tune, cache, same_language)]
        # A shop with a fifth of the articles has other frequencies, but the same constants.
        parts = [
            example
            for variant in variants
            for part in range(5)
            for example in _of_a_part(variant, part, tune, cache, same_language)
        ]
        print(name, fit_relevance([*whole, *parts], fit_ranking(whole, start)))


def _of_a_part(
    articles: Sequence[Article], part: int, asked: Sequence[Asked], cache: Path, same_language: bool
) -> list[Example]:
    ids = set(sorted({article.id for article in articles})[part::5])
    fitting = [question for question in asked if question.expect & ids or not question.expect]
    kept = [article for article in articles if article.id in ids]
    return examples(kept, fitting, cache, same_language)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="fit the constants on the tune half")
    parser.add_argument("--half", choices=("tune", "test"), default="test")
    parser.add_argument("--verbose", action="store_true", help="print what went wrong")
    parser.add_argument("--cache", type=Path, help="keep sentence vectors here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        cache = arguments.cache or Path(made)
        if arguments.fit:
            fit(cache)
        else:
            report(cache, arguments.half, arguments.verbose)


if __name__ == "__main__":
    main()
