"""The NLU examples, looked through: intents that exist, nothing twice, nothing under two intents,
enough of each and not too much of one."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

# Of an intent in a language: with fewer examples it is guessed, with a larger share it swallows
# the others.
FEWEST = 60
LARGEST_SHARE = 0.15
_SOUNDLESS = re.compile(r"[^\w]|_", re.UNICODE)
_DIGITS = re.compile(r"\d+")
_INTENT = re.compile(r"^\s*-\s*intent:\s*(\S+)")
_EXAMPLE = re.compile(r"^\s*-\s?(.*)$")


def check_training_data(folder: Path, domain: Path) -> list[str]:
    """Problems as `file:line: what`."""
    intents, found = _intents(domain)
    seen: dict[str, tuple[str, Path, int, str]] = {}
    counts: dict[str, Counter[str]] = {}
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
            counts.setdefault(path.parent.name, Counter())[intent] += 1
            key = alike(text)
            if key not in seen:
                seen[key] = (intent, path, line, text)
                continue
            other, other_path, other_line, other_text = seen[key]
            if other != intent:
                found.append(
                    f"{path}:{line}: {text!r} is {intent} here"
                    f" and {other} in {other_path}:{other_line}"
                )
            elif path.parent == other_path.parent and _folded(text) == _folded(other_text):
                found.append(f"{path}:{line}: {text!r} stands in {other_path}:{other_line} already")
    return found + [
        problem for lang, of in sorted(counts.items()) for problem in _unbalanced(folder / lang, of)
    ]


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def alike(text: str) -> str:
    """The same for texts that differ in numbers, blanks and punctuation only.

    But a question mark may be all that tells one wish from another, and what has no letters is
    only like itself.
    """
    folded = _folded(text)
    bare = _SOUNDLESS.sub("", _DIGITS.sub("0", folded))
    return f"{bare}{'?' if '?' in folded else ''}" if bare.strip("0") else folded


def known_examples(folder: Path) -> dict[str, str]:
    """The intent of each example below `folder`, by `alike`; read by lines, since parsing tens of
    thousands as YAML takes seconds, and again only where a file has changed."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.yml")):
        about = path.stat()
        found.update(_examples_in(path, about.st_mtime_ns, about.st_size))
    return found


@lru_cache(maxsize=256)
def _examples_in(path: Path, changed: int, size: int) -> Mapping[str, str]:
    found: dict[str, str] = {}
    intent = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        head = _INTENT.match(line)
        if head:
            intent = head.group(1)
        elif intent and (match := _EXAMPLE.match(line)) and match.group(1).strip():
            found[alike(match.group(1).strip())] = intent
    return found


def _unbalanced(place: Path, counts: Counter[str]) -> list[str]:
    total = sum(counts.values())
    few = [
        f"{place}: {intent} has {count} examples, at least {FEWEST} are needed"
        for intent, count in sorted(counts.items())
        if count < FEWEST
    ]
    return few + [
        f"{place}: {intent} has {count} of {total} examples and would swallow the others"
        for intent, count in sorted(counts.items())
        if count > LARGEST_SHARE * total
    ]


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
