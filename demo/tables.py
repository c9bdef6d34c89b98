"""The demonstration's tables. They belong to `demo` alone and are no part of the migrations."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Date, DateTime, Integer, MetaData, String, Table, Text

metadata = MetaData()

orders = Table(
    "demo_orders",
    metadata,
    Column("number", String(20), primary_key=True),
    Column("state", String(20), nullable=False, index=True),
    Column("lang", String(2), nullable=False),
    Column("customer_id", String(20), index=True),
    Column("name", String(100), nullable=False),
    Column("email", String(200), nullable=False),
    Column("postcode", String(20), nullable=False),
    Column("country", String(2), nullable=False),
    # UTC
    Column("placed_at", DateTime(timezone=True), nullable=False),
    Column("paid_at", DateTime(timezone=True)),
    Column("shipped_at", DateTime(timezone=True)),
    Column("expected_on", Date),
    Column("delivered_at", DateTime(timezone=True)),
    Column("cancelled_at", DateTime(timezone=True)),
    Column("carrier", String(20)),
    Column("tracking_number", String(40)),
    Column("tracking_url", String(200)),
    # visa mastercard jcb amex paypal paypay konbini bank_transfer
    Column("payment", String(20)),
    # yen
    Column("total", Integer, nullable=False),
    # a list of the fields of OrderItem
    Column("items", JSON, nullable=False),
    # The day in Japan that the dates are counted from, and the collection they come from.
    Column("as_of", Date, nullable=False),
    Column("collection", String(20), nullable=False),
)

customers = Table(
    "demo_customers",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("email", String(200), nullable=False),
    Column("lang", String(2), nullable=False),
    # leaf bloom grove
    Column("tier", String(10), nullable=False),
)

# What agents had done about orders: a shop's own system would work these off.
order_effects = Table(
    "demo_order_effects",
    metadata,
    Column("effect_key", String(40), primary_key=True),
    Column("order_number", String(20), nullable=False, index=True),
    # refund replacement return credit
    Column("kind", String(20), nullable=False),
    # yen
    Column("amount", Integer, nullable=False),
    # a list of SKUs, as JSON; none means the whole order
    Column("items", Text, nullable=False),
    Column("reason", Text),
    Column("at", String(40), nullable=False),
)
