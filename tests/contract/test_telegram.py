"""Telegram by webhook: what customers write and see in their chat, and what agents see of it."""

import asyncio
import contextlib
import io
import json
import logging
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from PIL import Image
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from support.brain import Reply
from support.store.schema import messages, outbox, threads
from tests.contract.telegram_bot_api import (
    BLOCKED,
    BROKEN,
    SECRET,
    TOKEN,
    UPDATES,
    Chat,
    FakeBotApi,
    later,
    limited,
    telegram_server,
    until,
)
from tests.harness import (
    DeskAgent,
    Server,
    TestClock,
    answer,
    handover,
)

TEXT_ONLY = "I can't see what you sent"
# One server for all: each test has a chat, or chats, of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def clock() -> TestClock:
    return TestClock()


@pytest.fixture(scope="module")
def api() -> Iterator[FakeBotApi]:
    with FakeBotApi() as running:
        yield running


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def folder_and_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("telegram")
    if request.param == "postgresql":
        return folder, request.getfixturevalue("new_postgres")()
    shutil.copy(sqlite_template, folder / "omotenashi.sqlite3")
    return folder, f"sqlite:///{folder / 'omotenashi.sqlite3'}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(
    folder_and_database: tuple[Path, str],
    articles_cache: Path,
    api: FakeBotApi,
    clock: TestClock,
) -> AsyncIterator[Server]:
    folder, database_url = folder_and_database
    running = telegram_server(folder, articles_cache, api.url, clock, database_url)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture(scope="module")
def client(server: Server) -> httpx.AsyncClient:
    return server.visitor().client


@pytest.fixture
def chat(server: Server, api: FakeBotApi, client: httpx.AsyncClient) -> Chat:
    return Chat(server, api, client)


async def stored(server: Server, chat: Chat) -> list[str]:
    """The texts of the chat's messages, whoever wrote them."""
    query = (
        select(messages.c.text)
        .join(threads, threads.c.id == messages.c.thread_id)
        .where(threads.c.address == str(chat.id))
        .order_by(messages.c.seq)
    )
    return await server.db.reading(lambda c: list(c.execute(query).scalars()))


async def rows(server: Server, chat: Chat) -> list[tuple[str, int]]:
    """(state, attempts) of what was to go to the chat."""
    query = (
        select(outbox.c.state, outbox.c.attempts)
        .where(outbox.c.address == str(chat.id))
        .order_by(outbox.c.id)
    )
    found = await server.db.reading(lambda c: c.execute(query).all())
    return [(row.state, row.attempts) for row in found]


async def settled(server: Server, chat: Chat, wanted: list[tuple[str, int]]) -> None:
    try:
        async with asyncio.timeout(60):
            while await rows(server, chat) != wanted:
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"there is {await rows(server, chat)}") from None


async def put_off(server: Server, chat: Chat, seconds: int) -> None:
    """Wait until Telegram's own limit has been understood."""
    query = select(outbox.c.error).where(outbox.c.address == str(chat.id)).order_by(outbox.c.id)
    async with asyncio.timeout(60):
        while await server.db.reading(lambda c: c.execute(query.limit(1)).scalar()) != (
            f"again in {seconds}.0 s"
        ):
            await asyncio.sleep(0.02)


async def in_queue(server: Server, chat: Chat) -> str:
    """The chat's conversation, handed over."""
    server.brain.replies["a person please"] = handover()
    before = len(chat.shown())
    await chat.say("a person please")
    await chat.texts(before + 1)
    return await conversation_of(server, chat)


async def conversation_of(server: Server, chat: Chat) -> str:
    query = select(messages.c.conversation_id).join(threads, threads.c.id == messages.c.thread_id)
    query = query.where(threads.c.address == str(chat.id)).order_by(messages.c.id.desc()).limit(1)
    return str(await server.db.reading(lambda c: c.execute(query).scalar_one()))


def confirmations(api: FakeBotApi, chat: Chat) -> list[dict[str, Any]]:
    """What was told to the chat's customer about presses."""
    called = api.called("answerCallbackQuery")
    return [c for c in called if str(c["callback_query_id"]).startswith(f"{chat.id}-")]


async def desk_messages(agent: DeskAgent, conversation_id: str) -> list[dict[str, Any]]:
    response = await agent.client.get(f"/api/v1/desk/conversations/{conversation_id}/messages")
    assert response.status_code == 200, response.text
    return list(response.json()["messages"])


# The way in ------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1], SECRET + "x"])
async def test_without_the_secret_nothing_is_stored(
    server: Server, chat: Chat, secret: str | None
) -> None:
    response = await chat.deliver(chat.update("text"), secret)
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "forbidden"
    assert await stored(server, chat) == []


async def test_a_secret_in_strange_characters_is_just_wrong(server: Server, chat: Chat) -> None:
    for secret in (b"\xe3\x81\x82", b"\xff\xfe"):
        response = await chat.client.post(
            "/telegram/webhook", headers=[(b"X-Telegram-Bot-Api-Secret-Token", secret)]
        )
        assert response.status_code in (400, 403)
    await chat.say("hello")
    assert await chat.texts(1) == ["1: hello"]


