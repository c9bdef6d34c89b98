"""The product as processes: `omotenashi serve`, and a brain that answers what it is told."""

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sanic import Request, Sanic
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from omotenashi.settings import ROOT
from tests.ports import free_port


@dataclass
class EchoBrain:
    """Speaks the hub channel's protocol; numbers its answers by the state that travels."""

    port: int = field(default_factory=free_port)
    _server: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        Sanic.test_mode = True
        app: Sanic[Any, Any] = Sanic(f"echo-{self.port}", configure_logging=False)
        app.add_route(_ready, "/webhooks/hub/ready", methods=["GET"])
        app.add_route(_parse, "/webhooks/hub/parse", methods=["POST"])
        app.add_route(_turn, "/webhooks/hub/turn", methods=["POST"])
        server = await app.create_server(
            host="127.0.0.1", port=self.port, return_asyncio_server=True, access_log=False
        )
        assert server is not None
        await server.startup()
        await server.before_start()
        await server.after_start()
        await server.start_serving()
        self._server = server

    async def stop(self) -> None:
        await self._server.before_stop()
        await self._server.close()
        for connection in tuple(self._server.connections):
            connection.close()
        await self._server.after_stop()


async def _ready(request: Request) -> HTTPResponse:
    return json_response({"model": "echo", "fingerprint": "echo", "busy": 0})


async def _parse(request: Request) -> HTTPResponse:
    return json_response({"intent": "faq_delivery", "confidence": 0.9})


async def _turn(request: Request) -> HTTPResponse:
    await asyncio.sleep(0.02)
    turns = ((request.json.get("state") or {}).get("turns") or 0) + 1
    text = request.json.get("text") or ""
    commands: list[dict[str, Any]] = []
    if "complaint" in text:
        commands = [{"type": "open_case", "kind": "complaint", "what": text}]
    return json_response(
        {
            "messages": [{"text": f"{turns}: {text}", "buttons": [], "kind": "article"}],
            "commands": commands,
            "intent": "faq_delivery",
            "confidence": 0.9,
            "ranking": [],
            "entities": [],
            "language": "en",
            "anger": "none",
            "understood": True,
            "active_loop": None,
            "slots": {},
            "state": {"turns": turns},
            "failed": None,
        }
    )


@dataclass
class Serving:
    """`omotenashi serve` in a process of its own, which may be killed and started again."""

    folder: Path
    brain_url: str
    env: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        env = {name: value for name, value in os.environ.items() if "OMOTENASHI" not in name}
        env |= {
            "OMOTENASHI_DATA_DIR": str(self.folder),
            "OMOTENASHI_PORT": str(self.port),
            "OMOTENASHI_BRAIN_URL": self.brain_url,
            "OMOTENASHI_LIMITS": "off",
            **self.env,
        }
        with (self.folder / "server.out").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.e2e.patient", "serve", cwd=ROOT, env=env, stdout=log,
                stderr=log,
            )  # fmt: skip
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(180):
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(f"{self.url}/readyz")).status_code == 200:
                        return
                if self.process.returncode is not None:
                    raise AssertionError((self.folder / "server.out").read_text()[-2000:])
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> int:
        """Ends it politely; its status."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        return await self.process.wait()
