"""How well the brain understands held-out messages: `python -m benchmarks.understanding`.

Messages: tests/data/understanding/{development,held_out}/{en,ja}.jsonl, each written apart from
the training data by others. Errors in the development set may be looked at; of the held-out set
only its figures may. Besides text, intent and anger a line can be marked `polite` (formal
Japanese), `gibberish`, `lookalike` (seems to ask for a person, or nearly), `tricky` (calm, with
angry words) and `other_shop` (not about tea). An intent is right when equal; nlu_fallback is right
for out_of_scope. Angry means that the brain says "angry"; "upset" is displeased or angry.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
MESSAGES = ROOT / "tests" / "data" / "understanding"
SETS = ("development", "held_out")
LANGUAGES = ("en", "ja")
UNANSWERED = frozenset({"out_of_scope", "nlu_fallback"})
MARKS = ("polite", "gibberish", "lookalike", "tricky", "other_shop")


@dataclass(frozen=True)
class Understood:
    """One message: what it means (`intent`, `anger`) and what the brain said."""

    text: str
    language: str
    intent: str
    anger: str
    marks: frozenset[str]
    said_intent: str
    said_anger: str
    confidence: float

    @property
    def right(self) -> bool:
        if self.intent == "out_of_scope":
            return self.said_intent in UNANSWERED
        return self.said_intent == self.intent


def parse(texts: Sequence[str], url: str | None) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "omotenashi", "parse"] + (["--url", url] if url else [])
    lines = "".join(f"{text}\n" for text in texts)
    done = subprocess.run(
        command, input=lines, stdout=subprocess.PIPE, cwd=ROOT, encoding="utf-8", check=False
    )
    if done.returncode:
        sys.exit(f"parse failed with {done.returncode}; see above")
    answers = [json.loads(line) for line in done.stdout.split("\n") if line.startswith("{")]
    if len(answers) != len(texts):
        sys.exit(f"parse answered {len(answers)} of {len(texts)} messages")
    return answers


def understand(url: str | None, chosen: str) -> list[Understood]:
    """What the brain makes of the `chosen` set: development or held_out."""
    return understand_each(url, (chosen,))[chosen]


def understand_each(url: str | None, chosen: Sequence[str]) -> dict[str, list[Understood]]:
    """Of each of these sets; the brain is loaded once."""
    written = [
        (which, language, json.loads(line))
        for which in chosen
        for language in LANGUAGES
        for line in (MESSAGES / which / f"{language}.jsonl").read_text("utf-8").strip().split("\n")
    ]
    # A line each: blanks stand for the line breaks that some have.
    answers = parse([" ".join(message["text"].split("\n")) for _, _, message in written], url)
    found: dict[str, list[Understood]] = {which: [] for which in chosen}
    for (which, language, message), answer in zip(written, answers, strict=True):
        found[which].append(
            Understood(
                text=message["text"],
                language=language,
                intent=message["intent"],
                anger=message["anger"],
                marks=frozenset(mark for mark in MARKS if message.get(mark)),
                said_intent=str(answer.get("intent")),
                said_anger=str(answer.get("anger")),
                confidence=float(str(answer.get("confidence") or 0)),
            )
        )
    return found


def share(of: Iterable[Understood], hit: Callable[[Understood], bool]) -> str:
    hits = [hit(each) for each in of]
    return f"{sum(hits) / len(hits):6.1%} {sum(hits):>4}/{len(hits)}" if hits else "-"


def calibration_error(of: Sequence[Understood], bins: int = 10) -> float:
    """Expected calibration error (Guo et al. 2017, arXiv 1706.04599), equal-width bins.

    How far confidence is from the share that is right, weighted by how many have it; of what was
    answered at all.
    """
    answered = [x for x in of if x.said_intent != "nlu_fallback"]
    groups: dict[int, list[Understood]] = defaultdict(list)
    for each in answered:
        groups[min(bins - 1, int(each.confidence * bins))].append(each)
    gaps = (abs(sum(x.confidence - x.right for x in group)) for group in groups.values())
    return sum(gaps) / len(answered)


def by_intent(of: Iterable[Understood]) -> dict[str, list[Understood]]:
    groups: dict[str, list[Understood]] = defaultdict(list)
    for each in of:
        groups[each.intent].append(each)
    return groups


def recall(of: Sequence[Understood]) -> float:
    return sum(each.right for each in of) / len(of)


def macro(of: Iterable[Understood]) -> str:
    recalls = [recall(group) for group in by_intent(of).values()]
    return f"{sum(recalls) / len(recalls):6.1%}"


def rows(of: Sequence[Understood]) -> dict[str, str]:
    """The figures of one column; an empty text is a heading."""

    def right(each: Understood) -> bool:
        return each.right

    def called_angry(each: Understood) -> bool:
        return each.said_anger == "angry"

    def called_upset(each: Understood) -> bool:
        return each.said_anger in ("angry", "displeased")

    def marked(mark: str, anger: str | None = None) -> list[Understood]:
        return [x for x in of if mark in x.marks and anger in (None, x.anger)]

    def felt(anger: str) -> list[Understood]:
        return [x for x in of if x.anger == anger]

    meant = [x for x in of if x.intent != "out_of_scope"]
    outside = [x for x in of if x.intent == "out_of_scope" and "gibberish" not in x.marks]
    angry, calm = felt("angry"), felt("none")
    return {
        "INTENT": "",
        "right": share(of, right),
        "expected calibration error": f"{calibration_error(of):6.3f}",
        "right, mean of the intents": macro(of),
        "right, other shops": share(marked("other_shop"), right),
        "right, rest": share([x for x in of if "other_shop" not in x.marks], right),
        "right, upset customers": share([x for x in of if x.anger != "none"], right),
        "fell back though answerable": share(meant, lambda x: x.said_intent in UNANSWERED),
        "out of scope, yet accepted": share(outside, lambda x: not x.right),
        "gibberish, yet accepted": share(marked("gibberish"), lambda x: not x.right),
        "ASKING FOR A PERSON": "",
        "found (recall)": share([x for x in of if x.intent == "request_human"], right),
        "rightly so (precision)": share([x for x in of if x.said_intent == "request_human"], right),
        "lookalikes taken for it": share(
            [x for x in marked("lookalike") if x.intent != "request_human"],
            lambda x: x.said_intent == "request_human",
        ),
        "ANGER": "",
        "angry, called angry": share(angry, called_angry),
        "  polite Japanese": share(marked("polite", "angry"), called_angry),
        "  all others": share([x for x in angry if "polite" not in x.marks], called_angry),
        "angry, called upset": share(angry, called_upset),
        "displeased, called upset": share(felt("displeased"), called_upset),
        "displeased, called angry": share(felt("displeased"), called_angry),
        "calm, called angry": share(calm, called_angry),
        "calm, called upset": share(calm, called_upset),
        "  calm with angry words": share(marked("tricky", "none"), called_upset),
        "  calm polite Japanese": share(marked("polite", "none"), called_upset),
    }


def report(everything: Sequence[Understood], most: int) -> None:
    columns = {
        **{language: [x for x in everything if x.language == language] for language in LANGUAGES},
        "both": everything,
    }
    figures = {name: rows(of) for name, of in columns.items()}
    print(" " * 30 + "".join(f"{f'{name} ({len(of)})':>18}" for name, of in columns.items()))
    for row in figures["both"]:
        print((f"{row:<30}" + "".join(f"{figures[name][row]:>18}" for name in columns)).rstrip())
    print("\nWEAKEST INTENTS  recall, precision")
    groups = by_intent(everything)
    for intent in sorted(groups, key=lambda name: recall(groups[name]))[:most]:
        said = [x for x in everything if x.said_intent == intent]
        found = share(groups[intent], lambda x: x.right)
        print(f"  {intent:<20}{found:>16}{share(said, lambda x: x.right):>16}")
    print("\nTOP CONFUSIONS  meant -> said")
    confusions = Counter((x.intent, x.said_intent) for x in everything if not x.right)
    for (intent, said_intent), count in confusions.most_common(most):
        print(f"  {count:>3}  {intent} -> {said_intent}")


def misses(everything: Iterable[Understood]) -> None:
    print("\nEVERY MISS")
    for x in everything:
        if not x.right:
            print(f"  {x.language} {x.intent} -> {x.said_intent} {x.confidence:.2f}  {x.text}")
        if x.said_anger != x.anger and "angry" in (x.said_anger, x.anger):
            print(f"  {x.language} anger {x.anger} -> {x.said_anger}  {x.text}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a running brain; else a model is loaded")
    parser.add_argument("--most", type=int, default=10, help="lines per list")
    parser.add_argument("--verbose", action="store_true", help="print what was missed")
    arguments = parser.parse_args()
    for chosen in SETS:
        everything = understand(arguments.url, chosen)
        print(f"\n==== {chosen} ====")
        report(everything, arguments.most)
        if arguments.verbose and chosen == "development":
            misses(everything)


if __name__ == "__main__":
    main()
