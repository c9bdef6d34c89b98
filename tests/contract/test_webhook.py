"""The webhook channel: signed JSON in, signed JSON out, seen from the service in between."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from support.store.schema import messages, outbox, threads
from tests.contract.telegram_bot_api import later, until
from tests.contract.webhook_service import MESSAGES, SECRET, Service, Talk, sign
from tests.harness import (
    PATIENCE_S,
    DeskAgent,
    ScriptedBrain,
    Server,
    TestClock,
    answer,
    handover,
    settings_for,
)
from tests.uploads import picture
from web import limits

# One server for most: each test has a conversation, or conversations, of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")
LOOKED_UP = socket.getaddrinfo


def webhook_server(
    folder: Path,
    cache: Path,
    url: str | None,
    clock: TestClock,
    database: str | None,
    **values: Any,
) -> Server:
    (folder / "cache").symlink_to(cache)
    wanted: dict[str, Any] = {"webhook_private": "on", **values}
    if url is not None:
        wanted |= {"webhook_url": url, "webhook_secret": SECRET}
    return Server(settings_for(folder, database, **wanted), ScriptedBrain(), clock)


@pytest.fixture(scope="module")
def clock() -> TestClock:
    return TestClock()


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service() as running:
        yield running


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def folder_and_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("webhook")
    if request.param == "postgresql":
        return folder, request.getfixturevalue("new_postgres")()
    shutil.copy(sqlite_template, folder / "omotenashi.sqlite3")
    return folder, f"sqlite:///{folder / 'omotenashi.sqlite3'}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(
    folder_and_database: tuple[Path, str], articles_cache: Path, service: Service, clock: TestClock
) -> AsyncIterator[Server]:
    folder, database = folder_and_database
    running = webhook_server(folder, articles_cache, service.url, clock, database)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture(scope="module")
def client(server: Server) -> httpx.AsyncClient:
    return server.visitor().client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agent(server: Server) -> DeskAgent:
    return await server.agent("Aya")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lead(server: Server) -> DeskAgent:
    return await server.agent("Rin", role="lead")


@pytest.fixture
def talk(server: Server, service: Service, client: httpx.AsyncClient) -> Talk:
    return Talk(server, service, client)


@asynccontextmanager
async def another(
    folder: Path, cache: Path, template: Path, url: str | None, **values: Any
) -> AsyncIterator[Server]:
    """A server with settings of its own."""
    shutil.copy(template, folder / "omotenashi.sqlite3")
    running = webhook_server(folder, cache, url, TestClock(), None, **values)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


async def stored(talk: Talk) -> list[str]:
    """The texts of the conversation, whoever wrote them."""
    query = (
        select(messages.c.text)
        .join(threads, threads.c.id == messages.c.thread_id)
        .where(threads.c.address == talk.name)
        .order_by(messages.c.seq)
    )
    return await talk.server.db.reading(lambda c: list(c.execute(query).scalars()))


async def threads_of(server: Server) -> int:
    query = select(threads.c.id).where(threads.c.channel == "webhook")
    return len(await server.db.reading(lambda c: c.execute(query).all()))


async def settled(talk: Talk, *wanted: tuple[str, int]) -> list[str | None]:
    """Wait for the (state, attempts) of what was to go out; why it didn't, one by one."""
    query = (
        select(outbox.c.state, outbox.c.attempts, outbox.c.error)
        .where(outbox.c.address == talk.name)
        .order_by(outbox.c.id)
    )
    found: list[Any] = []
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = list(await talk.server.db.reading(lambda c: c.execute(query).all()))
                if [(row.state, row.attempts) for row in found] == list(wanted):
                    return [row.error for row in found]
                await asyncio.sleep(0.03)
    except TimeoutError:
        raise AssertionError(f"there is {found}") from None


async def conversation_of(talk: Talk) -> str:
    query = select(messages.c.conversation_id).join(threads, threads.c.id == messages.c.thread_id)
    query = query.where(threads.c.address == talk.name).order_by(messages.c.id.desc()).limit(1)
    return str(await talk.server.db.reading(lambda c: c.execute(query).scalar_one()))


