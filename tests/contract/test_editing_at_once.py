"""Two leads at once: one of them is told, whatever the database lets run beside each other."""

import asyncio
import time
from collections.abc import Callable

import pytest

from omotenashi.parts import PLAYBOOK
from support.knowledge import edited
from support.playbook import playbook_edits
from support.store import Transaction
from tests.harness import Server

Save = Callable[[Transaction, int], object]


def of_an_article(server: Server, agent_id: int) -> Save:
    return lambda tx, base: edited.save(tx, "en/tea.md", "text", agent_id, base, server.clock())


def of_the_playbook(server: Server, agent_id: int) -> Save:
    shipped = playbook_edits.shipped(PLAYBOOK, "canned")
    return lambda tx, base: playbook_edits.save(
        tx, PLAYBOOK, "canned", shipped, after=base, agent_id=agent_id, now=server.clock()
    )


@pytest.mark.parametrize(
    ("saver", "refusal"),
    [
        (of_an_article, edited.EditedMeanwhile),
        (of_the_playbook, playbook_edits.EditedMeanwhile),
    ],
)
async def test_the_second_of_two_is_told(
    server: Server, saver: Callable[[Server, int], Save], refusal: type[Exception]
) -> None:
    lena = await server.agent("Lena", "lead")
    save = saver(server, lena.me["id"])
    loop = asyncio.get_running_loop()

    def first(tx: Transaction) -> "asyncio.Future[object]":
        save(tx, 0)
        other = asyncio.run_coroutine_threadsafe(server.db.writing(lambda its: save(its, 0)), loop)
        time.sleep(0.5)  # long enough for the other to have looked, and to wait
        return asyncio.wrap_future(other, loop=loop)

    with pytest.raises(refusal):
        await (await server.db.writing(first))


async def test_a_long_history_is_shown_from_its_end(server: Server) -> None:
    lena = await server.agent("Lena", "lead")
    save = of_the_playbook(server, lena.me["id"])
    base = 0
    for _ in range(playbook_edits.SHOWN + 2):
        await server.db.writing(lambda tx, base=base: save(tx, base))  # type: ignore[misc]
        read = (await lena.client.get("/api/v1/desk/playbook/canned")).json()
        base = read["after"]
    assert len(read["history"]) == playbook_edits.SHOWN
    assert read["history"][0]["id"] == base
    files = (await lena.client.get("/api/v1/desk/playbook")).json()["files"]
    assert [one["name"] for one in files if one["edited"]] == ["canned"]
