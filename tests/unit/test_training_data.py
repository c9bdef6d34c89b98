"""What `omotenashi check` finds in training examples."""

from pathlib import Path

import pytest

from support.learning.training_data import FEWEST, check_training_data


def written(folder: Path, **examples: list[str]) -> Path:
    """A project whose English examples are `examples`, filled up to what is enough."""
    (folder / "en").mkdir(parents=True)
    lines = ['version: "3.1"', "nlu:"]
    for intent, own in examples.items():
        filling = [f"{intent} {chr(97 + n % 26) * (2 + n // 26)}" for n in range(FEWEST - len(own))]
        lines += [f"- intent: {intent}", "  examples: |"]
        lines += [f"    - {text}" for text in [*own, *filling]]
    (folder / "en" / "all.yml").write_text("\n".join(lines), encoding="utf-8")
    domain = folder.parent / "domain.yml"
    domain.write_text(f"intents: [{', '.join(examples)}]", encoding="utf-8")
    return domain


SEVEN: dict[str, list[str]] = {f"other{letter}": [] for letter in "abcdefg"}


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (["Where is it?"], ["where is  it?"], "is second here and first in"),
        (["order 10234, please!"], ["Order 77 please"], "is second here and first in"),
        (["Where is it?", "WHERE IS IT?"], [], "already"),
        # Alike, and yet not the same.
        (["refund"], ["refund?"], None),
        (["10234"], ["604-8091"], None),
        (["order 1 is late", "order 2 is late"], [], None),
    ],
)
def test_nothing_stands_twice(
    tmp_path: Path, first: list[str], second: list[str], said: str | None
) -> None:
    folder = tmp_path / "nlu"
    domain = written(folder, first=first, second=second, **SEVEN)
    found = check_training_data(folder, domain)
    if said is None:
        assert found == []
    else:
        (problem,) = found
        assert said in problem
        assert problem.startswith(f"{folder / 'en' / 'all.yml'}:")


def test_each_intent_has_enough_and_none_too_much(tmp_path: Path) -> None:
    folder = tmp_path / "nlu"
    domain = written(folder, small=[], large=[f"x{'y' * n}" for n in range(200)], **SEVEN)
    text = (folder / "en" / "all.yml").read_text(encoding="utf-8")
    (folder / "en" / "all.yml").write_text(text.replace("    - small aa\n", ""), encoding="utf-8")
    assert [problem.split(": ", 1)[1] for problem in check_training_data(folder, domain)] == [
        f"small has {FEWEST - 1} examples, at least {FEWEST} are needed",
        f"large has 200 of {200 + 8 * FEWEST - 1} examples and would swallow the others",
    ]
