"""A shop's orders service for tests: a real server on a free port that answers as told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Answer:
    """What to send: `body` as JSON, or as it is if it is bytes. `drip`: seconds per byte."""

    status: int = 200
    body: object = None
    wait: float = 0
    drip: float = 0
    hang_up: bool = False


@dataclass
class OrdersService:
    """Answers `answer(path, how many requests before)`; remembers paths, tokens, connections, and
    what was posted with its key."""

    answer: Callable[[str, int], Answer]
    paths: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    clients: set[object] = field(default_factory=set)
    effects: list[tuple[str | None, object]] = field(default_factory=list)

    def __enter__(self) -> Self:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length))
                service.effects.append((self.headers.get("Idempotency-Key"), body))
                self.do_GET()

            def do_GET(self) -> None:
                answer = service.answer(self.path, len(service.paths))
                service.paths.append(self.path)
                service.authorizations.append(self.headers.get("Authorization"))
                service.clients.add(self.client_address)
                time.sleep(answer.wait)
                if answer.hang_up:
                    self.close_connection = True
                    return
                body = answer.body
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                try:
                    self.send_response(answer.status)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    pieces = [data[i : i + 1] for i in range(len(data))] if answer.drip else [data]
                    for piece in pieces:
                        self.wfile.write(piece)
                        self.wfile.flush()
                        time.sleep(answer.drip)
                except OSError:
                    # The client gave up, as it should.
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"
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
