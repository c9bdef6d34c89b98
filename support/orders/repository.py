"""Where orders come from: the interface that every source of orders implements."""

from __future__ import annotations

from typing import Protocol

from support.orders.effects import OrderEffect
from support.orders.model import Order

MOST_ORDERS = 50
"""The most orders that `of_customer` gives; nobody reads more in a chat."""


class OrderRepository(Protocol):
    """Reads orders, and has something done about one. Calls block; they may come from several
    threads.

    Only `OrderAccess` may call these: it decides who may see what.
    Every method raises `OrdersUnavailable` when the source cannot be read.
    """

    def by_number(self, number: str) -> Order | None:
        """The order with exactly this number (as `OrderAccess` normalises it), or None."""
        ...

    def of_customer(self, customer_id: str) -> tuple[Order, ...]:
        """A customer's orders, the newest first, at most `MOST_ORDERS`."""
        ...

    def apply(self, effect: OrderEffect) -> None:
        """Have `effect` done, once per key however often it is asked for.

        Raises `EffectRefused` for good; after `OrdersUnavailable` it is asked for again.
        """
        ...

    def close(self) -> None:
        """Give back connections that this repository opened itself."""
        ...
