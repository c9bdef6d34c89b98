"""After the end: cases worked and told, promises kept, customers asked once and with tact."""

import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from sqlalchemy import select

from support.store.schema import timers
from tests.contract.test_callbacks import act, tasks
from tests.contract.test_handover import assigned, queued
from tests.harness import (
    DeskAgent,
    ScriptedBrain,
    Server,
    TestClock,
    Visitor,
    answer,
    handover,
    settings_for,
)

SECRET = "a secret of the shop's own, long enough"


async def opened(server: Server, visitor: Visitor, kind: str = "complaint") -> str:
    """A case that the assistant opened; its number."""
    server.brain.replies["it came broken"] = answer(
        "Your number is {case_number}.", intent="complaint", kind="text",
        commands=({"type": "open_case", "kind": kind, "what": "a bowl came broken"},),
    )  # fmt: skip
    said = await visitor.answers("it came broken")
    return str(said[0]["text"]).removeprefix("Your number is ").rstrip(".")


async def work(agent: DeskAgent, number: str, state: str, note: str | None = None) -> int:
    body = {"state": state, "note": note} if note is not None else {"state": state}
    response = await agent.client.post(f"/api/v1/desk/cases/{number}", json=body)
    return response.status_code


async def texts(visitor: Visitor) -> str:
    return "\n".join(message["text"] for message in await visitor.read())


async def a_day_later(server: Server, clock: TestClock) -> None:
    clock.push(hours=25)
    await server.tick()


async def test_a_case_is_worked_and_the_customer_told(server: Server, visitor: Visitor) -> None:
    agent = await server.agent()
    number = await opened(server, visitor)
    assert await work(agent, number, "in_progress") == 200
    assert await work(agent, number, "in_progress") == 200  # once more is nothing new
    assert await work(agent, number, "done") == 422  # not without saying what was done
    assert await work(agent, number, "lost") == 422
    assert await work(agent, "C-000000", "done", "x") == 404
    assert await work(agent, number, "done", "A new bowl left us today.") == 200
    told = [one for one in await visitor.read() if one["kind"] == "case"]
    assert [one["data"]["state"] for one in told] == ["in_progress", "done"]
    assert "A new bowl left us today." in told[-1]["text"]
    assert number in told[-1]["text"]
    case = (await agent.client.get(f"/api/v1/desk/cases/{number}")).json()
    assert [(step["state"], step["note"], step["by"]) for step in case["steps"]] == [
        ("in_progress", None, "Aya"),
        ("done", "A new bowl left us today.", "Aya"),
    ]
    assert (await visitor.client.get(f"/api/v1/desk/cases/{number}")).status_code == 401


