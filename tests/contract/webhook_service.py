"""A shop's service behind the webhook channel: posts what customers write, and takes answers."""

import hashlib
import hmac
import json
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from types import TracebackType
from typing import Any, Self

import httpx

from tests.contract.telegram_bot_api import until
from tests.harness import Server

SECRET = "a secret of the tests' own"
MESSAGES = "/api/v1/webhook/messages"


def sign(timestamp: str, content: bytes, secret: str = SECRET) -> str:
    """As the documentation says it; the product's own function is not asked."""
    signed = timestamp.encode() + b"." + content
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]  # names in small letters
    content: bytes

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.content)
        return found


@dataclass
class Service:
    """Takes what is posted with 204, or answers as `refuse` says; remembers all of it."""

    received: list[Received] = field(default_factory=list)
    # By conversation: what the next posts are answered with instead.
    refuse: defaultdict[str, deque[tuple[int, dict[str, str]]]] = field(
        default_factory=lambda: defaultdict(deque)
    )

    def __enter__(self) -> Self:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                got = Received(self.path, headers, content)
                service.received.append(got)
                waiting = service.refuse[got.body["conversation"]]
                status, extra = waiting.popleft() if waiting else (204, {})
                self.send_response(status)
                for name, value in extra.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                raise AssertionError("a redirect was followed")

            def log_message(self, format: str, *args: object) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/answers?shop=1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


_numbers = count(1)


@dataclass
class Talk:
    """A conversation of the service's own, with its customer."""

    server: Server
    service: Service
    client: httpx.AsyncClient
    name: str = field(default_factory=lambda: f"room {next(_numbers)} / 部屋")

    def body(self, **fields: Any) -> dict[str, Any]:
        return {"conversation": self.name, "id": f"their-{next(_numbers)}", **fields}

    def timestamp(self, ahead: float = 0) -> str:
        return str(int(self.server.clock().timestamp() + ahead))

    async def post(self, content: Any, **headers: str) -> httpx.Response:
        """Rightly signed, unless `headers` say otherwise."""
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        timestamp = headers.pop("timestamp", self.timestamp())
        sent = {
            "Content-Type": headers.pop("kind", "application/json"),
            "X-Omotenashi-Timestamp": timestamp,
            "X-Omotenashi-Signature": headers.pop("signature", sign(timestamp, raw)),
        }
        assert not headers
        return await self.client.post(MESSAGES, content=raw, headers=sent)

    async def say(self, text: str, **fields: Any) -> httpx.Response:
        response = await self.post(self.body(text=text, **fields))
        assert response.status_code == 202, response.text
        return response

    def tried(self) -> list[Received]:
        """What was posted to this conversation so far, refused posts too."""
        return [
            one for one in tuple(self.service.received) if one.body["conversation"] == self.name
        ]

    async def answers(self, number: int) -> list[dict[str, Any]]:
        """The bodies of what was posted here, as soon as there are `number`."""
        await until(lambda: len(self.tried()) >= number)
        return [one.body for one in self.tried()]
