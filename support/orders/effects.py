"""What is done about an order in the shop's own system: money back, a new piece and the like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EffectKind(StrEnum):
    REFUND = "refund"
    REPLACEMENT = "replacement"
    RETURN = "return"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class OrderEffect:
    """One thing to do about an order. `key` makes a repeated attempt the same one.

    `amount` is yen: the money that moves, 0 for a replacement or a return. `items` are SKUs, none
    meaning the whole order.
    """

    key: str
    kind: EffectKind
    order_number: str
    amount: int
    items: tuple[str, ...]
    reason: str | None
    at: datetime


class EffectRefused(Exception):
    """The shop's system will not do it, now or later. The message is for agents, without personal
    data; `support.remedies` tells the agent who asked for it."""
