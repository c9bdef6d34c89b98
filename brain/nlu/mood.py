"""How a message sounds, apart from its words; and the labelled sentences to learn it from."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from brain.nlu.folding import fold

MOODS = ("none", "displeased", "angry")
_CALM = "none"
# From this chance on a message is called angry: set where about two calm ones in a hundred are.
ANGRY = 0.6
_EXCLAMATION = re.compile(r"!{2,}|[!?]*!\?[!?]*|\?![!?]*")
_LETTERS = re.compile(r"[A-Za-z]")
_CAPITALS = re.compile(r"[A-Z]")
# Names that are written in capitals by calm people too.
_ACRONYMS = re.compile(
    r"\b(?:HN-?\d+|DHL|EMS|USPS|UPS|FAQ|USA?|UK|EU|JAL|PUDO|JCB|OK|ID|VAT|PDF)\b"
)
# What is sworn with and rarely said otherwise; the model weighs it, it decides nothing alone.
_SWEARING = re.compile(
    r"\b(?:f+u+c+k\w*|f\*+\w*|wtf|wth|bullshit|bs|shit\w*|damn\w*|crap\w*|bloody|pissed|idiots?|"
    r"morons?|scam\w*|thie(?:f|ves)|liars?|hell)\b|"
    r"ふざけ|ふざけんな|なめて[んる]|舐めて|バカ|馬鹿|クソ|くそ|糞|最悪|最低|いい加減|死ね|詐欺|"
    r"ぼったくり|アホ|あほ|どうなってん|話にならん|話にならな|二度と",
    re.I,
)


class MoodDataError(ValueError):
    """A mood file is malformed; the message names file and key. Stops the training."""


def surface(text: str) -> np.ndarray:
    """Capitals, exclamation marks and swearing as numbers between 0 and 2, shape (3,)."""
    folded = fold(text)
    shown = _ACRONYMS.sub("", folded)
    letters = len(_LETTERS.findall(shown))
    shouted = len(_CAPITALS.findall(shown)) / letters if letters >= 6 else 0.0
    return np.array(
        [
            2 * shouted if shouted > 0.6 else 0.0,
            min(len(_EXCLAMATION.findall(folded)), 2),
            min(len(_SWEARING.findall(folded)), 2),
        ],
        dtype=np.float32,
    )


def mood_examples(folder: Path) -> Iterator[tuple[str, str]]:
    """(sentence, mood) from the files in `folder`: a mapping `mood:` of mood to sentences.

    Rasa reads all YAML below data/ but knows no key `mood`, so the files are ours alone.
    """
    for path in sorted(folder.glob("*.yml")):
        try:
            document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        except YAMLError as error:
            raise MoodDataError(f"{path}: {error}") from error
        moods = document.get("mood") if isinstance(document, dict) else None
        if not isinstance(moods, dict) or not moods:
            raise MoodDataError(f"{path}: needs a mapping `mood:` of mood to a list of sentences")
        for mood, sentences in moods.items():
            if mood not in MOODS:
                raise MoodDataError(f"{path}: mood `{mood}` is none of {', '.join(MOODS)}")
            if not isinstance(sentences, list) or not all(isinstance(s, str) for s in sentences):
                raise MoodDataError(f"{path}: mood `{mood}` needs a list of sentences")
            yield from ((sentence, mood) for sentence in sentences)


def verdict(chances: dict[str, float]) -> tuple[str, float]:
    """The mood that the chances speak for, and the anger score in 0..1."""
    angry, displeased = chances.get("angry", 0.0), chances.get("displeased", 0.0)
    if angry >= ANGRY:
        return "angry", angry
    return ("displeased" if angry + displeased >= 0.5 else _CALM), angry
