"""Whole conversations through the visitor interface, with the real brain and the real shop."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
import yaml

from support.brain import RasaBrain
from support.playbook.playbook import Playbook
from tests.dialogues.orders import orders_by_role
from tests.dialogues.player import Player
from tests.dialogues.real_brain import BrainProcess
from tests.harness import DeskAgent, Server, TestClock, settings_for, shipped_playbook
from tests.ports import free_port

HERE = Path(__file__).parent
DIALOGUES: dict[str, list[dict[str, Any]]] = {
    lang: yaml.safe_load((HERE / f"{lang}.yml").read_text(encoding="utf-8"))
    for lang in ("en", "ja")
}
PRINCIPLES = {1, 5, 6, 8, 9, 11, 13, 14}

pytestmark = [pytest.mark.brain, pytest.mark.asyncio(loop_scope="session")]


def patient_playbook() -> Playbook:
    """The shipped one, but nobody who waits is offered something else after half a minute: a
    dialogue takes longer where other work has the machine."""
    shipped = shipped_playbook()
    queue = shipped.contact.queue.model_copy(update={"offers_after_s": 3600})
    contact = shipped.contact.model_copy(update={"queue": queue})
    return shipped.model_copy(update={"contact": contact})


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shop(
    tmp_path_factory: pytest.TempPathFactory, articles_cache: Path
) -> AsyncIterator[tuple[Server, DeskAgent]]:
    """The product on a Wednesday at noon, and a person at the desk."""
    folder = tmp_path_factory.mktemp("dialogues")
    (folder / "cache").symlink_to(articles_cache)
    settings = settings_for(folder)
    port = free_port()
    brain = BrainProcess(settings, port)
    await brain.start()
    # Patient, because other work may have the machine.
    client = RasaBrain([brain.url], settings.key("brain"), timeout=30)
    server = Server(settings, client, TestClock(), patient_playbook(), port=port)  # type: ignore[arg-type]
    await server.start()
    assert server.parts is not None
    for lang in DIALOGUES:
        # Sentence vectors of the articles, which the product makes when it starts.
        await asyncio.to_thread(server.parts.services.knowledge.search, "tea", lang=lang)
    yield server, await server.agent("Aya")
    await server.stop()
    await brain.stop()


@pytest.mark.parametrize(
    ("lang", "dialogue"),
    [(lang, one) for lang, dialogues in DIALOGUES.items() for one in dialogues],
    ids=lambda value: value if isinstance(value, str) else value["name"].replace(" ", "-"),
)
async def test_dialogue(
    shop: tuple[Server, DeskAgent], lang: str, dialogue: dict[str, Any]
) -> None:
    server, agent = shop
    today = server.clock().astimezone(ZoneInfo("Asia/Tokyo")).date()
    player = Player(server, agent, orders_by_role(today, lang), lang)
    try:
        await player.play(dialogue)
    finally:
        # Seen with `-rP` and on failure.
        print("\n".join(player.lines))


@pytest.mark.parametrize("lang", DIALOGUES)
async def test_there_are_twenty_and_each_principle_has_one(lang: str) -> None:
    dialogues = DIALOGUES[lang]
    assert len(dialogues) >= 20
    shown = {number for one in dialogues for number in _numbers(one["principle"])}
    assert shown >= PRINCIPLES
    names = [one["name"] for one in dialogues]
    assert len(set(names)) == len(names)


def _numbers(value: int | list[int]) -> list[int]:
    return value if isinstance(value, list) else [value]
