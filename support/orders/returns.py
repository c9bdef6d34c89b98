"""Whether an order may be returned: the shop's rules, as a pure function."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from support.orders.model import Order, OrderItem, OrderState, Restriction


class ReturnReason(StrEnum):
    """Why an order cannot be returned now."""

    TOO_LATE = "too_late"
    NOT_DELIVERED = "not_delivered"
    NOT_RETURNABLE = "not_returnable"
    """None of its items may come back for a change of mind."""
    ALREADY_RETURNED = "already_returned"


class ItemReason(StrEnum):
    """Why an item cannot be returned."""

    ENGRAVED = "engraved"
    FINAL_SALE = "final_sale"
    OPENED = "opened"
    NOT_RETURNABLE = "not_returnable"
    """The shop marked it without saying why."""


@dataclass(frozen=True, slots=True)
class ReturnRules:
    """The shop's rules. The last day is the `days`-th after the day of delivery."""

    days: int = 30
    zone: str = "Asia/Tokyo"
    """Where a delivery's moment becomes a calendar day."""


@dataclass(frozen=True, slots=True)
class ItemReturn:
    """The decision for one item; `reason` is None exactly if it is eligible."""

    item: OrderItem
    eligible: bool
    reason: ItemReason | None


@dataclass(frozen=True, slots=True)
class ReturnDecision:
    """The decision for an order: eligible if at least one of its items is.

    `last_date` is the last day to ask, None if it was not delivered or the day is unknown.
    `reason` is None exactly if it is eligible. `items` decides each item by itself, the
    deadline apart.
    """

    eligible: bool
    last_date: date | None
    reason: ReturnReason | None
    items: tuple[ItemReturn, ...]


DEFAULT_RULES = ReturnRules()


def return_decision(
    order: Order,
    today: date,
    *,
    faulty: bool = False,
    opened: Collection[str] = (),
    skus: Collection[str] | None = None,
    rules: ReturnRules = DEFAULT_RULES,
) -> ReturnDecision:
    """Decide whether an order, or its items `skus`, may be returned on the day `today`.

    `faulty` (broken, wrong, stale) lifts every rule but the deadline. `opened` holds the sku
    of items whose package was opened. A delivery on an unknown day is not held against the
    customer: eligible, without a last date.
    """
    chosen = [item for item in order.items if skus is None or item.sku in skus]
    items = tuple(_item_decision(item, faulty, item.sku in opened) for item in chosen)
    last_date = last_return_date(order, rules)

    reason: ReturnReason | None = None
    if order.state is OrderState.RETURNED:
        reason = ReturnReason.ALREADY_RETURNED
    elif order.state is not OrderState.DELIVERED:
        reason = ReturnReason.NOT_DELIVERED
    elif last_date is not None and today > last_date:
        reason = ReturnReason.TOO_LATE
    elif items and not any(item.eligible for item in items):
        reason = ReturnReason.NOT_RETURNABLE
    return ReturnDecision(reason is None, last_date, reason, items)


def last_return_date(order: Order, rules: ReturnRules = DEFAULT_RULES) -> date | None:
    """The last day to return an order, or None if it has not (knowably) been delivered."""
    if order.delivered_at is None:
        return None
    delivered_on = order.delivered_at.astimezone(ZoneInfo(rules.zone)).date()
    return delivered_on + timedelta(days=rules.days)


def _item_decision(item: OrderItem, faulty: bool, opened: bool) -> ItemReturn:
    reason: ItemReason | None = None
    if faulty:
        pass
    elif item.restriction is Restriction.ENGRAVED:
        reason = ItemReason.ENGRAVED
    elif item.restriction is Restriction.FINAL_SALE:
        reason = ItemReason.FINAL_SALE
    elif not item.returnable:
        reason = ItemReason.NOT_RETURNABLE
    elif opened and not item.opened_ok:
        reason = ItemReason.OPENED
    return ItemReturn(item, reason is None, reason)
