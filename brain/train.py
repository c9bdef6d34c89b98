"""Training with progress one can watch."""

from __future__ import annotations

import copy
import hashlib
import json
import logging
import re
import sys
import tarfile
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import rasa.model_training
from rasa.shared.importers.importer import (
    CombinedDataImporter,
    E2EImporter,
    ResponsesSyncImporter,
)
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils import validation

from brain import ahead
from brain.nlu.vectors import use_all_processors, wait_for
from brain.runner import TrainingRunner

_STARTED = re.compile(r"Starting to train component '(.+)'")
_RESTORED = re.compile(r"Restored component '(.+)' from cache")


class _Progress(logging.Handler):
    """One line for every component, with the seconds since the start."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._began = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        for pattern, verb in ((_STARTED, "training"), (_RESTORED, "unchanged:")):
            if match := pattern.search(message):
                self.say(f"{verb} {match[1]}")

    def say(self, what: str) -> None:
        print(f"{time.monotonic() - self._began:5.1f} s  {what}", flush=True)


_thorough_fingerprint = Message.fingerprint


def _quick_fingerprint(message: Message) -> str:
    """Rasa's walks every value of every example several times: a fifth of a whole training.

    Examples that are nothing but JSON, as all of ours are, need only be written down.
    """
    if message._cached_fingerprint is None and not message.features:
        try:
            plain = json.dumps(message.data, sort_keys=True).encode()
        except TypeError:
            return _thorough_fingerprint(message)
        message._cached_fingerprint = hashlib.blake2b(plain, digest_size=16).hexdigest()
    return _thorough_fingerprint(message)


def _quick_copy(message: Message, known: dict[int, object]) -> Message:
    """Rasa copies every example a dozen times, value by value, while it joins files."""
    twin = copy.copy(message)
    twin.data = {
        key: value if isinstance(value, str) else copy.deepcopy(value, known)
        for key, value in message.data.items()
    }
    twin.features = copy.deepcopy(message.features, known)
    twin.output_properties = set(message.output_properties)
    return twin


def _read_once() -> None:
    """Rasa asks for the examples with a language, which changes nothing, and without: it would
    read and join them twice. The domain it checks against its schema twice."""
    for importer in (CombinedDataImporter, ResponsesSyncImporter, E2EImporter):
        importer.get_nlu_data = _whatever_the_language(importer.get_nlu_data)
    validation.validate_yaml_schema = lru_cache(validation.validate_yaml_schema)


def _whatever_the_language(read: Callable[..., TrainingData]) -> Callable[..., TrainingData]:
    return lambda importer, language=None: read(importer)


def train(out: Path, name: str | None, data: list[Path], domain: Path, config: Path) -> int:
    """Trains into `out`; 0 if there is a model now. Its path is the last line printed."""
    progress = _Progress()
    hooks = logging.getLogger("rasa.engine.training.hooks")
    hooks.setLevel(logging.INFO)
    hooks.addHandler(progress)
    hooks.propagate = False
    progress.say("reading the training data")
    Message.fingerprint = _quick_fingerprint
    Message.__deepcopy__ = _quick_copy
    # Six seconds for what `rasa data validate` does in the tests and `omotenashi check` in ours.
    RasaYAMLReader.validate = lambda reader, text: None
    _read_once()
    # Rasa packs with the slowest compression: four seconds for a tenth of the size.
    tarfile.TarFile.gzopen.__func__.__defaults__ = ("r", None, 1)
    use_all_processors()
    wait_for(ahead.begin(data))
    # Rasa names its runner in the module and offers no other way to choose.
    rasa.model_training.DaskGraphRunner = TrainingRunner
    result = rasa.model_training.train(
        domain=str(domain),
        config=str(config),
        training_files=[str(path) for path in data],
        output=str(out),
        fixed_model_name=name,
        force_training=False,
    )
    if result.code != 0 or result.model is None:
        print("training failed", file=sys.stderr, flush=True)
        return result.code or 1
    progress.say("done")
    print(result.model, flush=True)
    return 0