async def test_text_comes_in_and_answers_go_out_in_order(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    for number in range(1, 6):
        await chat.say(f"question {number}")
        await chat.texts(number)
    assert api.tried(chat.id) == [f"{n}: question {n}" for n in range(1, 6)]
    await settled(server, chat, [("sent", 0)] * 5)


async def test_an_update_that_comes_twice_is_one_message(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    update = chat.update("text")
    responses = await asyncio.gather(*(chat.deliver(update) for _ in range(8)))
    assert {r.status_code for r in responses} == {200}
    await chat.texts(1)
    await chat.deliver(update)
    await chat.say("and another")
    assert await chat.texts(2) == ["1: How much is delivery to Osaka?", "2: and another"]
    assert len(await stored(server, chat)) == 4


async def test_a_chats_first_updates_may_come_at_once(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    updates = [chat.update("text", text=f"{n}") for n in range(4)]
    responses = await asyncio.gather(*(chat.deliver(update) for update in updates * 2))
    assert {r.status_code for r in responses} == {200}
    await chat.texts(1)
    asked = [text for text in await stored(server, chat) if ":" not in text]
    assert sorted(asked) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("name", sorted(path.stem for path in UPDATES.glob("*.json")))
async def test_every_kind_of_update_is_taken_quietly(server: Server, chat: Chat, name: str) -> None:
    for _ in range(2):
        response = await chat.deliver(chat.update(name))
        assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"3",
        b'"text"',
        b"{}",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"update_id": 1}',
        b'{"update_id": "one", "message": null}',
        b'{"update_id": 1, "message": 5}',
        b'{"update_id": 1, "message": {"chat": {"type": "private"}}}',
        b'{"update_id": 1, "message": {"message_id": 1, "date": 1, "text": "x",'
        b' "chat": {"id": "one", "type": "private"}}}',
        b'{"update_id": 1, "message": {"message_id": 1, "date": 99999999999999999, "text": "x",'
        b' "chat": {"id": 1, "type": "private"}}}',
        b'{"update_id": 1, "message": {"message_id": 1, "date": 1, "text": 5,'
        b' "chat": {"id": 1, "type": "private"}}}',
        b'{"update_id": 1, "callback_query": {"id": "1", "from": {"id": 1}, "data": "x"}}',
    ],
)
async def test_what_nobody_can_read_is_taken_quietly(
    server: Server, chat: Chat, body: bytes
) -> None:
    response = await chat.deliver(body)
    assert (response.status_code, response.content) == (200, b"")


async def test_half_a_character_is_no_reason_to_fail(server: Server, chat: Chat) -> None:
    await chat.say("tea \ud83c and\x00 cups")
    assert await chat.texts(1) == ["1: tea \ufffd and cups"]
    response = await chat.deliver(chat.update("callback_query", data="\ud83c"))
    assert response.status_code == 200


async def test_a_message_longer_than_ours_is_kept_whole(server: Server, chat: Chat) -> None:
    text = "a" * 3000 + " " + "b" * 1095
    await chat.say(text)
    await chat.texts(1)
    assert " ".join((await stored(server, chat))[:2]) == text


async def test_only_private_chats_are_answered(server: Server, chat: Chat) -> None:
    for name in ("group_message", "channel_post", "edited_message", "new_chat_members"):
        await chat.send(name)
    assert await stored(server, chat) == []


@pytest.mark.parametrize("name", ["sticker", "location", "contact", "video", "video_note"])
async def test_what_is_no_text_is_answered_fittingly(server: Server, chat: Chat, name: str) -> None:
    await chat.send(name)
    assert TEXT_ONLY in (await chat.texts(1))[0]
    assert len(await stored(server, chat)) == 1


async def test_a_caption_is_read(server: Server, api: FakeBotApi, chat: Chat) -> None:
    update = chat.update("photo_with_caption")
    api.stored[update["message"]["photo"][-1]["file_id"]] = picture()
    await chat.deliver(update)
    assert await chat.texts(1) == ["1: The teapot of shop.example arrived broken"]
    agent = await server.agent("Rin")
    await files_at_desk(agent, await conversation_of(server, chat), 1)
    # The words are answered; the picture needs no thanks beside.
    assert len(chat.shown()) == 1


async def test_an_album_is_thanked_for_once(server: Server, api: FakeBotApi, chat: Chat) -> None:
    for number in range(4):
        update = chat.update("album")
        update["message"]["photo"][-1]["file_id"] = f"album-{number}"
        api.stored[f"album-{number}"] = picture(40 + number)
        await chat.deliver(update)
    await chat.texts(1)
    agent = await server.agent("Sora")
    await files_at_desk(agent, await conversation_of(server, chat), 4)
    await asyncio.sleep(0.2)
    assert len(chat.shown()) == 1


async def test_a_japanese_customer_is_spoken_to_in_japanese(server: Server, chat: Chat) -> None:
    person = {"id": chat.id, "is_bot": False, "first_name": "花", "language_code": "ja"}
    await chat.send("text", text="/start", **{"from": person})
    assert "花森" in (await chat.texts(1))[0]


# Commands --------------------------------------------------------------------------------------


