"""Two servers on one PostgreSQL and one Redis behave as one; without the Redis, too."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from channels.website import stream
from support import conversations
from support.brain import TurnRequest
from tests.harness import (
    PATIENCE_S,
    Events,
    ScriptedBrain,
    Server,
    TestClock,
    answer,
    handover,
    settings_for,
)
from tests.redis_process import RedisProcess
from web import limits


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    process = RedisProcess(tmp_path)
    process.start()
    yield process
    process.kill()


@pytest.fixture
async def two(
    tmp_path: Path,
    redis: RedisProcess,
    new_postgres: Callable[[], str],
    articles_cache: Path,
    clock: TestClock,
) -> AsyncIterator[tuple[Server, Server]]:
    (tmp_path / "cache").symlink_to(articles_cache)
    settings = settings_for(tmp_path, new_postgres(), redis_url=redis.url)
    brain = ScriptedBrain()
    servers = (Server(settings, brain, clock), Server(settings, brain, clock))
    for server in servers:
        await server.start()
    await connected(*servers)
    yield servers
    for server in servers:
        if server.running:
            await server.stop()


async def connected(*servers: Server, wanted: bool = True) -> None:
    async with asyncio.timeout(60):
        while any(server.db.hints.connected is not wanted for server in servers):  # type: ignore[attr-defined]
            await asyncio.sleep(0.05)


@pytest.fixture
def no_slow_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a stream shows in the time of a test it has heard of."""
    monkeypatch.setattr(stream, "LOOK_AGAIN_S", 600.0)


@pytest.mark.usefixtures("no_slow_looks")
async def test_a_message_at_one_server_is_streamed_by_the_other_as_it_comes(
    two: tuple[Server, Server],
) -> None:
    here, there = two
    visitor = await here.visitor().arrive(lang="en")
    elsewhere = there.again(visitor)
    async with elsewhere.events() as events:
        assert (await events.next())[0] == "state"
        await visitor.say("where is my parcel")
        texts = [(await events.until("message"))["text"] for _ in range(2)]
    assert texts == ["where is my parcel", "1: where is my parcel"]
    assert len(here.brain.requests) == 1  # one brain for both: the turn ran once


async def test_an_agent_at_one_server_and_a_customer_at_the_other(
    two: tuple[Server, Server],
) -> None:
    here, there = two
    here.brain.replies["a person please"] = handover()
    visitor = await here.visitor().arrive(lang="en")
    agent = await there.agent()
    async with agent.client.stream("GET", "/api/v1/desk/events") as desk, visitor.events() as own:
        at_desk = Events(desk)
        await at_desk.until("counts")
        assert (await own.until("state"))["state"] == "bot"
        await visitor.say("a person please")
        await at_desk.until("conversation")
        while (await own.until("state"))["state"] != "queued":
            pass
        assert (await agent.do(visitor.conversation_id, "claim")).status_code == 200
        while (await own.until("state"))["state"] != "assigned":
            pass
        await agent.do(visitor.conversation_id, "typing", typing=True)
        assert (await own.until("typing"))["author"] == "agent"
        await agent.reply(visitor.conversation_id, "Good morning, I am here.")
        while (await own.until("message"))["author"] != "agent":
            pass


async def test_typing_at_one_server_lets_the_turn_at_the_other_wait(
    two: tuple[Server, Server], clock: TestClock
) -> None:
    here, there = two
    here.brain.replies["hello"] = answer("Hello!", intent="greet", kind="text")
    visitor = await here.visitor().arrive(lang="en")
    elsewhere = there.again(visitor)
    thread = await here.db.reading(
        lambda c: conversations.get(c, visitor.conversation_id).thread_id
    )
    with clock.standing():
        await visitor.say("hello")
        await elsewhere.client.post("/api/v1/visitor/typing", json={"typing": True})
        assert here.parts is not None
        typing = here.parts.typing
        async with asyncio.timeout(PATIENCE_S):
            while not typing.is_typing(thread, clock()):
                await asyncio.sleep(0.02)
        clock.push(seconds=2.5)  # a fragment alone would have been answered after 1.5 s
        await asyncio.sleep(1.5)  # it looks every second
        assert [m["author"] for m in await visitor.read()] == ["customer"]
        await elsewhere.say("where is my parcel")
        said = await visitor.wait_for(lambda found: len(found) > 2)
    assert [m["text"] for m in said if m["author"] == "bot"] == ["1: hello\nwhere is my parcel"]


