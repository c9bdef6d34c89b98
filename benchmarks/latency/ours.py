"""Ours: `omotenashi serve` and `brain serve`, seen from a visitor's page."""

import asyncio
import json
import os
import secrets
import ssl
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from pydantic import SecretStr

from benchmarks.latency.processes import Running, start, wait_until_ready
from benchmarks.latency.talk import Answer, Order
from omotenashi.models import BRAIN_PYTHON
from omotenashi.ports import free_port
from omotenashi.settings import ROOT, Settings, load_settings

OURS = "ours"
_VISITOR = "/api/v1/visitor"
_ANSWER_WITHIN_S = 30.0
_NO_TLS = ssl.create_default_context()


@dataclass
class Ours:
    """The server and the brain."""

    url: str
    settings: Settings
    running: tuple[Running, ...]
    name: str = OURS

    def processor_s(self) -> float:
        return sum(process.processor_s() for process in self.running)

    async def begin(self, order: Order) -> "OurConversation":
        conversation = OurConversation(self.url, order)
        await conversation.arrive()
        return conversation


def with_known_vectors(folder: Path) -> Path:
    """`folder`, made, with the articles' vectors if they have been computed here before."""
    folder.mkdir()
    cache = load_settings().data_dir.resolve() / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    (folder / "cache").symlink_to(cache)
    return folder


@asynccontextmanager
async def ours(
    folder: Path, model: Path, brains: int = 1, database: str | None = None
) -> AsyncIterator[Ours]:
    """Started with its database in `folder` unless one is given, stopped at the end."""
    port, brain_ports = free_port(), [free_port() for _ in range(brains)]
    url = f"http://127.0.0.1:{port}"
    brain_urls = [f"http://127.0.0.1:{one}" for one in brain_ports]
    database = database or f"sqlite:///{folder / 'omotenashi.sqlite3'}"
    secret = SecretStr(secrets.token_urlsafe(32))
    settings = Settings(data_dir=folder, database_url=database, secret_key=secret)
    plain = {name: value for name, value in os.environ.items() if "OMOTENASHI" not in name}
    # All of it said, because the environment wins over an .env in the project.
    server_env = plain | {
        "OMOTENASHI_DATA_DIR": str(folder),
        "OMOTENASHI_DATABASE_URL": database,
        "OMOTENASHI_HOST": "127.0.0.1",
        "OMOTENASHI_PORT": str(port),
        "OMOTENASHI_BRAIN_URL": ",".join(brain_urls),
        "OMOTENASHI_SECRET_KEY": secret.get_secret_value(),
        "OMOTENASHI_LIMITS": "off",
        "OMOTENASHI_DEMO": "true",
    }
    brain_env = plain | {
        "OMOTENASHI_BRAIN_SECRET": settings.key("brain"),
        "OMOTENASHI_ACTIONS_URL": f"{url}/actions/webhook",
        "OMOTENASHI_ACTIONS_SECRET": settings.key("actions"),
    }
    brain_command = [str(BRAIN_PYTHON), "-m", "brain", "serve", "--model", str(model), "--port"]
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        server = await start(
            "server", [sys.executable, "-m", "omotenashi", "serve"], folder, ROOT, server_env
        )
        stack.push_async_callback(server.stop)
        running = [server]
        for brain_port, brain_url in zip(brain_ports, brain_urls, strict=True):
            command = [*brain_command, str(brain_port)]
            brain = await start(f"brain-{brain_port}", command, folder, ROOT, brain_env)
            stack.push_async_callback(brain.stop)
            ready = f"{brain_url}/webhooks/hub/ready"
            await wait_until_ready(brain, client, ready, settings.key("brain"))
            running.append(brain)
        await wait_until_ready(server, client, f"{url}/readyz")
        yield Ours(url, settings, tuple(running))


class OurConversation:
    """A page that posts messages and reads its event stream, like the widget."""

    def __init__(self, url: str, order: Order) -> None:
        self._order = order
        # Not a context of its own for TLS that isn't used: making one takes longer than a turn.
        self._client = httpx.AsyncClient(
            base_url=url, timeout=_ANSWER_WITHIN_S, trust_env=False, verify=_NO_TLS
        )
        self._said: asyncio.Queue[tuple[float, dict[str, Any]]] = asyncio.Queue()
        self._listening: asyncio.Task[None] | None = None

    async def arrive(self) -> None:
        session = await self._client.post(f"{_VISITOR}/session", json={"lang": "en"})
        session.raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {session.json()['token']}"
        connected = asyncio.Event()
        self._listening = asyncio.create_task(self._listen(connected))
        await asyncio.wait_for(connected.wait(), _ANSWER_WITHIN_S)

    async def _listen(self, connected: asyncio.Event) -> None:
        async with self._client.stream("GET", f"{_VISITOR}/events", timeout=None) as response:
            response.raise_for_status()
            event = ""
            async for line in response.aiter_lines():
                at = time.perf_counter()
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                    connected.set()
                elif line.startswith("data: ") and event == "message":
                    message = json.loads(line.removeprefix("data: "))
                    if message["author"] != "customer":
                        self._said.put_nowait((at, message))

    async def prove(self) -> None:
        asked = await self.ask(f"Where is my order {self._order.number}?")
        assert asked.kind == "text", f"an order was shown without proof: {asked.text}"
        shown = await self.ask(self._order.email)
        assert shown.kind == "order", f"the order was not shown: {shown.text}"

    async def ask(self, text: str) -> Answer:
        began = time.perf_counter()
        posted = await self._client.post(
            f"{_VISITOR}/messages", json={"client_id": uuid4().hex, "text": text}
        )
        assert posted.status_code == 202, posted.text
        seq = posted.json()["seq"]
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            while True:
                # Its time was taken by the listener, so waiting here adds nothing.
                at, message = await self._said.get()
                if message["seq"] > seq:  # not a later part of the answer before
                    return Answer(1000 * (at - began), message["kind"], message["text"])

    async def end(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._client.aclose()
