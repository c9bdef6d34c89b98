"""The JSON interface when the shop's service is slow, broken, away or wrong."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog.testing
from orders_service import Answer, OrdersService

from omotenashi.parts import PLAYBOOK
from support.orders import EffectKind, OrderEffect, OrdersUnavailable
from support.orders.config import HttpSource, OrdersConfig
from support.orders.http import HttpOrders
from support.playbook.playbook import load_playbook
from tests.harness import OPEN_TIME, ScriptedBrain, Server, TestClock, settings_for

GOOD: dict[str, Any] = {
    "number": "A1",
    "state": "shipped",
    "placed_at": "2025-09-01T12:00:00+09:00",
    "email": "misaki@example.jp",
    "total": 1200,
    "colour": "fields that nobody asked for are no harm",
}


class Clock:
    """Real time, and more of it when a test says so."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@contextmanager
def shop(
    answer: Callable[[str, int], Answer], clock: Clock | None = None, **settings: Any
) -> Iterator[tuple[HttpOrders, OrdersService]]:
    with OrdersService(answer) as service:
        source = HttpSource.model_validate({"base_url": service.url, **settings})
        repository = HttpOrders(
            source, token="s3cret", clock=clock or Clock(), sleep=lambda seconds: None
        )
        try:
            yield repository, service
        finally:
            repository.close()


def always(answer: Answer) -> Callable[[str, int], Answer]:
    return lambda path, asked: answer


def test_the_token_is_sent_and_the_connection_is_kept() -> None:
    with shop(always(Answer(200, GOOD))) as (orders, service):
        for _ in range(3):
            assert orders.by_number("A1") is not None
        assert service.authorizations == ["Bearer s3cret"] * 3
        assert len(service.clients) == 1


@pytest.mark.parametrize(
    ("number", "path"),
    [
        ("A/1", "/orders/A%2F1"),
        ("A?x=1#y", "/orders/A%3Fx%3D1%23y"),
        ("../customers", "/orders/..%2Fcustomers"),
        ("注文", "/orders/%E6%B3%A8%E6%96%87"),
    ],
)
def test_a_number_stays_one_segment_of_the_path(number: str, path: str) -> None:
    with shop(always(Answer(404))) as (orders, service):
        assert orders.by_number(number) is None
        assert service.paths == [path]


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_an_absent_order_is_no_failure(status: int) -> None:
    with shop(always(Answer(status)), breaker_failures=1) as (orders, service):
        assert orders.by_number("A9") is None
        assert orders.by_number("A9") is None
        assert len(service.paths) == 2


@pytest.mark.parametrize("trouble", [Answer(500), Answer(503), Answer(hang_up=True)])
def test_passing_trouble_is_asked_through(trouble: Answer) -> None:
    with shop(lambda path, asked: trouble if asked < 2 else Answer(200, GOOD)) as (orders, service):
        assert orders.by_number("A1") is not None
        assert len(service.paths) == 3


@pytest.mark.parametrize("trouble", [Answer(500), Answer(hang_up=True)])
def test_lasting_trouble_is_given_up(trouble: Answer) -> None:
    with shop(always(trouble)) as (orders, service):
        with pytest.raises(OrdersUnavailable):
            orders.by_number("A1")
        assert len(service.paths) == 3


@pytest.mark.parametrize("status", [301, 401, 403, 429])
def test_a_refusal_is_not_repeated(status: int) -> None:
    with shop(always(Answer(status))) as (orders, service):
        with pytest.raises(OrdersUnavailable, match=str(status)):
            orders.by_number("A1")
        assert len(service.paths) == 1


@pytest.mark.parametrize(
    ("answer", "settings"),
    [
        # A good answer, for whoever waits for it.
        (Answer(200, GOOD, wait=10), {"read_seconds": 0.2}),
        # Each byte comes in time, the whole does not.
        (Answer(200, GOOD, drip=0.1), {"read_seconds": 5, "total_seconds": 0.6}),
        (Answer(500, wait=0.3), {"retries": 5, "total_seconds": 0.6}),
    ],
)
def test_a_slow_service_costs_no_more_than_the_time_allowed(
    answer: Answer, settings: dict[str, Any]
) -> None:
    with shop(always(answer), **settings) as (orders, service):
        with pytest.raises(OrdersUnavailable):
            orders.by_number("A1")
        assert len(service.paths) <= 3


def test_nobody_there() -> None:
    pauses: list[float] = []
    with socket.socket() as held:  # nobody else's, and nobody listens
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        orders = HttpOrders(HttpSource.model_validate({"base_url": url}), sleep=pauses.append)
        with pytest.raises(OrdersUnavailable, match="ConnectError"):
            orders.by_number("A1")
    # Growing pauses, none the same for everybody.
    assert len(pauses) == 2
    assert 0.05 <= pauses[0] <= 0.15
    assert 0.1 <= pauses[1] <= 0.3
    orders.close()


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"<html>Welcome</html>", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"", "not JSON"),
        (None, "null"),
        (b"[" * 100_000, "not JSON"),
        (b" " * 1_100_000, "too large"),
        ([GOOD], "not an object"),
        ("A1", "not an object"),
        ({}, "number: missing; state: missing; placed_at: missing"),
        ({**GOOD, "state": "lost"}, "state: enum"),
        ({**GOOD, "placed_at": "yesterday"}, "placed_at: datetime"),
        ({**GOOD, "total": "12 yen"}, "total: int_parsing"),
        ({**GOOD, "total": -1}, "total: greater_than_equal"),
        ({**GOOD, "items": "none"}, "items are not JSON"),
        ({**GOOD, "items": [{"quantity": 0}]}, "items.0.quantity"),
        ({**GOOD, "email": ["misaki@example.jp"]}, "email: string_type"),
        ({**GOOD, "tracking_url": "javascript:alert(1)"}, "tracking_url: web_address"),
        ({**GOOD, "tracking_url": "http://["}, "tracking_url"),
    ],
)
def test_garbage_is_named_without_its_values(body: object, what: str) -> None:
    with shop(always(Answer(200, body))) as (orders, _), structlog.testing.capture_logs() as logs:
        with pytest.raises(OrdersUnavailable) as error:
            orders.by_number("A1")
        assert what in str(error.value)
        assert logs
        assert what in logs[-1]["problem"]
        for private in ("misaki", "yesterday", "alert", "12 yen"):
            assert private not in f"{error.value} {logs}"


