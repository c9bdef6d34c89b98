"""The assistant's understanding, as the conversation sees it: one request, one answer, no memory.

`RasaBrain` speaks to the hub channel of a Rasa server (see `brain/`). Tests put their own in its
place.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import aiohttp

from support.turns.asking import expected, takes_file

log = logging.getLogger(__name__)

# A conversation waits no longer for an answer before it is given to a person (design, invariant 5).
TURN_TIMEOUT_S = 5.0
READY_EVERY_S = 0.5
# A brain that hangs must not use up the time in which another one could have answered.
SECOND_AFTER_S = 1.5
MOST_ASKED = 2
# A brain that was killed is often back, or another one ready, before its time is over.
AGAIN_EVERY_S = 0.25


class BrainUnavailable(Exception):
    """No brain answered in time or sensibly; the customer is told and given a place in line."""


class _Away(BrainUnavailable):
    """Nobody listened, the connection broke or it said "not now": worth asking again soon."""


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
    """One or more Rasa servers. Of the ready ones with the newest model the least busy is asked.

    A turn leaves no trace in a brain, so it can be asked of another one at any time: when the
    first fails, and also when it doesn't answer for a while, whichever answers first. Where nobody
    is there, it is asked again until its time is over: a brain that was killed comes back.
    """

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
        self._asked: Counter[str] = Counter()
        self._others: dict[str, int] = {}
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
        asked = self._asked[url]
        found: Any = None
        try:
            brief = aiohttp.ClientTimeout(total=2.0)
            async with self._session.get(f"{url}/webhooks/hub/ready", timeout=brief) as answer:
                found = await answer.json(content_type=None) if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError, ValueError):
            pass
        model = found.get("model") if isinstance(found, dict) else None
        if model is None or not self._prepared():
            self._ready.pop(url, None)
            return
        self._ready[url] = str(model)
        busy = found.get("busy")
        self._others[url] = max(0, busy - asked) if isinstance(busy, int) else 0
        self.ever_ready = True

    def _by_preference(self) -> list[str]:
        """Ready ones first, the newest model before older ones (names begin with their date), the
        least busy before busier ones: what we asked, and what other servers did at the last look.
        """
        order = {url: place for place, url in enumerate(self._urls)}

        def rank(url: str) -> tuple[bool, str, int, int]:
            load = self._asked[url] + self._others.get(url, 0)
            return (url in self._ready, self._ready.get(url, ""), -load, -order[url])

        return sorted(self._urls, key=rank, reverse=True)

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The first good answer. Raises BrainUnavailable."""
        left = self._by_preference()
        asking: set[asyncio.Task[dict[str, Any]]] = set()
        problem = "no brain is configured"
        away = False
        try:
            async with asyncio.timeout(self._timeout):
                while left or asking or away:
                    if not left and not asking:
                        away = False
                        await asyncio.sleep(AGAIN_EVERY_S)
                        left = self._by_preference()
                    if left and len(asking) < MOST_ASKED:
                        asking.add(self._begin(left.pop(0), path, body))
                    # Another one is asked only if it is known to be ready: doubling the work of
                    # one that is merely busy would help nobody.
                    more = bool(left) and left[0] in self._ready and len(asking) < MOST_ASKED
                    done, asking = await asyncio.wait(
                        asking,
                        timeout=SECOND_AFTER_S if more else None,
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                    for task in done:
                        try:
                            found = task.result()
                            for slow in asking:
                                # Left out until it answers the watch again.
                                self._ready.pop(slow.get_name(), None)
                            return found
                        except BrainUnavailable as error:
                            problem = str(error)
                            away = away or isinstance(error, _Away)
        except TimeoutError:
            problem = f"no answer within {self._timeout} s ({problem})"
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        raise BrainUnavailable(problem)

    def _begin(self, url: str, path: str, body: dict[str, Any]) -> asyncio.Task[dict[str, Any]]:
        """Asks a brain, which counts as busier from now on, not from when the task begins."""
        asking = asyncio.create_task(self._ask(url, path, body), name=url)
        self._asked[url] += 1
        asking.add_done_callback(lambda _: self._asked.subtract({url: 1}))
        return asking

    async def _ask(self, url: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """One brain's answer. Raises BrainUnavailable."""
        try:
            async with self._session.post(f"{url}/webhooks/hub/{path}", json=body) as answer:
                found = await answer.json(content_type=None) if answer.status == 200 else None
                if isinstance(found, dict):
                    return found
                refusal = _Away if answer.status == 503 else BrainUnavailable
                raise refusal(f"status {answer.status} from {url}")
        except aiohttp.ClientError as error:
            self._ready.pop(url, None)
            raise _Away(f"{type(error).__name__} from {url}") from error
        except ValueError as error:
            raise BrainUnavailable(f"an answer of {url} that isn't JSON") from error
        except TimeoutError as error:
            raise BrainUnavailable(f"no answer from {url}") from error

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
            return _result(answer, signed_in=bool(request.metadata.get("customer")))
        except (KeyError, TypeError, ValueError) as error:
            raise BrainUnavailable(f"an answer of the wrong shape: {error!r}") from error

    async def parse(self, text: str) -> dict[str, Any]:
        return await self._post("parse", {"text": text})

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()


def _result(answer: dict[str, Any], *, signed_in: bool) -> TurnResult:
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
    expects = expected(answer.get("slots") or {}, signed_in=signed_in)
    if answer.get("active_loop") and expects and replies and not replies[-1].buttons:
        # Buttons are a form of their own.
        asking = replies[-1]
        asking = replace(asking, data={**asking.data, "expects": list(expects)})
        replies = (*replies[:-1], asking)
    if answer.get("active_loop") and replies and takes_file(answer.get("slots") or {}):
        asking = replies[-1]
        replies = (*replies[:-1], replace(asking, data={**asking.data, "takes_file": True}))
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
