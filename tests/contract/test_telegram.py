"""Telegram by webhook: what customers write and see in their chat, and what agents see of it."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

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

TEXT_ONLY = "I can only read text here"
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
        async with asyncio.timeout(10):
            while await rows(server, chat) != wanted:
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"there is {await rows(server, chat)}") from None


async def put_off(server: Server, chat: Chat, seconds: int) -> None:
    """Wait until Telegram's own limit has been understood."""
    query = select(outbox.c.error).where(outbox.c.address == str(chat.id)).order_by(outbox.c.id)
    async with asyncio.timeout(10):
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


@pytest.mark.parametrize("name", ["photo", "sticker", "voice", "location", "contact"])
async def test_what_is_no_text_is_answered_fittingly(server: Server, chat: Chat, name: str) -> None:
    await chat.send(name)
    assert TEXT_ONLY in (await chat.texts(1))[0]
    assert len(await stored(server, chat)) == 1


async def test_a_caption_is_read(server: Server, chat: Chat) -> None:
    await chat.send("photo_with_caption")
    said = await chat.texts(2)
    assert TEXT_ONLY in said[0]
    assert said[1] == "1: The teapot arrived broken"


async def test_an_album_is_answered_once(server: Server, chat: Chat) -> None:
    for _ in range(4):
        await chat.send("album")
    await chat.say("here they are")
    said = await chat.texts(2)
    assert [TEXT_ONLY in text for text in said] == [True, False]


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
        "/order": "my order",
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
    address = "http://shop.example/help/en/delivery-cost"
    assert await chat.texts(1) == [f"660 yen in Japan.\n\nWhat delivery costs\n{address}"]
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
    async with asyncio.timeout(5):
        while True:
            said = await desk_messages(agent, conversation_id)
            mine = [m for m in said if m["author"] == "agent"]
            if [m["deliveries"] for m in mine] == [
                [{"channel": "telegram", "state": "failed"}]
            ] * 2:
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
    await chat.say("one")
    await settled(server, chat, [("pending", 1)])
    await chat.say("two")
    await settled(server, chat, [("pending", 1), ("pending", 0)])
    later(server, clock, 30)
    await settled(server, chat, [("pending", 2), ("pending", 0)])
    later(server, clock, 30)
    await settled(server, chat, [("sent", 2), ("sent", 0)])
    assert api.tried(chat.id) == ["1: one", "1: one", "1: one", "2: two"]


async def test_a_long_answer_comes_in_pieces_and_none_twice(
    server: Server, api: FakeBotApi, chat: Chat, clock: TestClock
) -> None:
    paragraphs = [f"{number} " + "茶😀" * 700 for number in range(4)]
    server.brain.replies["everything"] = answer(
        "\n\n".join(paragraphs), kind="choice", buttons=(("More", "/more"),)
    )
    api.refuse["sendMessage", chat.id].append(BROKEN)
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
        await chat.say("hello")
        await chat.deliver(chat.update("text"), "wrong")
        await settled(server, chat, [("pending", 1)])
        while len(api.tried(chat.id)) < 3:
            later(server, clock, 40)
            await asyncio.sleep(0.2)
        await settled(server, chat, [("failed", 1)])
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
    assert SECRET not in caplog.text
    assert TOKEN not in repr(server.settings)
