"""The component that gives a message its sentence vector."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from brain.nlu.component import is_command, spans_of, words_of
from brain.nlu.reading import Part, Reading, parts, read
from brain.nlu.vectors import encode

_READING, _VECTOR, _PARTS = "reading", "vector", "parts"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(GraphComponent):
    """Reads a message once for all classifiers: after the extractors, before the classifiers."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        encode(["warm"])  # so that the first customer doesn't wait for the weights
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            if is_command(text):
                continue
            words, spans = words_of(message), spans_of(message)
            reading = read(text, words, spans)
            found = parts(text, words, spans)
            vectors = encode([reading.text, *(part.reading.text for part in found)])
            message.set(_READING, reading)
            message.set(_VECTOR, vectors[:1])
            message.set(_PARTS, list(zip(found, vectors[1:], strict=True)))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        # The classifiers take the vectors of training sentences from the cache on disk.
        return training_data


def reading_of(message: Message) -> tuple[Reading, np.ndarray] | None:
    """What `SentenceEncoder` made of the message (vector of shape (1, 512)); None for commands."""
    reading = message.get(_READING)
    return None if reading is None else (reading, message.get(_VECTOR))


def parts_of(message: Message) -> list[tuple[Part, np.ndarray]]:
    """The message's `brain.nlu.reading.parts`, each with its vector of shape (512,)."""
    return message.get(_PARTS) or []
