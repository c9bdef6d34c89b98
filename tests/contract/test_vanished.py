"""Fault 24: an agent's browser vanishes, an agent is disabled, a password is changed."""

import asyncio
from typing import Any

import pytest

from support.handover import vanished
from support.team import agents
from tests.harness import PASSWORD, DeskAgent, Events, Server, TestClock, Visitor, handover

DESK = "/api/v1/desk"


@pytest.fixture
async def aya(server: Server) -> DeskAgent:
    return await server.agent("Aya")


@pytest.fixture
async def held(server: Server, visitor: Visitor, aya: DeskAgent) -> str:
    server.brain.replies["a person please"] = handover("asked")
    await visitor.answers("a person please")
    await aya.do(visitor.conversation_id, "claim")
    await aya.reply(visitor.conversation_id, "One moment, I am looking.")
    return visitor.conversation_id


async def seen_by(agent: DeskAgent, id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await agent.client.get(f"{DESK}/conversations/{id}")).json()
    return found


async def back_in_line(server: Server, agent: DeskAgent, id: str) -> None:
    async with asyncio.timeout(60):
        while (await seen_by(agent, id))["state"] != "queued":
            await server.tick()


async def test_a_vanished_agents_customer_goes_on_waiting_in_line(
    server: Server, clock: TestClock, visitor: Visitor, aya: DeskAgent, held: str
) -> None:
    # The line to a vanished browser still looks open, and the customer goes on writing.
    async with aya.client.stream("GET", f"{DESK}/events", timeout=60) as response:
        await Events(response).until("counts")
        for text in ("hello?", "are you still there?"):
            clock.push(minutes=4)
            await visitor.say(text)
        clock.push(minutes=4)
        await server.tick()
        ben = await server.agent("Ben")
        await back_in_line(server, ben, held)
    found = await seen_by(ben, held)
    assert (found["state"], found["reason"], found["agent"]) == ("queued", "agent", None)
    assert found["events"][-1]["why"] == "agent vanished"
    [left] = [line for line in found["summary"] if line["line"] == "left"]
    assert "Aya gone since 12:0" in left["text"]
    assert "2 unanswered" in left["text"]
    await ben.client.post(f"{DESK}/me", json={"lang": "ja"})
    [left] = [line for line in (await seen_by(ben, held))["summary"] if line["line"] == "left"]
    assert "未返信2件" in left["text"]
    assert (await ben.do(held, "claim")).status_code == 200


async def test_who_is_there_keeps_them(
    server: Server, clock: TestClock, aya: DeskAgent, held: str
) -> None:
    for _ in range(3):
        clock.push(minutes=5)
        assert (await aya.client.get(f"{DESK}/me")).status_code == 200
        await server.tick()
    assert (await seen_by(aya, held))["agent"]["name"] == "Aya"


async def test_the_grace_begins_when_somebody_away_is_given_one(
    server: Server, clock: TestClock, aya: DeskAgent, held: str
) -> None:
    ben = await server.agent("Ben")
    await server.pass_time(aya, minutes=30)
    await aya.do(held, "transfer", to=ben.me["id"])
    clock.push(minutes=2)
    await server.tick()
    assert (await seen_by(aya, held))["agent"]["name"] == "Ben"
    clock.push(minutes=9)
    await back_in_line(server, aya, held)


async def test_a_disabled_agent_is_out_at_once(server: Server, aya: DeskAgent, held: str) -> None:
    assert server.parts is not None
    playbook = server.parts.playbook
    async with aya.client.stream("GET", f"{DESK}/events", timeout=60) as response:
        events = Events(response)
        await events.until("counts")
        returned = await server.db.writing(
            lambda tx: vanished.disable(tx, aya.me["id"], playbook, server.clock())
        )
        assert returned == 1
        assert await events.until("ended") == {}
    assert (await aya.client.get(f"{DESK}/me")).status_code == 401
    ben = await server.agent("Ben")
    assert (await seen_by(ben, held))["state"] == "queued"


async def test_a_changed_password_ends_open_pages(
    server: Server, clock: TestClock, aya: DeskAgent, held: str
) -> None:
    async with aya.client.stream("GET", f"{DESK}/events", timeout=60) as response:
        events = Events(response)
        await events.until("counts")
        await server.db.writing(
            lambda tx: agents.add(
                tx, email="aya@example.com", name="Aya", role="agent",
                password=PASSWORD + " anew", now=clock(),
            )
        )  # fmt: skip
        assert await events.until("ended") == {}
    assert (await aya.reply(held, "Still me?")).status_code == 401
    ben = await server.agent("Ben")
    clock.push(minutes=11)
    await ben.client.get(f"{DESK}/me")
    await back_in_line(server, ben, held)
