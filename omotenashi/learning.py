"""`omotenashi learn`: what conversations taught, tried on a copy before it is put in place.

The copy of the project is in the data folder: a model is trained of it and compared with the one in
use. Only `switch` writes into the checkout, and the copy's model is then that of the present data.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Container, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from sqlalchemy import select

from omotenashi import models
from omotenashi.parts import open_database
from omotenashi.settings import ROOT, Settings
from support.errors import Mendable
from support.knowledge import edited as articles
from support.learning import lessons, reviewed_questions
from support.learning.lessons import Lesson
from support.learning.training_data import alike, check_training_data, known_examples
from support.store.migrate import migrate
from support.store.schema import missed_questions

REVIEWED = "reviewed.yml"
# The folders and files that a model is made of, and the articles.
COPIED = (
    "config.yml", "domain.yml", "data/nlu", "data/rules", "data/stories", "data/mood",
    "data/knowledge", "brain", "encoders",
)  # fmt: skip
# Messages that were written apart from the training data, where this checkout has its tests.
APART = Path("tests") / "data" / "understanding" / "development"
MOST_TOLD = 50
# What a run goes through, as the desk shows it.
Step = Literal["training", "comparing", "dialogues_old", "dialogues_new"]


class Say(Protocol):
    """Tells a line, and which step it begins."""

    def __call__(self, line: str, step: Step | None = None) -> None: ...


class NothingToSwitch(Mendable):
    """No learned model fits the present data; `omotenashi learn --train` makes one."""


@dataclass(frozen=True)
class Told:
    """One message whose reading changed: what it means, and what each model said."""

    text: str
    intent: str
    old: str
    new: str


@dataclass(frozen=True)
class Comparison:
    """`wrong`: what the new model reads wrongly, whatever the old one did."""

    messages: int
    old_right: int
    new_right: int
    better: tuple[Told, ...]
    worse: tuple[Told, ...]
    wrong: tuple[Told, ...]


@dataclass(frozen=True)
class Outcome:
    """`lessons`: the ids that were learned; `learned`: how they are read, since one example among
    tens of thousands needn't be enough. `old` and `new` are names of models."""

    old: str
    new: str
    lessons: tuple[int, ...]
    comparison: Comparison
    learned: Comparison
    dialogues: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        told = self.comparison
        return {
            "old": self.old,
            "new": self.new,
            "lessons": list(self.lessons),
            "messages": told.messages,
            "old_right": told.old_right,
            "new_right": told.new_right,
            "better": [vars(one) for one in told.better[:MOST_TOLD]],
            "worse": [vars(one) for one in told.worse[:MOST_TOLD]],
            "learned": {"messages": self.learned.messages, "right": self.learned.new_right},
            "still_wrong": [vars(one) for one in self.learned.wrong[:MOST_TOLD]],
            "dialogues": self.dialogues,
        }


def proposals(settings: Settings) -> Iterator[str]:
    """Questions without an article as an article's `questions` can take them, those of reviewed
    messages with the article that was right, then messages with the intent that was."""
    missed = (
        select(missed_questions.c.text, missed_questions.c.lang, missed_questions.c.topic)
        .where(missed_questions.c.state == "open")
        .order_by(missed_questions.c.id.desc())
        .limit(1000)
    )
    with closing(open_database(settings)) as db:
        migrate(db)
        rows = db.read(lambda connection: connection.execute(missed).all())
        proposed = db.read(lessons.proposed)
        asked = db.read(reviewed_questions.proposed)
    for row in rows:
        yield f"- {row.text}  # {row.lang or '?'} {row.topic or ''}".rstrip()
    for question in asked:
        yield f"- {question.text}  # {question.lang} {question.article or 'no article'}"
    for one in proposed:
        yield f"- {one.text}  # {one.lang} {one.intent}, not {one.said_intent or '?'}"


