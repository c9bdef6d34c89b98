"""A small project of the tests' own: trained once, served by the real `brain serve`."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from brain.quiet import settle_environment

settle_environment()

from brain import lean  # noqa: E402 - before anything imports Rasa

lean.install()

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Path(__file__).parent / "project"
SECRET, ACTIONS_SECRET = "brain-secret", "actions-secret"


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of tests/brain/project."""
    folder = tmp_path_factory.mktemp("models")
    # Not the project's cache: a test must not depend on what was trained before.
    environment = {**os.environ, "RASA_CACHE_DIRECTORY": str(folder / "cache")}
    command = [
        sys.executable, "-m", "brain", "train", "--out", str(folder), "--name", "small",
        "--config", str(PROJECT / "config.yml"), "--domain", str(PROJECT / "domain.yml"),
        "--data", str(PROJECT / "nlu.yml"), str(PROJECT / "rules.yml"),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == str(folder / "small.tar.gz")
    return folder / "small.tar.gz"


@dataclass
class Actions:
    """An action server that answers as the test says and remembers what it was asked."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], Any] = lambda call: {"events": [], "responses": []}
    status: int = 200
    delay: float = 0.0

    def reset(self) -> None:
        self.calls.clear()
        self.headers.clear()
        self.answer, self.status, self.delay = (lambda call: {}), 200, 0.0

    def says(self, *responses: dict[str, Any], events: list[Any] | None = None) -> None:
        self.answer = lambda call: {"events": events or [], "responses": list(responses)}


@pytest.fixture(scope="session")
def action_server() -> Iterator[tuple[Actions, str]]:
    actions = Actions()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            actions.calls.append(call)
            actions.headers.append({key.lower(): value for key, value in self.headers.items()})
            time.sleep(actions.delay)
            body = json.dumps(actions.answer(call)).encode()
            self.send_response(actions.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            pass  # the brain hung up on a slow answer: that is what the test is about

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield actions, f"http://127.0.0.1:{server.server_port}/webhook"
    server.shutdown()
    server.server_close()


@dataclass
class Hub:
    """The hub of a running brain."""

    address: str

    def get(self, path: str, secret: str | None = SECRET) -> requests.Response:
        return requests.get(f"{self.address}{path}", headers=_headers(secret), timeout=20)

    def post(self, path: str, body: Any, secret: str | None = SECRET) -> requests.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return requests.post(
            f"{self.address}{path}", data=data, headers=_headers(secret), timeout=20
        )

    def parse(self, text: str) -> dict[str, Any]:
        answer = self.post("/webhooks/hub/parse", {"text": text})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def turn(self, text: str | None = None, **fields: Any) -> dict[str, Any]:
        body = {"sender": "somebody", "text": text, **fields}
        answer = self.post("/webhooks/hub/turn", {k: v for k, v in body.items() if v is not None})
        assert answer.status_code == 200, answer.text
        return answer.json()


def _headers(secret: str | None) -> dict[str, str]:
    return {} if secret is None else {"Authorization": f"Bearer {secret}"}


@pytest.fixture(scope="session")
def running_hub(
    model: Path, action_server: tuple[Actions, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hub]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "OMOTENASHI_BRAIN_SECRET": SECRET,
        "OMOTENASHI_ACTIONS_URL": action_server[1],
        "OMOTENASHI_ACTIONS_SECRET": ACTIONS_SECRET,
        "OMOTENASHI_ACTION_TIMEOUT": "1",
        "OMOTENASHI_BRAIN_TURNS": "2",
    }
    log = (tmp_path_factory.mktemp("brain") / "log").open("w+")
    command = [sys.executable, "-m", "brain", "serve", "--model", str(model), "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    hub = Hub(f"http://127.0.0.1:{port}")
    try:
        _wait_until_ready(hub, process, log.name)
        yield hub
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def _wait_until_ready(hub: Hub, process: subprocess.Popen[bytes], log: str) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert process.poll() is None, Path(log).read_text()
        try:
            if hub.get("/webhooks/hub/ready").status_code == 200:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"the brain wasn't ready in time:\n{Path(log).read_text()}")


@pytest.fixture
def actions(action_server: tuple[Actions, str]) -> Actions:
    action_server[0].reset()
    return action_server[0]


@pytest.fixture
def hub(running_hub: Hub, actions: Actions) -> Hub:
    return running_hub
