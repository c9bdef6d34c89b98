"""Customers whom the shop's server vouches for: one thread wherever they sign in."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.harness import (
    DeskAgent,
    ScriptedBrain,
    Server,
    TestClock,
    Visitor,
    handover,
    settings_for,
)

SECRET = "the shop's and ours, thirty-two bytes or more"
SESSION = "/api/v1/visitor/session"


def signed(customer: str = "C-1", secret: str = SECRET, **claims: Any) -> str:
    """What the shop's server makes. Tokens are checked by the real clock, as they are made."""
    given = {"sub": customer, "exp": datetime.now(UTC) + timedelta(minutes=5), "name": "Mei"}
    return jwt.encode({k: v for k, v in (given | claims).items() if v}, secret, "HS256")


@pytest.fixture
async def server(
    tmp_path: Path, database_url: str, clock: TestClock, articles_cache: Path
) -> AsyncIterator[Server]:
    (tmp_path / "cache").symlink_to(articles_cache)
    settings = settings_for(tmp_path, database_url, identity_secret=SECRET)
    running = Server(settings, ScriptedBrain(), clock)
    await running.start()
    yield running
    await running.stop()


async def signs_in(visitor: Visitor, customer: str = "C-1") -> Visitor:
    return await visitor.arrive(identity=signed(customer))


async def said(visitor: Visitor) -> list[str]:
    return [m["text"] for m in await visitor.read() if m["author"] == "customer"]


async def test_what_was_said_anonymously_joins_the_account(server: Server) -> None:
    desk = await server.agent()
    visitor = await server.visitor().arrive(lang="en")
    await visitor.answers("do you ship to Canada?")
    await signs_in(visitor)
    assert await said(visitor) == ["do you ship to Canada?"]
    seen = await desk.client.get(f"/api/v1/desk/conversations/{visitor.conversation_id}")
    assert seen.json()["customer"]["id"] == "C-1"


async def test_a_second_device_sees_the_same_thread(server: Server) -> None:
    first = await signs_in(server.visitor())
    await first.answers("from my desk")
    # Its own thread holds nothing yet: it is not the one that goes on.
    second = await signs_in(await server.visitor().arrive())
    assert second.conversation_id == first.conversation_id
    assert await said(second) == ["from my desk"]
    await second.answers("from my phone")
    assert await said(first) == ["from my desk", "from my phone"]


async def test_where_they_wrote_last_goes_on_and_the_rest_is_history(
    server: Server, clock: TestClock
) -> None:
    first = await signs_in(server.visitor())
    await first.answers("on Monday")
    clock.push(hours=30)
    second = await server.visitor().arrive()
    await second.answers("on Tuesday, before signing in")
    async with first.events() as events:
        assert (await events.until("state"))["moved"] is False
        await signs_in(second)
        assert (await events.until("state"))["moved"] is True
    assert await said(second) == ["on Tuesday, before signing in"]
    # What the first device writes before it has noticed is not lost.
    assert (await first.post("from the first device")).status_code == 202
    await second.wait_for(lambda m: any(one["text"] == "from the first device" for one in m))
    # Its token takes it along, and it needs no new word of the shop for that.
    history = first.conversation_id
    await first.arrive()
    assert first.conversation_id == second.conversation_id
    assert await said(first) == ["on Tuesday, before signing in", "from the first device"]
    desk = await server.agent()
    beside = await desk.client.get(f"/api/v1/desk/conversations/{first.conversation_id}")
    assert [one["id"] for one in beside.json()["earlier"]] == [history]


async def test_who_waited_for_a_person_keeps_the_place(server: Server, clock: TestClock) -> None:
    await server.agent()
    server.brain.replies["a person"] = handover()
    first = await signs_in(server.visitor())
    await first.answers("a person")
    clock.push(minutes=3)
    second = await server.visitor().arrive()
    await second.answers("hello?")
    await signs_in(second)
    page = await second.page()
    assert page["state"] == "queued"
    assert page["queue"]["position"] == 1


async def test_erasing_takes_the_history_along(server: Server, clock: TestClock) -> None:
    first = await signs_in(server.visitor())
    await first.answers("on Monday")
    clock.push(hours=30)
    second = await server.visitor().arrive()
    await second.answers("on Tuesday")
    await signs_in(second)
    desk = await server.agent(role="lead")
    assert (await second.client.delete("/api/v1/visitor/data")).status_code == 204
    for gone in (first, second):
        seen = await desk.client.get(f"/api/v1/desk/conversations/{gone.conversation_id}")
        assert seen.status_code == 404


