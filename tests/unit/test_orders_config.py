"""data/playbook/orders.yml: what is accepted, and what is said about what is not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import create_engine

from support.orders import DEMO_SOURCE, OrdersConfig, SqlOrders, make_repository
from support.orders.config import ORDER_FIELDS
from support.orders.http import HttpOrders

MAPPED = {"number": "no", "state": "status", "placed_at": "created"}


def test_an_empty_file_means_the_demonstration() -> None:
    config = OrdersConfig.model_validate({})
    assert config.source == "demo"
    assert set(DEMO_SOURCE.columns) == set(ORDER_FIELDS)


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        ({"source": "csv"}, "'demo', 'sql' or 'http'"),
        ({"source": "sql"}, "there is no section sql"),
        ({"source": "http"}, "there is no section http"),
        ({"sauce": "demo"}, "sauce"),
        ({"source": "http", "http": {"base_url": "ftp://shop.example"}}, "http.base_url"),
        ({"source": "sql", "sql": {"table": "o", "columns": {"number": "n"}}}, "state, placed_at"),
        ({"source": "sql", "sql": {"table": "o", "columns": {"colour": "c"}}}, "colour"),
        ({"source": "sql", "sql": {"table": "o", "url": "not an address"}}, "not a database"),
        ({"source": "sql", "sql": {"table": "o", "timezone": "Asia/Kyoto"}}, "time zone"),
        ({"source": "sql", "sql": {"table": "o", "states": {"paid": "payed"}}}, "paid"),
        (
            {"source": "sql", "sql": {"table": "o", "url": "postgresql://a:secret@h/d"}},
            "OMOTENASHI_ORDERS_DATABASE_URL",
        ),
        (
            {
                "source": "sql",
                "sql": {
                    "table": "o",
                    "items_column": "i",
                    "items": {"table": "l", "order_number": "o", "columns": {"sku": "s"}},
                },
            },
            "not both",
        ),
        ({"attempts": {"per_thread": 0}}, "attempts.per_thread"),
    ],
)
def test_a_mistake_is_named(raw: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError) as error:
        OrdersConfig.model_validate(raw)
    assert what in str(error.value)


def test_the_configuration_chooses_the_source() -> None:
    engine = create_engine("sqlite://")
    sql = {"table": "o", "columns": MAPPED}
    http = {"base_url": "http://127.0.0.1:9/api"}
    for raw, kind in (
        ({}, SqlOrders),
        ({"source": "sql", "sql": sql}, SqlOrders),
        ({"source": "sql", "sql": {**sql, "url": "sqlite://"}}, SqlOrders),
        ({"source": "http", "http": http}, HttpOrders),
    ):
        repository = make_repository(OrdersConfig.model_validate(raw), engine, token="t")
        assert isinstance(repository, kind)
        repository.close()
    engine.dispose()
