"""The product for tests: the real application on a real socket, with a brain of the test's own."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sanic import Sanic
from sqlalchemy import select

from omotenashi.app import make_app, prepare
from omotenashi.parts import (
    KNOWLEDGE,
    PLAYBOOK,
    Parts,
    load_knowledge,
    make_hints,
    make_services,
    with_ways,
)
from omotenashi.settings import Settings
from support.brain import BrainUnavailable, Reply, TurnRequest, TurnResult
from support.clock import utc_now
from support.hints import TIMERS, Hint
from support.identifiers import new_id
from support.knowledge import KnowledgeHolder
from support.playbook.playbook import Playbook, load_playbook
from support.store import Database
from support.store.schema import timers
from support.team import agents
from support.typing_state import Typing
from tests.ports import free_port

PASSWORD = "correct horse battery"
# How long a test waits for what will surely come: a slow machine fails no test.
PATIENCE_S = 60
# A Wednesday, 12:00 in Japan: the demonstration's people are there.
OPEN_TIME = datetime.fromisoformat("2026-11-18T03:00:00+00:00")


def answer(
    text: str = "Here you are.",
    *,
    intent: str = "faq_delivery",
    commands: tuple[dict[str, Any], ...] = (),
    kind: str = "article",
    buttons: tuple[tuple[str, str], ...] = (),
    understood: bool = True,
    lang: str | None = "en",
    anger: str = "none",
    state: Any = None,
    active_loop: str | None = None,
    confidence: float | None = None,
) -> TurnResult:
    """`confidence`: sure if understood, unless it is said."""
    sure = (0.9 if understood else 0.2) if confidence is None else confidence
    return TurnResult(
        replies=(Reply(text, kind, {}, buttons),) if text else (),
        commands=commands,
        intent=intent,
        confidence=sure,
        lang=lang,
        anger=anger,
        understood=understood,
        active_loop=active_loop,
        state=state,
        reading={"intent": intent, "confidence": sure, "anger": anger},
    )


def handover(reason: str = "asked", text: str = "") -> TurnResult:
    command = {"type": "handover", "reason": reason}
    return answer(text, intent="request_human", commands=(command,), kind="text")


class ScriptedBrain:
    """Answers as the test says; remembers what it was asked."""

    def __init__(self) -> None:
        self.ever_ready = True
        self.ready = True
        self.down = False
        self.requests: list[TurnRequest] = []
        self.replies: dict[str, TurnResult] = {}
        self.before: Callable[[TurnRequest], Awaitable[None]] | None = None

    async def turn(self, request: TurnRequest) -> TurnResult:
        self.requests.append(request)
        if self.before is not None:
            await self.before(request)
        if self.down or not self.ever_ready:
            raise BrainUnavailable("down")
        text = request.payload or request.text or ""
        found = self.replies.get(text)
        if found is None:
            turns = (request.state or {}).get("turns", 0) + 1
            return answer(f"{turns}: {text}", state={"turns": turns})
        if found.state is None:
            return replace(found, state=request.state or {"turns": 1})
        return found

    async def parse(self, text: str) -> dict[str, Any]:
        if self.down or not self.ever_ready:
            raise BrainUnavailable("down")
        found = self.replies.get(text)
        return {
            "intent": found.intent if found else "faq_delivery",
            "confidence": found.confidence if found else 0.9,
        }

    async def watch(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        return None


@cache
def _unused_certificates() -> ssl.SSLContext:
    """Reading those of all the world takes a client longer than what most tests do with it."""
    return ssl.create_default_context()


@cache
def shipped_playbook() -> Playbook:
    """Read once for all servers of a run; nothing changes it."""
    return load_playbook(PLAYBOOK)


@dataclass
class TestClock:
    """Runs like the real one, from a moment that the test chooses, and can be pushed on."""

    __test__ = False
    offset: timedelta = field(default_factory=lambda: OPEN_TIME - utc_now())
    _stands_at: datetime | None = None

    def __call__(self) -> datetime:
        return utc_now() + self.offset if self._stands_at is None else self._stands_at

    def push(self, **by: float) -> None:
        self.offset += timedelta(**by)
        if self._stands_at is not None:
            self._stands_at += timedelta(**by)

    @contextlib.contextmanager
    def standing(self) -> Iterator[None]:
        """No time passes but by `push`: however long the test takes, nothing is due by itself."""
        self._stands_at = self()
        try:
            yield
        finally:
            self.offset = self._stands_at - utc_now()
            self._stands_at = None


@dataclass
class Server:
    """A running application. `stop` and `start` keep the database."""

    settings: Settings
    brain: ScriptedBrain
    clock: Callable[[], datetime]
    playbook: Playbook | None = None  # None: the shipped one
    app: Sanic[Any, Any] | None = None
    parts: Parts | None = None
    port: int = 0
    # Whether its articles are its own: with the desk's edits, and read anew.
    own_articles: bool = False
    _running: Any = None
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def db(self) -> Database:
        assert self.parts is not None
        return self.parts.db

    @property
    def connections(self) -> tuple[Any, ...]:
        """The protocols of the open connections."""
        return tuple(self._running.connections)

    @property
    def running(self) -> bool:
        return self._running is not None

    async def use(self, brain: ScriptedBrain) -> None:
        """Another brain from now on."""
        await self.stop()
        self.brain = brain
        await self.start()

    async def start(self) -> None:
        Sanic.test_mode = True
        playbook = with_ways(self.playbook or shipped_playbook(), self.settings)
        db = Database(self.settings.database, make_hints(self.settings))
        knowledge = articles(self.settings.data_dir)
        if self.own_articles:
            knowledge = await asyncio.to_thread(load_knowledge, self.settings, playbook, db)
        self.parts = Parts(
            settings=self.settings,
            playbook=playbook,
            db=db,
            services=make_services(self.settings, db, playbook, knowledge),
            brain=self.brain,  # type: ignore[arg-type]  # stands in for RasaBrain
            typing=Typing(),
            clock=self.clock,
            worker=new_id(),
        )
        await asyncio.to_thread(prepare, self.parts)
        Sanic._app_registry.clear()
        self.app = make_app(self.parts)
        self.port = self.port or free_port()
        server = await self.app.create_server(
            host="127.0.0.1", port=self.port, return_asyncio_server=True, access_log=False
        )
        assert server is not None
        await server.startup()
        await server.before_start()
        await server.after_start()
        await server.start_serving()
        self._running = server

    async def stop(self) -> None:
        assert self.app is not None
        for client in self._clients:
            await client.aclose()
        self._clients.clear()
        await self._running.before_stop()
        await self._running.close()
        for connection in tuple(self._running.connections):
            connection.close()
        await self._running.after_stop()
        self._running = None

    async def tick(self) -> None:
        """Timers that are due by the test's clock fire now."""
        due = select(timers.c.id).where(timers.c.fired_at.is_(None))
        self.db.hints.publish(Hint(TIMERS, "set"))
        async with asyncio.timeout(PATIENCE_S):
            while True:
                await asyncio.sleep(0.1)
                query = due.where(timers.c.due_at <= self.clock())
                if not await self.db.reading(lambda c, q=query: c.execute(q).all()):  # type: ignore[misc]
                    break
        # What they said is on its way through streams and the outbox.
        await asyncio.sleep(0.2)

    async def pass_time(self, *there: "DeskAgent", **by: float) -> None:
        """Push the clock while these agents are at the desk: nothing that the server does by
        itself finds them gone in between."""
        assert isinstance(self.clock, TestClock)
        seen = self.clock() + timedelta(**by)
        await self.db.writing(lambda tx: [agents.seen(tx, one.me["id"], seen) for one in there])
        self.clock.push(**by)

    def visitor(self) -> "Visitor":
        return Visitor(self._client())

    def again(self, visitor: "Visitor") -> "Visitor":
        """The same visitor after a restart of the server."""
        client = self._client()
        client.headers["Authorization"] = visitor.client.headers["Authorization"]
        return Visitor(client, visitor.conversation_id)

    def _client(self) -> httpx.AsyncClient:
        client = httpx.AsyncClient(
            base_url=self.url, timeout=PATIENCE_S, trust_env=False, verify=_unused_certificates()
        )
        self._clients.append(client)
        return client

    async def agent(self, name: str = "Aya", role: str = "agent") -> "DeskAgent":
        email = f"{name.lower()}@example.com"
        await self.db.writing(
            lambda tx: agents.add(
                tx, email=email, name=name, role=role, password=PASSWORD, now=self.clock()
            )
        )
        client = self._client()
        response = await client.post(
            "/api/v1/desk/login", json={"email": email, "password": PASSWORD}
        )
        assert response.status_code == 200, response.text
        client.headers["X-CSRF-Token"] = response.json()["csrf"]
        return DeskAgent(client, response.json()["agent"])