def learn(settings: Settings, say: Say, *, dialogues: bool = True) -> Outcome:
    """Train a model with what was decided, and compare it with the present one."""
    project = settings.data_dir / "learning" / "project"
    with closing(open_database(settings)) as db:
        migrate(db)
        taken = db.read(lambda c: lessons.of_state(c, "taken"))
        held_back = db.read(lambda c: lessons.of_state(c, "held_back"))
        edited = db.read(articles.in_force)
    taken, strange = apart(taken, set(known_examples(ROOT / "data" / "nlu").values()))
    for one in strange:
        say(f"left out, since no example has the intent {one.intent}: {one.text}")
    stage(project, taken, edited)
    say(f"{len(taken)} reviewed messages as examples, {len(held_back)} held back to compare")
    problems = check_training_data(project / "data" / "nlu", project / "domain.yml")
    if problems:
        raise models.TrainingFailed("the examples don't fit:\n" + "\n".join(problems[:20]))
    old = models.present_model() or models.train()
    new = models.present_model(root=project)
    if new is None:
        say("training; the model in use goes on answering", "training")
        new = models.train(root=project)
    say("comparing both models", "comparing")
    unseen, learned = [*_pairs(held_back), *written_apart()], _pairs(taken)
    comparison, of_learned = compare([unseen, learned], old, new)
    played = {}
    if dialogues and (ROOT / "tests" / "dialogues").is_dir():
        say("playing the dialogue tests with the model in use", "dialogues_old")
        played["old"] = _dialogues(old)
        say("playing the dialogue tests with the new model", "dialogues_new")
        played["new"] = _dialogues(new)
    lessons_of = tuple(one.id for one in taken)
    outcome = Outcome(old.name, new.name, lessons_of, comparison, of_learned, played)
    _result(settings).write_text(json.dumps(outcome.as_dict(), ensure_ascii=False), "utf-8")
    return outcome


def switch(settings: Settings, say: Say) -> dict[str, Any]:
    """Put the copy's data in place: its model is then that of the present data."""
    project = settings.data_dir / "learning" / "project"
    try:
        outcome: dict[str, Any] = json.loads(_result(settings).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise NothingToSwitch("nothing was learned yet: omotenashi learn --train") from error
    model = models.present_model(root=project)
    if model is None or model.name != outcome["new"]:
        raise NothingToSwitch("the learned model is gone: omotenashi learn --train")
    if models.present_model() != models.MODELS / outcome["old"] and model != models.present_model():
        raise NothingToSwitch("the data has changed since: omotenashi learn --train")
    for name in ("data/nlu", "data/knowledge"):
        for path in sorted((project / name).rglob("*")):
            target = ROOT / path.relative_to(project)
            if path.is_file() and (not target.exists() or target.read_bytes() != path.read_bytes()):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
                say(f"wrote {path.relative_to(project)}")
    with closing(open_database(settings)) as db:
        db.write(lambda tx: lessons.learned(tx, list(outcome["lessons"])))
    say(f"{model.name} is the model of the present data now")
    return outcome


def learned_model(settings: Settings) -> Path:
    """The model of the last learning, else that of the present data. Raises NothingToSwitch."""
    project = settings.data_dir / "learning" / "project"
    found = models.present_model(root=project) if project.is_dir() else None
    found = found or models.present_model()
    if found is None:
        raise NothingToSwitch("there is no model yet: omotenashi train")
    return found


def stage(project: Path, taken: Sequence[Lesson], edited: dict[str, str]) -> None:
    """A fresh copy of the project with examples and articles in it."""
    shutil.rmtree(project, ignore_errors=True)
    for name in COPIED:
        source, target = ROOT / name, project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target)
    add_examples(project / "data" / "nlu", taken)
    for file, text in edited.items():
        path = project / "data" / "knowledge" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def apart(taken: Sequence[Lesson], intents: Container[str]) -> tuple[list[Lesson], list[Lesson]]:
    """Those that can be learned, and those of intents that have no example (any more): one of
    these would spoil the whole training."""
    return (
        [one for one in taken if one.intent in intents],
        [one for one in taken if one.intent not in intents],
    )


