"""YAML files checked against a pydantic model, with errors that name file, line and what."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from support.errors import Mendable

Model = TypeVar("Model", bound=BaseModel)


class FileError(Mendable):
    """A file of the shop's is malformed. `omotenashi check` prints it; at run time the last good
    version keeps serving."""

    def __init__(self, path: Path, line: int, what: str) -> None:
        super().__init__(f"{path}:{line}: {what}")
        self.path = path
        self.line = line
        self.what = what


def load(path: Path, model: type[Model]) -> Model:
    """Read `path` as `model`. Raises FileError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(path, 1, f"can't be read: {error}") from error
    return parse(text, model, path)


def parse(text: str, model: type[Model], path: Path) -> Model:
    """Read `text`, which came from `path`, as `model`. Raises FileError."""
    try:
        # In C: the playbook in Python's own loader is a quarter of a server's start.
        data = yaml.load(text, Loader=yaml.CSafeLoader)  # noqa: S506 - it is a safe one
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FileError(path, line, f"not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise FileError(path, 1, f"not valid YAML: {error}") from error
    try:
        return model.model_validate(data if data is not None else {})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        tree = yaml.compose(text, Loader=yaml.CSafeLoader)
        raise FileError(path, _line(tree, first["loc"]), f"{where}: {first['msg']}") from error


def _line(tree: yaml.Node | None, location: Sequence[int | str]) -> int:
    node = tree
    for part in location:
        child: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            child = next((v for k, v in node.value if k.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            child = node.value[part] if part < len(node.value) else None
        if child is None:
            break
        node = child
    return node.start_mark.line + 1 if node is not None else 1
