"""Files that the desk has changed before an update of the product asked for more, or for less.

What such a text lacks is taken from the shipped file, what it has too much counts for nothing, and
the playbook's pages say both. Whoever saves it next saves it whole.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from support import yamlfile
from support.yamlfile import FileError

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]
# What was taken in may show what else there is to take in.
_ROUNDS = 5


@dataclass(frozen=True)
class Fitted(Generic[Model]):
    """`value`: what counts. `lacking`: what was taken from the shipped file, `unknown`: what
    nothing asks for any more, as places such as `texts.offers`."""

    value: Model
    lacking: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def fitted(text: str, model: type[Model], path: Path, shipped: str) -> Fitted[Model]:
    """`text`, which stands over the file `shipped`, as `model`. Raises FileError for what neither
    lacks something nor has something too much, but is wrong."""
    try:
        return Fitted(yamlfile.parse(text, model, path))
    except FileError as error:
        refused = error
    try:
        data, whole = _data(text), _data(shipped)
    except yaml.YAMLError:
        raise refused from None
    lacking: list[Location] = []
    unknown: list[Location] = []
    for _ in range(_ROUNDS):
        try:
            value = model.model_validate(data)
        except ValidationError as error:
            wrong = [(one["type"], tuple(one["loc"])) for one in error.errors()]
        else:
            return Fitted(value, _named(lacking), _named(unknown))
        for kind, location in wrong:
            there, given = _at(data, location[:-1]), _at(whole, location)
            if kind == "missing" and isinstance(there, dict) and given is not None:
                there[location[-1]] = deepcopy(given)
                lacking.append(location)
            elif kind == "extra_forbidden" and isinstance(there, dict):
                there.pop(location[-1])
                unknown.append(location)
            else:
                raise refused
    raise refused


def completed(text: str, lacking: tuple[str, ...], shipped: str) -> str:
    """`text` with the parts that it lacks, as somebody might write them, above the others."""
    whole = _data(shipped)
    for name in reversed(lacking):
        location = tuple(name.split("."))
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        for part in location[:-1]:
            children = node.value if isinstance(node, yaml.MappingNode) else ()
            node = next((value for key, value in children if key.value == part), None)
        if not isinstance(node, yaml.MappingNode) or node.flow_style or not node.value:
            # In braces: whoever saves it is told what is missing.
            continue
        made = yaml.safe_dump(
            {location[-1]: _at(whole, location)}, allow_unicode=True, sort_keys=False, width=10_000
        )
        lines = text.splitlines(keepends=True)
        at, indent = node.start_mark.line, " " * node.start_mark.column
        lines[at:at] = [indent + line for line in made.splitlines(keepends=True)]
        text = "".join(lines)
    return text


def _data(text: str) -> Any:
    return yaml.load(text, Loader=yaml.CSafeLoader)  # noqa: S506 - it is a safe one


def _at(data: Any, location: Location) -> Any:
    """What stands there; None if nothing does, or in a list, whose places mean nothing."""
    for part in location:
        if not isinstance(data, Mapping) or part not in data:
            return None
        data = data[part]
    return data


def _named(locations: list[Location]) -> tuple[str, ...]:
    return tuple(".".join(map(str, location)) for location in locations)