async def test_the_assistants_work_at_one_server_is_seen_at_the_other(
    two: tuple[Server, Server],
) -> None:
    here, there = two
    visitor = await here.visitor().arrive(lang="en")
    enough = asyncio.Event()

    async def think(_: TurnRequest) -> None:
        await asyncio.wait_for(enough.wait(), 60)

    here.brain.before = think
    try:
        async with there.again(visitor).events() as events:
            await visitor.say("a hard one")
            assert await events.until("typing") == {"author": "bot", "typing": True}
            enough.set()
            # Told again, perhaps, in between.
            while (await events.until("typing"))["typing"]:
                pass
    finally:
        enough.set()
        here.brain.before = None


async def test_what_a_dead_server_left_is_answered_once_by_the_other(
    two: tuple[Server, Server], clock: TestClock
) -> None:
    here, there = two
    hanging = asyncio.Event()
    first = here.brain
    there_brain = ScriptedBrain()

    async def hang(request: TurnRequest) -> None:
        hanging.set()
        await asyncio.Event().wait()

    first.before = hang
    visitor = await here.visitor().arrive(lang="en")
    await visitor.say("is anybody there")
    await hanging.wait()
    await there.use(there_brain)
    elsewhere = there.again(visitor)
    with clock.standing():  # what it holds runs out for no slow machine
        await asyncio.sleep(3)
        assert there_brain.requests == []  # the first server holds the turn
    await here.stop()  # lets go of it
    said = await elsewhere.wait_for(lambda found: len(found) > 1)
    assert [m["text"] for m in said] == ["is anybody there", "1: is anybody there"]


async def test_without_redis_servers_find_each_others_messages_and_recover(
    two: tuple[Server, Server], redis: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two
    visitor = await here.visitor().arrive(lang="en")
    elsewhere = there.again(visitor)
    async with elsewhere.events() as events:
        redis.kill()
        await connected(here, there, wanted=False)
        await visitor.say("is it slow now")
        assert (await events.until("message"))["text"] == "is it slow now"
        assert (await events.until("message"))["text"] == "1: is it slow now"
        redis.start()
        await connected(here, there)
        monkeypatch.setattr(stream, "LOOK_AGAIN_S", 600.0)
        await visitor.say("and now")
        assert (await events.until("message"))["text"] == "and now"


async def test_a_redis_that_hangs_is_one_that_is_away(
    two: tuple[Server, Server], redis: RedisProcess
) -> None:
    here, there = two
    visitor = await here.visitor().arrive(lang="en")
    redis.signal(signal.SIGSTOP)
    try:
        await visitor.say("still there?")
        await connected(here, there, wanted=False)
    finally:
        redis.signal(signal.SIGCONT)
    await connected(here, there)


async def test_limits_are_counted_together_and_without_redis_by_each(
    tmp_path: Path,
    redis: RedisProcess,
    new_postgres: Callable[[], str],
    articles_cache: Path,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # For as long as the slowest machine may take.
    monkeypatch.setitem(limits.RULES, "message", "30/hour")
    (tmp_path / "cache").symlink_to(articles_cache)
    settings = settings_for(tmp_path, new_postgres(), redis_url=redis.url)
    settings = settings.model_copy(update={"limits": "on"})
    servers = (Server(settings, ScriptedBrain(), clock), Server(settings, ScriptedBrain(), clock))
    for server in servers:
        await server.start()
    here, there = servers
    try:
        visitor = await here.visitor().arrive(lang="en")
        elsewhere = there.again(visitor)
        statuses = []
        for number in range(17):
            statuses.append((await visitor.post(f"a {number}")).status_code)
            statuses.append((await elsewhere.post(f"b {number}")).status_code)
        assert statuses.count(202) == 30
        refused = await visitor.post("too much", uuid4().hex)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 3600
        redis.kill()
        assert (await visitor.post("after")).status_code == 202
        statuses = [(await visitor.post(f"c {n}")).status_code for n in range(32)]
        assert statuses.count(429) > 0
    finally:
        for server in servers:
            await server.stop()


async def test_servers_that_start_at_once_bring_one_database_to_shape(
    tmp_path: Path, postgres: str
) -> None:
    import psycopg

    from omotenashi.app import prepare_database
    from support.clock import utc_now
    from support.store import Database

    name = f"empty_{uuid4().hex[:12]}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = postgres.replace("/postgres?", f"/{name}?").replace("postgresql:", "postgresql+psycopg:")
    databases = [Database(url) for _ in range(3)]
    try:
        await asyncio.gather(
            *(asyncio.to_thread(prepare_database, db, utc_now(), demo=True) for db in databases)
        )
    finally:
        for db in databases:
            db.close()
