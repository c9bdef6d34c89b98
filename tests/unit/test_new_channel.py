"""docs/new-channel.md is a channel that works: its code is read from the page and run."""

import base64
import hashlib
import hmac
import importlib
import inspect
import json
import re
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sanic import Sanic
from sqlalchemy import select

import channels
from channels.base import Channel, Surroundings
from omotenashi.app import answer_errors
from omotenashi.parts import PLAYBOOK
from support.attachments.files import AttachmentFiles
from support.attachments.storing import Attachments
from support.conversations import latest, lock_thread
from support.delivery.outbox import DeliveryRefused, Parcel
from support.messages import Draft, append
from support.playbook.playbook import load_playbook
from support.store import Database
from support.store.schema import messages, threads
from support.typing_state import Typing
from support.values import Author
from tests.harness import OPEN_TIME
from tests.ports import free_port
from tests.unit.test_arrows import imports_of, wrong

PAGE = Path(__file__).resolve().parents[2] / "docs" / "new-channel.md"
SECRET, TOKEN = "line channel secret", "line channel token"
CLIENT = httpx.AsyncClient
USER = "U4af4980629af4980629af4980629af49"


def code() -> dict[str, str]:
    """By file, what the page says stands in it."""
    blocks = re.findall(r"^```python\n# (\S+\.py)\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    return dict(blocks)


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module of the page's channel."""
    for file, source in code().items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(source, "utf-8")
    monkeypatch.setattr(channels, "__path__", [*channels.__path__, str(tmp_path / "channels")])
    importlib.invalidate_caches()
    yield importlib.import_module("channels.line.channel")
    for name in [name for name in sys.modules if name.startswith("channels.line")]:
        del sys.modules[name]
    vars(channels).pop("line", None)


class LineApi:
    """Answers as told, or with 200; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any], httpx.Headers]] = []
        self.answers: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.url.path, json.loads(request.content), request.headers))
        return httpx.Response(self.answers.pop(0) if self.answers else 200)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> LineApi:
    found = LineApi()

    def client(**given: Any) -> httpx.AsyncClient:
        return CLIENT(transport=httpx.MockTransport(found), **given)

    monkeypatch.setattr(httpx, "AsyncClient", client)
    return found


@pytest.fixture
async def around(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Surroundings]:
    shutil.copy(sqlite_template, tmp_path / "line.sqlite3")
    db = Database(f"sqlite:///{tmp_path / 'line.sqlite3'}")
    files = Attachments(AttachmentFiles(tmp_path / "files"))
    yield Surroundings(db, load_playbook(PLAYBOOK), Typing(), lambda: OPEN_TIME, "the test", files)
    db.close()


@pytest.fixture
async def channel(line: Any, api: LineApi, around: Surroundings) -> AsyncIterator[Any]:
    """Running, in a server of its own."""
    made = line.Line(around, line.LineRules(SECRET, TOKEN))
    Sanic._app_registry.clear()
    app: Sanic[Any, Any] = Sanic("line", configure_logging=False)
    app.blueprint(made.blueprint())
    answer_errors(app)
    made.port = free_port()
    server = await app.create_server(
        host="127.0.0.1", port=made.port, return_asyncio_server=True, access_log=False
    )
    assert server is not None
    await server.startup()
    await server.start_serving()
    yield made
    await server.close()
    for connection in tuple(server.connections):
        connection.close()
    await server.after_stop()


def event(number: int, **fields: Any) -> dict[str, Any]:
    """As LINE sends it."""
    return {
        "type": "message",
        "message": {"type": "text", "id": f"44455{number}", "text": "hello", "quoteToken": "q3"},
        "webhookEventId": f"01H810YECXQQZ37VAXPF6H9E6{number}",
        "deliveryContext": {"isRedelivery": False},
        "timestamp": 1792291200000,
        "source": {"type": "user", "userId": USER},
        "replyToken": f"nHuyWiB7yP5Zw52FIkcQobQuGDXCTA{number}",
        "mode": "active",
        **fields,
    }


async def deliver(channel: Any, *events: Any, content: bytes | None = None) -> list[int]:
    """The answers to a delivery: without a signature, with a wrong one, and with the right one."""
    body = content
    if body is None:
        body = json.dumps({"destination": "xxx", "events": events}).encode()
    right = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    async with CLIENT(trust_env=False, timeout=60) as client:
        url = f"http://127.0.0.1:{channel.port}/line/webhook"
        signatures = ({}, {"X-Line-Signature": right[::-1]}, {"X-Line-Signature": right})
        answers = [await client.post(url, content=body, headers=one) for one in signatures]
    return [answer.status_code for answer in answers]


async def said(around: Surroundings) -> list[tuple[str, str, str]]:
    query = select(messages.c.author, messages.c.kind, messages.c.text).order_by(messages.c.seq)
    found = await around.db.reading(lambda connection: connection.execute(query).all())
    return [(row.author, row.kind, row.text) for row in found]


async def answered(around: Surroundings, text: str, *buttons: tuple[str, str]) -> Parcel:
    """What the outbox gives to the sender once the assistant has said `text`."""

    def answer(tx: Any) -> Parcel:
        thread = tx.execute(select(threads.c.id).where(threads.c.address == USER)).scalar_one()
        lock_thread(tx, thread)
        conversation = latest(tx.connection, thread)
        assert conversation is not None
        made = append(tx, conversation, Draft(Author.BOT, text, buttons=buttons), OPEN_TIME)
        until = OPEN_TIME + timedelta(minutes=1)
        return Parcel(7, "line", USER, thread, made.id, {}, 0, until)

    return await around.db.writing(answer)


def test_the_page_has_a_whole_channel_in_under_200_lines() -> None:
    found = code()
    assert sum(source.count("\n") + 1 for source in found.values()) < 200
    assert len(found) == PAGE.read_text("utf-8").count("```python")
    for file, source in found.items():
        compile(source, file, "exec")
        assert [wrong(one) for one in imports_of(file, source) if wrong(one)] == []


def test_it_has_the_members_of_a_channel(channel: Any) -> None:
    assert isinstance(channel.name, str)
    for member in ("blueprint", "sender", "run"):
        wanted, made = getattr(Channel, member), getattr(channel, member)
        assert inspect.iscoroutinefunction(made) == inspect.iscoroutinefunction(wanted)
        assert list(inspect.signature(made).parameters) == []


async def test_what_is_signed_is_stored_once(channel: Any, around: Surroundings) -> None:
    long = event(2, message={"type": "text", "id": "1", "text": "あ" * 4001})
    group = event(3, source={"type": "group", "groupId": "C1", "userId": USER})
    sticker = event(4, message={"type": "sticker", "id": "2", "packageId": "1"})
    follow = {**event(5, type="follow"), "message": None}
    for _ in range(2):
        assert await deliver(channel, event(1), long, group, sticker, follow) == [403, 403, 200]
    texts = await said(around)
    assert [text for author, _, text in texts if author == "customer"] == [
        "hello",
        "あ" * 4000,
        "あ",
    ]
    assert [kind for author, kind, _ in texts if author == "system"] == ["notice"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"events": 3}', b'{"events": [{}]}', b'{"events": ["x"]}']
)
async def test_what_is_no_delivery_is_refused(
    channel: Any, around: Surroundings, content: bytes
) -> None:
    assert await deliver(channel, content=content) == [403, 403, 400]
    assert await said(around) == []


async def test_an_answer_is_a_reply_while_it_may_be_and_a_push_later(
    channel: Any, around: Surroundings, api: LineApi
) -> None:
    await deliver(channel, event(1))
    parcel = await answered(around, "Which?", ("Delivery", "/delivery"), ("Returns", "/returns"))
    await channel.sender().send(parcel)
    path, body, headers = api.asked[0]
    assert (path, body["replyToken"]) == ("/v2/bot/message/reply", event(1)["replyToken"])
    assert headers["authorization"] == f"Bearer {TOKEN}"
    shown = body["messages"][0]
    assert (shown["type"], shown["text"]) == ("text", "Which?")
    actions = [item["action"] for item in shown["quickReply"]["items"]]
    assert [action["label"] for action in actions] == ["Delivery", "Returns"]

    api.answers = [500, 409]  # it had arrived all the same
    with pytest.raises(httpx.HTTPStatusError):
        await channel.sender().send(parcel)
    await channel.sender().send(parcel)
    first, again = api.asked[1:]
    assert first[0] == again[0] == "/v2/bot/message/push"
    assert first[1]["to"] == USER
    assert first[2]["x-line-retry-key"] == again[2]["x-line-retry-key"]

    press = event(2, type="postback", postback={"data": actions[0]["data"]})
    assert await deliver(channel, press, press) == [403, 403, 200]
    assert (await said(around))[-1] == ("customer", "button", "Delivery")


async def test_what_line_never_takes_is_given_up(
    channel: Any, around: Surroundings, api: LineApi
) -> None:
    await deliver(channel, event(1))
    parcel = await answered(around, "x" * 6000)
    api.answers = [400, 403]  # the token was used; the customer is gone
    with pytest.raises(DeliveryRefused):
        await channel.sender().send(parcel)
    assert [len(piece["text"]) for piece in api.asked[1][1]["messages"]] == [2500, 2500, 1000]
