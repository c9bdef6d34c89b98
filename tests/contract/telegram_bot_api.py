"""A Bot API of the tests' own, and customers who chat with the bot through it."""

import asyncio
import json
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx

from support.hints import OUTBOX, Hint
from tests.harness import PATIENCE_S, ScriptedBrain, Server, TestClock, settings_for

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
SECRET = "webhook-secret_1"
UPDATES = Path(__file__).with_name("telegram_updates")
BOT = {"id": 110201543, "is_bot": True, "first_name": "Hanamori", "username": "hanamori_bot"}


@dataclass(frozen=True)
class Call:
    method: str
    params: dict[str, Any]
    at: float = field(default_factory=monotonic)


def limited(seconds: int) -> tuple[int, dict[str, Any]]:
    description = f"Too Many Requests: retry after {seconds}"
    return 429, {"description": description, "parameters": {"retry_after": seconds}}


BLOCKED = (403, {"description": "Forbidden: bot was blocked by the user"})
BROKEN = (500, {"description": "Internal Server Error"})


@dataclass
class FakeBotApi:
    """Answers the methods that the channel uses, or as `refuse` says; remembers every call."""

    port: int = 0
    calls: list[Call] = field(default_factory=list)
    # By method and chat: what the next requests are answered with instead.
    refuse: defaultdict[tuple[str, int], deque[tuple[int, dict[str, Any]]]] = field(
        default_factory=lambda: defaultdict(deque)
    )
    blocked: set[int] = field(default_factory=set)
    updates: list[Any] = field(default_factory=list)
    confirmed: Callable[[int], None] = lambda offset: None
    # What was uploaded, by the name under which the request refers to it.
    files: dict[str, tuple[str | None, bytes]] = field(default_factory=dict)
    # What customers have sent, by file id.
    stored: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._stopping = False
        self._message_ids = count(9000)

    def __enter__(self) -> Self:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = unquote(self.path)
                content = api.stored.get(path.removeprefix(f"/file/bot{TOKEN}/"))
                self.send_response(200 if content is not None else 404)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def do_POST(self) -> None:
                split = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                given = parse_qsl(split.query)
                if self.headers.get_content_maintype() == "multipart":
                    given += api.uploaded(self.headers["Content-Type"], body)
                else:
                    given += parse_qsl(body.decode())
                status, answer = api.answer(split.path, {k: _value(v) for k, v in given})
                data = json.dumps({"ok": status == 200, "error_code": status, **answer}).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except OSError:
                    # The server under test has stopped meanwhile.
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                return None

        class Silent(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request: object, client_address: object) -> None:
                """Connections that break off are part of the tests."""

        self._server = Silent(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, path: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        token, _, method = path.removeprefix("/bot").rpartition("/")
        if token != TOKEN:
            return 401, {"description": "Unauthorized"}
        chat = int(params.get("chat_id", 0))
        if params.get("parse_mode") == "HTML" and "text" in params:
            # Remembered as it is shown; `html` is what was sent.
            params["html"] = str(params["text"])
            try:
                params["text"] = shown(params["html"])
            except BadEntities as error:
                description = f"Bad Request: can't parse entities: {error}"
                return 400, {"description": description}
        if len(str(params.get("text", "")).encode("utf-16-le")) // 2 > 4096:
            return 400, {"description": "Bad Request: message is too long"}
        with self._changed:
            self.calls.append(Call(method, params))
            if self.refuse[method, chat]:
                return self.refuse[method, chat].popleft()
            if chat in self.blocked:
                return BLOCKED
        if method == "getMe":
            return 200, {"result": BOT}
        if method == "getFile":
            file_id = str(params["file_id"])
            size = len(self.stored[file_id]) if file_id in self.stored else None
            file = {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_path": file_id}
            return 200, {"result": {**file, **({"file_size": size} if size is not None else {})}}
        if method == "getUpdates":
            return 200, {"result": self._wait(params)}
        if method in ("sendMessage", "sendDocument", "sendPhoto", "sendVoice"):
            message = {
                "message_id": next(self._message_ids),
                "date": 1795057200,
                "chat": {"id": chat, "type": "private"},
                "from": BOT,
                "text": params.get("text", ""),
            }
            return 200, {"result": message}
        return 200, {"result": True}

    def _wait(self, params: dict[str, Any]) -> list[Any]:
        if "offset" in params:
            self.confirmed(params["offset"])
        end = monotonic() + params.get("timeout", 0)
        with self._changed:
            while True:
                first = params.get("offset", 0)
                found = [update for update in self.updates if update["update_id"] >= first]
                left = end - monotonic()
                if found or left <= 0 or self._stopping:
                    return found
                self._changed.wait(left)

    def offer(self, *updates: Any) -> None:
        """Updates for whoever polls."""
        with self._changed:
            self.updates.extend(updates)
            self._changed.notify_all()

    def uploaded(self, content_type: str, body: bytes) -> list[tuple[str, str]]:
        """The fields of a form with files; a file's value is where it is kept in `files`."""
        head = f"Content-Type: {content_type}\r\n\r\n".encode()
        form = message_from_bytes(head + body)
        fields = []
        for part in form.get_payload():
            assert isinstance(part, Message)
            name = str(part.get_param("name", header="content-disposition"))
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            filename = part.get_filename()
            if filename is None:
                fields.append((name, content.decode()))
            else:
                self.files[f"attach://{name}"] = (filename, content)
                fields.append((name, f"attach://{name}"))
        return fields

    def called(self, method: str) -> list[dict[str, Any]]:
        return [call.params for call in tuple(self.calls) if call.method == method]

    def tried(self, chat: int) -> list[str]:
        """Texts of all messages that were to be sent, refused ones too."""
        return [c["text"] for c in self.called("sendMessage") if c["chat_id"] == chat]


class BadEntities(Exception):
    """HTML that Telegram doesn't take."""


class _Shown(HTMLParser):
    """As strict as Telegram: known tags only, closed in order, nothing unescaped."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("a", "b", "i"):
            raise BadEntities(f"unsupported tag {tag}")
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            raise BadEntities(f"unexpected end of {tag}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def unknown_decl(self, data: str) -> None:
        raise BadEntities("a declaration")

    def handle_decl(self, decl: str) -> None:
        raise BadEntities("a declaration")

    def handle_comment(self, data: str) -> None:
        raise BadEntities("a comment")

    def handle_pi(self, data: str) -> None:
        raise BadEntities("an instruction")

    def close(self) -> None:
        super().close()
        if self._open:
            raise BadEntities(f"{self._open[-1]} is never closed")


def shown(text: str) -> str:
    """HTML as it reads in a chat. Raises BadEntities."""
    parser = _Shown()
    parser.feed(text)
    parser.close()
    return parser.text


def _value(text: str) -> Any:
    """Parameters come as form fields, structured ones as JSON in them."""
    try:
        return json.loads(text)
    except ValueError:
        return text


_update_ids = count(814_221_001)
_chat_ids = count(700_200_001)
_message_ids = count(1)


@dataclass
class Chat:
    """A customer in a private chat with the bot, whose updates come by webhook."""

    server: Server
    api: FakeBotApi
    client: httpx.AsyncClient
    id: int = field(default_factory=lambda: next(_chat_ids))

    def update(self, name: str, **message: Any) -> dict[str, Any]:
        """A stored update, as if it were this customer's and new; `message` replaces fields."""
        made: dict[str, Any] = deepcopy(json.loads((UPDATES / f"{name}.json").read_text()))
        made["update_id"] = next(_update_ids)
        for body in made.values():
            if not isinstance(body, dict):
                continue
            for part in (body, body.get("message", {})):
                for key in ("chat", "from"):
                    if part.get(key, {}).get("id") == 700100200:
                        part[key]["id"] = self.id
                if "message_id" in part:
                    part["message_id"] = next(_message_ids)
            body.update(message)
        return made

    async def deliver(self, update: Any, secret: str | None = SECRET) -> httpx.Response:
        content = update if isinstance(update, bytes) else json.dumps(update).encode()
        headers = {"Content-Type": "application/json"}
        if secret is not None:
            headers["X-Telegram-Bot-Api-Secret-Token"] = secret
        return await self.client.post("/telegram/webhook", content=content, headers=headers)

    async def send(self, name: str, **message: Any) -> None:
        response = await self.deliver(self.update(name, **message))
        assert response.status_code == 200, response.text

    async def say(self, text: str) -> None:
        await self.send("text", text=text)

    async def press(self, button: str, number: int) -> None:
        """Each press with a number of its own, as in Telegram."""
        await self.send("callback_query", data=button, id=f"{self.id}-{number}")

    def shown(self) -> list[dict[str, Any]]:
        """What was to be sent to this chat so far."""
        return [c for c in self.api.called("sendMessage") if c["chat_id"] == self.id]

    async def texts(self, number: int) -> list[str]:
        """The texts in this chat, as soon as there are `number`."""
        await until(lambda: len(self.api.tried(self.id)) >= number)
        return self.api.tried(self.id)

    async def buttons(self) -> list[tuple[str, str]]:
        """(title, id) below the newest message."""
        markup = self.shown()[-1].get("reply_markup", {"inline_keyboard": []})
        return [(b["text"], b["callback_data"]) for row in markup["inline_keyboard"] for b in row]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.02)


def later(server: Server, clock: TestClock, seconds: float) -> None:
    """Let time pass, and the outbox look at once."""
    clock.push(seconds=seconds)
    server.db.hints.publish(Hint(OUTBOX, "posted"))


def telegram_server(
    folder: Path,
    cache: Path,
    api: str,
    clock: TestClock,
    database_url: str | None = None,
    **values: Any,
) -> Server:
    """A server with the channel switched on, its database in `folder` unless told otherwise."""
    (folder / "cache").symlink_to(cache)
    wanted: dict[str, Any] = {
        "telegram_token": TOKEN,
        "telegram_api": api,
        "telegram_secret": SECRET,
        "telegram_mode": "webhook",
        "public_url": "http://shop.example",
    }
    settings = settings_for(folder, database_url, **{**wanted, **values})
    return Server(settings, ScriptedBrain(), clock)
