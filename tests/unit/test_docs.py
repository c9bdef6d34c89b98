"""The documentation and the product name the same commands, settings and addresses."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from omotenashi.app import make_app
from omotenashi.commands import app as command_line
from omotenashi.parts import make_parts
from omotenashi.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = (
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "models" / "README.md",
)
OPERATING = ROOT / "docs" / "operating.md"
HTTP = ROOT / "docs" / "http.md"

SETTING = re.compile(r"\bOMOTENASHI_[A-Z_]+\b")
ROUTE = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`\s?]*)")
COMMAND = re.compile(r"(?<!-m )(?<![\w/.@])(?:\.venv/bin/)?omotenashi ((?:[a-z]+ ?)+)")
OPTION = re.compile(r"`(--[a-z-]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#([^)\s]+))?\)")


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code(document: str) -> Iterator[str]:
    """What stands between backticks, inline or fenced."""
    fenced = re.findall(r"^```(?:sh)?\n(.*?)^```", document, re.M | re.S)
    yield from fenced
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", document, flags=re.M | re.S))


def commands() -> dict[str, click.Command]:
    """`agent add` and the like: every command that does something."""
    found: dict[str, click.Command] = {}

    def walk(command: Any, words: tuple[str, ...]) -> None:
        if hasattr(command, "commands"):
            for name, inner in command.commands.items():
                walk(inner, (*words, name))
        else:
            found[" ".join(words)] = command

    walk(typer.main.get_command(command_line), ())
    return found


def named_commands(document: str) -> set[str]:
    known, named = commands(), set()
    for piece in code(document):
        for words in COMMAND.findall(piece):
            # `omotenashi agent add mei` names `agent add`; what is unknown is named as it stands.
            parts = words.split()
            lengths = range(len(parts), 0, -1)
            whole = (" ".join(parts[:n]) for n in lengths if " ".join(parts[:n]) in known)
            named.add(next(whole, parts[0]))
    return named


def settings() -> set[str]:
    return {f"OMOTENASHI_{name.upper()}" for name in Settings.model_fields}


def routes(data_dir: Path) -> set[str]:
    """`METHOD /path/{}` of everything the application answers, HEAD and browsers' questions
    before a request (OPTIONS) apart."""
    switched_on = {"webhook_url": "https://service.example", "webhook_secret": "x" * 16}
    settings = Settings(_env_file=None, data_dir=data_dir, **switched_on)  # type: ignore[arg-type]
    parts = make_parts(settings)
    app = make_app(parts)
    found = {
        f"{method} {plain(route.path)}"
        for route in app.router.routes
        for method in route.methods
        if method not in ("HEAD", "OPTIONS")
    }
    parts.db.close()
    type(app).unregister_app(app)
    return found


def plain(path: str) -> str:
    """A path without the names of its parameters and without slashes at its ends."""
    return "/" + re.sub(r"<[^>]*>|\{[^}]*\}", "{}", path).strip("/")


def test_every_command_is_in_the_guide() -> None:
    assert set(commands()) - named_commands(text(OPERATING)) == set()


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_is_named_exists(path: Path) -> None:
    assert named_commands(text(path)) - set(commands()) == set()


def test_every_option_in_the_guide_exists() -> None:
    for line in text(OPERATING).splitlines():
        row = re.match(r"\| `omotenashi ([a-z ]+)` \|", line)
        if row is None:
            continue
        command = commands()[row.group(1)]
        exist = {option for parameter in command.params for option in parameter.opts}
        assert set(OPTION.findall(line)) - exist == set(), row.group(1)


def test_every_setting_is_in_the_guide() -> None:
    table = set(re.findall(r"^\| `(OMOTENASHI_[A-Z_]+)` \|", text(OPERATING), re.M))

    assert table == settings()


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_setting_that_is_named_exists(path: Path) -> None:
    assert set(SETTING.findall(text(path))) - settings() == set()


def test_the_addresses_in_the_docs_are_those_of_the_application(tmp_path: Path) -> None:
    named = {f"{method} {plain(path)}" for method, path in ROUTE.findall(text(HTTP))}

    assert named == routes(tmp_path)


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    for target, _ in LINK.findall(text(path)):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_the_readmes_name_the_same_two_commands() -> None:
    for readme in (ROOT / "README.md", ROOT / "README.ja.md"):
        assert "make run" in text(readme)
        assert "make test" in text(readme)
