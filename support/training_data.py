"""The NLU examples, looked through: intents that exist, no text under two of them."""

import re
import unicodedata
from pathlib import Path
from typing import Any

import yaml

_EXAMPLE = re.compile(r"^\s*-\s?(.*)$")


def check_training_data(folder: Path, domain: Path) -> list[str]:
    """Problems as `file:line: what`."""
    intents, found = _intents(domain)
    seen: dict[str, tuple[str, Path, int]] = {}
    for path in sorted(folder.rglob("*.yml")):
        try:
            tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            found.append(f"{path}:{mark.line + 1 if mark else 1}: not valid YAML")
            continue
        for intent, text, line in _examples(tree):
            if intents and intent not in intents:
                found.append(f"{path}:{line}: the domain has no intent {intent!r}")
            folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
            if folded in seen and seen[folded][0] != intent:
                other, other_path, other_line = seen[folded]
                found.append(
                    f"{path}:{line}: {text!r} is {intent} here"
                    f" and {other} in {other_path}:{other_line}"
                )
            seen.setdefault(folded, (intent, path, line))
    return found


def _intents(domain: Path) -> tuple[set[str], list[str]]:
    try:
        content = yaml.safe_load(domain.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        return set(), [f"{domain}:1: can't be read: {error}"]
    names = {
        next(iter(entry)) if isinstance(entry, dict) else str(entry)
        for entry in content.get("intents", [])
    }
    return names, []


def _examples(tree: Any) -> list[tuple[str, str, int]]:
    """(intent, text, line) of a file's examples."""
    found: list[tuple[str, str, int]] = []
    for key, sections in tree.value if isinstance(tree, yaml.MappingNode) else []:
        if key.value != "nlu" or not isinstance(sections, yaml.SequenceNode):
            continue
        for section in sections.value:
            fields = {k.value: v for k, v in section.value}
            if "intent" not in fields or "examples" not in fields:
                continue
            # The examples' node starts at the "|"; its text one line below.
            first = fields["examples"].start_mark.line + 2
            for offset, line in enumerate(fields["examples"].value.splitlines()):
                match = _EXAMPLE.match(line)
                if match and match.group(1).strip():
                    found.append((fields["intent"].value, match.group(1).strip(), first + offset))
    return found
