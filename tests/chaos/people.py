"""Visitors and agents who talk at random, insist until they are heard, and remember everything."""

import asyncio
import contextlib
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

PASSWORD = "correct horse battery"
PAUSE_S = 0.15
# Longer than any fault lasts: a stream in which nothing is heard for so long is begun anew.
SILENCE_S = 20.0


@dataclass
class Board:
    """What all of them share: where the servers are, when to stop, and what went wrong."""

    urls: Sequence[str]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    problems: list[str] = field(default_factory=list)
    # How likely a request is sent twice at once.
    repeat: float = 0.0
    # The most attempts that any request took.
    tries: int = 0
    # What is asked at the moment, each from its first attempt until it is answered.
    asking: set[object] = field(default_factory=set)

    def url(self, dice: random.Random) -> str:
        return dice.choice(self.urls)


def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=httpx.Timeout(8, connect=2), trust_env=False)


async def insist(
    board: Board,
    dice: random.Random,
    send: Callable[[str], Any],
    *,
    good: Sequence[int],
    settled: Sequence[int] = (),
) -> httpx.Response:
    """`send` until the answer is one of `good` or `settled`: to one server, then to the next."""
    this = object()
    board.asking.add(this)
    try:
        return await _insist(board, dice, send, (*good, *settled))
    finally:
        board.asking.discard(this)


async def _insist(
    board: Board, dice: random.Random, send: Callable[[str], Any], enough: Sequence[int]
) -> httpx.Response:
    place, attempt = dice.randrange(len(board.urls)), 0
    while True:
        url = board.urls[(place + attempt) % len(board.urls)]
        attempt += 1
        board.tries = max(board.tries, attempt)
        try:
            if board.repeat and dice.random() < board.repeat:
                first, second = await asyncio.gather(
                    send(url), send(board.url(dice)), return_exceptions=True
                )
                response = first if isinstance(first, httpx.Response) else second
                if isinstance(response, BaseException):
                    raise response
            else:
                response = await send(url)
        except (httpx.HTTPError, OSError):
            await asyncio.sleep(PAUSE_S)
            continue
        if response.status_code in enough:
            return response
        if response.status_code != 503:
            where = f"{response.request.method} {response.request.url.path}"
            board.problems.append(f"{where}: {response.status_code} {response.text[:300]}")
        await asyncio.sleep(PAUSE_S)


