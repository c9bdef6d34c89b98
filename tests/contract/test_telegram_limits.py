"""One Telegram customer who sends far too much: limited, told so once; nobody else is affected."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from support.store.schema import messages, threads
from tests.contract.telegram_bot_api import Chat, FakeBotApi, telegram_server
from tests.harness import Server, TestClock

MANY = 200


@pytest.fixture
def api() -> Iterator[FakeBotApi]:
    with FakeBotApi() as running:
        yield running


async def stored(server: Server, chat: Chat) -> int:
    query = (
        select(func.count())
        .select_from(messages)
        .join(threads, threads.c.id == messages.c.thread_id)
        .where(threads.c.address == str(chat.id), messages.c.author == "customer")
    )
    return await server.db.reading(lambda c: int(c.execute(query).scalar_one()))


async def test_a_flood_from_one_chat_is_not_taken_and_holds_nobody_up(
    tmp_path: Path, articles_cache: Path, api: FakeBotApi, clock: TestClock
) -> None:
    server = telegram_server(tmp_path, articles_cache, api.url, clock)
    server.settings = server.settings.model_copy(update={"limits": "on"})
    await server.start()
    client = server.visitor().client
    flood, calm = Chat(server, api, client), Chat(server, api, client)
    await asyncio.gather(*(flood.say(f"message {number}") for number in range(MANY)))
    await calm.say("where is my order?")

    # Thirty in ten seconds are taken; sending them all may take longer than that.
    assert 30 <= await stored(server, flood) < MANY
    assert await stored(server, calm) == 1
    told = [one["text"] for one in flood.shown() if "That was a lot" in one["text"]]
    assert len(told) == 1, f"{len(told)} times"
    assert not any("That was a lot" in one["text"] for one in calm.shown())
    await server.stop()
