"""Rasa without TensorFlow, for processes whose pipeline doesn't use it.

Importing Rasa imports TensorFlow, and so does spaCy where it finds it: some seven seconds and
350 MB for nothing, since no component in config.yml is a neural network of Rasa's. `install`
puts an empty package in its place. Whatever does need it (DIET, TED) fails at its first use with
a clear message; then start with OMOTENASHI_TENSORFLOW=1.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_ABSENT = ("tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras")


def install() -> None:
    """Call before anything of Rasa is imported; afterwards it has no effect."""
    if os.environ.get("OMOTENASHI_TENSORFLOW") == "1" or "tensorflow" in sys.modules:
        return
    # spaCy asks whether TensorFlow is there and is content without it.
    sys.modules["tensorflow"] = None  # type: ignore[assignment]
    try:
        import spacy  # noqa: F401
    finally:
        del sys.modules["tensorflow"]
    sys.meta_path.insert(0, _Finder())


class _Placeholder(type):
    """A class that can be inherited from, annotated with and used as a decorator."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _placeholder(f"{cls.__name__}.{name}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and callable(args[0]) and not kwargs:
            return args[0]  # @tf.function
        if cls.__dict__.get("_empty"):
            raise RuntimeError(
                f"{cls.__name__} is needed after all: set OMOTENASHI_TENSORFLOW=1 and start again"
            )
        return super().__call__(*args, **kwargs)


def _placeholder(name: str) -> Any:
    return _Placeholder(name, (), {"_empty": True})


class _EmptyModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _placeholder(f"{self.__name__}.{name}")


class _Finder(MetaPathFinder, Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.split(".")[0] in _ABSENT:
            return ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _EmptyModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass
