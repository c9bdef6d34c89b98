"""Cross-validation of the understanding, by language, with the sentences it gets wrong."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.constants import INTENT, TEXT
from sklearn.model_selection import StratifiedKFold

from brain.nlu.intent_classifier import readings_of
from brain.nlu.language import detect_language
from brain.nlu.linear import LinearText
from brain.nlu.vectors import encode_cached


def evaluate(data: Path, folds: int, cost: float = 0.15) -> int:
    """Prints accuracy by language and intent, and the most frequent confusions."""
    importer = TrainingDataImporter.load_from_dict(training_data_paths=[str(data)])
    examples = importer.get_nlu_data()
    messages = [m for m in examples.intent_examples if m.get(TEXT)]
    readings = readings_of(messages, examples)
    truth = np.array([message.get(INTENT) for message in messages])
    languages = np.array([_language(message.get(TEXT)) for message in messages])
    vectors = encode_cached([reading.text for reading in readings])
    guesses = np.empty(len(truth), dtype=object)
    split = StratifiedKFold(folds, shuffle=True, random_state=0)
    strata = np.char.add(truth.astype(str), languages.astype(str))
    for train, test in split.split(truth, strata):
        model, _ = LinearText.fit(
            [readings[i] for i in train], vectors[train], truth[train].tolist(), cost
        )
        for i in test:
            chances = model.chances(readings[i], vectors[i])
            guesses[i] = model.labels[int(chances.argmax())]
    right = guesses == truth
    print(f"{len(truth)} sentences, {folds} folds: {right.mean():.3f} right")
    for language in ("en", "ja"):
        print(f"  {language}: {right[languages == language].mean():.3f}")
    for intent in sorted(set(truth)):
        own = truth == intent
        wrong = Counter(guesses[own & ~right].tolist()).most_common(3)
        print(f"  {intent:17} {right[own].mean():.2f}  {_listed(wrong)}")
    return 0


def _language(text: str) -> str:
    return "ja" if not text.isascii() and detect_language(text) != "en" else "en"


def _listed(counts: list[tuple[str, int]]) -> str:
    return ", ".join(f"{intent} {count}" for intent, count in counts)
