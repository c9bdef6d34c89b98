"""The assistant's understanding, as the conversation sees it: one request, one answer, no memory.

`RasaBrain` speaks to the hub channel of a Rasa server (see `brain/`). Tests put their own in its
place.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp

log = logging.getLogger(__name__)

# A conversation waits no longer for an answer before it is given to a person (design, invariant 5).
TURN_TIMEOUT_S = 5.0
READY_EVERY_S = 0.5


class BrainUnavailable(Exception):
    """No brain answered in time or sensibly; the customer is told and given a place in line."""


@dataclass(frozen=True)
class Reply:
    """One message of the assistant's. `buttons` are (title, payload) pairs."""

    text: str
    kind: str = "text"
    data: dict[str, Any] = field(default_factory=dict)
    buttons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class TurnRequest:
    """`text` as typed, or the `payload` of a button of ours; `state` as the last turn left it."""

    sender: str
    text: str | None
    payload: str | None
    metadata: dict[str, Any]
    state: Any


@dataclass(frozen=True)
class TurnResult:
    replies: tuple[Reply, ...]
    commands: tuple[dict[str, Any], ...]
    intent: str
    confidence: float
    lang: str | None
    anger: str
    understood: bool
    active_loop: str | None
    state: Any
    reading: dict[str, Any] = field(default_factory=dict)


class Brain(Protocol):
    """What a conversation needs of an assistant."""

    @property
    def ever_ready(self) -> bool:
        """Whether it could answer at any time since this server started."""
        ...

    async def turn(self, request: TurnRequest) -> TurnResult:
        """Raises BrainUnavailable."""
        ...

    async def parse(self, text: str) -> dict[str, Any]:
        """Intent, confidence, entities, language and anger of `text`. Raises BrainUnavailable."""
        ...


class RasaBrain:
    """One or more Rasa servers. A ready one with the newest model is asked first."""

    def __init__(
        self,
        urls: Sequence[str],
        secret: str,
        *,
        prepared: Callable[[], bool] = lambda: True,
        timeout: float = TURN_TIMEOUT_S,
    ) -> None:
        """`prepared`: whether what answers are made of (the articles) is there yet; before that,
        no brain counts as ready."""
        self._prepared = prepared
        self._urls = [url.rstrip("/") for url in urls]
        self._timeout = timeout
        self._headers = {"Authorization": f"Bearer {secret}"}
        self._opened: aiohttp.ClientSession | None = None
        self._ready: dict[str, str] = {}
        self.ever_ready = False

    @property
    def ready(self) -> bool:
        return bool(self._ready)

    async def watch(self) -> None:
        """Keep asking which brains are ready."""
        while True:
            await asyncio.gather(*(self._look(url) for url in self._urls))
            await asyncio.sleep(READY_EVERY_S if not self._ready else 5 * READY_EVERY_S)

    @property
    def _session(self) -> aiohttp.ClientSession:
        """The connections, opened by the first request: they belong to its event loop."""
        if self._opened is None:
            self._opened = aiohttp.ClientSession(
                headers=self._headers,
                # Below the brain's own keep-alive, so that none is used while it is being closed.
                connector=aiohttp.TCPConnector(limit=64, keepalive_timeout=60),
                timeout=aiohttp.ClientTimeout(total=self._timeout, sock_connect=1.0),
            )
        return self._opened

    async def _look(self, url: str) -> None:
        try:
            brief = aiohttp.ClientTimeout(total=2.0)
            async with self._session.get(f"{url}/webhooks/hub/ready", timeout=brief) as answer:
                found = await answer.json(content_type=None) if answer.status == 200 else {}
                model = found.get("model") if isinstance(found, dict) else None
        except (aiohttp.ClientError, TimeoutError, ValueError):
            model = None
        if model is None or not self._prepared():
            self._ready.pop(url, None)
        else:
            self._ready[url] = str(model)
            self.ever_ready = True

    def _by_preference(self) -> list[str]:
        """Ready ones first, the newest model before older ones (names begin with their date)."""
        order = {url: place for place, url in enumerate(self._urls)}
        return sorted(
            self._urls,
            key=lambda url: (url in self._ready, self._ready.get(url, ""), -order[url]),
            reverse=True,
        )

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        problem = "no brain is configured"
        try:
            async with asyncio.timeout(self._timeout):
                for url in self._by_preference():
                    address = f"{url}/webhooks/hub/{path}"
                    try:
                        async with self._session.post(address, json=body) as answer:
                            if answer.status == 200:
                                found = await answer.json(content_type=None)
                                if isinstance(found, dict):
                                    return found
                            problem = f"status {answer.status} from {url}"
                    except aiohttp.ClientError as error:
                        problem = f"{type(error).__name__} from {url}"
                        self._ready.pop(url, None)
        except TimeoutError:
            problem = f"no answer within {self._timeout} s"
        except ValueError:
            problem = "an answer that isn't JSON"
        raise BrainUnavailable(problem)

    async def turn(self, request: TurnRequest) -> TurnResult:
        if not self.ever_ready:
            raise BrainUnavailable("not ready yet")
        body: dict[str, Any] = {
            "sender": request.sender,
            "metadata": request.metadata,
            "state": request.state,
        }
        body |= {"text": request.text} if request.payload is None else {"payload": request.payload}
        answer = await self._post("turn", body)
        if answer.get("failed"):
            raise BrainUnavailable(str(answer["failed"])[:200])
        try:
            return _result(answer)
        except (KeyError, TypeError, ValueError) as error:
            raise BrainUnavailable(f"an answer of the wrong shape: {error!r}") from error

    async def parse(self, text: str) -> dict[str, Any]:
        return await self._post("parse", {"text": text})

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()


def _result(answer: dict[str, Any]) -> TurnResult:
    replies = tuple(
        Reply(
            text=str(message["text"]),
            kind=str(message.get("kind") or "text"),
            data=dict(message.get("data") or {}),
            buttons=tuple(
                (str(button["title"]), str(button["payload"]))
                for button in message.get("buttons") or ()
            ),
        )
        for message in answer["messages"]
        if message.get("text")
    )
    commands = tuple(dict(command) for command in answer["commands"])
    if not replies and not commands:
        # An empty turn is how a lost action looks (rasa-facts, sharp edge 10).
        raise ValueError("nothing said and nothing done")
    lang = answer.get("language")
    return TurnResult(
        replies=replies,
        commands=commands,
        intent=str(answer["intent"]),
        confidence=float(answer["confidence"]),
        lang=lang if lang in ("en", "ja") else None,
        anger=str(answer.get("anger") or "none"),
        understood=bool(answer.get("understood")),
        active_loop=answer.get("active_loop"),
        state=answer.get("state"),
        reading={
            key: answer[key]
            for key in ("intent", "confidence", "ranking", "entities", "language", "anger")
            if key in answer
        },
    )