async def test_commands(server: Server, chat: Chat) -> None:
    expected = {
        "/start": "automated assistant",
        "/help@hanamori_bot": "/order looks up",
        "/order HN-10234": "HN-10234",
        "/order\nHN-10235": "HN-10235",
        "/order": "Where is my order?",
        "/human": "talk to a person",
        "/privacy": "hello@",
        "/language": "日本語",
        "/Language": "in English",
        "/nonsense": "/order looks up",
    }
    for number, (command, wanted) in enumerate(expected.items(), 1):
        await chat.send("command", text=command)
        assert wanted in (await chat.texts(number))[-1]
    assert "{" not in "".join(chat.api.tried(chat.id))


async def test_the_menu_is_set_in_both_languages(server: Server, api: FakeBotApi) -> None:
    await until(lambda: len(api.called("setMyCommands")) >= 2)
    menus = {c.get("language_code"): c["commands"] for c in api.called("setMyCommands")}
    assert set(menus) == {None, "ja"}
    assert [c["command"] for c in menus[None]] == [c["command"] for c in menus["ja"]]


async def test_a_new_matter_begins_afresh(server: Server, chat: Chat, clock: TestClock) -> None:
    await chat.say("hello")
    await chat.texts(1)
    first = await conversation_of(server, chat)
    await chat.send("command", text="/new")
    await chat.texts(2)
    await chat.say("hello again")
    # The assistant remembers nothing of the matter before.
    assert (await chat.texts(3))[2] == "1: hello again"
    assert await conversation_of(server, chat) != first


async def test_a_slash_is_only_text_for_a_person(server: Server, chat: Chat) -> None:
    conversation_id = await in_queue(server, chat)
    agent = await server.agent("Chie")
    assert (await agent.do(conversation_id, "claim")).status_code == 200
    await chat.send("command", text="/tmp is what the label says")
    said = await desk_messages(agent, conversation_id)
    assert (said[-1]["author"], said[-1]["text"]) == ("customer", "/tmp is what the label says")


# Buttons ---------------------------------------------------------------------------------------