@dataclass
class Visitor:
    """A customer on the website, through the visitor interface and nothing else."""

    client: httpx.AsyncClient
    conversation_id: str = ""

    async def arrive(self, **body: Any) -> "Visitor":
        response = await self.client.post("/api/v1/visitor/session", json=body)
        assert response.status_code == 201, response.text
        self.client.headers["Authorization"] = f"Bearer {response.json()['token']}"
        self.conversation_id = response.json()["conversation_id"]
        return self

    async def post(self, text: str, client_id: str | None = None) -> httpx.Response:
        body = {"client_id": client_id or uuid4().hex, "text": text}
        return await self.client.post("/api/v1/visitor/messages", json=body)

    async def say(self, text: str) -> int:
        response = await self.post(text)
        assert response.status_code == 202, response.text
        return int(response.json()["seq"])

    async def press(self, button: str, client_id: str | None = None) -> httpx.Response:
        body = {"client_id": client_id or uuid4().hex, "button": button}
        return await self.client.post("/api/v1/visitor/messages", json=body)

    async def page(self, after: int = 0) -> dict[str, Any]:
        response = await self.client.get("/api/v1/visitor/messages", params={"after": after})
        assert response.status_code == 200, response.text
        page: dict[str, Any] = response.json()
        return page

    async def read(self, after: int = 0) -> list[dict[str, Any]]:
        return list((await self.page(after))["messages"])

    async def wait_for(
        self, wanted: Callable[[list[dict[str, Any]]], bool], after: int = 0
    ) -> list[dict[str, Any]]:
        """The messages after `after`, as soon as `wanted` holds of them."""
        found: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not wanted(found := await self.read(after)):
                    await asyncio.sleep(0.03)
        except TimeoutError:
            raise AssertionError(f"waited in vain; there is {found}") from None
        return found

    async def answers(self, text: str) -> list[dict[str, Any]]:
        """What is said to `text` by the bot or the system."""
        seq = await self.say(text)
        found = await self.wait_for(
            lambda said: any(m["author"] in ("bot", "system") for m in said), seq
        )
        return [m for m in found if m["author"] in ("bot", "system")]

    @contextlib.asynccontextmanager
    async def events(self, **headers: str) -> AsyncIterator["Events"]:
        async with self.client.stream(
            "GET", "/api/v1/visitor/events", headers=headers, timeout=PATIENCE_S
        ) as response:
            assert response.status_code == 200
            yield Events(response)


