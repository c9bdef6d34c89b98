"""Configuration of where orders come from: the shape of data/playbook/orders.yml."""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, model_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from support.orders.model import OrderState

OrderField = Literal[
    "number",
    "state",
    "lang",
    "customer_id",
    "name",
    "email",
    "postcode",
    "country",
    "placed_at",
    "paid_at",
    "shipped_at",
    "expected_on",
    "delivered_at",
    "cancelled_at",
    "carrier",
    "tracking_number",
    "tracking_url",
    "payment",
    "total",
]
ItemField = Literal[
    "sku", "name_en", "name_ja", "quantity", "price", "returnable", "opened_ok", "restriction"
]
ORDER_FIELDS: tuple[OrderField, ...] = get_args(OrderField)
_NEEDED: tuple[OrderField, ...] = ("number", "state", "placed_at")


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"no time zone is called {name!r}; write one like Asia/Tokyo") from None
    return name


def _address_without_password(address: str) -> str:
    try:
        url = make_url(address)
    except ArgumentError:
        raise ValueError("not a database address like postgresql+psycopg://host/name") from None
    if url.password:
        raise ValueError(
            "a password does not belong in this file: give the whole address in "
            "OMOTENASHI_ORDERS_DATABASE_URL"
        )
    return address


ZoneName = Annotated[str, AfterValidator(_known_zone)]


class _Strict(BaseModel):
    # A misspelt key must be an error, not a setting silently left at its default.
    model_config = ConfigDict(extra="forbid", frozen=True)


class ItemTable(_Strict):
    """A second table with one row per order line."""

    table: str = Field(min_length=1)
    order_number: str = Field(min_length=1)
    """Its column that holds the order's number."""
    columns: dict[ItemField, str] = Field(min_length=1)
    order_by: str | None = None


class SqlSource(_Strict):
    """Orders in a table or view, one row per order."""

    url: Annotated[str, AfterValidator(_address_without_password)] | None = None
    """Another database; unset: the assistant's own."""
    table: str = Field(min_length=1)
    """Name of the table or view, with its schema where it has one (`shop.orders`)."""
    columns: dict[OrderField, str] = Field(
        default_factory=lambda: {field: str(field) for field in ORDER_FIELDS}
    )
    """Our field: the shop's column. Fields left out are taken as unknown."""
    items_column: str | None = None
    """A column with a JSON list of items; or else `items`."""
    items: ItemTable | None = None
    effects_table: str | None = Field(default=None, min_length=1)
    """Where refunds and the like are written down for the shop, one row each; unset: agents can't
    have any done."""
    states: dict[str, OrderState] = {}
    """The shop's word for a state: ours."""
    timezone: ZoneName = "Asia/Tokyo"
    """Where moments without an offset were written down."""
    timeout_seconds: float = Field(default=2.0, gt=0, le=10)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [field for field in _NEEDED if field not in self.columns]
        if missing:
            raise ValueError(f"columns: {', '.join(missing)} must be mapped")
        if self.items is not None and self.items_column is not None:
            raise ValueError("give items_column or items, not both")
        return self


class HttpSource(_Strict):
    """Orders behind the JSON interface of docs/orders.md."""

    base_url: HttpUrl
    states: dict[str, OrderState] = {}
    timezone: ZoneName = "Asia/Tokyo"
    connect_seconds: float = Field(default=1.0, gt=0, le=5)
    read_seconds: float = Field(default=2.0, gt=0, le=5)
    total_seconds: float = Field(default=4.0, gt=0, le=10)
    """For a look-up with all its retries; a turn has 5 s for everything."""
    retries: int = Field(default=2, ge=0, le=5)
    breaker_failures: int = Field(default=5, ge=1)
    breaker_seconds: float = Field(default=30.0, gt=0)


class AttemptLimits(_Strict):
    """How many failed look-ups are borne before only a person helps on."""

    per_thread: int = Field(default=5, ge=1)
    per_number: int = Field(default=10, ge=1)
    window_minutes: int = Field(default=60, ge=1)
    """How long a failure counts."""


class OrdersConfig(_Strict):
    """data/playbook/orders.yml."""

    source: Literal["demo", "sql", "http"] = "demo"
    sql: SqlSource | None = None
    http: HttpSource | None = None
    attempts: AttemptLimits = AttemptLimits()

    @model_validator(mode="after")
    def _source_described(self) -> Self:
        if self.source != "demo" and getattr(self, self.source) is None:
            raise ValueError(f"source is {self.source}, but there is no section {self.source}")
        return self


DEMO_SOURCE = SqlSource(
    table="demo_orders",
    items_column="items",
    effects_table="demo_order_effects",
    timezone="UTC",
)
"""The demonstration's orders, which `demo` puts into the assistant's own database."""
