"""How an order's state is told: which response, with which values, and the data of its card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from actions.formatting import (
    carrier_name,
    day,
    item_names,
    local_day,
    money,
    state_name,
    step_name,
)
from support.orders import Order, OrderState
from support.outreach.notices import regions_of

_PROGRESS = (
    OrderState.AWAITING_PAYMENT,
    OrderState.PREPARING,
    OrderState.SHIPPED,
    OrderState.OUT_FOR_DELIVERY,
    OrderState.DELIVERED,
)


@dataclass(frozen=True)
class OrderWords:
    response: str
    values: dict[str, str]
    data: dict[str, Any]


def order_words(order: Order, today: date, lang: str, zone: ZoneInfo) -> OrderWords:
    """Late orders are told as late; a date is named only where it is known."""

    def on(value: date | None) -> str:
        return day(value, lang, today) if value else ""

    shipped = local_day(order.shipped_at, zone) if order.shipped_at else None
    delivered = local_day(order.delivered_at, zone) if order.delivered_at else None
    cancelled = local_day(order.cancelled_at, zone) if order.cancelled_at else None
    # The date without which the state is told in other words.
    dates: dict[OrderState, date | None] = {
        OrderState.PREPARING: order.expected_on,
        OrderState.SHIPPED: order.expected_on,
        OrderState.DELIVERED: delivered,
        OrderState.CANCELLED: cancelled,
    }
    response = f"utter_order_{order.state.value}"
    if order.is_late(today):
        on_its_way = order.state is not OrderState.PREPARING
        response = "utter_order_late" if on_its_way else "utter_order_late_preparing"
    elif order.state in dates and dates[order.state] is None:
        response += "_undated"
    carrier = carrier_name(order.carrier, lang)
    values = {
        "number": order.number,
        "items": item_names(order, lang),
        "total": money(order.total, lang),
        "carrier": carrier,
        "shipped": on(shipped),
        "expected": on(order.expected_on),
        "delivered": on(delivered),
        "cancelled": on(cancelled),
        "tracking": f"\n{order.tracking_url}" if order.tracking_url else "",
    }
    return OrderWords(response, values, _card(order, today, lang, zone))


def _card(order: Order, today: date, lang: str, zone: ZoneInfo) -> dict[str, Any]:
    moments = {
        OrderState.AWAITING_PAYMENT: order.placed_at,
        OrderState.PREPARING: order.paid_at,
        OrderState.SHIPPED: order.shipped_at,
        OrderState.DELIVERED: order.delivered_at,
    }
    steps = []
    if order.state in _PROGRESS:
        reached = _PROGRESS.index(order.state)
        steps = [
            {
                "state": state.value,
                "label": step_name(state, lang, index - reached),
                "done": index <= reached,
                "at": moment.isoformat() if (moment := moments.get(state)) else None,
            }
            for index, state in enumerate(_PROGRESS)
        ]
    return {
        "number": order.number,
        "state": order.state.value,
        "label": state_name(order.state, lang),
        "regions": list(regions_of(order)),
        "late": order.is_late(today),
        "steps": steps,
        "dates": {
            "placed": local_day(order.placed_at, zone).isoformat(),
            "shipped": order.shipped_at and local_day(order.shipped_at, zone).isoformat(),
            "expected": order.expected_on and order.expected_on.isoformat(),
            "delivered": order.delivered_at and local_day(order.delivered_at, zone).isoformat(),
        },
        "carrier": carrier_name(order.carrier, lang) if order.carrier else None,
        "tracking_number": order.tracking_number,
        "tracking_url": order.tracking_url,
        "items": [{"name": item.name(lang), "quantity": item.quantity} for item in order.items],
        "total": money(order.total, lang),
    }
