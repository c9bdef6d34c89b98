"""Waiting for a person and being asked afterwards, on Telegram as on the website."""

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import jwt
import pytest

from tests.contract.telegram_bot_api import Chat, FakeBotApi, telegram_server, until
from tests.harness import Server, TestClock, answer, handover

SECRET = "a secret of the shop's own, long enough"
HUMAN = "a person please"


@pytest.fixture
def api() -> Iterator[FakeBotApi]:
    with FakeBotApi() as running:
        yield running


@pytest.fixture
async def server(
    tmp_path: Path, database_url: str, clock: TestClock, articles_cache: Path, api: FakeBotApi
) -> AsyncIterator[Server]:
    running = telegram_server(
        tmp_path, articles_cache, api.url, clock, database_url, identity_secret=SECRET
    )
    await running.start()
    try:
        await until(lambda: bool(api.called("setWebhook")))
        running.brain.replies[HUMAN] = handover()
        yield running
    finally:
        await running.stop()


@pytest.fixture
def chat(server: Server, api: FakeBotApi) -> Chat:
    return Chat(server, api, server.visitor().client)


async def says(chat: Chat, words: str) -> None:
    """The chat's newest message has these words."""
    await until(lambda: words in chat.api.tried(chat.id)[-1] if chat.shown() else False)


async def test_offers_come_after_half_a_minute_and_a_call_is_chosen_by_buttons(
    server: Server, chat: Chat, clock: TestClock
) -> None:
    aya = await server.agent()
    await chat.say(HUMAN)
    await says(chat, "A person will answer you here")
    clock.push(seconds=31)
    await server.tick()
    await says(chat, "Still nobody free")
    offered = await chat.buttons()
    assert [title for title, _ in offered] == [
        "I'll wait",
        "Leave a message instead",
        "Call me back",
        "Carry on with the assistant",
    ]
    await chat.press(dict(offered)["Call me back"], 1)
    await says(chat, "Which time suits you?")
    first = await chat.buttons()
    before = len(chat.shown())
    await chat.press(dict(first)["Other times"], 2)
    await until(lambda: len(chat.shown()) > before)
    later = await chat.buttons()
    assert later[0] != first[0]
    title, button = later[0]
    await chat.press(button, 3)
    await says(chat, f"someone will write to you here at {title}")
    [task] = (await aya.client.get("/api/v1/desk/tasks")).json()["tasks"]
    assert (task["kind"], task["contact"]) == ("callback", "chat")
    # A number typed here is where they want to be called, and a tap takes the call back.
    server.brain.replies["090-1234-5678"] = answer("Pardon?", understood=False, kind="text")
    await chat.say("090-1234-5678")
    await says(chat, "call you on +81 90-1234-5678")
    await chat.press(dict(await chat.buttons())["Cancel the call"], 4)
    await says(chat, "the call is cancelled")
    assert (await aya.client.get("/api/v1/desk/tasks")).json()["tasks"] == []


async def test_a_call_that_comes_near_is_remembered_and_one_that_was_missed_apologised_for(
    server: Server, chat: Chat, clock: TestClock
) -> None:
    await server.agent()
    await chat.say(HUMAN)
    await says(chat, "A person will answer you here")
    clock.push(seconds=31)
    await server.tick()
    await says(chat, "Still nobody free")
    await chat.press(dict(await chat.buttons())["Call me back"], 1)
    await says(chat, "Which time suits you?")
    await chat.press((await chat.buttons())[0][1], 2)
    await says(chat, "someone will write to you here")
    clock.push(minutes=76)
    await server.tick()
    await says(chat, "A reminder")
    clock.push(minutes=40)
    await server.tick()
    await says(chat, "we promised to be in touch")
    assert await chat.buttons()  # new times


async def test_after_a_case_the_customer_is_asked_in_the_chat_and_an_unhappy_one_gets_a_person(
    server: Server, chat: Chat, clock: TestClock
) -> None:
    aya = await server.agent()
    server.brain.replies["it came broken"] = answer(
        "Your number is {case_number}.", intent="complaint", kind="text",
        commands=({"type": "open_case", "kind": "complaint", "what": "a bowl came broken"},),
    )  # fmt: skip
    await chat.say("it came broken")
    await says(chat, "Your number is")
    number = chat.api.tried(chat.id)[-1].removeprefix("Your number is ").rstrip(".")
    body = {"state": "done", "note": "A new bowl left us today."}
    assert (await aya.client.post(f"/api/v1/desk/cases/{number}", json=body)).status_code == 200
    await says(chat, "A new bowl left us today.")
    clock.push(hours=25)
    await server.tick()
    await says(chat, "Are you content")
    await chat.press(dict(await chat.buttons())["No, not yet"], 1)
    await until(lambda: any("opened your request" in text for text in chat.api.tried(chat.id)))
    aya = await server.agent()
    case = (await aya.client.get(f"/api/v1/desk/cases/{number}")).json()
    assert (case["state"], case["feeling"]) == ("open", "bad")
    found = (await aya.client.get("/api/v1/desk/conversations?state=queued")).json()
    assert len(found["conversations"]) == 1


async def test_a_signed_in_customer_is_asked_on_telegram_whether_they_recommend_us(
    server: Server, chat: Chat, clock: TestClock
) -> None:
    aya = await server.agent()
    claims = {"sub": "K-1", "name": "Kenji", "exp": int(time.time()) + 3600}
    identity = jwt.encode(claims, SECRET, algorithm="HS256")
    visitor = await server.visitor().arrive(lang="en", identity=identity)
    made = await visitor.client.post("/api/v1/visitor/link", json={"channel": "telegram"})
    await chat.send("command", text=f"/start {made.json()['url'].partition('start=')[2]}")
    await says(chat, "goes on here on Telegram")
    await chat.say(HUMAN)
    await says(chat, "A person will answer you here")
    await aya.do(visitor.conversation_id, "claim")
    await aya.do(visitor.conversation_id, "resolve", reason="done")
    clock.push(hours=25)
    await server.tick()
    await says(chat, "how likely are you to recommend")
    scores = await chat.buttons()
    assert [title for title, _ in scores] == [str(score) for score in range(11)]
    await chat.press(dict(scores)["9"], 1)
    await says(chat, "Thank you for telling us.")
