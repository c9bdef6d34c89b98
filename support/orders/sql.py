"""Orders in any table or view of an SQL database, described by `SqlSource`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import (
    ColumnClause,
    Connection,
    Engine,
    Label,
    RowMapping,
    TableClause,
    bindparam,
    column,
    create_engine,
    event,
    insert,
    make_url,
    select,
    table,
    text,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from support.orders.config import ItemTable, SqlSource
from support.orders.effects import EffectRefused, OrderEffect
from support.orders.errors import OrderMalformed, OrdersUnavailable
from support.orders.model import Order
from support.orders.payload import order_from
from support.orders.repository import MOST_ORDERS

log = structlog.get_logger(__name__)

# PostgreSQL: the text cannot be a value of the key's type (an integer, a UUID), or one so large.
# The customer typed a number that no order can have, which is not a failure.
_NOT_SUCH_A_KEY = ("22P02", "22003")
_EFFECT_COLUMNS = ("effect_key", "order_number", "kind", "amount", "items", "reason", "at")
# How many of SQLite's instructions pass between two looks at the clock.
_STEPS_BETWEEN_CHECKS = 10_000


class SqlOrders:
    """An `OrderRepository` over one table or view, and perhaps a second with the items.

    Orders are read by selects with bound parameters, ended after `timeout_seconds` (on
    PostgreSQL and SQLite); on PostgreSQL their transaction is marked read-only besides. What is
    done about an order is a row in a table of its own, which the shop works off.
    """

    def __init__(self, source: SqlSource, engine: Engine, *, owns_engine: bool = False) -> None:
        self._engine = engine
        self._owns_engine = owns_engine
        self._zone = ZoneInfo(source.timezone)
        self._states = source.states
        self._timeout = source.timeout_seconds
        columns = dict(source.columns)
        selected: list[Label[Any]] = [column(name).label(field) for field, name in columns.items()]
        if source.items_column is not None:
            selected.append(column(source.items_column).label("items"))
        orders = _table(source.table)
        # Parameters carry no type of their own, so that the database compares them as what the
        # column holds: text, an integer or a UUID.
        number: ColumnClause[Any] = column(columns["number"])
        self._by_number = (
            select(*selected).select_from(orders).where(number == bindparam("number")).limit(1)
        )
        self._of_customer = None
        if "customer_id" in columns:
            self._of_customer = (
                select(*selected)
                .select_from(orders)
                .where(column(columns["customer_id"]) == bindparam("customer_id"))
                .order_by(column(columns["placed_at"]).desc())
                .limit(MOST_ORDERS)
            )
        self._items = _items_statement(source.items) if source.items is not None else None
        self._effects = None
        if source.effects_table is not None:
            names: list[ColumnClause[Any]] = [column(name) for name in _EFFECT_COLUMNS]
            schema, _, plain = source.effects_table.rpartition(".")
            kept = table(plain, *names, schema=schema or None)
            self._effects = insert(kept)
            self._effect_by_key = select(kept.c.effect_key).where(
                kept.c.effect_key == bindparam("key")
            )

    def by_number(self, number: str) -> Order | None:
        row, items = None, None
        with self._reading() as connection:
            row = connection.execute(self._by_number, {"number": number}).mappings().first()
            # The items are asked for even if there is no such order: both answers take the
            # same statements, so their timing tells nothing.
            items = self._items_of(connection, [number])
        if row is None:
            return None
        return self._order(row, items)

    def of_customer(self, customer_id: str) -> tuple[Order, ...]:
        if self._of_customer is None:
            return ()
        rows: Sequence[RowMapping] = ()
        items = None
        with self._reading() as connection:
            asked = connection.execute(self._of_customer, {"customer_id": customer_id})
            rows = asked.mappings().all()
            items = self._items_of(connection, [str(row["number"]) for row in rows])
        return tuple(self._order(row, items) for row in rows)

    def apply(self, effect: OrderEffect) -> None:
        if self._effects is None:
            raise EffectRefused("this shop's orders are only read")
        values = {
            "effect_key": effect.key,
            "order_number": effect.order_number,
            "kind": str(effect.kind),
            "amount": effect.amount,
            "items": json.dumps(list(effect.items)),
            "reason": effect.reason,
            "at": effect.at.isoformat(),
        }
        try:
            try:
                with self._engine.connect() as connection, connection.begin():
                    connection.execute(self._effects, values)
            except IntegrityError as error:
                # Either the key is there, and it was done before, or the shop's table doesn't
                # take it: a column that may not be empty, a foreign key, a check.
                with self._engine.connect() as connection, connection.begin():
                    known = connection.execute(self._effect_by_key, {"key": effect.key}).first()
                if known is None:
                    problem = type(error.orig).__name__
                    code = _code_of(error.orig)
                    log.error("effect_refused", source="sql", problem=problem, code=code)
                    raise EffectRefused(f"the shop's table refuses it: {problem}") from None
        except SQLAlchemyError as error:
            problem = type(getattr(error, "orig", None) or error).__name__
            log.error("orders_unavailable", source="sql", problem=problem)
            raise OrdersUnavailable(f"the orders' database failed: {problem}") from None

    def close(self) -> None:
        if self._owns_engine:
            self._engine.dispose()

    def _items_of(
        self, connection: Connection, numbers: Sequence[str]
    ) -> dict[str, list[RowMapping]] | None:
        if self._items is None:
            return None
        found: dict[str, list[RowMapping]] = {}
        for row in connection.execute(self._items, {"numbers": list(numbers)}).mappings():
            found.setdefault(str(row["_order"]), []).append(row)
        return found

    def _order(self, row: RowMapping, items: dict[str, list[RowMapping]] | None) -> Order:
        raw: dict[str, Any] = dict(row)
        if items is not None:
            raw["items"] = [_known(item) for item in items.get(str(row["number"]), [])]
        try:
            return order_from(raw, zone=self._zone, states=self._states)
        except OrderMalformed as error:
            log.error("orders_malformed", source="sql", problem=str(error))
            raise

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with (
                self._engine.connect() as connection,
                connection.begin(),
                _limited(connection, self._timeout),
            ):
                yield connection
        except SQLAlchemyError as error:
            # The error's own text quotes the parameters, which are personal: only its kind is
            # kept, and the driver's code where there is one.
            cause = getattr(error, "orig", None)
            if getattr(cause, "sqlstate", None) in _NOT_SUCH_A_KEY:
                return
            problem = type(cause or error).__name__
            code = _code_of(cause)
            log.error("orders_unavailable", source="sql", problem=problem, code=code)
            raise OrdersUnavailable(f"the orders' database failed: {problem} {code}") from None


def connect(source: SqlSource, url: str) -> SqlOrders:
    """Orders in a database of their own at `url`."""
    wait = max(1, round(source.timeout_seconds))
    backend = make_url(url).get_backend_name()
    options: dict[str, Any] = {}
    if backend == "postgresql":
        options = {"connect_timeout": wait}
    elif backend == "sqlite":
        options = {"timeout": wait}
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_pre_ping=True,
        pool_size=4,
        max_overflow=4,
        pool_timeout=wait,
        hide_parameters=True,
        connect_args=options,
    )
    if backend == "sqlite" and source.effects_table is None:

        @event.listens_for(engine, "connect")
        def only_read(connection: Any, record: ConnectionPoolEntry) -> None:
            connection.execute("PRAGMA query_only = ON")

    return SqlOrders(source, engine, owns_engine=True)


def _code_of(cause: object) -> object:
    """The driver's own code for what went wrong, which quotes nothing."""
    return getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)


