"""The component that notices which language a message is in."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from brain.nlu.component import StoredComponent, add_entities, is_command
from brain.nlu.language import detect_language, is_other_language

_WORD = re.compile(r"[a-z]{3,}", re.I)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class LanguageDetector(StoredComponent, EntityExtractorMixin):
    """Entity `language` (en or ja), only where the message shows it clearly; else `foreign` where
    it is clearly in neither.

    English words are those of the English training sentences, whatever they are about.
    """

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        super().__init__(config, model_storage, resource)
        self._english: frozenset[str] = frozenset()

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {}

    def train(self, training_data: TrainingData) -> Resource:
        counts: dict[str, int] = {}
        for message in training_data.intent_examples:
            text = message.get(TEXT) or ""
            if detect_language(text) == "en":
                for word in {word.lower() for word in _WORD.findall(text)}:
                    counts[word] = counts.get(word, 0) + 1
        # A word seen once may be a name or a slip.
        self._english = frozenset(word for word, count in counts.items() if count > 1)
        return self.persist()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            language = None if is_command(text) else detect_language(text, self._english)
            if language is not None:
                entity = {"entity": "language", "value": language, "start": 0, "end": len(text)}
            elif not is_command(text) and is_other_language(text, self._english):
                entity = {"entity": "foreign", "value": "yes", "start": 0, "end": len(text)}
            else:
                continue
            add_entities(message, [{**entity, "extractor": self.name}])
        return messages

    def save(self, directory: Path) -> None:
        (directory / "english.json").write_text(json.dumps(sorted(self._english)), "utf-8")

    def restore(self, directory: Path) -> None:
        self._english = frozenset(json.loads((directory / "english.json").read_text("utf-8")))
