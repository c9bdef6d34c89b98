"""Pages that are left open cost little: they are looked after the less often the longer nothing
happens, and are not woken by what concerns others."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import event, insert, update

from support.store.schema import messages, threads
from tests.contract.telegram_bot_api import until
from tests.contract.test_handover import queued
from tests.harness import Server, Visitor


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.website.stream.HEARTBEAT_S", 0.1)
    monkeypatch.setattr("channels.website.stream.LOOK_AGAIN_S", 0.2)
    monkeypatch.setattr("channels.website.stream.LOOK_AGAIN_MOST_S", 1.6)


@pytest.fixture
def looks(server: Server) -> Iterator[list[str]]:
    """The threads whose messages are read."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if "FROM messages" in statement:
            seen.append(statement)

    event.listen(server.db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(server.db.engine, "before_cursor_execute", note)


async def test_an_idle_page_is_looked_after_ever_more_slowly(
    server: Server, visitor: Visitor, looks: list[str]
) -> None:
    async with visitor.events() as events:
        await events.until("state")
        await asyncio.sleep(0.5)
        begun = len(looks)
        await asyncio.sleep(4)
        # At 0.2 s it would be twenty times.
        assert len(looks) - begun <= 8
        await until(lambda: len(looks) > begun)

        # What no hint told is found all the same.
        def unseen(tx: object) -> None:
            thread = server.db.read(
                lambda c: c.execute(threads.select()).one()  # the only visitor there is
            )
            row = {
                "thread_id": thread.id, "conversation_id": visitor.conversation_id, "author": "bot",
                "seq": thread.last_seq + 1, "sender": "bot", "kind": "text", "text": "lost",
                "epoch": 1, "created_at": server.clock(),
            }  # fmt: skip
            tx.execute(insert(messages).values(**row))  # type: ignore[attr-defined]
            tx.execute(  # type: ignore[attr-defined]
                update(threads).values(last_seq=thread.last_seq + 1)
            )

        await server.db.writing(unseen)
        found = await events.until("message")
        assert found["text"] == "lost"


async def test_places_in_the_queue_are_told_to_who_waits_and_who_comes_to_wait(
    server: Server, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.website.stream.LOOK_AGAIN_S", 60.0)
    await server.agent()
    waiting = await server.visitor().arrive(lang="en")
    other = await server.visitor().arrive(lang="en")
    await queued(server, other)
    await queued(server, waiting)
    async with visitor.events() as idle, waiting.events() as line:
        await idle.until("state")
        assert (await line.until("state"))["queue"]["position"] == 2
        await asyncio.sleep(0.5)
        await other.client.post("/api/v1/visitor/ticket", json={"action": "cancel"})
        assert (await line.until("state"))["queue"]["position"] == 1
        # Who comes to wait hears of others from then on.
        await queued(server, visitor)
        assert (await idle.until("state"))["queue"]["position"] == 2
        await waiting.client.post("/api/v1/visitor/ticket", json={"action": "cancel"})
        assert (await idle.until("state"))["queue"]["position"] == 1
