"""What may be done about an order, and whether the agent may decide it: pure functions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from support.orders import EffectKind, Order, OrderState, return_decision
from support.playbook.playbook import RemedyLimits


class Verdict(StrEnum):
    NOW = "now"
    REASON = "reason"
    """Written down why, it is done."""
    APPROVAL = "approval"
    """A lead has to agree."""


class NotPossible(ValueError):
    """This can't be done about this order; `problem` is a word the desk translates."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was already asked for about the order and not turned down."""

    kind: EffectKind
    amount: int
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """`amount`: yen that move. `worth`: yen that the limits are held against."""

    kind: EffectKind
    amount: int
    items: tuple[str, ...]
    worth: int


def propose(
    order: Order,
    kind: EffectKind,
    amount: int | None,
    items: Sequence[str],
    earlier: Collection[Earlier],
    today: date,
) -> Proposal:
    """What is to be done, checked against the order. `amount` None: all that can be refunded.

    Raises NotPossible.
    """
    known = {item.sku: item for item in order.items}
    chosen = tuple(dict.fromkeys(items))
    if set(chosen) - known.keys():
        raise NotPossible("unknown_item")
    if kind is EffectKind.CREDIT:
        if not amount:
            raise NotPossible("no_amount")
        return Proposal(kind, amount, (), amount)
    if order.state is OrderState.AWAITING_PAYMENT:
        raise NotPossible("not_paid")
    if kind is EffectKind.REFUND:
        left = order.total - sum(one.amount for one in earlier if one.kind is EffectKind.REFUND)
        wanted = left if amount is None else amount
        if wanted <= 0 or wanted > left:
            raise NotPossible("more_than_paid")
        return Proposal(kind, wanted, chosen, wanted)
    if order.state is OrderState.CANCELLED:
        raise NotPossible("cancelled")
    if order.state is OrderState.PREPARING:
        raise NotPossible("not_shipped")
    for one in earlier:
        both = not chosen or not one.items or set(chosen) & set(one.items)
        if one.kind is kind and both:
            raise NotPossible("already")
    worth = sum(
        item.price * item.quantity for item in order.items if not chosen or item.sku in chosen
    )
    if kind is EffectKind.RETURN:
        if order.state is not OrderState.DELIVERED:
            raise NotPossible("not_delivered")
        # What the rules give everybody needs nobody's leave.
        if return_decision(order, today, skus=chosen or None).eligible:
            worth = 0
    return Proposal(kind, 0, chosen, worth)


def judge(worth: int, reason: str | None, limits: RemedyLimits) -> Verdict:
    """Whether it is done, needs a reason first, or a lead. A lead is given the reason too."""
    if worth <= limits.free:
        return Verdict.NOW
    if not reason:
        return Verdict.REASON
    return Verdict.NOW if worth <= limits.with_reason else Verdict.APPROVAL
