"""Entities by pattern and by dictionary, as components of the pipeline."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from brain.nlu.component import StoredComponent, add_entities, is_command, spans_of
from brain.nlu.lexicon import Lexicon, Term, terms_from
from brain.nlu.patterns import find_patterns
from brain.nlu.spans import keep_first

LEXICON_ENTITIES = ("fault", "wish", "item")
_LATIN_WORD = re.compile(r"[a-z]+")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PatternExtractor(GraphComponent, EntityExtractorMixin):
    """Order and case numbers, e-mails, postcodes, phones, dates (ISO) and amounts.

    Reads `now` (ISO) and `asked` (the slot a form has asked for) from the message's metadata.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._shop_time = timezone(timedelta(hours=config["utc_offset_hours"]))

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"utc_offset_hours": 9}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PatternExtractor:
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            if not text or is_command(text):
                continue
            metadata = message.get(METADATA) or {}
            asked = metadata.get("asked")
            spans = find_patterns(text, self._today(metadata.get("now")), asked)
            add_entities(message, [span.as_entity(self.name) for span in spans])
        return messages

    def _today(self, now: Any) -> date:
        try:
            moment = datetime.fromisoformat(str(now).replace("Z", "+00:00"))
        except ValueError:
            moment = datetime.now(timezone.utc)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return moment.astimezone(self._shop_time).date()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class LexiconExtractor(StoredComponent, EntityExtractorMixin):
    """Items, faults and wishes from the lookup tables and synonyms of the training data."""

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        super().__init__(config, model_storage, resource)
        self._lexicon = Lexicon([])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {}

    def train(self, training_data: TrainingData) -> Resource:
        self._lexicon = lexicon_of(training_data)
        return self.persist()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            if not text or is_command(text):
                continue
            # Numbers and addresses found before come first: teapot@example.com is no teapot.
            taken = spans_of(message)
            found = [
                span
                for span in self._lexicon.find(text)
                if not any(span.overlaps(other) for other in taken)
            ]
            add_entities(message, [span.as_entity(self.name) for span in keep_first(found)])
        return messages

    def save(self, directory: Path) -> None:
        terms = [[term.entity, term.phrase, term.value] for term in self._lexicon.terms]
        stored = {"terms": terms, "ordinary": sorted(self._lexicon.ordinary)}
        (directory / "lexicon.json").write_text(json.dumps(stored, ensure_ascii=False), "utf-8")

    def restore(self, directory: Path) -> None:
        stored = json.loads((directory / "lexicon.json").read_text("utf-8"))
        self._lexicon = Lexicon((Term(*term) for term in stored["terms"]), stored["ordinary"])


def lexicon_of(training_data: TrainingData) -> Lexicon:
    """The dictionary that the lookup tables and synonyms of `training_data` make.

    The words of the examples are ordinary ones, and no slips.
    """
    tables: dict[str, list[str]] = {}
    for table in training_data.lookup_tables:
        elements = table["elements"]
        if isinstance(elements, list):
            tables.setdefault(table["name"], []).extend(elements)
    ordinary = {
        word
        for message in training_data.intent_examples
        for word in _LATIN_WORD.findall((message.get(TEXT) or "").lower())
    }
    terms = terms_from(tables, training_data.entity_synonyms, LEXICON_ENTITIES)
    return Lexicon(terms, ordinary)