async def first_of(talk: Talk, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first body that is as wanted, as soon as it has come."""
    await until(lambda: any(wanted(one.body) for one in talk.tried()))
    return next(one.body for one in talk.tried() if wanted(one.body))


async def with_agent(talk: Talk, agent: DeskAgent) -> str:
    """The conversation, held by the agent."""
    talk.server.brain.replies["a person please"] = handover()
    await talk.say("a person please")
    await talk.answers(1)
    conversation = await conversation_of(talk)
    response = await agent.do(conversation, "claim")
    assert response.status_code == 200, response.text
    return conversation


# The way in ------------------------------------------------------------------------------------


async def test_only_what_is_signed_is_stored(server: Server, talk: Talk) -> None:
    body = talk.body(text="hello")
    other = talk.body(text="something else")
    timestamp = talk.timestamp()
    raw, right = _raw(body), sign(timestamp, _raw(body))
    before = await threads_of(server)
    for wrong in (
        "",
        "sha256=",
        right.removeprefix("sha256="),
        right[:-1],
        right + "0",
        right.upper(),
        sign(timestamp, _raw(other)),
        sign(timestamp, raw, "another secret"),
        sign(talk.timestamp(1), raw),
        sign("", raw),
    ):
        response = await talk.post(raw, timestamp=timestamp, signature=wrong)
        assert response.status_code == 403, wrong
        assert response.json()["error"]["code"] == "forbidden"
    bare = await talk.client.post(MESSAGES, content=raw)
    assert bare.status_code == 403
    for strange in (b"\xe3\x81\x82", b"\xff\xfe"):
        headers = [(b"X-Omotenashi-Timestamp", strange), (b"X-Omotenashi-Signature", strange)]
        response = await talk.client.post(MESSAGES, content=raw, headers=headers)
        assert response.status_code in (400, 403)
    assert await threads_of(server) == before

    response = await talk.post(raw, timestamp=timestamp, signature=right)
    assert response.status_code == 202
    await talk.answers(1)
    assert (await stored(talk))[0] == "hello"


@pytest.mark.parametrize("ahead", [-330, -302, 302, 10**9])
async def test_what_was_signed_at_another_time_is_refused(
    clock: TestClock, talk: Talk, ahead: int
) -> None:
    with clock.standing():
        response = await talk.post(talk.body(text="hello"), timestamp=talk.timestamp(ahead))
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "stale"
    assert await stored(talk) == []


@pytest.mark.parametrize("ahead", [-290, 290])
async def test_clocks_may_differ_by_a_little(clock: TestClock, talk: Talk, ahead: int) -> None:
    with clock.standing():
        response = await talk.post(talk.body(text="hello"), timestamp=talk.timestamp(ahead))
    assert response.status_code == 202


@pytest.mark.parametrize("moment", ["", "soon", "-1", "1e9", "1764212345.5", "9" * 400])
async def test_a_timestamp_is_whole_seconds(talk: Talk, moment: str) -> None:
    response = await talk.post(talk.body(text="hello"), timestamp=moment)
    assert response.status_code == 403
    assert await stored(talk) == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b'{"text": NaN}', 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b"[]", 422),
        (b'"text"', 422),
    ],
)
async def test_what_is_no_object_is_refused(talk: Talk, content: bytes, status: int) -> None:
    response = await talk.post(content)
    assert response.status_code == status
    assert set(response.json()["error"]) >= {"code", "message"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, None),
        ({"text": "a", "button": "b"}, None),
        ({"text": 1}, "text"),
        ({"text": ""}, "text"),
        ({"text": " \n "}, "text"),
        ({"text": "x" * 4001}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "a\ud800b"}, "text"),
        ({"text": "a", "id": ""}, "id"),
        ({"text": "a", "id": 7}, "id"),
        ({"text": "a", "id": "x" * 129}, "id"),
        ({"text": "a", "conversation": ""}, "conversation"),
        ({"text": "a", "conversation": " "}, "conversation"),
        ({"text": "a", "conversation": "a\nb"}, "conversation"),
        ({"text": "a", "conversation": None}, "conversation"),
        ({"text": "a", "conversation": "x" * 129}, "conversation"),
        ({"text": "a", "name": "x" * 81}, "name"),
        ({"text": "a", "name": "\ud800"}, "name"),
        ({"text": "a", "lang": 3}, "lang"),
        ({"button": "no such button"}, "button"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_stored(
    server: Server, talk: Talk, fields: dict[str, Any], field: str | None
) -> None:
    before = await threads_of(server)
    response = await talk.post(talk.body(**fields))
    assert response.status_code == 422, response.text
    assert response.json()["error"].get("field") == field
    assert await threads_of(server) == before


async def test_another_content_type_is_refused(talk: Talk) -> None:
    response = await talk.post(talk.body(text="hello"), kind="text/plain")
    assert response.status_code == 415
    assert await stored(talk) == []


async def test_nobody_becomes_an_agent_by_saying_so(talk: Talk) -> None:
    await talk.say("hello", author="agent", role="admin", state="resolved", seq=900)
    assert [one["text"] for one in await talk.answers(1)] == ["1: hello"]
    assert await stored(talk) == ["hello", "1: hello"]


async def test_a_message_that_comes_again_is_one_message(talk: Talk) -> None:
    body = talk.body(text="hello")
    responses = await asyncio.gather(*(talk.post(body) for _ in range(8)))
    again = await talk.post({**body, "text": "changed meanwhile"})
    given = [response.json() for response in (*responses, again)]
    assert [response.status_code for response in (*responses, again)] == [202] * 9
    assert all(one == given[0] and set(one) == {"id", "seq"} for one in given)
    await talk.answers(1)
    assert await stored(talk) == ["hello", "1: hello"]


async def test_first_messages_at_once_are_one_conversation(server: Server, talk: Talk) -> None:
    before = await threads_of(server)
    sent = await asyncio.gather(*(talk.say(f"part {n}") for n in range(6)))
    assert len({response.json()["seq"] for response in sent}) == 6
    assert await threads_of(server) == before + 1


async def test_the_same_id_in_another_conversation_is_another_message(talk: Talk) -> None:
    elsewhere = Talk(talk.server, talk.service, talk.client)
    await talk.say("hello", id="1")
    await elsewhere.say("good day", id="1")
    assert [one["text"] for one in await talk.answers(1)] == ["1: hello"]
    assert [one["text"] for one in await elsewhere.answers(1)] == ["1: good day"]


async def test_agents_see_language_and_name(talk: Talk, agent: DeskAgent) -> None:
    talk.server.brain.replies["担当者をお願いします"] = replace(handover(), lang="ja")
    await talk.say("担当者をお願いします", lang="ja-JP", name="山田 <b>花子</b>")
    conversation = await conversation_of(talk)
    await talk.answers(1)
    found = (await agent.client.get(f"/api/v1/desk/conversations/{conversation}")).json()
    assert (found["channel"], found["lang"]) == ("webhook", "ja")
    assert "山田 <b>花子</b>" in str(found["summary"])
    listed = await agent.client.get("/api/v1/desk/conversations", params={"channel": "webhook"})
    assert conversation in [one["id"] for one in listed.json()["conversations"]]


async def test_too_many_messages_of_one_conversation_are_put_off(
    tmp_path: Path,
    articles_cache: Path,
    sqlite_template: Path,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(limits.RULES, "message", "30/hour")
    async with another(tmp_path, articles_cache, sqlite_template, service.url) as server:
        await server.stop()
        server.settings = server.settings.model_copy(update={"limits": "on"})
        await server.start()
        client = server.visitor().client
        talk, calm = Talk(server, service, client), Talk(server, service, client)
        responses = [await talk.post(talk.body(text=f"hello {n}")) for n in range(31)]
        assert {one.status_code for one in responses[:30]} == {202}
        assert responses[30].status_code == 429
        assert int(responses[30].headers["retry-after"]) >= 1
        await calm.say("hello")


async def test_switched_off_there_is_no_address(
    tmp_path: Path, articles_cache: Path, sqlite_template: Path, service: Service
) -> None:
    async with another(tmp_path, articles_cache, sqlite_template, None) as server:
        talk = Talk(server, service, server.visitor().client)
        assert (await talk.post(talk.body(text="hello"))).status_code == 404


# The way out -----------------------------------------------------------------------------------


async def test_an_answer_is_signed_and_says_what_it_is(talk: Talk) -> None:
    talk.server.brain.replies["送料は？"] = answer(
        "送料は500円です。", lang="ja", buttons=(("はい", "/affirm"), ("いいえ", "/deny"))
    )
    asked = (await talk.say("送料は？", lang="ja")).json()
    await talk.answers(1)
    got = talk.tried()[0]
    timestamp = got.headers["x-omotenashi-timestamp"]
    assert got.path == "/answers?shop=1"
    assert got.headers["x-omotenashi-signature"] == sign(timestamp, got.content)
    assert abs(int(timestamp) - talk.server.clock().timestamp()) < 60
    body = got.body
    assert got.headers["idempotency-key"] == str(body["id"])
    assert got.headers["content-type"] == "application/json"
    assert body.pop("id") > asked["id"]
    assert body.pop("created_at").endswith("+00:00")
    assert [button.pop("id") != "" for button in body["buttons"]] == [True, True]
    assert body == {
        "conversation": talk.name,
        "author": "bot",
        "kind": "article",
        "text": "送料は500円です。",
        "buttons": [{"title": "はい"}, {"title": "いいえ"}],
    }
    await settled(talk, ("sent", 0))


async def test_a_button_is_pressed_once(talk: Talk) -> None:
    talk.server.brain.replies["which"] = answer("This?", buttons=(("Yes", "/affirm"),))
    talk.server.brain.replies["/affirm"] = answer("Very well.")
    await talk.say("which")
    button = (await talk.answers(1))[0]["buttons"][0]["id"]
    stranger = Talk(talk.server, talk.service, talk.client)
    await stranger.say("hello")
    assert (await stranger.post(stranger.body(button=button))).status_code == 422

    press = talk.body(button=button)
    first, again = await talk.post(press), await talk.post(press)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert (await talk.answers(2))[1]["text"] == "Very well."
    late = await talk.post(talk.body(button=button))
    assert late.status_code == 409
    assert late.json()["error"]["code"] == "stale_button"
    assert await stored(talk) == ["which", "This?", "Yes", "Very well."]


async def test_answers_come_in_order_one_at_a_time(talk: Talk) -> None:
    for number in range(1, 5):
        await talk.say(f"question {number}")
        await talk.answers(number)
    told = [one["text"] for one in await talk.answers(4)]
    assert told == [f"{n}: question {n}" for n in range(1, 5)]


@pytest.mark.parametrize("status", [500, 503, 408, 425, 429])
async def test_what_is_not_taken_now_is_sent_again(
    clock: TestClock, talk: Talk, status: int
) -> None:
    """In order: what comes after it waits; other conversations don't."""
    with clock.standing():
        await _sent_again(clock, talk, status)


async def _sent_again(clock: TestClock, talk: Talk, status: int) -> None:
    other = Talk(talk.server, talk.service, talk.client)
    talk.service.refuse[talk.name].append((status, {}))
    await talk.say("one")
    await settled(talk, ("pending", 1))
    await talk.say("two")
    await settled(talk, ("pending", 1), ("pending", 0))
    await other.say("hello")
    await other.answers(1)
    assert [one.body["text"] for one in talk.tried()] == ["1: one"]

    later(talk.server, clock, 5)
    assert [one["text"] for one in await talk.answers(3)] == ["1: one", "1: one", "2: two"]
    first, again, _ = talk.tried()
    assert first.content == again.content
    assert first.headers["idempotency-key"] == again.headers["idempotency-key"]
    await settled(talk, ("sent", 1), ("sent", 0))


@pytest.mark.parametrize("as_date", [False, True])
async def test_a_limit_is_honoured(clock: TestClock, talk: Talk, as_date: bool) -> None:
    with clock.standing():
        wait = format_datetime(clock() + timedelta(seconds=90), usegmt=True) if as_date else "90"
        await _honoured(clock, talk, wait)


async def _honoured(clock: TestClock, talk: Talk, wait: str) -> None:
    talk.service.refuse[talk.name].append((429, {"Retry-After": wait}))
    await talk.say("hello")
    await talk.answers(1)
    assert (await settled_with_error(talk)).startswith("again in ")

    later(talk.server, clock, 45)
    await asyncio.sleep(0.3)
    assert len(talk.tried()) == 1
    later(talk.server, clock, 50)
    await talk.answers(2)
    await settled(talk, ("sent", 0))


async def settled_with_error(talk: Talk) -> str:
    """Why the first delivery is put off, once it is."""
    async with asyncio.timeout(PATIENCE_S):
        while (error := (await settled(talk, ("pending", 0)))[0]) is None:
            await asyncio.sleep(0.03)
    return error


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422, 301, 307])
async def test_what_is_refused_for_good_is_undeliverable(
    talk: Talk, lead: DeskAgent, status: int
) -> None:
    # Where a redirect leads nobody asks: the service knows only posts, and counts them.
    talk.service.refuse[talk.name].append((status, {"Location": talk.service.url}))
    await talk.say("one")
    assert await settled(talk, ("failed", 0)) == [f"answered {status}"]
    await talk.say("two")
    assert [one["text"] for one in await talk.answers(2)] == ["1: one", "2: two"]
    await settled(talk, ("failed", 0), ("sent", 0))

    conversation = await conversation_of(talk)
    failed = (await lead.client.get("/api/v1/desk/outbox")).json()["failed"]
    parcel = next(one for one in failed if one["conversation"] == conversation)
    assert (parcel["channel"], parcel["error"]) == ("webhook", f"answered {status}")
    response = await lead.client.post(f"/api/v1/desk/outbox/{parcel['id']}/retry")
    assert response.status_code == 202, response.text
    assert (await talk.answers(3))[2]["id"] == talk.tried()[0].body["id"]