async def test_after_the_fix_the_customer_is_asked_once_and_is_content(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    agent = await server.agent()
    number = await opened(server, visitor)
    await work(agent, number, "done", "A new bowl is on its way.")
    await server.stop()
    clock.push(hours=25)
    await server.start()
    visitor = server.again(visitor)
    said = await visitor.wait_for(lambda found: "content" in found[-1]["text"])
    await server.tick()
    assert (await texts(visitor)).count("Are you content") == 1
    assert (await visitor.press(said[-1]["buttons"][0]["id"])).status_code == 202
    assert "glad" in (await visitor.read())[-1]["text"]
    agent = await server.agent()
    case = (await agent.client.get(f"/api/v1/desk/cases/{number}")).json()
    assert (case["state"], case["feeling"]) == ("done", "good")
    assert (await visitor.press(said[-1]["buttons"][1]["id"])).status_code == 409


async def test_who_is_not_content_gets_the_case_opened_again_and_a_person(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    agent = await server.agent()
    number = await opened(server, visitor)
    await work(agent, number, "done", "A new bowl is on its way.")
    await a_day_later(server, clock)
    agent = await server.agent()
    said = await visitor.read()
    assert (await visitor.press(said[-1]["buttons"][1]["id"])).status_code == 202
    page = await visitor.page()
    assert page["state"] == "queued"
    assert any("isn't right yet" in one["text"] for one in page["messages"])
    case = (await agent.client.get(f"/api/v1/desk/cases/{number}")).json()
    assert (case["state"], case["feeling"]) == ("open", "bad")


@pytest.mark.parametrize("why", ["grief", "another complaint", "abuse", "reopened"])
async def test_nobody_is_asked_where_tact_forbids_it(
    server: Server, visitor: Visitor, clock: TestClock, why: str
) -> None:
    agent = await server.agent()
    number = await opened(server, visitor, "return")
    await work(agent, number, "done", "The money is on its way.")
    if why == "grief":
        server.brain.replies["my mother died"] = handover("delicate", "I'm so sorry.")
        await visitor.answers("my mother died")
        await agent.do(visitor.conversation_id, "claim")
        await agent.do(visitor.conversation_id, "resolve", reason="done")
        assert (await visitor.page())["rate"] is False
    elif why == "another complaint":
        await opened(server, visitor)
    elif why == "abuse":
        await agent.do(visitor.conversation_id, "label", add=["abuse"])
    else:
        await work(agent, number, "open", "We look at it again.")
    await a_day_later(server, clock)
    assert "Are you content" not in await texts(visitor)


async def test_a_rating_is_asked_for_where_nothing_speaks_against_it(
    server: Server, visitor: Visitor
) -> None:
    agent = await assigned(server, visitor)
    assert "rate" not in await visitor.page()
    await agent.do(visitor.conversation_id, "resolve", reason="done")
    assert (await visitor.page())["rate"] is True


async def test_a_promise_is_kept_by_what_was_promised(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    agent = await server.agent()
    server.brain.replies["do you have it in blue"] = answer(
        "I'll find out by {due}.", kind="text",
        commands=({"type": "promise", "what": "whether there is a blue one"},),
    )  # fmt: skip
    await visitor.answers("do you have it in blue")
    clock.push(hours=9)  # the shop is closed: that a person answers is promised, too
    await queued(server, visitor)
    agent = await server.agent()
    assert len(await tasks(agent)) == 2
    await agent.do(visitor.conversation_id, "claim")
    await agent.reply(visitor.conversation_id, "Hello, I'm looking into it.")
    [left] = await tasks(agent)
    assert left["what"] == "whether there is a blue one"
    clock.push(days=2)
    agent = await server.agent()
    [left] = await tasks(agent)
    assert left["overdue"] is True
    assert await act(agent, left, "move", at="2026-11-24T03:00:00+00:00") == 200
    assert "longer than we promised" in await texts(visitor)
    assert await act(agent, left, "done") == 200
    shape = (await agent.client.get(f"/api/v1/desk/conversations/{visitor.conversation_id}")).json()
    assert all(one["kept_at"] for one in shape["promises"])


async def test_who_gives_up_the_place_is_owed_no_answer(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    clock.push(hours=9)
    await queued(server, visitor)
    agent = await server.agent()
    assert len(await tasks(agent)) == 1
    body = {"action": "cancel"}
    assert (await visitor.client.post("/api/v1/visitor/ticket", json=body)).status_code == 204
    assert await tasks(agent) == []


async def test_a_card_after_a_bereavement_is_a_task_for_a_person(
    server: Server, visitor: Visitor
) -> None:
    agent = await server.agent()
    server.brain.replies["my mother died"] = answer(
        "I'm so sorry.", intent="inform", kind="text",
        commands=({"type": "card"}, {"type": "handover", "reason": "delicate"}),
    )  # fmt: skip
    await visitor.answers("my mother died")
    [card] = [one for one in await tasks(agent) if one["kind"] == "card"]
    assert card["conversation"] == visitor.conversation_id


@pytest.fixture
async def shop(tmp_path: Path, database_url: str, clock: TestClock, articles_cache: Path) -> Any:
    """A shop with signed-in customers."""
    (tmp_path / "cache").symlink_to(articles_cache)
    settings = settings_for(tmp_path, database_url, identity_secret=SECRET)
    running = Server(settings, ScriptedBrain(), clock)
    await running.start()
    yield running
    await running.stop()


async def test_signed_in_customers_are_asked_at_intervals_whether_they_recommend_us(
    shop: Server, clock: TestClock
) -> None:
    agent = await shop.agent()
    anonymous = await shop.visitor().arrive(lang="en")
    claims = {"sub": "K-1", "name": "Kenji", "exp": int(time.time()) + 3600}
    token = jwt.encode(claims, SECRET, algorithm="HS256")
    visitor = await shop.visitor().arrive(lang="en", identity=token)
    for one in (anonymous, visitor):
        await assigned_to(shop, one, agent)
        await agent.do(one.conversation_id, "resolve", reason="done")
    await a_day_later(shop, clock)
    assert "recommend" not in await texts(anonymous)
    question = (await visitor.read())[-1]
    assert [button["title"] for button in question["buttons"]] == [str(n) for n in range(11)]
    assert (await visitor.press(question["buttons"][9]["id"])).status_code == 202
    assert (await visitor.page())["state"] == "resolved"
    agent = await shop.agent()
    for days, asked in ((30, 1), (70, 2)):
        clock.push(days=days)
        agent = await shop.agent()
        await visitor.arrive()  # a token lives for ninety days from the last visit
        await visitor.answers("a person please")
        await agent.do((await visitor.page())["conversation_id"], "claim")
        await agent.do((await visitor.page())["conversation_id"], "resolve", reason="done")
        await a_day_later(shop, clock)
        assert (await texts(visitor)).count("recommend") == asked


async def assigned_to(server: Server, visitor: Visitor, agent: DeskAgent) -> None:
    await queued(server, visitor)
    assert (await agent.do(visitor.conversation_id, "claim")).status_code == 200


async def test_with_a_customer_goes_the_question_about_their_case(
    server: Server, visitor: Visitor
) -> None:
    agent = await server.agent()
    number = await opened(server, visitor)
    await work(agent, number, "done", "A new bowl left us today.")
    pending = select(timers.c.id).where(timers.c.subject == number)
    assert len(await server.db.reading(lambda c: c.execute(pending).all())) == 1
    assert (await visitor.client.delete("/api/v1/visitor/data")).status_code == 204
    assert await server.db.reading(lambda c: c.execute(pending).all()) == []
