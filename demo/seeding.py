"""Puts the demonstration's orders into the assistant's database, and lists them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from itertools import zip_longest
from typing import Any

from sqlalchemy import Connection, delete, insert, inspect, select, text

from demo.orders import SEED, demo_customers, demo_orders
from demo.tables import customers, metadata, orders
from support.orders import Order, OrderState

_LOCK = 7_061_962


@dataclass(frozen=True, slots=True)
class OrderSample:
    """An order that a newcomer may try the assistant with. `late`: promised for a day gone by."""

    number: str
    email: str
    postcode: str
    state: str
    late: bool
    lang: str


def seed(connection: Connection, today: date) -> bool:
    """Make the orders be there as they stand on the day `today` in Japan.

    Creates the tables if they are missing; renews the dates if they are of another day. Numbers,
    people, items and states stay. Returns whether anything had to be done. Call it in a write
    transaction, at every start and once a day.
    """
    if connection.dialect.name == "postgresql":
        # Several processes may start at once.
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    _drop_other_shapes(connection)
    metadata.create_all(connection)
    stamp = connection.execute(select(orders.c.as_of, orders.c.collection).limit(1)).first()
    if stamp is not None and (stamp.as_of, stamp.collection) == (today, SEED):
        return False
    connection.execute(delete(orders))
    connection.execute(delete(customers))
    connection.execute(insert(orders), [_row(order, today) for order in demo_orders(today)])
    connection.execute(
        insert(customers),
        [
            {"id": one.id, "name": one.name, "email": one.email, "lang": one.lang, "tier": one.tier}
            for one in demo_customers()
        ],
    )
    return True


def list_orders(connection: Connection, limit: int | None = None) -> list[dict[str, str]]:
    """`number, email, postcode, state, lang` of orders, the states taking turns."""
    return [
        {name: getattr(one, name) for name in ("number", "email", "postcode", "state", "lang")}
        for one in _taking_turns(connection)[:limit]
    ]


def samples(connection: Connection, today: date) -> tuple[OrderSample, ...]:
    """Four orders to try: on its way, late, delivered a few days ago, and being prepared."""
    rows = connection.execute(select(orders).order_by(orders.c.number.desc())).all()

    def late(row: Any) -> bool:
        return bool(row.state == OrderState.SHIPPED and row.expected_on < today)

    def plain(row: Any) -> bool:
        """Free of items that may not be returned, so that a return can be tried."""
        return all(item["restriction"] is None for item in row.items)

    kinds = (
        (OrderState.SHIPPED, False),
        (OrderState.SHIPPED, True),
        (OrderState.DELIVERED, False),
        (OrderState.PREPARING, False),
    )
    found = []
    for state, is_late in kinds:
        fitting = (
            row for row in rows if row.state == state and late(row) == is_late and plain(row)
        )
        row = next(fitting, None)
        if row is not None:
            found.append(
                OrderSample(row.number, row.email, row.postcode, row.state, is_late, row.lang)
            )
    return tuple(found)


def _taking_turns(connection: Connection) -> list[Any]:
    by_state: dict[str, list[Any]] = {}
    for row in connection.execute(select(orders).order_by(orders.c.number.desc())):
        by_state.setdefault(row.state, []).append(row)
    ordered = [by_state.get(state, []) for state in OrderState]
    return [row for turn in zip_longest(*ordered) for row in turn if row is not None]


def _row(order: Order, today: date) -> dict[str, Any]:
    # asdict keeps dates and makes the items plain, which JSON needs.
    return {**asdict(order), "state": order.state.value, "as_of": today, "collection": SEED}


def _drop_other_shapes(connection: Connection) -> None:
    """Drop tables left by another version: everything in them can be made again."""
    there = inspect(connection)
    for table in (orders, customers):
        if not there.has_table(table.name):
            continue
        present = {column["name"] for column in there.get_columns(table.name)}
        if present != set(table.c.keys()):
            table.drop(connection)