async def test_a_service_that_is_away_loses_nothing(
    tmp_path: Path, articles_cache: Path, sqlite_template: Path
) -> None:
    """Nor does a server that is started anew meanwhile."""
    with Service() as service:
        url, port = service.url, service.port
    async with another(tmp_path, articles_cache, sqlite_template, url) as server:
        clock = server.clock
        assert isinstance(clock, TestClock)
        talk = Talk(server, service, server.visitor().client)
        with clock.standing():
            await talk.say("hello")
            assert await settled(talk, ("pending", 1)) == ["ConnectError"]
        await server.stop()
        assert service.received == []
        back = Service()
        with back:
            server.settings = server.settings.model_copy(
                update={"webhook_url": type(server.settings.webhook_url)(back.url)}  # type: ignore[misc]
            )
            await server.start()
            returned = Talk(server, back, server.visitor().client, name=talk.name)
            later(server, clock, 10)
            assert [one["text"] for one in await returned.answers(1)] == ["1: hello"]
            await settled(returned, ("sent", 1))
        assert port != back.port


# People ----------------------------------------------------------------------------------------


async def test_an_agent_answers_by_name(talk: Talk, agent: DeskAgent) -> None:
    conversation = await with_agent(talk, agent)
    note = await agent.do(conversation, "note", text="quite impatient", client_id="n1")
    assert note.status_code in (201, 202), note.text
    assert (await agent.reply(conversation, "Good day, this is Aya.")).status_code == 202
    told = await first_of(talk, lambda body: body["author"] == "agent")
    assert (told["text"], told["agent"]) == ("Good day, this is Aya.", {"name": "Aya"})
    assert "impatient" not in str([one.body for one in talk.tried()])


