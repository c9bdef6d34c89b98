"""One conversation on the website and on Telegram: linking, going on, leaving again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from support.store.schema import link_codes, outbox, threads
from tests.contract.telegram_bot_api import Chat, FakeBotApi, telegram_server, until
from tests.harness import Server, TestClock, Visitor, handover


@pytest.fixture
def api() -> Iterator[FakeBotApi]:
    with FakeBotApi() as running:
        yield running


@pytest.fixture
async def server(
    tmp_path: Path, database_url: str, clock: TestClock, articles_cache: Path, api: FakeBotApi
) -> AsyncIterator[Server]:
    running = telegram_server(tmp_path, articles_cache, api.url, clock, database_url)
    await running.start()
    try:
        # Until the bot's name is known, and with it where to go on.
        visitor = await running.visitor().arrive(lang="en")
        async with asyncio.timeout(60):
            while not (await visitor.page())["links"]:
                await asyncio.sleep(0.02)
        await visitor.client.delete("/api/v1/visitor/data")
        yield running
    finally:
        await running.stop()


@pytest.fixture
def chat(server: Server, api: FakeBotApi) -> Chat:
    return Chat(server, api, server.visitor().client)


async def invited(visitor: Visitor) -> str:
    """The code of a new link."""
    response = await visitor.client.post("/api/v1/visitor/link", json={"channel": "telegram"})
    assert response.status_code == 201, response.text
    address = urlsplit(response.json()["url"])
    assert (address.scheme, address.netloc, address.path) == ("https", "t.me", "/hanamori_bot")
    return parse_qs(address.query)["start"][0]


async def all_sent(server: Server) -> None:
    """Until nothing waits to be sent: what was stored and isn't in the chat by then won't be."""
    waiting = select(func.count()).select_from(outbox).where(outbox.c.state == "pending")
    async with asyncio.timeout(60):
        while await server.db.reading(lambda connection: connection.execute(waiting).scalar_one()):
            await asyncio.sleep(0.02)


async def start(chat: Chat, code: str) -> None:
    await chat.send("command", text=f"/start {code}")


async def linked(visitor: Visitor, chat: Chat) -> None:
    await start(chat, await invited(visitor))
    await until(lambda: any("goes on here on Telegram" in text for text in chat.api.tried(chat.id)))


async def links_of(visitor: Visitor) -> list[dict[str, Any]]:
    return list((await visitor.page())["links"])


def texts(found: list[dict[str, Any]]) -> list[str]:
    return [message["text"] for message in found]


async def test_telegram_is_offered_and_linked(visitor: Visitor, chat: Chat) -> None:
    assert await links_of(visitor) == [{"channel": "telegram", "linked": False, "preferred": False}]
    async with visitor.events() as events:
        assert (await events.until("state"))["links"][0]["linked"] is False
        await linked(visitor, chat)
        assert (await events.until("state"))["links"][0]["linked"] is True


async def test_what_was_said_is_found_again_and_goes_on_in_both(
    server: Server, visitor: Visitor, chat: Chat, api: FakeBotApi
) -> None:
    await visitor.answers("hello")
    await linked(visitor, chat)
    assert api.tried(chat.id)[:2] == ["You, on the website:\nhello", "1: hello"]
    before = len(api.tried(chat.id))

    await chat.say("from the train")
    # The assistant remembers, and answers where it was asked; the page shows both at once.
    assert (await chat.texts(before + 1))[-1] == "2: from the train"
    said = await visitor.wait_for(lambda found: texts(found)[-1:] == ["2: from the train"])
    assert [m["channel"] for m in said[:2]] == ["website", "website"]
    assert [m["channel"] for m in said[-2:]] == ["telegram", "telegram"]
    assert said[-2]["text"] == "from the train"

    # Back on the page: answers go there, and Telegram isn't bothered ...
    await visitor.answers("at home")
    await all_sent(server)
    assert len(api.tried(chat.id)) == before + 1
    # ... until it is used again, and shows what was missed first.
    await chat.say("out again")
    shown = (await chat.texts(before + 4))[before + 1 :]
    assert shown == ["You, on the website:\nat home", "3: at home", "4: out again"]


async def test_the_agent_comes_along(
    server: Server, visitor: Visitor, chat: Chat, api: FakeBotApi
) -> None:
    server.brain.replies["a person please"] = handover()
    await visitor.answers("a person please")
    agent = await server.agent("Aya")
    await agent.do(visitor.conversation_id, "claim")
    await linked(visitor, chat)
    await chat.say("I am on my way")
    await agent.reply(visitor.conversation_id, "Have a good trip.")
    await until(lambda: api.tried(chat.id)[-1] == "Aya: Have a good trip.")
    page = await agent.client.get(f"/api/v1/desk/conversations/{visitor.conversation_id}/messages")
    by_text = {m["text"]: m["channel"] for m in page.json()["messages"]}
    assert by_text["a person please"] == "website"
    assert by_text["I am on my way"] == "telegram"
    found = await agent.client.get("/api/v1/desk/conversations", params={"channel": "telegram"})
    assert [c["id"] for c in found.json()["conversations"]] == [visitor.conversation_id]


async def test_preferred_channel_gets_every_answer(
    server: Server, visitor: Visitor, chat: Chat, api: FakeBotApi
) -> None:
    await linked(visitor, chat)
    titles = dict(await chat.buttons())
    await chat.press(titles["Always answer on Telegram"], 1)
    await until(lambda: "always come to you" in api.tried(chat.id)[-1])
    assert (await links_of(visitor))[0]["preferred"] is True
    before = len(api.tried(chat.id))
    await visitor.answers("from the page")
    assert (await chat.texts(before + 2))[before:] == [
        "You, on the website:\nfrom the page",
        "1: from the page",
    ]
    own, answer = chat.shown()[-2:]
    assert own["disable_notification"] is True
    assert "disable_notification" not in answer

    response = await visitor.client.post("/api/v1/visitor/link/preferred", json={"channel": None})
    assert response.status_code == 204
    assert (await visitor.read())[-1]["text"] == "All right, I answer where you write from now on."
    await visitor.answers("only here")
    await all_sent(server)
    assert "1: only here" not in " ".join(api.tried(chat.id))


async def test_a_preference_is_taken_back_in_the_chat_without_ending_the_link(
    visitor: Visitor, chat: Chat, api: FakeBotApi
) -> None:
    await linked(visitor, chat)
    await chat.press(dict(await chat.buttons())["Always answer on Telegram"], 1)
    await until(lambda: "always come to you" in api.tried(chat.id)[-1])
    await chat.press(dict(await chat.buttons())["Answer where I write"], 2)
    await until(lambda: "I answer where you write" in api.tried(chat.id)[-1])
    assert await links_of(visitor) == [{"channel": "telegram", "linked": True, "preferred": False}]


async def test_nothing_can_be_preferred_that_is_not_linked(visitor: Visitor) -> None:
    response = await visitor.client.post(
        "/api/v1/visitor/link/preferred", json={"channel": "telegram"}
    )
    assert (response.status_code, response.json()["error"]["code"]) == (409, "not_linked")


@pytest.mark.parametrize("channel", ["website", "email", "webhook", ""])
async def test_only_what_is_offered_can_be_linked(visitor: Visitor, channel: str) -> None:
    response = await visitor.client.post("/api/v1/visitor/link", json={"channel": channel})
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_offered")


async def refused(chat: Chat, visitor: Visitor) -> None:
    """The chat was told kindly, and goes on by itself."""
    await until(lambda: "can't be used any more" in "".join(chat.api.tried(chat.id)))
    assert (await links_of(visitor))[0]["linked"] is False
    before = len(chat.api.tried(chat.id))
    await chat.say("only mine")
    await chat.texts(before + 1)
    assert "only mine" not in texts(await visitor.read())


async def test_an_old_code_links_nothing(visitor: Visitor, chat: Chat, clock: TestClock) -> None:
    code = await invited(visitor)
    clock.push(minutes=10, seconds=1)
    await start(chat, code)
    await refused(chat, visitor)


async def test_a_code_lives_ten_minutes(visitor: Visitor, clock: TestClock) -> None:
    response = await visitor.client.post("/api/v1/visitor/link", json={"channel": "telegram"})
    expires_at = datetime.fromisoformat(response.json()["expires_at"])
    assert timedelta(minutes=9) < expires_at - clock() <= timedelta(minutes=10)


@pytest.mark.parametrize("code", ["A" * 32, "x", "../../etc", "a" * 64])
async def test_a_guessed_code_links_nothing(visitor: Visitor, chat: Chat, code: str) -> None:
    await invited(visitor)
    await start(chat, code)
    await chat.texts(1)
    assert (await links_of(visitor))[0]["linked"] is False


async def test_a_stolen_code_is_worth_nothing_once_it_was_used(
    server: Server, visitor: Visitor, chat: Chat, api: FakeBotApi
) -> None:
    code = await invited(visitor)
    thief = Chat(server, api, chat.client)
    await start(chat, code)
    await until(lambda: "goes on here" in "".join(api.tried(chat.id)))
    await start(thief, code)
    await until(lambda: "can't be used any more" in "".join(api.tried(thief.id)))
    await chat.say("secret")
    await visitor.wait_for(lambda found: "secret" in texts(found))
    await all_sent(server)
    assert "secret" not in "".join(api.tried(thief.id))


async def test_of_two_that_come_at_once_one_is_linked(
    server: Server, visitor: Visitor, api: FakeBotApi
) -> None:
    code = await invited(visitor)
    chats = [Chat(server, api, server.visitor().client) for _ in range(4)]
    await asyncio.gather(*(start(one, code) for one in chats))

    def told(words: str) -> int:
        return sum(words in "".join(api.tried(one.id)) for one in chats)

    await until(lambda: told("goes on here") + told("can't be used any more") == 4)
    assert told("goes on here") == 1


async def test_a_newer_code_takes_the_place_of_the_older(visitor: Visitor, chat: Chat) -> None:
    older = await invited(visitor)
    await invited(visitor)
    await start(chat, older)
    await refused(chat, visitor)


async def test_codes_are_not_stored(server: Server, visitor: Visitor) -> None:
    code = await invited(visitor)
    kept = await server.db.reading(lambda c: c.execute(select(link_codes)).all())
    assert len(kept) == 1
    assert code not in repr(kept)


async def test_unlinking_is_one_tap_in_telegram(
    server: Server, visitor: Visitor, chat: Chat, api: FakeBotApi
) -> None:
    await visitor.answers("mine")
    await linked(visitor, chat)
    titles = dict(await chat.buttons())
    await chat.press(titles["Disconnect Telegram"], 1)
    await until(lambda: "no longer connected" in api.tried(chat.id)[-1])
    assert (await links_of(visitor))[0]["linked"] is False
    assert "no longer connected" in texts(await visitor.read())[-1]
    before = len(api.tried(chat.id))
    await chat.say("alone again")
    assert (await chat.texts(before + 1))[-1] == "1: alone again"
    await visitor.answers("still here")
    assert "alone again" not in texts(await visitor.read())
    await all_sent(server)
    assert "still here" not in "".join(api.tried(chat.id))


async def test_unlinking_on_the_page_tells_both(
    visitor: Visitor, chat: Chat, api: FakeBotApi
) -> None:
    await linked(visitor, chat)
    await visitor.answers("back on the page")
    for _ in range(2):
        response = await visitor.client.delete("/api/v1/visitor/link")
        assert response.status_code == 204
    await until(lambda: "no longer connected" in api.tried(chat.id)[-1])
    told = [text for text in texts(await visitor.read()) if "no longer connected" in text]
    assert len(told) == 1


async def test_the_chats_own_past_becomes_history_and_keeps_its_place(
    server: Server, visitor: Visitor, chat: Chat, api: FakeBotApi, clock: TestClock
) -> None:
    server.brain.replies["a person please"] = handover()
    await chat.say("a person please")
    await until(
        lambda: (
            "A person will answer" in "".join(api.tried(chat.id))
            or bool("answer you" in "".join(api.tried(chat.id)))
        )
    )
    clock.push(minutes=5)
    await visitor.answers("hello")
    await linked(visitor, chat)
    page = await visitor.page()
    # Who waited for a person still does, since then, in the conversation that goes on.
    assert page["state"] == "queued"
    agent = await server.agent("Aya")
    found = await agent.client.get("/api/v1/desk/conversations", params={"state": "queued"})
    waiting = found.json()["conversations"]
    assert [one["id"] for one in waiting] == [visitor.conversation_id]
    assert waiting[0]["waiting_s"] >= 300
    shown = (await agent.client.get(f"/api/v1/desk/conversations/{visitor.conversation_id}")).json()
    assert [(e["state"], e["channel"]) for e in shown["earlier"]] == [("resolved", "telegram")]
    # Nothing was merged: the page doesn't show what the chat had said.
    assert "a person please" not in texts(await visitor.read())
    # What is history isn't taken up again beside it.
    response = await agent.do(shown["earlier"][0]["id"], "reopen")
    assert response.status_code == 409


async def test_a_chat_can_move_to_another_conversation(
    server: Server, visitor: Visitor, chat: Chat, api: FakeBotApi
) -> None:
    await linked(visitor, chat)
    other = await server.visitor().arrive(lang="en")
    await start(chat, await invited(other))
    await until(lambda: "".join(api.tried(chat.id)).count("goes on here") == 2)
    assert (await links_of(visitor))[0]["linked"] is False
    await chat.say("which one?")
    await other.wait_for(lambda found: "which one?" in texts(found))
    assert "which one?" not in texts(await visitor.read())


async def test_whose_answer_waits_on_the_page_learns_of_telegram(
    server: Server, visitor: Visitor
) -> None:
    server.brain.replies["a person please"] = handover()
    await visitor.answers("a person please")
    told = (await visitor.read())[-1]["text"]
    assert "will wait for you here" in told
    assert '"Continue on Telegram" in the menu' in told


async def test_an_answer_nobody_reads_goes_to_telegram(
    server: Server, visitor: Visitor, chat: Chat, api: FakeBotApi, clock: TestClock
) -> None:
    server.brain.replies["a person please"] = handover()
    await linked(visitor, chat)
    await visitor.answers("a person please")
    # Who can be reached on Telegram isn't told where else the answer will be.
    assert not any("will wait for you here" in m["text"] for m in await visitor.read())
    agent = await server.agent("Aya")
    await agent.do(visitor.conversation_id, "claim")
    await agent.reply(visitor.conversation_id, "We found your parcel.")
    await all_sent(server)
    assert "Aya: We found your parcel." not in api.tried(chat.id)
    clock.push(minutes=3)
    await server.tick()
    await until(lambda: api.tried(chat.id)[-1] == "Aya: We found your parcel.")


async def test_erasing_on_the_page_erases_what_the_chat_said_too(
    server: Server, visitor: Visitor, chat: Chat, api: FakeBotApi
) -> None:
    await chat.say("my name is Hana")
    await chat.texts(1)
    await linked(visitor, chat)
    response = await visitor.client.delete("/api/v1/visitor/data")
    assert response.status_code == 204
    left = await server.db.reading(lambda c: c.execute(select(threads.c.id)).all())
    assert left == []
    before = len(api.tried(chat.id))
    await chat.say("hello?")
    assert (await chat.texts(before + 1))[-1] == "1: hello?"


async def test_without_telegram_nothing_is_offered(
    tmp_path: Path, articles_cache: Path, clock: TestClock
) -> None:
    server = telegram_server(tmp_path, articles_cache, "http://x", clock, telegram_token=None)
    await server.start()
    try:
        visitor = await server.visitor().arrive(lang="en")
        assert await links_of(visitor) == []
        response = await visitor.client.post("/api/v1/visitor/link", json={"channel": "telegram"})
        assert response.status_code == 404
    finally:
        await server.stop()