async def test_buttons_are_offered_and_a_press_counts_once(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    long_payload = "/choose" + '{"item": "tea"}' * 20
    server.brain.replies["tea"] = answer(
        "Which one?", kind="choice", buttons=(("Green", long_payload), ("Black", "/black"))
    )
    server.brain.replies[long_payload] = answer("Green it is.", kind="text")
    await chat.say("tea")
    await chat.texts(1)
    (title, green), (_, black) = await chat.buttons()
    assert title == "Green"
    assert len(green.encode()) <= 64

    await asyncio.gather(chat.press(green, 1), chat.press(green, 2))
    await chat.press(black, 3)
    await chat.texts(2)
    await until(lambda: len(confirmations(api, chat)) == 3)
    told = [c.get("text") for c in confirmations(api, chat)]
    assert sorted(text is not None for text in told) == [False, True, True]
    await chat.say("and now")
    assert (await chat.texts(3))[1:] == ["Green it is.", "2: and now"]


async def test_a_press_nobody_can_confirm_still_counts(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    server.brain.replies["tea"] = answer("Which?", kind="choice", buttons=(("Green", "/green"),))
    await chat.say("tea")
    await chat.texts(1)
    (_, green), *_ = await chat.buttons()
    api.refuse["answerCallbackQuery", 0].append((400, {"description": "query is too old"}))
    await chat.press(green, 1)
    assert (await chat.texts(2))[1].endswith("/green")


async def test_buttons_of_another_chat_do_nothing(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    server.brain.replies["tea"] = answer("Which?", kind="choice", buttons=(("Green", "/green"),))
    await chat.say("tea")
    await chat.texts(1)
    (_, green), *_ = await chat.buttons()
    other = Chat(server, api, chat.client)
    await other.press(green, 1)
    await until(lambda: len(confirmations(api, other)) == 1)
    assert await stored(server, other) == []


# The way out -----------------------------------------------------------------------------------


async def test_an_article_comes_with_its_address(server: Server, chat: Chat) -> None:
    data = {"id": "delivery-cost", "title": "What delivery costs", "url": "/help/en/delivery-cost"}
    reply = Reply("660 yen in Japan.", "article", data, ())
    server.brain.replies["delivery?"] = replace(answer(), replies=(reply,))
    await chat.say("delivery?")
    assert await chat.texts(1) == ["660 yen in Japan.\n\nWhat delivery costs"]
    address = "http://shop.example/help/en/delivery-cost"
    assert chat.shown()[0]["html"].endswith(f'<a href="{address}">What delivery costs</a>')
    assert chat.shown()[0]["link_preview_options"] == {"is_disabled": True}


async def test_a_blocked_bot_shows_as_undeliverable(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    conversation_id = await in_queue(server, chat)
    agent = await server.agent("Ben")
    await agent.do(conversation_id, "claim")
    await until(lambda: "Ben" in api.tried(chat.id)[-1])
    api.blocked.add(chat.id)
    await agent.reply(conversation_id, "Here is your refund.")
    await agent.reply(conversation_id, "Anything else?")
    await until(lambda: api.tried(chat.id)[-1] == "Ben: Anything else?")
    async with asyncio.timeout(60):
        while True:
            said = await desk_messages(agent, conversation_id)
            mine = [m for m in said if m["author"] == "agent"]
            told = [(d["channel"], d["state"]) for m in mine for d in m.get("deliveries", ())]
            if told == [("telegram", "failed")] * 2:
                break
            await asyncio.sleep(0.05)


async def test_what_waits_for_somebody_who_blocks_us_is_given_up(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    api.refuse["sendMessage", chat.id].append(limited(600))
    await chat.say("hello")
    await put_off(server, chat, 600)
    await chat.send("my_chat_member_blocked")
    await settled(server, chat, [("failed", 0)])
    await chat.send("my_chat_member_unblocked")
    await chat.say("I am back")
    assert await chat.texts(2) == ["1: hello", "2: I am back"]


async def test_telegrams_limit_is_honoured_and_is_no_attempt(
    server: Server, api: FakeBotApi, chat: Chat, clock: TestClock
) -> None:
    api.refuse["sendMessage", chat.id].extend([limited(40), limited(30)])
    with clock.standing():
        await _limit_is_honoured(server, api, chat, clock)


async def _limit_is_honoured(server: Server, api: FakeBotApi, chat: Chat, clock: TestClock) -> None:
    await chat.say("one")
    await put_off(server, chat, 40)
    await chat.say("two")
    other = Chat(server, api, chat.client)
    await other.say("others go on")
    await other.texts(1)
    await settled(server, chat, [("pending", 0), ("pending", 0)])
    later(server, clock, 20)
    await asyncio.sleep(0.3)
    assert api.tried(chat.id) == ["1: one"]
    later(server, clock, 21)
    await put_off(server, chat, 30)
    await settled(server, chat, [("pending", 0), ("pending", 0)])
    later(server, clock, 31)
    await settled(server, chat, [("sent", 0), ("sent", 0)])
    assert api.tried(chat.id) == ["1: one", "1: one", "1: one", "2: two"]


async def test_what_fails_is_tried_again_in_order(
    server: Server, api: FakeBotApi, chat: Chat, clock: TestClock
) -> None:
    api.refuse["sendMessage", chat.id].extend([BROKEN, BROKEN])
    with clock.standing():  # or it is tried again by itself, when two seconds are over
        await chat.say("one")
        await settled(server, chat, [("pending", 1)])
        await chat.say("two")
        await settled(server, chat, [("pending", 1), ("pending", 0)])
        later(server, clock, 30)
        await settled(server, chat, [("pending", 2), ("pending", 0)])
        later(server, clock, 30)
        await settled(server, chat, [("sent", 2), ("sent", 0)])
    assert api.tried(chat.id) == ["1: one", "1: one", "1: one", "2: two"]


async def test_ten_minutes_without_telegram_lose_nothing(
    server: Server, api: FakeBotApi, chat: Chat, clock: TestClock
) -> None:
    delivered = api.answer

    def away(path: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return BROKEN if path.endswith("sendMessage") else delivered(path, params)

    api.answer = away  # type: ignore[method-assign]
    for minute in range(10):
        await chat.say(f"minute {minute}")
        later(server, clock, 60)
        await asyncio.sleep(0.1)
    assert chat.shown() == []
    api.answer = delivered  # type: ignore[method-assign]
    said = [f"{number + 1}: minute {number}" for number in range(10)]
    # Longer than any pause between two tries.
    later(server, clock, 400)
    await chat.texts(len(said))
    assert [call["text"] for call in chat.shown()] == said


async def test_a_long_answer_comes_in_pieces_and_none_twice(
    server: Server, api: FakeBotApi, chat: Chat, clock: TestClock
) -> None:
    paragraphs = [f"{number} " + "茶😀" * 700 for number in range(4)]
    server.brain.replies["everything"] = answer(
        "\n\n".join(paragraphs), kind="choice", buttons=(("More", "/more"),)
    )
    api.refuse["sendMessage", chat.id].append(BROKEN)
    with clock.standing():
        await chat.say("everything")
        await settled(server, chat, [("pending", 1)])
        later(server, clock, 10)
        await chat.texts(2)
        await settled(server, chat, [("sent", 1)])
    shown = chat.shown()[1:]
    assert all(len(c["text"].encode("utf-16-le")) // 2 <= 4096 for c in shown)
    assert "\n\n".join(c["text"] for c in shown) == "\n\n".join(paragraphs)
    assert ["reply_markup" in c for c in shown] == [False] * (len(shown) - 1) + [True]


async def test_pieces_that_arrived_are_not_sent_again(
    server: Server, api: FakeBotApi, chat: Chat, clock: TestClock
) -> None:
    server.brain.replies["everything"] = answer("a" * 4000 + "\n\n" + "b" * 4000)
    refused = api.refuse["sendMessage", chat.id]
    delivered = api.answer

    def second_fails(path: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if str(params.get("text", "")).startswith("b") and not refused:
            api.answer = delivered  # type: ignore[method-assign]
            return BROKEN
        return delivered(path, params)

    api.answer = second_fails  # type: ignore[method-assign]
    with clock.standing():
        await chat.say("everything")
        await settled(server, chat, [("pending", 1)])
        later(server, clock, 10)
        await settled(server, chat, [("sent", 1)])
    assert [text[0] for text in api.tried(chat.id)] == ["a", "b"]


async def test_handover_and_the_persons_words_reach_the_chat(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    conversation_id = await in_queue(server, chat)
    agent = await server.agent("Aya")
    found = await agent.client.get("/api/v1/desk/conversations", params={"channel": "telegram"})
    assert conversation_id in [c["id"] for c in found.json()["conversations"]]
    await agent.do(conversation_id, "claim")
    await agent.do(conversation_id, "note", text="looks honest", client_id="n1")
    await agent.reply(conversation_id, "Good afternoon.")
    await chat.say("hello Aya")
    await until(lambda: api.tried(chat.id)[-1] == "Aya: Good afternoon.")
    said = api.tried(chat.id)
    assert "Aya from our team is here" in said[-2]
    assert "honest" not in "".join(said)
    seen = await desk_messages(agent, conversation_id)
    assert (seen[-1]["author"], seen[-1]["text"]) == ("customer", "hello Aya")


async def test_a_place_in_the_queue_can_be_given_up_by_button(server: Server, chat: Chat) -> None:
    await in_queue(server, chat)
    await until(lambda: "reply_markup" in chat.shown()[-1])
    titles = dict(await chat.buttons())
    before = len(chat.shown())
    await chat.press(titles["I don't need a person any more"], 1)
    assert "given up your place" in (await chat.texts(before + 1))[-1]


# Beside the conversation -------------------------------------------------------------------------


async def test_buttons_go_once_something_was_chosen(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    server.brain.replies["tea"] = answer("Which?", kind="choice", buttons=(("Green", "/green"),))
    await chat.say("tea")
    await chat.texts(1)
    (_, green), *_ = await chat.buttons()
    update = chat.update("callback_query", data=green, id=f"{chat.id}-1")
    await chat.deliver(update)
    await chat.texts(2)
    number = update["callback_query"]["message"]["message_id"]

    def taken() -> bool:
        called = api.called("editMessageReplyMarkup")
        return any((c["chat_id"], c["message_id"]) == (chat.id, number) for c in called)

    await until(taken)
    edited = next(c for c in api.called("editMessageReplyMarkup") if c["chat_id"] == chat.id)
    assert "reply_markup" not in edited


async def test_typing_is_shown_while_the_assistant_thinks(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    thinking = asyncio.Event()

    async def think(_: Any) -> None:
        await asyncio.wait_for(thinking.wait(), 60)

    server.brain.before = think
    try:
        await chat.say("a hard one")
        await until(lambda: any(c["chat_id"] == chat.id for c in api.called("sendChatAction")))
        assert chat.shown() == []
    finally:
        thinking.set()
        server.brain.before = None
    assert await chat.texts(1) == ["1: a hard one"]


async def test_typing_ends_in_the_chat_when_a_person_takes_over(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    thinking = asyncio.Event()

    async def think(_: Any) -> None:
        await asyncio.wait_for(thinking.wait(), 60)

    def shown() -> int:
        return sum(c["chat_id"] == chat.id for c in api.called("sendChatAction"))

    aya = await server.agent()
    server.brain.before = think
    try:
        await chat.say("a hard one")
        # Again before Telegram takes the sign away, for as long as it lasts.
        await until(lambda: shown() > 2)
        assert (await aya.do(await conversation_of(server, chat), "claim")).status_code == 200
        await chat.texts(1)
        before = shown()
        await asyncio.sleep(5)
        assert shown() == before
    finally:
        thinking.set()
        server.brain.before = None


async def test_an_answer_says_what_it_is_about_when_more_has_come(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_: Any) -> None:
        started.set()
        await asyncio.wait_for(go_on.wait(), 60)

    server.brain.replies["one"] = answer("about one")
    server.brain.replies["two"] = answer("about two")
    server.brain.before = wait
    try:
        first = chat.update("text", text="one")
        await chat.deliver(first)
        await asyncio.wait_for(started.wait(), 60)
        await chat.say("two")
        await chat.say("three")
    finally:
        go_on.set()
        server.brain.before = None
    await until(lambda: any("3" in text or "three" in text for text in api.tried(chat.id)))
    replies = {c["text"]: c.get("reply_parameters") for c in chat.shown()}
    assert replies["about one"]["message_id"] == first["message"]["message_id"]
    assert replies["about one"]["allow_sending_without_reply"] is True
    # The newest needs no such mark.
    assert chat.shown()[-1].get("reply_parameters") is None


async def test_a_correction_is_a_message_of_its_own(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    conversation_id = await in_queue(server, chat)
    agent = await server.agent("Emi")
    await agent.do(conversation_id, "claim")
    update = chat.update("text", text="It is HN-10235")
    await chat.deliver(update)
    number = update["message"]["message_id"]
    edit = chat.update("edited_message", message_id=number, text="It is HN-10236")
    for _ in range(2):
        await chat.deliver(edit)
    # Nothing but the form of it was changed.
    await chat.send("edited_message", message_id=number, text="It is HN-10235")
    # Nothing is known of what was edited.
    await chat.send("edited_message", message_id=number + 5000, text="from long ago")
    said = await desk_messages(agent, conversation_id)
    mine = [m for m in said if m["author"] == "customer"][-2:]
    assert [m["text"] for m in mine] == ["It is HN-10235", "It is HN-10236"]
    assert mine[1]["edits"] == mine[0]["seq"]


async def test_a_correction_is_answered_by_the_assistant(server: Server, chat: Chat) -> None:
    update = chat.update("text", text="to Kobe?")
    await chat.deliver(update)
    await chat.texts(1)
    number = update["message"]["message_id"]
    await chat.send("edited_message", message_id=number, text="to Kyoto?")
    assert (await chat.texts(2))[-1] == "2: to Kyoto?"


async def test_an_edit_of_somebody_unknown_begins_nothing(server: Server, chat: Chat) -> None:
    await chat.send("edited_message")
    assert await stored(server, chat) == []


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("sticker", "[Sticker"),
        ("location", "[Location: "),
        ("venue", "[Place: Hanamori, Nakagyo, Kyoto"),
        ("contact", "[Contact: "),
        ("video", "[Video"),
        ("dice", "[Something"),
        ("poll", "[Something"),
    ],
)
async def test_a_person_reads_what_was_sent_that_is_no_text(
    server: Server, chat: Chat, name: str, wanted: str
) -> None:
    conversation_id = await in_queue(server, chat)
    agent = await server.agent(f"Fumi{name}")
    await agent.do(conversation_id, "claim")
    await chat.send(name)
    said = await desk_messages(agent, conversation_id)
    assert said[-1]["author"] == "customer"
    assert said[-1]["text"].startswith(wanted)


async def test_what_the_library_cannot_read_costs_only_itself(server: Server, chat: Chat) -> None:
    """A poll of a server that knows less, or more, than the library's version of the Bot API."""
    conversation_id = await in_queue(server, chat)
    agent = await server.agent("Fumio")
    await agent.do(conversation_id, "claim")
    odd = chat.update("poll")
    odd["message"]["poll"] = {"question": "Which tea?"}
    await chat.deliver(odd)
    about_it = chat.update("text", text="This one, please")
    about_it["message"]["reply_to_message"] = odd["message"]
    await chat.deliver(about_it)
    said = await desk_messages(agent, conversation_id)
    assert [m["text"] for m in said if m["author"] == "customer"][-2:] == [
        "[Something that can't be shown here]",
        "This one, please",
    ]


async def test_the_bot_leaves_groups_and_says_why(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    group = -1002100200300
    before = len(api.called("leaveChat"))
    await chat.send("group_joined")
    await until(lambda: len(api.called("leaveChat")) == before + 1)
    assert api.called("leaveChat")[-1]["chat_id"] == group
    assert "only help in private chats: https://t.me/hanamori_bot" in api.tried(group)[-1]
    said = len(api.tried(group))
    for name in ("group_left", "group_migrated", "group_migrated_from", "channel_joined"):
        await chat.send(name)
    await asyncio.sleep(0.2)
    assert len(api.tried(group)) == said
    assert len(api.called("leaveChat")) == before + 1


async def test_a_chat_that_moved_shows_as_undeliverable(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    moved = {
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": -100123},
    }
    api.refuse["sendMessage", chat.id].append((400, moved))
    await chat.say("hello")
    await settled(server, chat, [("failed", 0)])


async def test_a_chat_is_sent_a_message_a_second_and_others_are_not_held_up(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    server.brain.replies["all"] = answer("\n\n".join("x" * 4000 for _ in range(10)))
    other = Chat(server, api, chat.client)
    began = asyncio.get_running_loop().time()
    await asyncio.gather(chat.say("all"), other.say("hello"))
    await other.texts(1)
    assert len(api.tried(chat.id)) < 10
    await chat.texts(10)
    # Five at once, the others a second apart.
    assert asyncio.get_running_loop().time() - began > 4.5


async def test_descriptions_are_set_in_both_languages(server: Server, api: FakeBotApi) -> None:
    for method, name in (
        ("setMyDescription", "description"),
        ("setMyShortDescription", "short_description"),
    ):
        await until(lambda method=method: len(api.called(method)) >= 2)  # type: ignore[misc]
        told = {c.get("language_code"): c[name] for c in api.called(method)}
        assert set(told) == {None, "ja"}
        assert "花森" in told["ja"]
        assert "{" not in "".join(told.values())
        assert len(told[None]) <= (512 if name == "description" else 120)


# At the end ------------------------------------------------------------------------------------


async def test_a_chat_is_rated_by_a_tap_and_goes_back_to_the_assistant(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    conversation_id = await in_queue(server, chat)
    agent = await server.agent("Gen")
    await agent.do(conversation_id, "claim")
    await agent.do(conversation_id, "return")
    await until(lambda: "Gen has handed you back" in api.tried(chat.id)[-1])
    await agent.do(conversation_id, "claim")
    await agent.do(conversation_id, "resolve", reason="solved")
    await until(lambda: "from 1 (very poor) to 5" in api.tried(chat.id)[-1])
    rows = chat.shown()[-1]["reply_markup"]["inline_keyboard"]
    assert [[button["text"] for button in row] for row in rows] == [["1", "2", "3", "4", "5"]]
    scores = dict(await chat.buttons())
    await chat.press(scores["4"], 1)
    await until(lambda: api.tried(chat.id)[-1] == "Thank you for telling us.")
    await chat.press(scores["1"], 2)
    shown = (await agent.client.get(f"/api/v1/desk/conversations/{conversation_id}")).json()
    assert shown["feedback"]["score"] == 4
    assert shown["state"] == "resolved"


async def test_nobody_in_grief_is_asked_for_a_rating(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    server.brain.replies["my mother died"] = handover("delicate")
    await chat.say("my mother died")
    await chat.texts(1)
    conversation_id = await conversation_of(server, chat)
    agent = await server.agent("Haru")
    await agent.do(conversation_id, "claim")
    await agent.do(conversation_id, "resolve", reason="solved")
    await until(lambda: "This conversation is closed" in api.tried(chat.id)[-1])
    assert "very poor" not in api.tried(chat.id)[-1]
    assert "reply_markup" not in chat.shown()[-1]


# Own data --------------------------------------------------------------------------------------


async def test_a_copy_of_ones_data_comes_as_a_file(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    await chat.say("my secret recipe")
    await chat.texts(1)
    await chat.send("command", text="/privacy")
    await chat.texts(2)
    await chat.press(dict(await chat.buttons())["Send me a copy"], 1)
    await until(lambda: any(c["chat_id"] == chat.id for c in api.called("sendDocument")))
    sent = next(c for c in api.called("sendDocument") if c["chat_id"] == chat.id)
    name, content = api.files[sent["document"]]
    assert name == "your-data.json"
    kept = json.loads(content)
    assert "my secret recipe" in [m["text"] for m in kept[0]["messages"]]


async def test_everything_is_erased_after_a_question(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    await chat.say("my secret recipe")
    await chat.texts(1)
    await chat.send("command", text="/privacy")
    await chat.texts(2)
    erase = dict(await chat.buttons())["Erase everything"]
    await chat.press(erase, 1)
    await chat.texts(3)
    assert "no way back" in api.tried(chat.id)[-1]
    await chat.press(dict(await chat.buttons())["No, keep it"], 2)
    assert "nothing was erased" in (await chat.texts(4))[-1]
    assert "my secret recipe" in await stored(server, chat)
    await chat.press(erase, 3)
    await chat.texts(5)
    yes = dict(await chat.buttons())["Yes, erase it for good"]
    await chat.press(yes, 4)
    assert "Everything is erased" in (await chat.texts(6))[-1]
    assert await stored(server, chat) == []
    await chat.press(yes, 5)
    await chat.say("hello")
    await until(lambda: api.tried(chat.id)[-1] == "1: hello")


async def test_who_blocks_the_bot_reads_on_the_page_again(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    visitor = await server.visitor().arrive(lang="en")
    response = await visitor.client.post("/api/v1/visitor/link", json={"channel": "telegram"})
    code = response.json()["url"].partition("start=")[2]
    await chat.send("start_with_code", text=f"/start {code}")
    await until(lambda: "goes on here" in "".join(api.tried(chat.id)))
    await chat.send("my_chat_member_blocked")
    assert (await visitor.page())["links"][0]["linked"] is False
    before = len(api.tried(chat.id))
    await visitor.answers("hello")
    await asyncio.sleep(0.2)
    assert len(api.tried(chat.id)) == before


# Files -----------------------------------------------------------------------------------------


def picture(width: int = 40) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, 30), "green").save(made, "JPEG")
    return made.getvalue()


VOICE = b"OggS\x00\x02" + bytes(22) + b"OpusHead\x01\x01" + bytes(60)
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


async def files_at_desk(
    agent: DeskAgent, conversation_id: str, number: int
) -> list[dict[str, Any]]:
    """The customer's files, as soon as there are `number`."""
    async with asyncio.timeout(60):
        while True:
            said = await desk_messages(agent, conversation_id)
            found = [m for m in said if m["kind"] == "attachment" and m["author"] == "customer"]
            if len(found) >= number:
                return found
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("photo", picture(), "image/jpeg"),
        ("document", PDF, "application/pdf"),
        ("voice", VOICE, "audio/ogg"),
    ],
)
async def test_what_a_customer_sends_is_seen_at_the_desk(
    server: Server, api: FakeBotApi, chat: Chat, name: str, content: bytes, kind: str
) -> None:
    update = chat.update(name)
    body = update["message"]
    file_id = (body["photo"][-1] if name == "photo" else body[name])["file_id"]
    api.stored[file_id] = content
    for _ in range(2):
        await chat.deliver(update)
    conversation_id = ""
    async with asyncio.timeout(60):
        while not conversation_id:
            with contextlib.suppress(NoResultFound):
                conversation_id = await conversation_of(server, chat)
            await asyncio.sleep(0.05)
    agent = await server.agent(f"Ima{name}{kind[0]}")
    (found,) = await files_at_desk(agent, conversation_id, 1)
    assert found["channel"] == "telegram"
    assert found["attachments"][0]["type"] == kind
    response = await agent.client.get(found["attachments"][0]["url"])
    assert response.status_code == 200
    # The assistant says who will see it, once.
    await chat.texts(1)
    await asyncio.sleep(0.2)
    assert len(chat.shown()) == 1


async def test_a_file_that_telegram_gives_out_later_is_fetched_then(
    server: Server, api: FakeBotApi, chat: Chat, clock: TestClock
) -> None:
    update = chat.update("document")
    api.stored[update["message"]["document"]["file_id"]] = PDF
    api.refuse["getFile", 0].extend([BROKEN, limited(5)])
    conversation_id = await in_queue(server, chat)
    await chat.deliver(update)
    await chat.say("did it arrive?")
    agent = await server.agent("Jun")
    async with asyncio.timeout(60):
        while api.refuse["getFile", 0]:
            later(server, clock, 20)
            await asyncio.sleep(0.1)
    later(server, clock, 20)
    (found,) = await files_at_desk(agent, conversation_id, 1)
    assert found["attachments"][0]["name"] == "receipt.pdf"


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("document_too_large", b"", "up to 10 MB"),
        ("document", b"PK\x03\x04" + bytes(100), "this kind of file"),
        ("document", b"<html><script>alert(1)</script>", "this kind of file"),
    ],
)
async def test_what_is_not_taken_is_said_kindly(
    server: Server, api: FakeBotApi, chat: Chat, name: str, content: bytes, wanted: str
) -> None:
    update = chat.update(name)
    api.stored[update["message"]["document"]["file_id"]] = content
    await chat.deliver(update)
    assert wanted in (await chat.texts(1))[0]


async def test_a_file_that_telegram_has_lost_is_asked_for_again(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    api.refuse["getFile", 0].append((400, {"description": "Bad Request: invalid file_id"}))
    await chat.send("document")
    assert "once more" in (await chat.texts(1))[0]


async def test_what_an_agent_sends_comes_as_picture_or_document(
    server: Server, api: FakeBotApi, chat: Chat
) -> None:
    conversation_id = await in_queue(server, chat)
    agent = await server.agent("Kei")
    await agent.do(conversation_id, "claim")
    for name, content in (("map.jpg", picture()), ("form.pdf", PDF)):
        response = await agent.client.post(
            f"/api/v1/desk/conversations/{conversation_id}/attachments",
            data={"client_id": name},
            files={"file": (name, content)},
        )
        assert response.status_code == 201, response.text

    def sent(method: str) -> list[dict[str, Any]]:
        return [c for c in api.called(method) if c["chat_id"] == chat.id]

    await until(lambda: bool(sent("sendDocument")))
    photo, document = sent("sendPhoto")[0], sent("sendDocument")[0]
    assert photo["caption"] == document["caption"] == "<b>Kei:</b>"
    assert api.files[document["document"]] == ("form.pdf", PDF)


# Servers of their own ---------------------------------------------------------------------------


async def test_an_unsent_answer_survives_a_restart(
    tmp_path: Path, articles_cache: Path, api: FakeBotApi, clock: TestClock
) -> None:
    server = telegram_server(tmp_path, articles_cache, api.url, clock)
    await server.start()
    chat = Chat(server, api, server.visitor().client)
    api.refuse["sendMessage", chat.id].append(limited(30))
    await chat.say("hello")
    await put_off(server, chat, 30)
    await server.stop()
    clock.push(seconds=40)
    await server.start()
    try:
        assert await chat.texts(2) == ["1: hello", "1: hello"]
        await settled(server, chat, [("sent", 0)])
    finally:
        await server.stop()


async def test_token_and_secret_are_in_no_log_and_no_address_of_ours(
    tmp_path: Path,
    clock: TestClock,
    articles_cache: Path,
    api: FakeBotApi,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("", "httpx", "telegram", "channels", "sanic.root", "sanic.error"):
        caplog.set_level(logging.DEBUG, name)
    server = telegram_server(tmp_path, articles_cache, api.url, clock)
    api.refuse["getMe", 0].append((401, {"description": "Unauthorized"}))
    hooks = len(api.called("setWebhook"))
    await server.start()
    try:
        chat = Chat(server, api, server.visitor().client)
        api.refuse["sendMessage", chat.id].extend([BROKEN, limited(30), BLOCKED])
        await until(lambda: len(api.called("setWebhook")) > hooks)
        with clock.standing():
            await chat.say("hello")
            await chat.deliver(chat.update("text"), "wrong")
            await settled(server, chat, [("pending", 1)])
        while len(api.tried(chat.id)) < 3:
            later(server, clock, 40)
            await asyncio.sleep(0.2)
        await settled(server, chat, [("failed", 1)])
        update = chat.update("document")
        api.stored[update["message"]["document"]["file_id"]] = PDF
        await chat.deliver(update)
        await settled(server, chat, [("failed", 1), ("sent", 0)])
        assert server.app is not None
        paths = [route.path for route in server.app.router.routes]
    finally:
        await server.stop()
    webhook = api.called("setWebhook")[-1]
    assert webhook["url"] == "http://shop.example/telegram/webhook"
    assert webhook["secret_token"] == SECRET
    assert "telegram/webhook" in paths
    assert not any(TOKEN in path or SECRET in path for path in paths)
    # The log says where requests go, without the token that stands in the address.
    assert "/bot…/sendMessage" in caplog.text
    assert TOKEN not in caplog.text
    assert "/file/bot…/" in caplog.text
    assert TOKEN.partition(":")[2] not in caplog.text
    assert SECRET not in caplog.text
    assert TOKEN not in repr(server.settings)
