"""Intents from sentence vectors and n-grams, with a confidence that means something."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from brain.nlu import close
from brain.nlu.component import StoredComponent, add_entities, words_of
from brain.nlu.confidence import Confidence
from brain.nlu.encoder import parts_of, reading_of
from brain.nlu.extractors import lexicon_of
from brain.nlu.linear import LinearText, softmax
from brain.nlu.nonsense import gibberish
from brain.nlu.patterns import find_patterns
from brain.nlu.prototypes import held_out_likeness, likeness, prototypes
from brain.nlu.reading import Reading, read
from brain.nlu.segmentation import is_japanese, segment
from brain.nlu.spans import Span
from brain.nlu.vectors import DIMENSIONS, encode_cached
from brain.nlu.wishes import Wish, asked_inside, led_by, said_anywhere, second_wish

OUT_OF_SCOPE = "out_of_scope"
# Dates in training sentences are only masked or marked; which day it is doesn't matter.
_ANY_DAY = date(2026, 1, 1)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class HybridIntentClassifier(StoredComponent, IntentClassifier):
    """A linear model over `brain.nlu.features`; `out_of_scope` is trained like any intent.

    Where a part of the message asks for something else, that is the entity `also`; an intent of
    `anywhere` in any part is the intent of the whole, as is what a part asks for where the whole
    is `unsure`.

    The confidence is the calibrated chance that the intent is right. Gibberish is trained as
    out of scope too, so that it gets no confident answer.
    """

    trains_long = True

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        super().__init__(config, model_storage, resource)
        self._model: LinearText | None = None
        self._confidence = Confidence()
        self._prototypes = np.empty((0, DIMENSIONS), dtype=np.float32)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "cost": 0.15,
            "gibberish": 270,
            "detailed_intents": [],
            "anywhere": [],
            "unsure": 0.4,
            "ranking_length": 5,
        }

    def train(self, training_data: TrainingData) -> Resource:
        examples = [m for m in training_data.intent_examples if m.get(TEXT) and m.get(INTENT)]
        if len({example.get(INTENT) for example in examples}) < 2:
            return self._resource
        readings, targets = self._read(examples, training_data)
        texts = [reading.text for reading in readings]
        vectors = encode_cached(texts)
        if close.pays(texts, len(set(targets))):
            vectors = close.beside(vectors, texts, cached=True)
        with ThreadPoolExecutor(1) as beside:
            known = beside.submit(prototypes, vectors, targets)
            alike = beside.submit(held_out_likeness, vectors, targets)
            self._model, held_out = LinearText.fit(readings, vectors, targets, self.config["cost"])
        self._prototypes = known.result()
        if held_out is not None:
            chances = softmax(held_out.decisions, self._model.temperature)
            self._confidence = Confidence.fit(
                chances.max(axis=1),
                alike.result()[held_out.rows],
                chances.argmax(axis=1) == held_out.targets,
            )
        return self.persist()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            whole, *parts = self._rankings(message) or [[]]
            ranking, wishes = whole, list(_wishes(message, parts))
            if ranking and wishes:
                ranking = self._with_what_counts(ranking, wishes)
                if ranking[0]["confidence"] < self.config["unsure"]:
                    ranking = led_by(asked_inside(wishes), ranking)
                if other := second_wish(ranking[0]["name"], wishes):
                    also = Span("also", other.intent, other.start, other.end)
                    add_entities(message, [also.as_entity(type(self).__name__)])
            message.set(INTENT, ranking[0] if ranking else _NOTHING, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _with_what_counts(
        self, ranking: list[dict[str, Any]], wishes: list[Wish]
    ) -> list[dict[str, Any]]:
        """The ranking led by an intent of `anywhere` that a part of the message has."""
        return led_by(said_anywhere(ranking[0]["name"], wishes, self.config["anywhere"]), ranking)

    def _rankings(self, message: Message) -> list[list[dict[str, Any]]]:
        """The likeliest intents of the whole message, and of each of its parts."""
        found = reading_of(message)
        if found is None:
            return []
        reading, vectors = found
        readings = [reading, *(part.reading for part, _ in parts_of(message))]
        vectors = np.vstack([vectors, *(vector for _, vector in parts_of(message))])
        if close.reads(self._prototypes.shape[1]):
            vectors = close.beside(vectors, [reading.text for reading in readings])
        return [self._ranking(*one) for one in zip(readings, vectors, strict=True)]

    def _ranking(self, reading: Reading, vector: np.ndarray) -> list[dict[str, Any]]:
        """The likeliest intents of a reading with its vector."""
        if self._model is None or not reading.words:
            return []
        chances = self._model.chances(reading, vector)
        best = np.argsort(-chances)[: self.config["ranking_length"]]
        near = likeness(vector[np.newaxis], self._prototypes)[0]
        sure = float(self._confidence.of(chances[best[0]], near))
        return [
            {
                "name": self._model.labels[index],
                "confidence": round(sure * float(chances[index] / chances[best[0]]), 4),
            }
            for index in best
        ]

    def _read(
        self, examples: list[Message], training_data: TrainingData
    ) -> tuple[list[Reading], list[str]]:
        detailed = [
            with_details(example, number)
            for number, example in enumerate(examples)
            if example.get(INTENT) in self.config["detailed_intents"]
            and number % EVERY_SO_MANY == 0
        ]
        examples = [*examples, *detailed, *_named(examples)]
        readings = readings_of(examples, training_data)
        targets = [example.get(INTENT) for example in examples]
        if OUT_OF_SCOPE in targets:
            for text in gibberish(self.config["gibberish"]):
                readings.append(read(text, segment(text), ()))
                targets.append(OUT_OF_SCOPE)
        return readings, targets

    def save(self, directory: Path) -> None:
        if self._model is not None:
            self._model.save(directory)
        np.save(directory / "prototypes.npy", self._prototypes)
        facts = json.dumps(asdict(self._confidence))
        (directory / "confidence.json").write_text(facts, "utf-8")

    def restore(self, directory: Path) -> None:
        self._model = LinearText.load(directory)
        self._prototypes = np.load(directory / "prototypes.npy", allow_pickle=False)
        facts = json.loads((directory / "confidence.json").read_text("utf-8"))
        self._confidence = Confidence(**facts)


# Customers write their number and address beside any wish, in any of these ways; which intent it
# is must not depend on that.
_DETAILS = {
    "en": (
        "{}, order HN-10234, name@example.com",
        "HN-10234 {} name@example.com",
        "{} (order number 10234, postcode 604-8091)",
        "order #10234: {}",
        "{} my email is name@example.com",
        "{}. Order: HN-10234. Email: name@example.com",
    ),
    "ja": (
        "{} 注文番号HN-10234、name@example.com",
        "HN-10234{} name@example.com",
        "{}（HN-10234、604-8091）",
        "注文番号は10234です。{}",
        "{}。メールはname@example.comです",
        "{} HN-10234 です。郵便番号は604-8091",
    ),
}
EVERY_SO_MANY = 10


def with_details(example: Message, number: int) -> Message:
    """A copy of a training example in which the customer also says which order, and whose."""
    text = example.get(TEXT)
    shapes = _DETAILS["ja" if is_japanese(text) else "en"]
    told = shapes[number // EVERY_SO_MANY % len(shapes)].format(text.rstrip(" .。"))
    return Message({TEXT: told, INTENT: example.get(INTENT)})


_NOTHING = {"name": None, "confidence": 0.0}
# Where an intent has no more examples than this, its name is one more.
_NAMED = 50


def _named(examples: list[Message]) -> Iterator[Message]:
    """The names of intents as their examples, where they have few: "lost_or_stolen_card"."""
    for intent, count in Counter(example.get(INTENT) for example in examples).items():
        words = re.sub(r"[\W_]+", " ", intent).strip().lower()
        if count <= _NAMED and words and intent != OUT_OF_SCOPE:
            yield Message({TEXT: words, INTENT: intent})


def _wishes(message: Message, rankings: list[list[dict[str, Any]]]) -> Iterator[Wish]:
    """What each part of the message asks for by itself."""
    for (part, _), ranking in zip(parts_of(message), rankings, strict=True):
        for best in ranking[:1]:
            yield Wish(best["name"], best["confidence"], part.start, part.end, part.said)


def readings_of(examples: list[Message], training_data: TrainingData) -> list[Reading]:
    """Training sentences as the pipeline reads live messages."""
    lexicon = lexicon_of(training_data)
    readings = []
    for example in examples:
        text = example.get(TEXT)
        spans = [*find_patterns(text, _ANY_DAY), *lexicon.find(text)]
        readings.append(read(text, words_of(example), spans))
    return readings