def add_examples(nlu: Path, taken: Sequence[Lesson]) -> int:
    """Write what isn't known yet to `reviewed.yml` of its language; how many."""
    known = set(known_examples(nlu))
    fresh: dict[str, dict[str, list[str]]] = {}
    for one in taken:
        if alike(one.text) not in known:
            known.add(alike(one.text))
            fresh.setdefault(one.lang, {}).setdefault(one.intent, []).append(one.text)
    for lang, intents in fresh.items():
        path = nlu / lang / REVIEWED
        text = path.read_text("utf-8") if path.exists() else 'version: "3.1"\n\nnlu:\n'
        for intent, texts in sorted(intents.items()):
            lines = "".join(f"      - {said}\n" for said in texts)
            text = f"{text.rstrip()}\n\n  - intent: {intent}\n    examples: |\n{lines}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("nlu:\n\n  -", "nlu:\n  -"), "utf-8")
    return sum(len(texts) for intents in fresh.values() for texts in intents.values())


def written_apart() -> list[tuple[str, str]]:
    """(text, intent) of the messages for development, if this checkout has them."""
    found = []
    for path in sorted((ROOT / APART).glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            message = json.loads(line)
            found.append((" ".join(message["text"].split()), message["intent"]))
    return found


def compare(groups: Sequence[Sequence[tuple[str, str]]], old: Path, new: Path) -> list[Comparison]:
    """What each model makes of (text, intent), group by group; each is loaded once."""
    texts = [text for messages in groups for text, _ in messages]
    before, after = parsed(old, texts), parsed(new, texts)
    found, begin = [], 0
    for messages in groups:
        part = slice(begin, begin + len(messages))
        found.append(compared(messages, before[part], after[part]))
        begin = part.stop
    return found


def compared(
    messages: Sequence[tuple[str, str]], old: Sequence[str], new: Sequence[str]
) -> Comparison:
    told = [
        Told(text, intent, was, now)
        for (text, intent), was, now in zip(messages, old, new, strict=True)
    ]
    return Comparison(
        messages=len(told),
        old_right=sum(_right(one.intent, one.old) for one in told),
        new_right=sum(_right(one.intent, one.new) for one in told),
        better=tuple(
            one for one in told if _right(one.intent, one.new) > _right(one.intent, one.old)
        ),
        worse=tuple(
            one for one in told if _right(one.intent, one.new) < _right(one.intent, one.old)
        ),
        wrong=tuple(one for one in told if not _right(one.intent, one.new)),
    )


def parsed(model: Path, texts: Sequence[str]) -> list[str]:
    """The intent that a model gives each text."""
    command = [str(models.BRAIN_PYTHON), "-m", "brain", "parse", "--model", str(model)]
    done = subprocess.run(  # noqa: S603 - ours
        command, cwd=ROOT, input="".join(f"{text}\n" for text in texts), stdout=subprocess.PIPE,
        encoding="utf-8", check=False,
    )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or len(answers) != len(texts):
        raise models.TrainingFailed(f"{model.name} answered {len(answers)} of {len(texts)}")
    return [str(answer["intent"]) for answer in answers]


def _right(intent: str, said: str) -> bool:
    return said == intent or (intent == "out_of_scope" and said == "nlu_fallback")


def _dialogues(model: Path) -> dict[str, Any]:
    """How many dialogue tests pass with a model, and the names of those that don't."""
    command = [
        sys.executable, "-m", "pytest", "tests/dialogues/test_dialogues.py", "-q", "--tb=no",
        "-p", "no:cacheprovider",
    ]  # fmt: skip
    done = subprocess.run(  # noqa: S603 - ours
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
        env={**os.environ, "DIALOGUES_MODEL": str(model)}, check=False,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    failed = sorted(
        line.removeprefix("FAILED ").split(" - ")[0].rpartition("::")[2]
        for line in lines
        if line.startswith("FAILED ")
    )
    return {"failed": failed, "said": lines[-1] if lines else "nothing"}


def _pairs(of: Sequence[Lesson]) -> list[tuple[str, str]]:
    return [(one.text, one.intent) for one in of]


def _result(settings: Settings) -> Path:
    return settings.data_dir / "learning" / "result.json"
