"""Whether an order may still be cancelled or changed, which its state alone decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from support.orders.model import Order, OrderState

Alternative = Literal["refuse_or_return", "return", "order_again"]
"""What to offer instead: refuse the parcel at the door or return it; return it; order anew."""


@dataclass(frozen=True, slots=True)
class ChangeDecision:
    """Whether an order may be cancelled or changed (address, items, date) for free.

    Where it may not, `reason` is the state that forbids it and `alternative` what is offered.
    """

    allowed: bool
    reason: OrderState | None = None
    alternative: Alternative | None = None


_REFUSALS: dict[OrderState, Alternative] = {
    OrderState.SHIPPED: "refuse_or_return",
    OrderState.OUT_FOR_DELIVERY: "refuse_or_return",
    OrderState.DELIVERED: "return",
    OrderState.CANCELLED: "order_again",
    OrderState.RETURNED: "order_again",
}


def change_decision(order: Order) -> ChangeDecision:
    """Cancelling and changing are free until the order is handed to the carrier."""
    alternative = _REFUSALS.get(order.state)
    if alternative is None:
        return ChangeDecision(allowed=True)
    return ChangeDecision(allowed=False, reason=order.state, alternative=alternative)


cancel_decision = change_decision
"""The same rule; the words differ, so callers name what they ask."""
