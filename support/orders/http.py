"""Orders behind a small JSON interface that a shop provides (docs/orders.md)."""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx
import structlog

from support.orders.breaker import CircuitBreaker
from support.orders.config import HttpSource
from support.orders.effects import EffectRefused, OrderEffect
from support.orders.errors import OrderMalformed, OrdersUnavailable
from support.orders.model import Order
from support.orders.payload import order_from
from support.orders.repository import MOST_ORDERS

log = structlog.get_logger(__name__)

# httpx writes every address it asks at level INFO, and ours name orders and customers.
logging.getLogger("httpx").setLevel(logging.WARNING)

_LARGEST_ANSWER = 1_000_000
_FIRST_PAUSE = 0.1
_jitter = secrets.SystemRandom().uniform


class _Failed(Exception):
    """One request failed; `again` tells whether another one may do better."""

    def __init__(self, problem: str, *, again: bool, counts: bool = True) -> None:
        super().__init__(problem)
        self.again = again
        self.counts = counts


class HttpOrders:
    """An `OrderRepository` that asks the shop's own service.

    Connections are kept. What cannot be reached or answers 5xx is asked again, with growing
    random pauses and within a total time; a service that keeps failing is left alone for a
    while. A time-out while waiting for the answer is not repeated: the customer has waited
    long enough for an apology.
    """

    def __init__(
        self,
        source: HttpSource,
        *,
        token: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base = str(source.base_url).rstrip("/")
        self._zone = ZoneInfo(source.timezone)
        self._states = source.states
        self._retries = source.retries
        self._connect = source.connect_seconds
        self._read = source.read_seconds
        self._total = source.total_seconds
        self._clock = clock
        self._sleep = sleep
        self._breaker = CircuitBreaker(source.breaker_failures, source.breaker_seconds, clock)
        self._client = httpx.Client(
            headers={"Accept": "application/json"}
            | ({"Authorization": f"Bearer {token}"} if token else {}),
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=8),
        )

    def by_number(self, number: str) -> Order | None:
        if not _usable(number):
            return None
        answer = self._ask(f"/orders/{quote(number, safe='')}")
        return None if answer is None else self._order(answer)

    def of_customer(self, customer_id: str) -> tuple[Order, ...]:
        if not _usable(customer_id):
            return ()
        answer = self._ask(f"/customers/{quote(customer_id, safe='')}/orders")
        if answer is None:
            return ()
        listed = answer.get("orders") if isinstance(answer, dict) else None
        if not isinstance(listed, list):
            raise self._malformed('the answer has no list "orders"')
        orders = [self._order(raw) for raw in listed[:MOST_ORDERS]]
        return tuple(sorted(orders, key=lambda order: order.placed_at, reverse=True))

    def apply(self, effect: OrderEffect) -> None:
        if not _usable(effect.order_number):
            raise EffectRefused("not an order's number")
        if not self._breaker.allows():
            raise OrdersUnavailable("the orders' service failed repeatedly and is left alone")
        body = {
            "kind": str(effect.kind),
            "amount": effect.amount,
            "items": list(effect.items),
            "reason": effect.reason,
            "at": effect.at.isoformat(),
        }
        try:
            # Asked for once: whoever calls repeats it later, under the same key.
            answer = self._client.post(
                f"{self._base}/orders/{quote(effect.order_number, safe='')}/effects",
                json=body,
                headers={"Idempotency-Key": effect.key},
                timeout=httpx.Timeout(self._total, connect=self._connect),
            )
        except httpx.HTTPError as error:
            self._breaker.failed()
            problem = type(error).__name__
            log.error("orders_unavailable", source="http", problem=problem)
            raise OrdersUnavailable(f"the orders' service failed: {problem}") from None
        status = answer.status_code
        if 200 <= status < 300:
            self._breaker.succeeded()
            return
        if status in (400, 404, 409, 410, 422):
            self._breaker.succeeded()
            raise EffectRefused(f"the shop's system answered {status}")
        if status >= 500 or status == 429:
            self._breaker.failed()
        else:
            # It answers, so it is up; the set-up is wrong (401, 403, a redirect).
            self._breaker.succeeded()
        log.error("orders_unavailable", source="http", problem=f"status {status}")
        raise OrdersUnavailable(f"the orders' service failed: status {status}")

    def close(self) -> None:
        self._client.close()

    def _ask(self, path: str) -> object | None:
        """The answer's JSON, or None where the service says that there is no such thing."""
        if not self._breaker.allows():
            raise OrdersUnavailable("the orders' service failed repeatedly and is left alone")
        deadline = self._clock() + self._total
        for attempt in range(self._retries + 1):
            pause = _jitter(0.5, 1.5) * _FIRST_PAUSE * 2**attempt
            try:
                answer = self._request(path, deadline)
            except _Failed as failure:
                last = attempt == self._retries or self._clock() + pause >= deadline
                if failure.again and not last:
                    self._sleep(pause)
                    continue
                if failure.counts:
                    self._breaker.failed()
                else:
                    self._breaker.succeeded()
                log.error(
                    "orders_unavailable", source="http", problem=str(failure), tries=attempt + 1
                )
                raise OrdersUnavailable(f"the orders' service failed: {failure}") from None
            self._breaker.succeeded()
            return answer
        raise AssertionError("unreachable")

    def _request(self, path: str, deadline: float) -> object | None:
        left = max(0.05, deadline - self._clock())
        limits = httpx.Timeout(min(self._read, left), connect=min(self._connect, left))
        try:
            with self._client.stream("GET", self._base + path, timeout=limits) as response:
                status = response.status_code
                body = self._body(response, deadline)
        except httpx.ReadTimeout:
            raise _Failed("no answer in time", again=False) from None
        except httpx.TransportError as error:
            raise _Failed(type(error).__name__, again=True) from None
        except httpx.HTTPError as error:
            raise _Failed(type(error).__name__, again=False) from None
        if status in (400, 404, 410, 422):
            # 400 and 422: the customer typed what cannot be a number. That is an absent order.
            return None
        if status >= 500:
            raise _Failed(f"status {status}", again=True)
        if status == 429:
            raise _Failed("status 429", again=False)
        if status != 200:
            # It answers, so it is up; the set-up is wrong (401, 403, a redirect).
            raise _Failed(f"status {status}", again=False, counts=False)
        try:
            answer: object = json.loads(body)
        except (ValueError, RecursionError):
            raise _Failed("the answer is not JSON", again=False) from None
        if answer is None:
            raise _Failed("the answer is null", again=False)
        return answer

    def _body(self, response: httpx.Response, deadline: float) -> bytes:
        # The read time-out is per piece: a service that drips would hold the turn for ever.
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > _LARGEST_ANSWER:
                raise _Failed("the answer is too large", again=False)
            if self._clock() > deadline:
                raise _Failed("no answer in time", again=False)
        return bytes(body)

    def _order(self, raw: object) -> Order:
        try:
            return order_from(raw, zone=self._zone, states=self._states)
        except OrderMalformed as error:
            raise self._malformed(str(error)) from None

    def _malformed(self, problem: str) -> OrderMalformed:
        log.error("orders_malformed", source="http", problem=problem)
        return OrderMalformed(problem)


def _usable(segment: str) -> bool:
    # "." and ".." survive quoting and would climb to another path.
    return 0 < len(segment) <= 200 and segment not in (".", "..")