def _table(name: str) -> TableClause:
    schema, _, plain = name.rpartition(".")
    return table(plain, schema=schema or None)


def _items_statement(items: ItemTable) -> Any:
    key: ColumnClause[Any] = column(items.order_number)
    selected: list[Label[Any]] = [
        column(name).label(field) for field, name in items.columns.items()
    ]
    statement = (
        select(key.label("_order"), *selected)
        .select_from(_table(items.table))
        .where(key.in_(bindparam("numbers", expanding=True)))
    )
    return statement.order_by(column(items.order_by)) if items.order_by else statement


def _known(item: RowMapping) -> dict[str, Any]:
    """NULL in a line means that the shop says nothing, so our defaults hold."""
    return {name: value for name, value in item.items() if value is not None}


@contextmanager
def _limited(connection: Connection, seconds: float) -> Iterator[None]:
    """End the statements after `seconds`; make the transaction read-only where possible."""
    backend = connection.dialect.name
    if backend == "postgresql":
        connection.execute(
            text(
                "select set_config('transaction_read_only', 'on', true),"
                " set_config('statement_timeout', :milliseconds, true)"
            ),
            {"milliseconds": str(round(seconds * 1000))},
        )
    if backend != "sqlite":
        yield
        return
    deadline = time.monotonic() + seconds
    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_CHECKS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)
