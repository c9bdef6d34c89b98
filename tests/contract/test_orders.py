"""Every source of orders gives the same answers to the same questions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from orders_service import Answer, OrdersService
from sqlalchemy import Column, Engine, MetaData, String, Table, create_engine

from support.orders import (
    Order,
    OrderItem,
    OrderRepository,
    OrdersConfig,
    OrderState,
    Restriction,
    make_repository,
)
from support.orders.config import HttpSource
from support.orders.http import HttpOrders

FIRST = Order(
    number="A/1 ü#?",
    state=OrderState.DELIVERED,
    lang="ja",
    customer_id="K 1/2",
    name="田中 美咲",
    email="misaki@example.jp",
    postcode="604-8091",
    country="JP",
    placed_at=datetime(2025, 9, 1, 3, 0, tzinfo=UTC),
    paid_at=datetime(2025, 9, 1, 3, 20, tzinfo=UTC),
    shipped_at=datetime(2025, 9, 2, 6, 0, tzinfo=UTC),
    expected_on=date(2025, 9, 4),
    delivered_at=datetime(2025, 9, 4, 1, 0, tzinfo=UTC),
    cancelled_at=None,
    carrier="yamato",
    tracking_number="1234-5678-9012",
    tracking_url="https://carrier.example/1234",
    payment="visa",
    total=4404,
    items=(
        OrderItem("hojicha", "Hojicha", "ほうじ茶", 1, 864, opened_ok=False),
        OrderItem(
            "engraved-cup", "Engraved cup", "名入れ湯呑み", 1, 3080, False, True,
            Restriction.ENGRAVED,
        ),
    ),
)  # fmt: skip
SECOND = replace(
    FIRST,
    number="A2",
    state=OrderState.PREPARING,
    placed_at=datetime(2025, 9, 20, 3, 0, tzinfo=UTC),
    paid_at=None,
    shipped_at=None,
    delivered_at=None,
    carrier=None,
    tracking_number=None,
    tracking_url=None,
    items=(),
)
GUEST = replace(SECOND, number="A3", customer_id=None)
ORDERS = (FIRST, SECOND, GUEST)


def as_json(order: Order) -> dict[str, Any]:
    made = json.dumps(asdict(order), default=lambda moment: moment.isoformat())
    return dict(json.loads(made))


def fill(engine: Engine, name: str, columns: list[str], rows: list[dict[str, Any]]) -> None:
    """Make a table of texts, as a careless shop would."""
    table = Table(name, MetaData(), *(Column(column, String) for column in columns))
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), rows)


@pytest.fixture
def one_table(tmp_path: Path) -> OrderRepository:
    """A table with our own names and the items in a JSON column, in another database."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    engine = create_engine(url)
    fields = [name for name in as_json(FIRST) if name != "items"]
    rows = [as_json(order) for order in ORDERS]
    for row in rows:
        row["wares"] = json.dumps(row.pop("items"))
    fill(engine, "orders", [*fields, "wares"], rows)
    engine.dispose()
    sql = {"url": url, "table": "orders", "items_column": "wares"}
    return make_repository(
        OrdersConfig.model_validate({"source": "sql", "sql": sql}), create_engine("sqlite://")
    )


TOKYO = ZoneInfo("Asia/Tokyo")
TWO_TABLES: dict[str, Any] = {
    "table": "shop_order",
    "columns": {
        "number": "no",
        "state": "status",
        "lang": "language",
        "customer_id": "customer",
        "name": "full name",
        "email": "mail",
        "postcode": "zip",
        "country": "land",
        "placed_at": "created",
        "paid_at": "paid",
        "shipped_at": "sent",
        "expected_on": "promised",
        "delivered_at": "arrived",
        "carrier": "carrier",
        "tracking_number": "parcel",
        "tracking_url": "parcel_page",
        "payment": "method",
        "total": "amount",
    },
    "states": {"complete": "delivered", "processing": "preparing"},
    "items": {
        "table": "shop_line",
        "order_number": "order_no",
        "columns": {
            "sku": "sku",
            "name_en": "en",
            "name_ja": "ja",
            "quantity": "pieces",
            "price": "price",
            "opened_ok": "opened_ok",
            "restriction": "why",
        },
        "order_by": "line",
    },
}


@pytest.fixture
def two_tables() -> Iterator[OrderRepository]:
    """The shop's own names and words, local times, and a second table with the items."""
    engine = create_engine("sqlite://")
    words = {"delivered": "complete", "preparing": "processing"}
    columns: dict[str, str] = TWO_TABLES["columns"]
    rows = []
    for order in ORDERS:
        row = {column: as_json(order)[name] for name, column in columns.items()}
        row["status"] = words[order.state]
        for column in ("created", "paid", "sent", "arrived"):
            # What the clock on the shop's wall showed.
            row[column] = row[column] and str(
                datetime.fromisoformat(row[column]).astimezone(TOKYO).replace(tzinfo=None)
            )
        row["promised"] = row["promised"] and f"{row['promised']} 00:00:00"
        rows.append(row)
    fill(engine, "shop_order", list(columns.values()), rows)
    lines = [
        {
            "line": line,
            "order_no": order.number,
            "sku": item.sku,
            "en": item.name_en,
            "ja": item.name_ja,
            "pieces": item.quantity,
            "price": item.price,
            "opened_ok": None if item.opened_ok else "0",
            "why": item.restriction,
        }
        for order in ORDERS
        for line, item in enumerate(order.items)
    ]
    fill(engine, "shop_line", list(lines[0]), lines)
    config = OrdersConfig.model_validate({"source": "sql", "sql": TWO_TABLES})
    yield make_repository(config, engine)
    engine.dispose()


@pytest.fixture
def over_http() -> Iterator[OrderRepository]:
    """The JSON interface of docs/orders.md."""
    by_path = {f"/api/orders/{order.number}": as_json(order) for order in ORDERS}
    mine = {"orders": [as_json(FIRST), as_json(SECOND)]}

    def answer(path: str, asked: int) -> Answer:
        known = by_path.get(unquote(path))
        if unquote(path) == f"/api/customers/{FIRST.customer_id}/orders":
            known = mine
        return Answer(200, known) if known else Answer(404, {"error": "no such order"})

    with OrdersService(answer) as service:
        repository = HttpOrders(HttpSource.model_validate({"base_url": f"{service.url}/api/"}))
        yield repository
        repository.close()


@pytest.fixture(params=["one_table", "two_tables", "over_http"])
def source(request: pytest.FixtureRequest) -> OrderRepository:
    repository: OrderRepository = request.getfixturevalue(request.param)
    return repository


def test_an_order_comes_back_whole(source: OrderRepository) -> None:
    for order in ORDERS:
        assert source.by_number(order.number) == order


@pytest.mark.parametrize(
    "number", ["A4", "", "a2", "A", "%", "A2' or '1'='1", "..", ".", "../orders/A2", "x" * 500]
)
def test_what_is_not_there_is_none(source: OrderRepository, number: str) -> None:
    assert source.by_number(number) is None


def test_a_customers_orders_come_newest_first(source: OrderRepository) -> None:
    assert source.of_customer("K 1/2") == (SECOND, FIRST)
    assert source.of_customer("K 1") == ()
    assert source.of_customer("") == ()
    assert source.of_customer("..") == ()