@pytest.mark.parametrize("body", [[GOOD], {"orders": GOOD}, {"orders": [GOOD, 7]}, {}])
def test_a_garbled_list_is_unavailable_too(body: object) -> None:
    with shop(always(Answer(200, body))) as (orders, _), pytest.raises(OrdersUnavailable):
        orders.of_customer("K1")


class TestBreaker:
    def test_it_opens_after_failures_in_a_row_and_tries_again_later(self) -> None:
        clock = Clock()
        healthy = False

        def answer(path: str, asked: int) -> Answer:
            return Answer(200, GOOD) if healthy else Answer(500)

        with shop(answer, clock, retries=0) as (orders, service):
            for _ in range(8):
                with pytest.raises(OrdersUnavailable):
                    orders.by_number("A1")
            assert len(service.paths) == 5

            # Half open: one probe, which fails, and closed to everybody again.
            clock.ahead += 31
            for _ in range(3):
                with pytest.raises(OrdersUnavailable):
                    orders.by_number("A1")
            assert len(service.paths) == 6

            healthy = True
            with pytest.raises(OrdersUnavailable):
                orders.by_number("A1")
            clock.ahead += 31
            for _ in range(3):
                assert orders.by_number("A1") is not None
            assert len(service.paths) == 9

    def test_a_success_in_between_keeps_it_closed(self) -> None:
        def answer(path: str, asked: int) -> Answer:
            return Answer(200, GOOD) if asked % 5 == 4 else Answer(500)

        with shop(answer, retries=0) as (orders, service):
            for _ in range(20):
                try:
                    orders.by_number("A1")
                except OrdersUnavailable:
                    continue
            assert len(service.paths) == 20

    @pytest.mark.parametrize("status", [401, 403, 302])
    def test_an_effect_told_of_a_wrong_set_up_leaves_it_closed(self, status: int) -> None:
        """It answers, so it is up: what is asked next mustn't wait for that."""
        clock, up = Clock(), False

        def answer(path: str, asked: int) -> Answer:
            if path.endswith("/effects"):
                return Answer(status)
            return Answer(200, GOOD) if up else Answer(500)

        effect = OrderEffect("k1", EffectKind.REFUND, "A1", 300, (), None, OPEN_TIME)
        with shop(answer, clock, retries=0, breaker_failures=1) as (orders, _):
            with pytest.raises(OrdersUnavailable):
                orders.by_number("A1")
            up = True
            clock.ahead += 31
            with pytest.raises(OrdersUnavailable):
                orders.apply(effect)  # the probe
            assert orders.by_number("A1") is not None

    def test_effects_that_are_too_many_count_as_failures(self) -> None:
        effect = OrderEffect("k1", EffectKind.REFUND, "A1", 300, (), None, OPEN_TIME)
        with shop(always(Answer(429)), breaker_failures=2) as (orders, service):
            for _ in range(4):
                with pytest.raises(OrdersUnavailable):
                    orders.apply(effect)
            assert len(service.paths) == 2

    def test_one_malformed_order_does_not_close_the_shop(self) -> None:
        def answer(path: str, asked: int) -> Answer:
            return Answer(200, {**GOOD, "state": "lost"} if "bad" in path else GOOD)

        with shop(answer) as (orders, _):
            for _ in range(6):
                with pytest.raises(OrdersUnavailable):
                    orders.by_number("bad")
            assert orders.by_number("A1") is not None


def test_no_log_names_a_customer_or_an_order(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    answers = always(Answer(500))
    with shop(answers) as (orders, _), structlog.testing.capture_logs() as logs:
        with pytest.raises(OrdersUnavailable) as error:
            orders.of_customer("misaki@example.jp")
        with pytest.raises(OrdersUnavailable):
            orders.by_number("HN-10234")
    said = f"{caplog.text} {logs} {error.value!r}"
    for private in ("misaki", "HN-10234", "s3cret"):
        assert private not in said
    assert any(entry["event"] == "orders_unavailable" for entry in logs)


async def test_connections_end_with_the_server(
    tmp_path: Path, articles_cache: Path, clock: TestClock
) -> None:
    (tmp_path / "cache").symlink_to(articles_cache)
    with OrdersService(always(Answer(200, GOOD))) as service:
        source = {"source": "http", "http": {"base_url": service.url}}
        playbook = load_playbook(PLAYBOOK).model_copy(
            update={"orders": OrdersConfig.model_validate(source)}
        )
        server = Server(settings_for(tmp_path), ScriptedBrain(), clock, playbook=playbook)
        await server.start()
        assert server.parts is not None
        orders = server.parts.services.orders
        look = partial(orders.find, "A1", email="misaki@example.jp")
        assert (await asyncio.to_thread(look)).number == "A1"
        await server.stop()
        with pytest.raises(RuntimeError, match="closed"):
            look()