async def test_an_agents_file_is_fetched_with_a_signature(talk: Talk, agent: DeskAgent) -> None:
    conversation = await with_agent(talk, agent)
    sent = await agent.client.post(
        f"/api/v1/desk/conversations/{conversation}/attachments",
        data={"client_id": "f1"},
        files={"file": ("vase.png", picture("PNG"), "image/png")},
    )
    assert sent.status_code == 201, sent.text
    file = (await first_of(talk, lambda body: "attachments" in body))["attachments"][0]
    assert (file["name"], file["type"], set(file)) == (
        "vase.png",
        "image/png",
        {"id", "name", "type", "size"},
    )
    path = f"/api/v1/webhook/attachments/{file['id']}"
    got = await talk.client.get(path, headers=_signed(talk, path))
    assert (got.status_code, got.headers["content-type"]) == (200, "image/png")
    assert got.headers["content-disposition"].startswith("attachment")
    assert len(got.content) == file["size"]

    assert (await talk.client.get(path)).status_code == 403
    assert (await talk.client.get(path, headers=_signed(talk, MESSAGES))).status_code == 403
    old = _signed(talk, path, ahead=-400)
    assert (await talk.client.get(path, headers=old)).status_code == 403
    absent = "/api/v1/webhook/attachments/nothing"
    assert (await talk.client.get(absent, headers=_signed(talk, absent))).status_code == 404


