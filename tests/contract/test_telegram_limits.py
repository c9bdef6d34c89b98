"""One Telegram customer who sends far too much: limited, told so once; nobody else is affected."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import func, select
from telegram.error import RetryAfter

from channels.telegram.pace import LONGEST, STEP, SharedPace
from support.store import Database
from support.store.schema import channel_pace, messages, threads
from tests.contract.telegram_bot_api import Chat, FakeBotApi, telegram_server, until
from tests.harness import OPEN_TIME, Server, TestClock

MANY = 200


@pytest.fixture
def api() -> Iterator[FakeBotApi]:
    with FakeBotApi() as running:
        yield running


# More than go out in two seconds.
CHATS = 61


async def greeted(api: FakeBotApi, servers: Sequence[Server]) -> float:
    """The seconds in which as many chats as there are have been greeted, all starting at once."""
    clients = [server.visitor().client for server in servers]
    began = monotonic()
    chats = [Chat(servers[n % len(servers)], api, clients[n % len(servers)]) for n in range(CHATS)]
    await asyncio.gather(*(chat.send("command", text="/start") for chat in chats))
    await until(lambda: all(chat.shown() for chat in chats))
    sent = sorted(call.at for call in api.calls if call.method == "sendMessage")
    assert len(sent) == CHATS
    # From before the first: that one may have been held up on its way.
    return sent[-1] - began


async def test_one_server_sends_thirty_messages_a_second_over_all_chats(
    tmp_path: Path, articles_cache: Path, api: FakeBotApi, clock: TestClock
) -> None:
    server = telegram_server(tmp_path, articles_cache, api.url, clock)
    await server.start()
    try:
        assert await greeted(api, [server]) > 0.9  # thirty at once, thirty in the next second
    finally:
        await server.stop()


async def test_several_servers_keep_the_limit_over_all_chats_together(
    tmp_path: Path,
    articles_cache: Path,
    api: FakeBotApi,
    clock: TestClock,
    new_postgres: Callable[[], str],
) -> None:
    one = telegram_server(tmp_path, articles_cache, api.url, clock, new_postgres())
    two = Server(one.settings, one.brain, clock)
    try:
        for server in (one, two):
            await server.start()
        began = clock()
        await greeted(api, [one, two])
        # What one sends moves on the moment at which the other may.
        free_at = await one.db.reading(
            lambda connection: connection.execute(select(channel_pace.c.free_at)).scalar_one()
        )
        assert free_at - began >= CHATS * timedelta(seconds=0.999) / 30
    finally:
        for server in (one, two):
            await server.stop()


async def test_no_second_has_more_than_thirty_moments_whoever_takes_them(
    new_postgres: Callable[[], str],
) -> None:
    now = OPEN_TIME
    url = new_postgres()
    databases = [Database(url) for _ in range(3)]
    paces = [SharedPace("telegram", db, lambda: now) for db in databases]
    try:
        taken = sorted(await asyncio.gather(*(paces[n % 3].take() for n in range(150))))
        for first, after_thirty in zip(taken, taken[30:], strict=False):
            assert after_thirty - first >= timedelta(seconds=0.999)
        assert taken[0] == now
        # What would have to wait for long isn't given a moment, and told when to come again.
        while taken[-1] + STEP - now <= LONGEST:
            taken.append(await paces[0].take())
        with pytest.raises(RetryAfter):
            await paces[1].take()
        # After a quiet time nothing waits.
        now += timedelta(minutes=1)
        assert await paces[1].take() == now
    finally:
        for db in databases:
            db.close()


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

    def told() -> int:
        return sum("That was a lot" in one["text"] for one in flood.shown())

    await until(lambda: told() > 0)
    assert told() == 1
    assert not any("That was a lot" in one["text"] for one in calm.shown())
    await server.stop()