@dataclass
class Customer:
    number: int
    board: Board
    dice: random.Random
    http: httpx.AsyncClient = field(default_factory=client)
    conversation_id: str = ""
    thread: str = ""
    acknowledged: dict[str, int] = field(default_factory=dict)
    # What the event stream has shown, in the order in which it came.
    seen: list[dict[str, Any]] = field(default_factory=list)
    streams: int = 0
    said: int = 0

    async def arrive(self) -> "Customer":
        response = await insist(
            self.board,
            self.dice,
            lambda url: self.http.post(f"{url}/api/v1/visitor/session", json={"lang": "en"}),
            good=[201],
        )
        self.conversation_id = response.json()["conversation_id"]
        self.http.headers["Authorization"] = f"Bearer {response.json()['token']}"
        return self

    async def talk(self) -> None:
        while not self.board.stopping.is_set():
            await asyncio.sleep(self.dice.uniform(0.2, 1.6))
            self.said += 1
            kind = self.dice.choice(["question", "question", "complaint", "person please"])
            text = f"{kind} {self.number}.{self.said}"
            if self.dice.random() < 0.2:
                with contextlib.suppress(httpx.HTTPError):
                    await self.http.post(
                        f"{self.board.url(self.dice)}/api/v1/visitor/typing", json={"typing": True}
                    )
            await self.say(text)

    async def say(self, text: str) -> None:
        body = {"client_id": str(UUID(int=self.dice.getrandbits(128))), "text": text}
        response = await insist(
            self.board,
            self.dice,
            lambda url: self.http.post(f"{url}/api/v1/visitor/messages", json=body),
            good=[202],
        )
        self.acknowledged[text] = int(response.json()["seq"])

    async def watch(self) -> None:
        """Follow the event stream over whatever breaks, resuming after the last event."""
        while True:
            last = self.seen[-1]["seq"] if self.seen else 0
            try:
                async with self.http.stream(
                    "GET",
                    f"{self.board.url(self.dice)}/api/v1/visitor/events",
                    headers={"Last-Event-ID": str(last)},
                    timeout=httpx.Timeout(SILENCE_S, connect=2),
                ) as response:
                    if response.status_code == 200:
                        self.streams += 1
                        await self._follow(response)
            except (httpx.HTTPError, OSError):
                pass
            await asyncio.sleep(PAUSE_S)

    async def _follow(self, response: httpx.Response) -> None:
        event, data = "", ""
        async for line in response.aiter_lines():
            if line.startswith("event: "):
                event = line[7:]
            elif line.startswith("data: "):
                data = line[6:]
            elif not line:
                # An event that was torn has no empty line behind it: it never happened.
                if event == "message":
                    self.seen.append(json.loads(data))
                event, data = "", ""

    async def transcript(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["seq"] if found else 0
            response = await insist(
                self.board,
                self.dice,
                lambda url, after=after: self.http.get(  # type: ignore[misc]
                    f"{url}/api/v1/visitor/messages", params={"after": after, "limit": 200}
                ),
                good=[200],
            )
            page = response.json()["messages"]
            if not page:
                return found
            found += page


@dataclass
class Colleague:
    """An agent who claims, answers, returns, passes on and resolves."""

    number: int
    board: Board
    dice: random.Random
    http: httpx.AsyncClient = field(default_factory=client)
    acknowledged: dict[str, int] = field(default_factory=dict)
    claims: int = 0
    lost: int = 0
    said: int = 0

    @property
    def email(self) -> str:
        return f"agent{self.number}@example.com"

    async def sign_in(self) -> None:
        response = await insist(
            self.board,
            self.dice,
            lambda url: self.http.post(
                f"{url}/api/v1/desk/login", json={"email": self.email, "password": PASSWORD}
            ),
            good=[200],
        )
        # One cookie for all servers: they are one product.
        self.http.headers["Cookie"] = "; ".join(
            f"{name}={value}" for name, value in response.cookies.items()
        )
        self.http.headers["X-CSRF-Token"] = response.json()["csrf"]

    async def work(self) -> None:
        while not self.board.stopping.is_set():
            await asyncio.sleep(self.dice.uniform(0.2, 1.0))
            # Mostly who waits; sometimes they step in where the assistant is talking.
            where = {"state": self.dice.choice(["queued", "queued", "bot"])}
            response = await insist(
                self.board,
                self.dice,
                lambda url, where=where: self.http.get(  # type: ignore[misc]
                    f"{url}/api/v1/desk/conversations", params=where
                ),
                good=[200],
            )
            found = [one["id"] for one in response.json()["conversations"] if one["last_message"]]
            if found:
                await self._handle(self.dice.choice(found))

    async def _handle(self, id: str) -> None:
        if (await self._do(id, "claim")).status_code != 200:
            self.lost += 1
            return
        self.claims += 1
        for _ in range(self.dice.randrange(3)):
            self.said += 1
            text = f"answer {self.number}.{self.said}"
            body = {"text": text, "client_id": str(UUID(int=self.dice.getrandbits(128)))}
            answer = await self._do(id, "reply", **body)
            if answer.status_code == 202:
                self.acknowledged[text] = int(answer.json()["seq"])
            await asyncio.sleep(self.dice.uniform(0, 0.5))
        what = self.dice.choice(["return", "return", "resolve", "transfer"])
        body = {"resolve": {"reason": "answered"}, "transfer": {"to": "queue"}}.get(what, {})
        await self._do(id, what, **body)

    async def _do(self, id: str, what: str, **body: Any) -> httpx.Response:
        # 409: done already by a request whose answer was lost, or by somebody else.
        return await insist(
            self.board,
            self.dice,
            lambda url: self.http.post(f"{url}/api/v1/desk/conversations/{id}/{what}", json=body),
            good=[200, 202],
            settled=[409],
        )