async def test_another_channels_file_is_not_there(talk: Talk) -> None:
    visitor = await talk.server.visitor().arrive(lang="en")
    sent = await visitor.client.post(
        "/api/v1/visitor/attachments",
        data={"client_id": "f1"},
        files={"file": ("vase.png", picture("PNG"), "image/png")},
    )
    path = f"/api/v1/webhook/attachments/{sent.json()['attachment']['id']}"
    assert (await talk.client.get(path, headers=_signed(talk, path))).status_code == 404


# Where answers may go --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"]
)
async def test_our_own_network_is_refused(
    tmp_path: Path, articles_cache: Path, sqlite_template: Path, service: Service, host: str
) -> None:
    url = f"http://{host}:{service.port}/answers"
    private = {"webhook_private": "off"}
    async with another(tmp_path, articles_cache, sqlite_template, url, **private) as server:
        talk = Talk(server, service, server.visitor().client)
        await talk.say("hello")
        assert await settled(talk, ("failed", 0)) == ["the address is not a public one"]
        assert talk.tried() == []


async def test_one_private_address_of_a_name_is_enough(
    tmp_path: Path,
    articles_cache: Path,
    sqlite_template: Path,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names(monkeypatch, [["93.184.215.14", "127.0.0.1"]])
    url = f"http://service.example:{service.port}/answers"
    private = {"webhook_private": "off"}
    async with another(tmp_path, articles_cache, sqlite_template, url, **private) as server:
        talk = Talk(server, service, server.visitor().client)
        await talk.say("hello")
        assert await settled(talk, ("failed", 0)) == ["the address is not a public one"]


async def test_a_name_is_asked_for_once_and_stays_the_host(
    tmp_path: Path,
    articles_cache: Path,
    sqlite_template: Path,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the name means a moment later counts for the next message only: the connection goes to
    the address that was checked."""
    asked = names(monkeypatch, [["127.0.0.1"], ["169.254.169.254"]])
    url = f"http://service.example:{service.port}/answers"
    async with another(tmp_path, articles_cache, sqlite_template, url) as server:
        talk = Talk(server, service, server.visitor().client)
        await talk.say("one")
        await talk.answers(1)
        await settled(talk, ("sent", 0))
        assert asked == ["service.example"]
        assert talk.tried()[0].headers["host"] == f"service.example:{service.port}"

        await talk.say("two")
        errors = await settled(talk, ("sent", 0), ("failed", 0))
        assert errors[1] == "the address is not a public one"
        assert asked == ["service.example"] * 2
        assert len(talk.tried()) == 1


def names(monkeypatch: pytest.MonkeyPatch, meanings: list[list[str]]) -> list[str]:
    """`service.example` means one after the other of `meanings`; who was asked for is listed."""
    asked: list[str] = []

    def look_up(host: Any, *given: Any, **more: Any) -> Any:
        if host != "service.example":
            return LOOKED_UP(host, *given, **more)
        asked.append(host)
        meant = meanings[min(len(asked), len(meanings)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 0)) for one in meant]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def _raw(body: dict[str, Any]) -> bytes:
    return httpx.Request("POST", "http://x", json=body).content


def _signed(talk: Talk, path: str, ahead: float = 0) -> dict[str, str]:
    timestamp = talk.timestamp(ahead)
    return {
        "X-Omotenashi-Timestamp": timestamp,
        "X-Omotenashi-Signature": sign(timestamp, path.encode()),
    }
