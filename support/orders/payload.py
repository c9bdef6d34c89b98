"""Checks what a source of orders delivered and turns it into an `Order`.

A row and a JSON object are read alike; unknown fields are ignored, so a shop may send more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from support.orders.errors import OrderMalformed
from support.orders.model import Order, OrderItem, OrderState, Restriction


def _text(value: object) -> object:
    """Keys are often integers or UUIDs in a shop's database; absent text is empty text."""
    if value is None:
        return ""
    if isinstance(value, int | UUID) and not isinstance(value, bool):
        return str(value)
    return value


def _optional_text(value: object) -> object:
    return None if value is None or value == "" else _text(value)


def _day(value: object) -> object:
    """A moment is accepted where a day is meant: many shops have no date columns."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str) and len(value) > 10:
        return value[:10]
    return value


def _web_address(value: object) -> object:
    """A tracking link that is not http(s) must never reach a customer's page."""
    text = _optional_text(value)
    if text is None:
        return None
    if urlsplit(str(text)).scheme not in ("http", "https"):
        raise PydanticCustomError("web_address", "must be an http or https address")
    return text


Text = Annotated[str, BeforeValidator(_text)]
OptionalText = Annotated[str | None, BeforeValidator(_optional_text)]


class _ItemPayload(BaseModel):
    model_config = ConfigDict(frozen=True)

    sku: Text = ""
    name_en: Text = ""
    name_ja: Text = ""
    quantity: int = Field(default=1, ge=1)
    price: int = Field(default=0, ge=0)
    returnable: bool = True
    opened_ok: bool = True
    restriction: Annotated[Restriction | None, BeforeValidator(_optional_text)] = None

    def to_item(self) -> OrderItem:
        return OrderItem(
            sku=self.sku,
            name_en=self.name_en,
            name_ja=self.name_ja,
            quantity=self.quantity,
            price=self.price,
            # A restricted item is not returnable, whatever the other field says.
            returnable=self.returnable and self.restriction is None,
            opened_ok=self.opened_ok,
            restriction=self.restriction,
        )


class _OrderPayload(BaseModel):
    model_config = ConfigDict(frozen=True)

    number: Annotated[Text, Field(min_length=1)]
    state: OrderState
    lang: OptionalText = None
    customer_id: OptionalText = None
    name: Text = ""
    email: Text = ""
    postcode: Text = ""
    country: Text = ""
    placed_at: datetime
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    expected_on: Annotated[date | None, BeforeValidator(_day)] = None
    delivered_at: datetime | None = None
    cancelled_at: datetime | None = None
    carrier: OptionalText = None
    tracking_number: OptionalText = None
    tracking_url: Annotated[str | None, BeforeValidator(_web_address)] = None
    payment: OptionalText = None
    total: int = Field(default=0, ge=0)
    items: tuple[_ItemPayload, ...] = ()


def order_from(
    raw: object, *, zone: ZoneInfo, states: Mapping[str, OrderState] | None = None
) -> Order:
    """Read one order as delivered by a source.

    `zone` is where moments without an offset were written down; `states` translates the
    shop's own words for a state. Raises `OrderMalformed` naming the fields at fault,
    never their values.
    """
    if not isinstance(raw, Mapping):
        raise OrderMalformed("an order is not an object")
    fields: dict[str, Any] = dict(raw)
    state = fields.get("state")
    if states and isinstance(state, str):
        fields["state"] = states.get(state, state)
    if isinstance(fields.get("items"), str | bytes):
        try:
            fields["items"] = json.loads(fields["items"])
        except (ValueError, RecursionError):
            raise OrderMalformed("an order's items are not JSON") from None
    if fields.get("items") is None:
        fields.pop("items", None)
    try:
        payload = _OrderPayload.model_validate(fields)
    except ValidationError as error:
        raise OrderMalformed(f"an order is malformed: {_complaints(error)}") from None
    return _to_order(payload, zone)


def _to_order(payload: _OrderPayload, zone: ZoneInfo) -> Order:
    def moment(value: datetime) -> datetime:
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)

    def maybe(value: datetime | None) -> datetime | None:
        return None if value is None else moment(value)

    return Order(
        number=payload.number,
        state=payload.state,
        lang="ja" if (payload.lang or "").lower().startswith("ja") else "en",
        customer_id=payload.customer_id,
        name=payload.name,
        email=payload.email,
        postcode=payload.postcode,
        country=payload.country,
        placed_at=moment(payload.placed_at),
        paid_at=maybe(payload.paid_at),
        shipped_at=maybe(payload.shipped_at),
        expected_on=payload.expected_on,
        delivered_at=maybe(payload.delivered_at),
        cancelled_at=maybe(payload.cancelled_at),
        carrier=payload.carrier,
        tracking_number=payload.tracking_number,
        tracking_url=payload.tracking_url,
        payment=payload.payment,
        total=payload.total,
        items=tuple(item.to_item() for item in payload.items),
    )


def _complaints(error: ValidationError) -> str:
    """Which fields are wrong and how, in words without the values (they are personal)."""
    return "; ".join(
        f"{'.'.join(str(part) for part in found['loc'])}: {found['type']}"
        for found in error.errors(include_input=False, include_url=False, include_context=False)
    )
