"""Orders: where they come from, who may see them, and what may still be done with them."""

from __future__ import annotations

from sqlalchemy import Engine

from support.orders.access import OrderAccess, canonical_number
from support.orders.changes import ChangeDecision, cancel_decision, change_decision
from support.orders.config import DEMO_SOURCE, AttemptLimits, OrdersConfig
from support.orders.effects import EffectKind, EffectRefused, OrderEffect
from support.orders.errors import (
    OrderMalformed,
    OrderNotVisible,
    OrdersUnavailable,
    TooManyAttempts,
)
from support.orders.model import Order, OrderItem, OrderState, Restriction
from support.orders.names import carrier_name, payment_name
from support.orders.repository import OrderRepository
from support.orders.returns import (
    ItemReason,
    ItemReturn,
    ReturnDecision,
    ReturnReason,
    ReturnRules,
    last_return_date,
    return_decision,
)
from support.orders.sql import SqlOrders, connect

__all__ = [
    "DEMO_SOURCE",
    "AttemptLimits",
    "ChangeDecision",
    "EffectKind",
    "EffectRefused",
    "ItemReason",
    "ItemReturn",
    "Order",
    "OrderAccess",
    "OrderEffect",
    "OrderItem",
    "OrderMalformed",
    "OrderNotVisible",
    "OrderRepository",
    "OrderState",
    "OrdersConfig",
    "OrdersUnavailable",
    "Restriction",
    "ReturnDecision",
    "ReturnReason",
    "ReturnRules",
    "SqlOrders",
    "TooManyAttempts",
    "cancel_decision",
    "canonical_number",
    "carrier_name",
    "change_decision",
    "last_return_date",
    "make_repository",
    "payment_name",
    "return_decision",
]


def make_repository(
    config: OrdersConfig,
    engine: Engine,
    *,
    token: str | None = None,
    database_url: str | None = None,
) -> OrderRepository:
    """The source of orders that `config` describes.

    `engine` is the assistant's own database. `token` (for the JSON interface) and
    `database_url` (the whole address of another database, with its password) are secrets and
    come from the settings.
    """
    if config.source == "http" and config.http is not None:
        # Loaded where it is used: an HTTP client takes a tenth of a second to import.
        from support.orders.http import HttpOrders

        return HttpOrders(config.http, token=token)
    if config.source == "sql" and config.sql is not None:
        url = database_url or config.sql.url
        return connect(config.sql, url) if url else SqlOrders(config.sql, engine)
    return SqlOrders(DEMO_SOURCE, engine)
