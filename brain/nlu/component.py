"""What our trainable graph components have in common: create, train, store, load."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

import encoders
from brain.nlu.segmentation import Word, segment
from brain.nlu.spans import Span

_Self = TypeVar("_Self", bound="StoredComponent")
_WORDS = "words"


class StoredComponent(GraphComponent):
    """A component with files in the model, written by `save` and read by `restore`."""

    # Whether it is worth a thread of its own (`brain.runner.TrainingRunner`).
    trains_long: ClassVar[bool] = False

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self.config = {**self.get_default_config(), **config}
        self._model_storage = model_storage
        self._resource = resource

    @classmethod
    def create(
        cls: type[_Self],
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> _Self:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls: type[_Self],
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> _Self:
        component = cls(config, model_storage, resource)
        try:
            with model_storage.read_from(resource) as directory:
                component.restore(directory)
        except ValueError:
            pass  # trained on nothing: stays as created
        return component

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa keeps what a component learned until its class changes; but what it learns depends
        on all that is in this package and on the encoders."""
        digest = hashlib.blake2b(digest_size=16)
        for folder in (Path(__file__).parent, Path(encoders.__file__).parent):
            for path in sorted(folder.glob("*.py")):
                digest.update(path.read_bytes())
        return digest.hexdigest()

    def persist(self) -> Resource:
        with self._model_storage.write_to(self._resource) as directory:
            self.save(directory)
        return self._resource

    def save(self, directory: Path) -> None:
        raise NotImplementedError

    def restore(self, directory: Path) -> None:
        raise NotImplementedError


def is_command(text: str) -> bool:
    """Whether Rasa will replace what the pipeline finds by what the text spells out."""
    return text.lstrip().startswith("/")


def words_of(message: Message) -> list[Word]:
    """The words the tokenizer left on `message`, or fresh ones."""
    words = message.get(_WORDS)
    return words if words is not None else segment(message.get(TEXT) or "")


def keep_words(message: Message, words: list[Word]) -> None:
    message.set(_WORDS, words)


def spans_of(message: Message) -> list[Span]:
    """Entities with a place in the text, from the extractors earlier in the pipeline."""
    return [
        Span(entity["entity"], str(entity["value"]), entity["start"], entity["end"])
        for entity in message.get(ENTITIES) or []
        if entity.get("end")
    ]


def add_entities(message: Message, entities: list[dict[str, Any]]) -> None:
    message.set(ENTITIES, [*(message.get(ENTITIES) or []), *entities], add_to_output=True)
