"""What the assistant knows of an order: the values every adapter delivers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class OrderState(StrEnum):
    """Where an order stands. Adapters translate the shop's own words into these."""

    AWAITING_PAYMENT = "awaiting_payment"
    PREPARING = "preparing"
    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class Restriction(StrEnum):
    """Why an item cannot be returned for a change of mind."""

    ENGRAVED = "engraved"
    FINAL_SALE = "final_sale"


# An unpaid order is never late: its date depends on the customer.
_STATES_THAT_CAN_BE_LATE = frozenset(
    {OrderState.PREPARING, OrderState.SHIPPED, OrderState.OUT_FOR_DELIVERY}
)


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One line of an order. `price` is yen for one piece, tax included."""

    sku: str
    name_en: str
    name_ja: str
    quantity: int
    price: int
    returnable: bool = True
    opened_ok: bool = True
    """Whether it may come back after its package was opened (tea may not)."""
    restriction: Restriction | None = None
    """Why it is not returnable, where the shop says so."""

    def name(self, lang: str) -> str:
        """The item's name in `lang`, or in the other language where it has none."""
        first, second = (
            (self.name_ja, self.name_en) if lang == "ja" else (self.name_en, self.name_ja)
        )
        return first or second or self.sku


@dataclass(frozen=True, slots=True)
class Order:
    """One order. Moments are UTC-aware; `expected_on` is a calendar day where it is delivered.

    `email` and `postcode` prove who the buyer is: only `OrderAccess` compares them, and
    nothing shows or logs them. They are empty where the shop has none.
    """

    number: str
    state: OrderState
    lang: str
    customer_id: str | None
    name: str
    email: str
    postcode: str
    country: str
    placed_at: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    expected_on: date | None
    delivered_at: datetime | None
    cancelled_at: datetime | None
    carrier: str | None
    tracking_number: str | None
    tracking_url: str | None
    payment: str | None
    total: int
    items: tuple[OrderItem, ...]

    def __repr__(self) -> str:
        # A traceback or a log line that shows an order must not show its buyer.
        return f"Order(number={self.number!r}, state={self.state.value!r})"

    def is_late(self, today: date) -> bool:
        """Whether the day it was promised for has passed without a delivery."""
        return self.days_late(today) > 0

    def days_late(self, today: date) -> int:
        """Whole days since the promised day; 0 when it is on time or nothing was promised."""
        if self.expected_on is None or self.state not in _STATES_THAT_CAN_BE_LATE:
            return 0
        return max(0, (today - self.expected_on).days)
