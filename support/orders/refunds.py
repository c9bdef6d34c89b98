"""Where a customer's money is: what the order tells of its refund, as a pure function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from support.orders.model import Order, OrderState

REFUND_DAYS = 5
"""Business days within which money goes out once it is owed."""
_SATURDAY = 5


class RefundState(StrEnum):
    """How far a refund is."""

    MADE = "made"
    ARRANGED = "arranged"
    """Asked for by an agent, not yet carried out."""
    NOTHING_PAID = "nothing_paid"
    """Cancelled before anything was charged."""
    CANCELLED = "cancelled"
    CANCELLED_LATE = "cancelled_late"
    """Owed since a cancellation, and its day has passed."""
    RETURNED = "returned"
    """The goods are back; the order doesn't tell since when."""
    NOT_OWED = "not_owed"
    """Nothing has come back and nothing was cancelled."""


@dataclass(frozen=True, slots=True)
class PaidBack:
    """A refund that an agent had made: `on` None as long as it is not carried out."""

    amount: int
    on: date | None


@dataclass(frozen=True, slots=True)
class Refund:
    """`on`: the day it was made, or else the last day by which it goes out, where that is known."""

    state: RefundState
    on: date | None = None
    amount: int | None = None


def refund_of(
    order: Order,
    paid_back: PaidBack | None,
    today: date,
    cancelled_on: date | None,
    is_open: Callable[[date], bool],
) -> Refund:
    """`is_open` tells the shop's business days."""
    if paid_back is not None:
        state = RefundState.MADE if paid_back.on else RefundState.ARRANGED
        return Refund(state, paid_back.on, paid_back.amount)
    if order.state is OrderState.RETURNED:
        return Refund(RefundState.RETURNED)
    if order.state is not OrderState.CANCELLED:
        return Refund(RefundState.NOT_OWED)
    if order.paid_at is None:
        return Refund(RefundState.NOTHING_PAID)
    due = last_refund_day(cancelled_on, is_open) if cancelled_on else None
    late = due is not None and today > due
    return Refund(RefundState.CANCELLED_LATE if late else RefundState.CANCELLED, due)


def last_refund_day(owed_since: date, is_open: Callable[[date], bool]) -> date:
    """The fifth business day after `owed_since`: banks work on weekdays, and so do refunds."""
    day, left = owed_since, REFUND_DAYS
    # A calendar without business days must not hold a customer's answer up for ever.
    for _ in range(60):
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY and is_open(day)
        if left == 0:
            break
    return day
