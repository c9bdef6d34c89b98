"""Customers see that the assistant works on an answer, from soon after they wrote until it is
there, and never while a person has the conversation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from support.turns import at_work
from tests.harness import Events, Server, Visitor, answer


@asynccontextmanager
async def slow_brain(server: Server) -> AsyncIterator[asyncio.Event]:
    """The assistant thinks until the event is set."""
    enough = asyncio.Event()

    async def think(_: Any) -> None:
        await asyncio.wait_for(enough.wait(), 60)

    server.brain.before = think
    try:
        yield enough
    finally:
        enough.set()
        server.brain.before = None


async def typing_until(events: Events, kind: str, author: str) -> list[bool]:
    """What was told of the assistant's typing before the first `kind` by `author`."""
    told: list[bool] = []
    while True:
        event, data, _ = await events.next()
        if event == "typing" and data["author"] == "bot":
            told.append(data["typing"])
        if event == kind and author in (data.get("author"), data.get("state")):
            return told


async def test_that_an_answer_is_made_is_told_until_it_is_there(
    server: Server, visitor: Visitor
) -> None:
    async with slow_brain(server) as enough, visitor.events() as events:
        await visitor.say("a hard one")
        assert await typing_until(events, "typing", "bot") == [True]
        # Told again for as long as it lasts: whoever missed it, or comes later, sees it too.
        assert await typing_until(events, "typing", "bot") == [True]
        enough.set()
        # Told a third time, perhaps, but not that it has stopped before the answer is there.
        assert False not in await typing_until(events, "message", "bot")
        assert await events.until("typing") == {"author": "bot", "typing": False}


async def test_what_is_answered_at_once_shows_no_typing(
    server: Server, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What "at once" is, is a matter of the machine.
    monkeypatch.setattr(at_work, "GRACE_S", 60.0)
    async with visitor.events() as events:
        for text in ("how much is delivery?", "and to Kyoto?"):
            await visitor.say(text)
            assert await typing_until(events, "message", "bot") == []


async def test_waiting_for_the_rest_of_a_thought_is_work_too(
    server: Server, visitor: Visitor
) -> None:
    server.brain.replies["hello"] = answer("Hello!", intent="greet", kind="text")
    async with visitor.events() as events:
        await visitor.say("hello")
        assert set(await typing_until(events, "message", "bot")) == {True}


async def test_a_brain_that_fails_leaves_nobody_typing(server: Server, visitor: Visitor) -> None:
    async with slow_brain(server) as enough, visitor.events() as events:
        await visitor.say("are you there")
        assert await typing_until(events, "typing", "bot") == [True]
        server.brain.down = True
        enough.set()
        *before, last = await typing_until(events, "message", "bot")
        assert (last, False in before) == (False, False)


async def test_the_assistant_never_types_while_a_person_has_the_conversation(
    server: Server, visitor: Visitor
) -> None:
    aya = await server.agent()
    async with slow_brain(server) as enough, visitor.events() as events:
        await visitor.say("a hard one")
        assert await typing_until(events, "typing", "bot") == [True]
        assert (await aya.do(visitor.conversation_id, "claim")).status_code == 200
        await typing_until(events, "state", "assigned")
        # Longer than the pause after which it is told again, and the turn still runs.
        await asyncio.sleep(5)
        enough.set()
        await visitor.say("thank you, Aya")
        await aya.reply(visitor.conversation_id, "Gladly.")
        assert True not in await typing_until(events, "message", "agent")


async def test_a_server_that_stops_asks_for_no_more_answers(
    server: Server, visitor: Visitor
) -> None:
    async with slow_brain(server) as enough:
        await visitor.say("is it late?")
        async with asyncio.timeout(60):
            while not server.brain.requests:
                await asyncio.sleep(0.05)
        await visitor.say("and who pays?")  # which is to be looked at once that turn is done
        await asyncio.sleep(0.3)
        asked = len(server.brain.requests)
        await server.stop()
        enough.set()
        await asyncio.sleep(0.5)
        assert len(server.brain.requests) == asked
    await server.start()
    later = server.again(visitor)
    said = await later.wait_for(lambda said: any(m["author"] == "bot" for m in said))
    assert [m["text"] for m in said if m["author"] == "customer"] == [
        "is it late?", "and who pays?",
    ]  # fmt: skip
