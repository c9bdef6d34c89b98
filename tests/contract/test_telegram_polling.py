"""Telegram by polling: updates are fetched, stored, and only then confirmed."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from support.store.database import StorageUnavailable
from support.store.schema import channel_updates, messages, outbox
from tests.contract.telegram_bot_api import (
    BROKEN,
    Chat,
    FakeBotApi,
    limited,
    telegram_server,
    until,
)
from tests.harness import PATIENCE_S, Server, TestClock
from tests.ports import free_port


@pytest.fixture
def api() -> Iterator[FakeBotApi]:
    with FakeBotApi() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, sqlite_template: Path) -> Path:
    shutil.copy(sqlite_template, tmp_path / "omotenashi.sqlite3")
    return tmp_path


@pytest.fixture
async def server(
    folder: Path, clock: TestClock, articles_cache: Path, api: FakeBotApi
) -> AsyncIterator[Server]:
    running = telegram_server(folder, articles_cache, api.url, clock, telegram_mode="polling")
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def chat(server: Server, api: FakeBotApi) -> Chat:
    return Chat(server, api, server.visitor().client)


def offsets(api: FakeBotApi) -> list[int]:
    return [c["offset"] for c in api.called("getUpdates") if "offset" in c]


async def test_updates_are_stored_before_they_are_confirmed(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    known: list[tuple[int, int]] = []

    def look(offset: int) -> None:
        query = select(func.count()).select_from(channel_updates)
        stored = server.db.read(lambda c: c.execute(query).scalar_one())
        known.append((offset, stored))

    api.confirmed = look
    updates = [chat.update("text", text=f"{n}") for n in range(3)]
    first = updates[0]["update_id"]
    api.offer(*updates)
    await until(lambda: bool(known))
    assert known[0] == (first + 3, 3)
    # How many turns answer the three is a matter of speed.
    said = await chat.texts(1)
    assert said[0].startswith("1: ")
    assert api.called("deleteWebhook")
    response = await chat.deliver(chat.update("text"))
    assert response.status_code == 404


async def test_an_update_that_nobody_can_read_holds_up_nothing(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    broken = {"update_id": chat.update("text")["update_id"], "message": {"text": "half a message"}}
    unknown = chat.update("unknown_kind")
    api.offer(broken, unknown, chat.update("text", text="hello"))
    assert await chat.texts(1) == ["1: hello"]
    await until(lambda: offsets(api)[-1:] == [api.updates[-1]["update_id"] + 1])


async def test_what_was_stored_and_not_confirmed_comes_again_and_is_one_message(
    folder: Path, clock: TestClock, articles_cache: Path, api: FakeBotApi
) -> None:
    server = telegram_server(folder, articles_cache, api.url, clock, telegram_mode="polling")
    await server.start()
    chat = Chat(server, api, server.visitor().client)
    api.offer(chat.update("text", text="hello"))
    await chat.texts(1)
    await server.stop()
    # Telegram still has it: a new server asks from the start, and at once, since the old one gave
    # its turn back.
    await server.start()
    try:
        api.offer(chat.update("text", text="again"))
        assert await chat.texts(2) == ["1: hello", "2: again"]
    finally:
        await server.stop()


async def test_what_waited_for_telegram_goes_as_soon_as_it_is_back(
    server: Server, api: FakeBotApi, chat: Chat, clock: TestClock
) -> None:
    """No time passes on the server's clock: its next try would be later."""
    with clock.standing():
        await _waits_and_goes(server, api, chat)


async def _waits_and_goes(server: Server, api: FakeBotApi, chat: Chat) -> None:
    api.refuse["sendMessage", chat.id].append(BROKEN)
    api.offer(chat.update("text", text="hello"))
    waiting = select(outbox.c.error).where(outbox.c.address == str(chat.id))
    async with asyncio.timeout(60):
        while await server.db.reading(lambda c: c.execute(waiting).scalar()) != "NetworkError":
            await asyncio.sleep(0.05)
    assert len(chat.shown()) == 1
    api.refuse["getUpdates", 0].append(BROKEN)
    api.offer(chat.update("unknown_kind"))
    await until(lambda: len(chat.shown()) == 2)
    assert api.tried(chat.id) == ["1: hello", "1: hello"]


async def test_a_database_that_is_away_loses_no_update(
    server: Server, api: FakeBotApi, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, failed = server.db.writing, 0

    async def away(change: Any) -> Any:
        nonlocal failed
        failed += 1
        if failed <= 2:
            raise StorageUnavailable("away")
        return await writing(change)

    monkeypatch.setattr(server.db, "writing", away)
    api.offer(chat.update("text", text="hello"))
    assert await chat.texts(1) == ["1: hello"]
    query = select(func.count()).select_from(messages).where(messages.c.author == "customer")
    assert await server.db.reading(lambda c: c.execute(query).scalar_one()) == 1


async def test_telegrams_troubles_pass(server: Server, api: FakeBotApi, chat: Chat) -> None:
    api.refuse["getUpdates", 0].extend([(409, {"description": "Conflict"}), limited(1)])
    api.offer(chat.update("text", text="one"))
    await chat.texts(1)
    api.offer(chat.update("text", text="two"))
    assert await chat.texts(2) == ["1: one", "2: two"]
    confirmed = offsets(api)
    assert all(before <= after for before, after in pairwise(confirmed))


async def test_the_server_starts_without_telegram(
    folder: Path, clock: TestClock, articles_cache: Path
) -> None:
    port = free_port()
    server = telegram_server(
        folder, articles_cache, f"http://127.0.0.1:{port}", clock, telegram_mode="polling"
    )
    await server.start()
    try:
        visitor = await server.visitor().arrive(lang="en")
        assert (await visitor.answers("hello"))[0]["text"] == "1: hello"
        with FakeBotApi(port) as api:
            chat = Chat(server, api, server.visitor().client)
            api.offer(chat.update("text", text="hello"))
            assert await chat.texts(1) == ["1: hello"]
            await until(lambda: len(api.called("setMyCommands")) >= 2)
            assert len(api.called("setMyCommands")) == 2
            await server.stop()
    except BaseException:
        await server.stop()
        raise


async def test_of_two_servers_one_polls_and_the_other_takes_over(
    folder: Path, clock: TestClock, articles_cache: Path, api: FakeBotApi
) -> None:
    with FakeBotApi() as others:
        first = telegram_server(folder, articles_cache, api.url, clock, telegram_mode="polling")
        await first.start()
        await until(lambda: bool(api.called("getUpdates")))
        database = first.settings.database
        (folder / "second").mkdir()
        second = telegram_server(
            folder / "second", articles_cache, others.url, clock, database, telegram_mode="polling"
        )
        await second.start()
        try:
            # It is there, and has looked whether it is its turn.
            await until(lambda: bool(others.called("deleteWebhook")))
            await asyncio.sleep(1)
            assert others.called("getUpdates") == []
            # A lease that is not renewed runs out: the first one stands still. Should it wake just
            # then and have it again, that one runs out, too; but not the second one's.
            for _ in range(PATIENCE_S // 10):
                clock.push(minutes=1)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(10):
                        await until(lambda: bool(others.called("getUpdates")))
                    break
            assert others.called("getUpdates")
            chat = Chat(second, others, second.visitor().client)
            others.offer(chat.update("text", text="hello"))
            assert await chat.texts(1) == ["1: hello"]
        finally:
            await second.stop()
            await first.stop()
