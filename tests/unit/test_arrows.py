"""Who may import whom: the arrows of CONTRIBUTING.md, read from the sources."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Each room, and the other rooms it may use. Two rooms that aren't joined here never meet.
ARROWS: dict[str, frozenset[str]] = {
    "omotenashi": frozenset(
        {"actions", "channels", "demo", "desk", "help", "support", "web"},
    ),
    "actions": frozenset({"support"}),
    "channels": frozenset({"support", "web"}),
    "demo": frozenset({"support", "web"}),
    "desk": frozenset({"support", "web"}),
    "help": frozenset({"support", "web"}),
    "support": frozenset({"encoders"}),
    "web": frozenset(),
    "brain": frozenset({"encoders"}),
    "encoders": frozenset(),
    "scripts": frozenset(),
}

# Libraries that only these files and folders may import.
RESERVED: dict[str, tuple[str, ...]] = {
    "rasa": ("brain/",),
    "rasa_sdk": ("actions/", "omotenashi/actions_server.py"),
    "telegram": ("channels/telegram/",),
}
WEB_FRAMEWORKS = frozenset({"sanic", "sanic_ext"})


@dataclass(frozen=True)
class Import:
    file: str
    line: int
    module: str

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]

    @property
    def room(self) -> str:
        return self.file.partition("/")[0]


def imports_of(file: str, source: str) -> Iterator[Import]:
    """Every import in `source`, wherever it stands; relative ones made absolute."""
    folder = file.rpartition("/")[0].split("/")
    for node in ast.walk(ast.parse(source, file)):
        match node:
            case ast.Import():
                for name in node.names:
                    yield Import(file, node.lineno, name.name)
            case ast.ImportFrom(level=0, module=str(module)):
                yield Import(file, node.lineno, module)
            case ast.ImportFrom(level=level, module=module):
                base = folder[: len(folder) - level + 1]
                yield Import(file, node.lineno, ".".join([*base, *([module] if module else [])]))
            case ast.Call(
                func=ast.Name(id="__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                yield Import(file, node.lineno, module)


def wrong(found: Import) -> str | None:
    """What is wrong with this import, or None."""
    here = f"{found.file}:{found.line}"
    reserved = RESERVED.get(found.top)
    if reserved is not None and not found.file.startswith(reserved):
        return f"{here}: {found.top} is for {' and '.join(reserved)} only"
    if found.room == "support" and found.top in WEB_FRAMEWORKS:
        return f"{here}: support knows no web framework, but imports {found.module}"
    if found.top in ARROWS and found.top != found.room and found.top not in ARROWS[found.room]:
        return f"{here}: no arrow leads from {found.room} to {found.top}"
    if found.room == found.top == "channels" and found.file.count("/") > 1:
        own = found.file.rpartition("/")[0].replace("/", ".")
        if found.module != "channels.base" and not f"{found.module}.".startswith(f"{own}."):
            return f"{here}: a channel knows no other one, but imports {found.module}"
    if found.room == "scripts" and found.top not in {"scripts", *sys.stdlib_module_names}:
        return f"{here}: set-up runs before anything is installed, but imports {found.module}"
    return None


def sources(room: str) -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / room).rglob("*.py")):
        if "node_modules" not in path.parts:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


@pytest.mark.parametrize("room", ARROWS)
def test_every_import_follows_an_arrow(room: str) -> None:
    found = [found for file, text in sources(room) for found in imports_of(file, text)]

    assert found, f"nothing imported in {room}/: is the folder still called that?"
    assert [problem for each in found if (problem := wrong(each))] == []


def test_every_room_is_on_the_map() -> None:
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert rooms - {"tests", "benchmarks"} <= set(ARROWS)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("support/inbox.py", "from support.store import Database"),
        ("support/inbox.py", "from .store import Database"),
        ("desk/pages.py", "import web.errors"),
        ("omotenashi/app.py", "import desk"),
        ("omotenashi/actions_server.py", "from rasa_sdk.executor import ActionExecutor"),
        ("actions/orders.py", "from rasa_sdk import Action"),
        ("brain/hub/channel.py", "from rasa.core.channels import InputChannel"),
        ("brain/nlu/close.py", "from encoders import minilm"),
        ("channels/telegram/channel.py", "from telegram.ext import Application"),
        ("channels/webhook/channel.py", "from channels.base import Surroundings"),
        ("channels/webhook/channel.py", "from channels.webhook import signature"),
        ("channels/webhook/channel.py", "from channels.webhook.intake import Intake"),
        ("scripts/steps.py", "import subprocess"),
    ],
)
def test_a_good_import_is_let_through(file: str, source: str) -> None:
    assert [wrong(found) for found in imports_of(file, source)] == [None]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("support/inbox.py", "from desk import queue"),
        ("support/inbox.py", "from ..desk import queue"),
        ("support/inbox.py", "import web.errors"),
        ("support/inbox.py", "from sanic import Request"),
        ("support/inbox.py", "def later():\n    import sanic_ext"),
        ("support/inbox.py", "import telegram"),
        ("desk/pages.py", "from channels.base import Channel"),
        ("desk/pages.py", "from omotenashi.settings import Settings"),
        ("help/pages.py", "import demo"),
        ("actions/orders.py", "import web.errors"),
        ("actions/orders.py", "import rasa.shared"),
        ("omotenashi/app.py", "import brain"),
        ("omotenashi/app.py", "from rasa_sdk import Action"),
        ("omotenashi/app.py", "import importlib\nimportlib.import_module('rasa')"),
        ("brain/hub/channel.py", "from support.playbook.playbook import Playbook"),
        ("brain/hub/channel.py", "import rasa_sdk"),
        ("encoders/minilm.py", "from support.knowledge.vectors import Vectors"),
        ("channels/website/channel.py", "from telegram import Bot"),
        ("channels/webhook/intake.py", "from channels.telegram.intake import Intake"),
        ("channels/webhook/intake.py", "from ..telegram import pace"),
        ("channels/webhook/intake.py", "import channels.website"),
        ("channels/webhook/intake.py", "from desk import shapes"),
        ("scripts/steps.py", "import httpx"),
    ],
)
def test_a_wrong_import_is_found(file: str, source: str) -> None:
    assert [problem for found in imports_of(file, source) if (problem := wrong(found))]
