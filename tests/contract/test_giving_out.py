"""The queue given out by itself: in its order, to who fits, never twice, never too much."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from omotenashi.parts import PLAYBOOK
from support.answering import handling
from support.handover.assignment import Outrun, assign_next
from support.hints import QUEUE, Hint
from support.playbook.playbook import Assignment, NeededSkills, Playbook, load_playbook
from support.store import Transaction
from support.store.schema import conversations, threads
from support.tasks import desk_tasks, tasks
from support.team import agent_settings, agents
from tests.harness import (
    DeskAgent,
    Events,
    ScriptedBrain,
    Server,
    TestClock,
    Visitor,
    answer,
    handover,
    settings_for,
)

DESK = "/api/v1/desk"
Open = Callable[..., Awaitable[Server]]


def playbook(mode: str, capacity: int = 5) -> Playbook:
    rules = Assignment(
        mode=mode,  # type: ignore[arg-type]
        capacity=capacity,
        skills=NeededSkills(reasons={"complaint": "complaints"}),
    )
    return load_playbook(PLAYBOOK).model_copy(update={"assignment": rules})


@pytest.fixture
async def opened(
    tmp_path: Path, database_url: str, clock: TestClock, articles_cache: Path
) -> AsyncIterator[Open]:
    """Starts servers on one database, with a playbook each."""
    (tmp_path / "cache").symlink_to(articles_cache)
    running: list[Server] = []

    async def start(mode: str, capacity: int = 5) -> Server:
        server = Server(
            settings_for(tmp_path, database_url),
            ScriptedBrain(),
            clock,
            playbook=playbook(mode, capacity),
        )
        for reason in ("asked", "angry", "complaint"):
            server.brain.replies[reason] = handover(reason)
        server.brain.replies["担当者"] = replace(handover("asked"), lang="ja")
        await server.start()
        running.append(server)
        return server

    yield start
    for server in running:
        await server.stop()


async def waits(server: Server, reason: str = "asked") -> Visitor:
    visitor = await server.visitor().arrive(lang="en")
    await visitor.answers(reason)
    return visitor


async def holder(visitor: Visitor, agent: DeskAgent) -> str | None:
    found = await agent.client.get(f"{DESK}/conversations/{visitor.conversation_id}")
    held = found.json()["agent"]
    return held["name"] if held else None


async def given(agent: DeskAgent, visitors: list[Visitor], number: int) -> list[str | None]:
    """Who holds each, as soon as `number` are held."""
    async with asyncio.timeout(60):
        while True:
            names = [await holder(one, agent) for one in visitors]
            if sum(name is not None for name in names) >= number:
                return names
            await asyncio.sleep(0.05)


async def nobody_more(*servers: Server) -> None:
    """The servers look once more: whoever waits by now and can be taken is. (Their own looks are
    the same, at moments of their own.)"""
    for server in servers:
        assert server.parts is not None
        rules, now = server.parts.playbook, server.clock()
        given_out = True
        while given_out:
            with contextlib.suppress(Outrun):
                found = await server.db.writing(partial(assign_next, playbook=rules, now=now))
                given_out = found is not None


async def able(server: Server, agent: DeskAgent, **abilities: Any) -> None:
    await server.db.writing(
        lambda tx: agent_settings.set_abilities(tx, agent.me["id"], **abilities)
    )


async def status(agent: DeskAgent, status: str) -> None:
    assert (await agent.client.post(f"{DESK}/me", json={"status": status})).status_code == 200


async def test_in_turn_and_the_customer_is_told(opened: Open) -> None:
    server = await opened("round_robin")
    aya, _ = await server.agent("Aya"), await server.agent("Ben")
    visitors = [await waits(server) for _ in range(4)]
    names = await given(aya, visitors, 4)
    assert Counter(names) == {"Aya": 2, "Ben": 2}
    assert names[0] != names[1]
    told = await visitors[0].wait_for(lambda said: said[-1]["kind"] == "agent")
    assert names[0] is not None
    assert names[0] in told[-1]["text"]
    found = await aya.client.get(f"{DESK}/conversations/{visitors[0].conversation_id}")
    last = found.json()["events"][-1]
    assert (last["to"], last["actor"]["kind"]) == ("assigned", "system")


async def test_the_agent_is_told_and_only_they(opened: Open) -> None:
    server = await opened("least_busy")
    aya, ben = await server.agent("Aya"), await server.agent("Ben")
    await status(ben, "away")
    async with (
        aya.client.stream("GET", f"{DESK}/events", timeout=60) as hers,
        ben.client.stream("GET", f"{DESK}/events", timeout=60) as his,
    ):
        mine, others = Events(hers), Events(his)
        await mine.until("counts")
        await others.until("counts")
        visitor = await waits(server)
        assert await mine.until("given") == {"id": visitor.conversation_id}
        await visitor.say("hello?")
        seen: list[str] = []
        while not seen or seen[-1] != "conversation":
            seen.append((await others.next())[0])
        assert "given" not in seen


async def test_manual_gives_nothing(opened: Open) -> None:
    server = await opened("manual")
    aya = await server.agent("Aya")
    visitor = await waits(server)
    await nobody_more(server)
    assert await holder(visitor, aya) is None


async def test_only_to_who_is_available_and_in_opening_hours(
    opened: Open, clock: TestClock
) -> None:
    server = await opened("least_busy")
    aya = await server.agent("Aya")
    await status(aya, "busy")
    first = await waits(server)
    await nobody_more(server)
    assert await holder(first, aya) is None
    await status(aya, "available")
    assert await given(aya, [first], 1) == ["Aya"]
    clock.push(hours=11)  # 23:00 in Japan
    await status(aya, "available")
    late = await waits(server)
    await nobody_more(server)
    assert await holder(late, aya) is None


async def test_the_gravest_goes_first_and_capacity_holds(opened: Open) -> None:
    server = await opened("least_busy", capacity=1)
    aya = await server.agent("Aya")
    await status(aya, "away")
    asked = await waits(server, "asked")
    angry = await waits(server, "angry")
    await status(aya, "available")
    assert await given(aya, [asked, angry], 1) == [None, "Aya"]
    await nobody_more(server)
    assert await holder(asked, aya) is None
    await aya.do(angry.conversation_id, "resolve", reason="solved")
    assert await given(aya, [asked], 1) == ["Aya"]


async def test_language_skill_and_own_capacity(opened: Open) -> None:
    server = await opened("least_busy")
    aya, ben = await server.agent("Aya"), await server.agent("Ben")
    await able(server, aya, langs=["en", "ja"], capacity=2)
    await able(server, ben, langs=["en"], skills=["complaints"])
    japanese = await waits(server, "担当者")
    complaint = await waits(server, "complaint")
    assert await given(aya, [japanese, complaint], 2) == ["Aya", "Ben"]
    more = [await waits(server, "担当者") for _ in range(2)]
    assert await given(aya, more, 1) == ["Aya", None]
    shown = (await ben.client.get(f"{DESK}/me")).json()["agent"]
    assert (shown["langs"], shown["skills"], shown["capacity"]) == (["en"], ["complaints"], None)
    # Administrators see it where they set it.
    page = (await (await server.agent("Root", "admin")).client.get("/desk/people")).text
    assert page.count("up to 2 at once") == 1


async def test_who_wants_a_call_back_is_not_given_out(opened: Open) -> None:
    server = await opened("least_busy")
    aya = await server.agent("Aya")
    await status(aya, "busy")
    visitor = await waits(server)
    body = {"action": "callback", "contact": "+81 90-1234-5678"}
    response = await visitor.client.post("/api/v1/visitor/ticket", json=body)
    assert response.status_code == 204, response.text
    await status(aya, "available")
    await nobody_more(server)
    assert await holder(visitor, aya) is None


async def test_two_servers_give_each_once_and_nobody_too_much(opened: Open) -> None:
    first, second = await opened("round_robin", 2), await opened("round_robin", 2)
    people = [await first.agent(name) for name in ("Aya", "Ben", "Cho")]
    for agent in people:
        await status(agent, "away")
    visitors = [await waits(first) for _ in range(9)]
    for agent in people:
        await status(agent, "available")
    for server in (first, second):
        server.db.hints.publish(Hint(QUEUE, "queue"))
    names = await given(people[0], visitors, 6)
    await nobody_more(first, second)
    names = [await holder(one, people[0]) for one in visitors]
    # In the queue's order, each to one, and to nobody more than two.
    assert names[6:] == [None, None, None]
    assert Counter(names[:6]) == {"Aya": 2, "Ben": 2, "Cho": 2}
    for visitor in visitors[:6]:
        joined = [m for m in await visitor.read() if m["kind"] == "agent"]
        assert len(joined) == 1


async def test_who_is_erased_while_being_given_out_ends_no_server(opened: Open) -> None:
    server = await opened("manual")
    visitor = await waits(server)
    await server.agent("Aya")
    rules = playbook("round_robin")

    def give(tx: Transaction) -> object:
        return assign_next(tx, rules, server.clock())

    def erase(tx: Transaction) -> "asyncio.Future[object]":
        thread = delete(threads).where(
            threads.c.id.in_(
                select(conversations.c.thread_id).where(
                    conversations.c.id == visitor.conversation_id
                )
            )
        )
        tx.execute(thread)
        giving = asyncio.run_coroutine_threadsafe(server.db.writing(give), loop)
        time.sleep(1)  # long enough to have read the place in line, and to wait for its thread
        return asyncio.wrap_future(giving, loop=loop)

    loop = asyncio.get_running_loop()
    try:
        assert await (await server.db.writing(erase)) is None
    except Outrun:
        assert not server.db.is_sqlite


async def test_a_reopened_matter_goes_to_who_knew_it_while_they_have_room(opened: Open) -> None:
    server = await opened("manual", capacity=1)
    aya = await server.agent("Aya")
    known = await waits(server)
    await aya.do(known.conversation_id, "claim")
    await aya.do(known.conversation_id, "resolve", reason="solved")
    other = await waits(server)
    await aya.do(other.conversation_id, "claim")
    server.brain.replies["broken again"] = answer("Oh.", intent="complaint", kind="text")
    await known.say("broken again")
    await known.wait_for(lambda said: any("reopened" in m["text"] for m in said))
    assert await holder(known, aya) is None


@pytest.mark.parametrize("taken", ["reopened", "called"])
async def test_what_an_agent_takes_meanwhile_counts_before_more_is_given(
    opened: Open, taken: str
) -> None:
    server = await opened("manual")
    aya = await server.agent("Aya")
    theirs = await waits(server)
    if taken == "reopened":
        await aya.do(theirs.conversation_id, "claim")
        await aya.do(theirs.conversation_id, "resolve", reason="solved")
    else:
        body = {"action": "callback", "contact": "+81 90-1234-5678"}
        assert (await theirs.client.post("/api/v1/visitor/ticket", json=body)).is_success
    waiting = await waits(server)
    rules, me = playbook("round_robin", 1), aya.me["id"]

    def take(tx: Transaction) -> "asyncio.Future[object]":
        agent = agents.get(tx.connection, me)
        if taken == "reopened":
            handling.reopen(tx, theirs.conversation_id, agent, rules, server.clock())
        else:
            call = tasks.listed(tx.connection)[0].task
            desk_tasks.done(tx, call.id, agent, "reached", rules, server.clock())
        giving = asyncio.run_coroutine_threadsafe(server.db.writing(give), loop)
        time.sleep(1)  # long enough to be given out, were it not held
        return asyncio.wrap_future(giving, loop=loop)

    def give(tx: Transaction) -> object:
        return assign_next(tx, rules, server.clock())

    loop = asyncio.get_running_loop()
    try:
        assert await (await server.db.writing(take)) is None
    except Outrun:
        assert not server.db.is_sqlite
    assert await holder(theirs, aya) == "Aya"
    assert await holder(waiting, aya) is None
