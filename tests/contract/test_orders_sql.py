"""A shop's own database when it is slow, broken, away or of another shape."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import structlog.testing
from sqlalchemy import Engine, create_engine, text

from support.orders import (
    EffectKind,
    EffectRefused,
    OrderEffect,
    OrderRepository,
    OrdersConfig,
    OrdersUnavailable,
    make_repository,
)
from support.store import Database
from tests.harness import OPEN_TIME, PATIENCE_S

COLUMNS = {"number": "no", "state": "status", "placed_at": "created", "customer_id": "customer"}


def shop(engine: Engine, **settings: Any) -> OrderRepository:
    sql = {"table": "orders", "columns": COLUMNS, **settings}
    return make_repository(OrdersConfig.model_validate({"source": "sql", "sql": sql}), engine)


@pytest.fixture
def engine() -> Any:
    made = create_engine("sqlite://")
    with made.begin() as connection:
        connection.execute(
            text("create table orders (no integer primary key, status, created, customer)")
        )
        connection.execute(text("insert into orders values (7, 'shipped', '2025-09-01 12:00', 42)"))
        connection.execute(text("insert into orders values (8, 'lost', '2025-09-01 12:00', 42)"))
    yield made
    made.dispose()


def test_keys_may_be_integers_and_what_is_not_mapped_is_unknown(engine: Engine) -> None:
    order = shop(engine).by_number("7")
    assert order is not None
    assert (order.number, order.customer_id, order.lang) == ("7", "42", "en")
    assert (order.email, order.postcode, order.items, order.expected_on) == ("", "", (), None)
    # The shop's clock on the wall, in Japan.
    assert order.placed_at.isoformat() == "2025-09-01T03:00:00+00:00"


def test_without_a_customer_column_nobody_has_orders(engine: Engine) -> None:
    columns = {name: column for name, column in COLUMNS.items() if name != "customer_id"}
    assert shop(engine, columns=columns).of_customer("42") == ()


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"table": "nowhere"}, "OperationalError"),
        ({"columns": {**COLUMNS, "email": "mail"}}, "OperationalError"),
    ],
)
def test_a_wrong_map_is_unavailable(engine: Engine, settings: dict[str, Any], what: str) -> None:
    with structlog.testing.capture_logs() as logs, pytest.raises(OrdersUnavailable, match=what):
        shop(engine, **settings).by_number("HN-10234")
    assert logs[0]["event"] == "orders_unavailable"
    assert "HN-10234" not in str(logs)


def test_a_row_that_makes_no_sense_is_unavailable(engine: Engine) -> None:
    with pytest.raises(OrdersUnavailable, match="state: enum"):
        shop(engine).by_number("8")
    assert shop(engine, states={"lost": "cancelled"}).by_number("8") is not None


def test_a_slow_statement_is_ended_and_the_connection_lives_on(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "create view slow as"
                " with recursive n(i) as (select 1 union all select i + 1 from n)"
                " select i as no, 'shipped' as status, '2025-09-01' as created, 1 as customer"
                " from n where random() is null"
            )
        )
    # Left to itself it would never end.
    with pytest.raises(OrdersUnavailable):
        shop(engine, table="slow", timeout_seconds=0.2).by_number("7")
    assert shop(engine).by_number("7") is not None
    with engine.begin() as connection:
        connection.execute(text("delete from orders"))


def test_a_database_of_its_own_is_only_read(tmp_path: Path, engine: Engine) -> None:
    orders = shop(engine, url=f"sqlite:///{tmp_path / 'nothing.db'}")
    with pytest.raises(OrdersUnavailable):
        orders.by_number("7")
    orders.close()


def test_a_database_that_is_away_is_unavailable_soon(engine: Engine) -> None:
    url = "postgresql+psycopg://nobody@127.0.0.1:9/none"
    orders = shop(engine, url=url)
    started = monotonic()
    with pytest.raises(OrdersUnavailable):
        orders.by_number("7")
    assert monotonic() - started < PATIENCE_S
    orders.close()


EFFECT = OrderEffect("k1", EffectKind.REFUND, "7", 300, ("pot",), None, OPEN_TIME)


@pytest.mark.parametrize(
    "refusing",
    ["reason text not null", "amount integer check (amount < 100)",
     "order_number text references nobodys (no)"],
)  # fmt: skip
def test_what_the_shops_table_refuses_is_not_taken_for_done(
    database_url: str, refusing: str
) -> None:
    """Only a known key is a repetition; anything else must never be told as a refund."""
    name = refusing.split()[0]
    plain = ["amount integer", "reason text", "order_number text"]
    columns = [refusing if column.split()[0] == name else column for column in plain]
    engine = Database(database_url).engine
    with engine.begin() as connection:
        connection.execute(text("create table nobodys (no text primary key)"))
        for table, of in (("takes", plain), ("refuses", columns)):
            connection.execute(
                text(
                    f"create table {table} (effect_key text primary key, kind text, items text,"
                    f" at text, {', '.join(of)})"
                )
            )
    with structlog.testing.capture_logs() as logs, pytest.raises(EffectRefused):
        shop(engine, effects_table="refuses").apply(EFFECT)
    assert [(one["event"], one["source"]) for one in logs] == [("effect_refused", "sql")]
    taking = shop(engine, effects_table="takes")
    taking.apply(EFFECT)
    taking.apply(EFFECT)
    with engine.connect() as connection:
        assert connection.execute(text("select effect_key from takes")).all() == [("k1",)]
        assert connection.execute(text("select effect_key from refuses")).all() == []
    engine.dispose()
