"""Several brains: which one is asked, and what happens when one fails in the middle."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sanic import Request, Sanic
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from support.brain import BrainUnavailable, RasaBrain, TurnRequest
from tests.contract.telegram_bot_api import until
from tests.harness import PATIENCE_S
from tests.ports import free_port


@dataclass
class FakeBrain:
    """Speaks the hub channel's protocol and says who answered."""

    model: str = "20261101-000000-aaaaaaaaaaaa"
    status: int = 200
    busy: int = 0
    dies: bool = False
    go: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0
    looked_at: int = 0
    port: int = field(default_factory=free_port)
    _server: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> "FakeBrain":
        app: Sanic[Any, Any] = Sanic(f"brain-{self.port}", configure_logging=False)
        app.add_route(self._ready, "/webhooks/hub/ready", methods=["GET"])
        app.add_route(self._turn, "/webhooks/hub/turn", methods=["POST"])
        self.go.set()
        server = await app.create_server(
            host="127.0.0.1", port=self.port, return_asyncio_server=True, access_log=False
        )
        assert server is not None
        await server.startup()
        await server.before_start()
        await server.after_start()
        await server.start_serving()
        self._server = server
        return self

    async def stop(self) -> None:
        self.go.set()
        if self._server is not None:
            await self._server.before_stop()
            await self._server.close()
            for connection in tuple(self._server.connections):
                connection.close()
            await self._server.after_stop()
            self._server = None

    @property
    def running(self) -> bool:
        return self._server is not None

    async def _ready(self, request: Request) -> HTTPResponse:
        self.looked_at += 1
        return json_response({"model": self.model, "busy": self.busy})

    async def _turn(self, request: Request) -> HTTPResponse:
        self.asked += 1
        await self.go.wait()
        if self.dies:
            assert request.transport is not None
            request.transport.abort()
        return json_response(
            {
                "messages": [{"text": self.url}],
                "commands": [],
                "intent": "greet",
                "confidence": 1.0,
                "understood": True,
                "state": {},
            },
            status=self.status,
        )


@pytest.fixture
async def pair() -> AsyncIterator[tuple[FakeBrain, FakeBrain]]:
    brains = (await FakeBrain().start(), await FakeBrain().start())
    yield brains
    for one in brains:
        await one.stop()


@pytest.fixture
async def brain(pair: tuple[FakeBrain, FakeBrain]) -> AsyncIterator[RasaBrain]:
    made = RasaBrain([one.url for one in pair], "secret", timeout=PATIENCE_S)
    yield made
    await made.close()


@pytest.fixture(autouse=True)
def _looks_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.brain.READY_EVERY_S", 0.02)


async def looked(brain: RasaBrain, pair: Sequence[FakeBrain]) -> None:
    """After a look at `pair`: the next one begins when its answers are known."""
    before = {one.url: one.looked_at for one in pair if one.running}
    watching = asyncio.create_task(brain.watch())
    await until(lambda: all(one.looked_at > before[one.url] + 1 for one in pair if one.running))
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def ask(brain: RasaBrain) -> str:
    result = await brain.turn(TurnRequest("c1", "hello", None, {}, None))
    return result.replies[0].text


async def test_the_newest_model_is_asked_although_it_is_busier(
    pair: tuple[FakeBrain, FakeBrain], brain: RasaBrain
) -> None:
    older, newer = pair
    newer.model, newer.busy = "20261102-000000-bbbbbbbbbbbb", 5
    await looked(brain, pair)
    assert await ask(brain) == newer.url


async def test_a_new_model_is_used_from_when_it_is_ready_and_nobody_waits_for_it(
    pair: tuple[FakeBrain, FakeBrain], brain: RasaBrain
) -> None:
    old, new = pair
    await new.stop()
    await looked(brain, pair)
    assert await ask(brain) == old.url
    new.model = "20261102-000000-bbbbbbbbbbbb"
    await new.start()
    assert await ask(brain) == old.url
    await looked(brain, pair)
    assert await ask(brain) == new.url


async def test_the_less_busy_one_is_asked(
    pair: tuple[FakeBrain, FakeBrain], brain: RasaBrain, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody is asked a second time because the first takes a while.
    monkeypatch.setattr("support.brain.SECOND_AFTER_S", 60.0)
    first, second = pair
    first.busy = 3  # by another server
    await looked(brain, pair)
    assert await ask(brain) == second.url
    first.busy = 0
    await looked(brain, pair)
    first.go.clear()
    second.go.clear()
    asking = [asyncio.create_task(ask(brain)) for _ in range(6)]
    await until(lambda: first.asked + second.asked == 7)
    assert (first.asked, second.asked) == (3, 4)
    first.go.set()
    second.go.set()
    await asyncio.gather(*asking)


@pytest.mark.parametrize("how", ["dies", "refuses", "is gone"])
async def test_a_turn_goes_on_with_the_other_when_one_fails(
    pair: tuple[FakeBrain, FakeBrain], brain: RasaBrain, how: str
) -> None:
    first, second = pair
    await looked(brain, pair)
    if how == "dies":
        first.dies = True
    elif how == "refuses":
        first.status = 503
    else:
        await first.stop()
    assert await ask(brain) == second.url


async def test_who_was_asked_when_the_only_brain_died_is_answered_by_it_when_it_is_back(
    pair: tuple[FakeBrain, FakeBrain],
) -> None:
    only = pair[0]
    brain = RasaBrain([only.url], "secret", timeout=PATIENCE_S)
    await looked(brain, [only])
    only.go.clear()
    asking = asyncio.create_task(ask(brain))
    await until(lambda: only.asked == 1)
    only.dies = True
    only.go.set()  # in the middle of the turn
    # It is asked again, and dies again, before it is gone.
    await until(lambda: only.asked > 1)
    await only.stop()
    await asyncio.sleep(0.6)
    assert not asking.done()
    only.dies = False
    await only.start()
    assert await asking == only.url
    await brain.close()


async def test_a_brain_that_stays_away_is_given_up_when_its_time_is_over(
    pair: tuple[FakeBrain, FakeBrain],
) -> None:
    first, second = pair
    brain = RasaBrain([first.url, second.url], "secret", timeout=1.2)
    await looked(brain, pair)
    first.dies = second.dies = True
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(PATIENCE_S):
        # Asked again and again meanwhile; on a machine that stood still just then, the next time.
        while first.asked < 2:
            with pytest.raises(BrainUnavailable):
                await ask(brain)
    assert asyncio.get_running_loop().time() - began > 1
    # What a brain can't do at all is not asked of it again and again.
    first.dies = second.dies = False
    first.status = second.status = 400
    asked = first.asked + second.asked
    with pytest.raises(BrainUnavailable):
        await ask(brain)
    assert first.asked + second.asked == asked + 2
    await brain.close()


async def test_one_that_hangs_costs_a_moment_and_is_left_out_then(
    pair: tuple[FakeBrain, FakeBrain], brain: RasaBrain
) -> None:
    first, second = pair
    await looked(brain, pair)
    first.go.clear()
    began = asyncio.get_running_loop().time()
    assert await ask(brain) == second.url
    assert asyncio.get_running_loop().time() - began > 1
    assert await ask(brain) == second.url
    assert first.asked == 1