@pytest.mark.parametrize(
    "identity",
    [
        signed(secret="somebody else's secret, of the same length"),
        signed(exp=datetime(2026, 1, 1, tzinfo=UTC)),
        signed(exp=None),
        signed(customer=""),
        signed(customer="x" * 65),
        jwt.encode({"sub": "C-1", "exp": 2**33}, None, "none"),
        signed()[:-2],
        "not a token",
    ],
    ids=["other secret", "expired", "endless", "nobody", "too long", "none", "cut", "garbage"],
)
async def test_a_bad_identity_is_refused_and_changes_nothing(server: Server, identity: str) -> None:
    customer = await signs_in(server.visitor())
    await customer.answers("mine alone")
    stranger = await server.visitor().arrive()
    refused = await stranger.client.post(SESSION, json={"identity": identity})
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "identity"
    assert identity not in refused.text
    assert await said(stranger) == []
    # The same request with a good one: it was the identity that was refused.
    await signs_in(stranger)
    assert await said(stranger) == ["mine alone"]


async def test_a_token_replayed_for_another_customer_shows_them_nothing(server: Server) -> None:
    first = await signs_in(server.visitor(), "C-1")
    await first.answers("mine alone")
    other = server.again(first)
    await signs_in(other, "C-2")
    assert await said(other) == []
    assert other.conversation_id != first.conversation_id
    assert await said(first) == ["mine alone"]


async def test_two_who_sign_in_at_once_end_in_one_thread(server: Server) -> None:
    devices = [await server.visitor().arrive() for _ in range(4)]
    for number, device in enumerate(devices):
        await device.answers(f"device {number}")
    await asyncio.gather(*(signs_in(device) for device in devices))
    # Whoever came before the others has to look once more.
    for device in devices:
        await device.arrive()
    assert len({device.conversation_id for device in devices}) == 1


async def test_tiers_are_the_shops_own_and_of_any_length(server: Server) -> None:
    lena = await server.agent("Lena", "lead")
    long = "our very best friends"
    for customer, tier in (("C-1", "gold"), ("C-2", long), ("C-3", "grove")):
        visitor = server.visitor()
        await visitor.arrive(identity=signed(customer, tier=tier))
        await visitor.answers("hello")
    for tier, customer in (("gold", "C-1"), (long[:16], "C-2"), ("grove", "C-3"), ("none", None)):
        found = await lena.client.get("/api/v1/desk/conversations", params={"tier": tier})
        assert found.status_code == 200, found.text
        listed = [one["customer"]["id"] for one in found.json()["conversations"]]
        assert listed == ([customer] if customer else [])
    offered = (await lena.client.get("/api/v1/desk/agents")).json()["tiers"]
    assert offered == ["leaf", "bloom", "grove", "gold", long[:16]]
    page = (await lena.client.get("/desk/transcripts")).text
    for value, word in (("leaf", "Leaf"), ("gold", "gold"), (long[:16], long[:16])):
        assert re.search(f'<option value="{value}" *>{word}</option>', page), value


async def calls(desk: DeskAgent) -> list[str]:
    """The conversations that are owed a call."""
    found = (await desk.client.get("/api/v1/desk/tasks")).json()["tasks"]
    return [task["conversation"] for task in found if task["kind"] == "callback"]


async def test_a_call_that_was_booked_goes_along(server: Server, clock: TestClock) -> None:
    desk = await server.agent()
    server.brain.replies["a person"] = handover()
    first = await signs_in(server.visitor())
    await first.answers("a person")
    free = (await first.client.get("/api/v1/visitor/callback-slots")).json()["slots"]
    ticket = {"action": "callback", "at": free[0]["at"], "contact": "+81 90-1234-5678"}
    booked = await first.client.post("/api/v1/visitor/ticket", json=ticket)
    assert booked.status_code == 204
    clock.push(minutes=3)
    # They write last on another device, and sign in there: that thread goes on.
    second = await server.visitor().arrive()
    await second.answers("hello?")
    await signs_in(second)
    call = (await second.page())["callback"]
    assert datetime.fromisoformat(call["at"]) == datetime.fromisoformat(free[0]["at"])
    assert await calls(desk) == [second.conversation_id]
    # It is still theirs to cancel.
    cancel = {"action": "callback_cancel"}
    cancelled = await second.client.post("/api/v1/visitor/ticket", json=cancel)
    assert cancelled.status_code == 204
    assert "callback" not in await second.page()
    assert await calls(desk) == []