class Events:
    """Server-sent events, one after the other."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self) -> tuple[str, Any, str | None]:
        """(event, data, id) of the next event that is no comment."""
        event, data, event_id = "", "", None
        async with asyncio.timeout(PATIENCE_S):
            async for line in self._lines:
                if line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: "):
                    data = line[6:]
                elif line.startswith("id: "):
                    event_id = line[4:]
                elif not line and event:
                    return event, json.loads(data), event_id
        raise AssertionError("the stream ended")

    async def until(self, event: str) -> Any:
        """The data of the next `event`."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                kind, data, _ = await self.next()
                if kind == event:
                    return data

    async def message(self) -> tuple[dict[str, Any], str | None]:
        """(data, id) of the next message, past who is writing one."""
        while True:
            kind, data, event_id = await self.next()
            if kind == "message":
                return data, event_id


@dataclass
class DeskAgent:
    """An agent at the desk, through the desk's interface."""

    client: httpx.AsyncClient
    me: dict[str, Any]

    async def do(self, conversation_id: str, action: str, **body: Any) -> httpx.Response:
        return await self.client.post(
            f"/api/v1/desk/conversations/{conversation_id}/{action}", json=body
        )

    async def reply(self, conversation_id: str, text: str) -> httpx.Response:
        return await self.do(conversation_id, "reply", text=text, client_id=uuid4().hex)


@cache
def _articles(folder: Path) -> KnowledgeHolder:
    return KnowledgeHolder(KNOWLEDGE, folder)


def articles(data_dir: Path) -> KnowledgeHolder:
    """The shop's articles, read once for all servers that share a cache folder."""
    return _articles((data_dir / "cache").resolve())


def settings_for(folder: Path, database_url: str | None = None, **values: Any) -> Settings:
    # _env_file=None: a developer's own .env must not change what the tests see.
    return Settings(
        _env_file=None, data_dir=folder, database_url=database_url, limits="off", **values
    )
