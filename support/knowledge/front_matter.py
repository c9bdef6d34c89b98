"""The block between `---` lines at the top of an article.

Ours is recognised by any of its keys and held to its schema; another system's is read for its
title and otherwise ignored.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import yaml

_NEEDED: Final = ("id", "title", "questions", "topic", "updated")
_KEYS: Final = (*_NEEDED, "expires")
# `title` is everybody's key: it alone doesn't make a front matter ours.
_OUR_MARKS: Final = frozenset({"questions", "topic", "updated"})
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FENCE: Final = re.compile(r"---[ \t]*\r?\n")
_CLOSING: Final = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_FIRST_KEY: Final = re.compile(r"\s*[\w-]+[ \t]*:")

# In C where PyYAML was built so: ten times as fast, and a shop has hundreds of articles.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class FrontMatter:
    ours: bool = False
    id: str | None = None
    title: str | None = None
    questions: tuple[str, ...] = ()
    topic: str | None = None
    updated: date | None = None
    expires: date | None = None


class MalformedFrontMatter(ValueError):
    """`problems`: (line in the file, what is wrong). The article reader adds the file."""

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        self.problems = problems
        super().__init__(problems)


def split_front_matter(text: str) -> tuple[FrontMatter | None, str, int]:
    """(front matter or None, the text below it, the number of that text's first line)."""
    opening = _FENCE.match(text)
    if opening is None:
        return None, text, 1
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        if _FIRST_KEY.match(text, opening.end()):
            raise MalformedFrontMatter([(1, "the front matter is not closed by a line ---")])
        return None, text, 1  # a rule across the page, not front matter
    source = text[opening.end() : closing.start()]
    first_line = text.count("\n", 0, closing.end()) + 1
    return _parse(source), text[closing.end() :], first_line


def _parse(source: str) -> FrontMatter:
    node = None
    try:
        node = yaml.compose(source, Loader=_Loader)
        values = yaml.load(source, Loader=_Loader)  # noqa: S506 - a safe loader, in C
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        what = error.problem or "unreadable"
        raise MalformedFrontMatter([(line, f"the front matter isn't YAML: {what}")]) from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2026-02-31
        what = f"the front matter isn't YAML: {error}"
        raise MalformedFrontMatter([(_line_of_date(node), what)]) from error
    if values is None:
        return FrontMatter()
    if not isinstance(values, dict) or not isinstance(node, yaml.MappingNode):
        raise MalformedFrontMatter([(2, "the front matter must be a list of `key: value`")])
    if not _OUR_MARKS & values.keys():
        return FrontMatter(title=str(values["title"]) if values.get("title") else None)
    lines: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 2
        if key.value in lines:
            raise MalformedFrontMatter([(line, f"{key.value!r} is there twice")])
        lines[key.value] = line
    return _check(values, lines)


def _line_of_date(node: yaml.Node | None) -> int:
    """The line of the first value that YAML takes for a date: Python's error doesn't say it."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    dates = (value for _, value in pairs if value.tag.endswith(":timestamp"))
    return next((value.start_mark.line + 2 for value in dates), 1)


def _check(values: dict[Any, Any], lines: dict[str, int]) -> FrontMatter:
    problems = [
        (lines.get(str(key), 1), f"unknown key {key!r}; known: {', '.join(_KEYS)}")
        for key in values
        if key not in _KEYS
    ]
    problems += [(1, f"{key!r} is missing") for key in _NEEDED if key not in values]
    for key in ("id", "topic"):
        value = values.get(key, "x")
        if not (isinstance(value, str) and _SLUG.fullmatch(value)):
            what = f"{key!r} must be lower-case letters, digits and hyphens, not {value!r}"
            problems.append((lines[key], what))
    title = values.get("title", "x")
    if not (isinstance(title, str) and title.strip()):
        problems.append((lines["title"], f"'title' must be a text, not {title!r}"))
    questions = values.get("questions", ["x"])
    if not (
        isinstance(questions, list)
        and questions
        and all(isinstance(question, str) and question.strip() for question in questions)
    ):
        what = "'questions' must be a list of texts (quote what YAML reads as something else)"
        problems.append((lines["questions"], what))
    for key in ("updated", "expires"):
        day = values.get(key, date.min)
        if not isinstance(day, date) or isinstance(day, datetime):
            what = f"{key!r} must be a date such as 2026-04-01, not {day!r}"
            problems.append((lines[key], what))
    if problems:
        raise MalformedFrontMatter(sorted(problems))
    return FrontMatter(
        ours=True,
        id=values["id"],
        title=title.strip(),
        questions=tuple(question.strip() for question in questions),
        topic=values["topic"],
        updated=values["updated"],
        expires=values.get("expires"),
    )


def written_out(front: FrontMatter, body: str) -> str:
    """An article as its file: what `split_front_matter` reads back."""
    values: dict[str, Any] = {
        "id": front.id,
        "title": front.title,
        "questions": list(front.questions),
        "topic": front.topic,
        "updated": front.updated,
    }
    if front.expires is not None:
        values["expires"] = front.expires
    head = yaml.safe_dump(values, allow_unicode=True, sort_keys=False, width=10_000)
    return f"---\n{head}---\n\n{body.strip()}\n"
