"""What may be done about an order, and who decides it."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from support.orders import EffectKind, Order, OrderItem, OrderState
from support.playbook.playbook import RemedyLimits
from support.remedies.decision import Earlier, NotPossible, Verdict, judge, propose

TODAY = date(2026, 11, 18)
POT = OrderItem("pot", "Teapot", "急須", 1, 8000)
TEA = OrderItem("tea", "Sencha", "煎茶", 2, 1500, opened_ok=False)
LIMITS = RemedyLimits(free=5000, with_reason=20000)


def order(state: OrderState = OrderState.DELIVERED, days_ago: int = 3) -> Order:
    at = datetime(2026, 11, 18 - days_ago, tzinfo=UTC)
    return Order(
        number="A1", state=state, lang="en", customer_id=None, name="", email="", postcode="",
        country="JP", placed_at=at, paid_at=at, shipped_at=at, expected_on=None,
        delivered_at=at if state is OrderState.DELIVERED else None, cancelled_at=None,
        carrier=None, tracking_number=None, tracking_url=None, payment=None, total=11000,
        items=(POT, TEA),
    )  # fmt: skip


def worth(kind: EffectKind, *items: str, of: Order | None = None, amount: int | None = None) -> int:
    return propose(of or order(), kind, amount, items, (), TODAY).worth


def refusal(
    kind: EffectKind,
    *items: str,
    of: Order | None = None,
    amount: int | None = None,
    earlier: tuple[Earlier, ...] = (),
) -> str:
    with pytest.raises(NotPossible) as refused:
        propose(of or order(), kind, amount, items, earlier, TODAY)
    return refused.value.problem


def test_a_refund_is_what_is_left_of_what_was_paid() -> None:
    half = Earlier(EffectKind.REFUND, 6000, ())
    assert propose(order(), EffectKind.REFUND, None, (), (half,), TODAY).amount == 5000
    assert refusal(EffectKind.REFUND, amount=5001, earlier=(half,)) == "more_than_paid"
    rest = replace(half, amount=5000)
    assert refusal(EffectKind.REFUND, earlier=(half, rest)) == "more_than_paid"
    # A cancelled order that was paid is refunded; a credit takes nothing from what was paid.
    assert worth(EffectKind.REFUND, of=order(OrderState.CANCELLED)) == 11000
    credit = Earlier(EffectKind.CREDIT, 11000, ())
    assert propose(order(), EffectKind.REFUND, None, (), (credit,), TODAY).amount == 11000


def test_replacements_and_returns_are_worth_their_items() -> None:
    assert worth(EffectKind.REPLACEMENT) == 11000
    assert worth(EffectKind.REPLACEMENT, "tea") == 3000
    assert worth(EffectKind.RETURN, "pot") == 0  # what the rules give everybody
    late = replace(order(), delivered_at=datetime(2026, 9, 1, tzinfo=UTC))
    assert worth(EffectKind.RETURN, "pot", of=late) == 8000


def test_what_an_order_forbids() -> None:
    for state, kind, problem in (
        (OrderState.AWAITING_PAYMENT, EffectKind.REFUND, "not_paid"),
        (OrderState.AWAITING_PAYMENT, EffectKind.REPLACEMENT, "not_paid"),
        (OrderState.PREPARING, EffectKind.REPLACEMENT, "not_shipped"),
        (OrderState.SHIPPED, EffectKind.RETURN, "not_delivered"),
        (OrderState.CANCELLED, EffectKind.REPLACEMENT, "cancelled"),
    ):
        assert (state, refusal(kind, of=order(state))) == (state, problem)
    assert refusal(EffectKind.REPLACEMENT, "nothing of ours") == "unknown_item"
    assert refusal(EffectKind.CREDIT) == "no_amount"


def test_the_same_thing_is_not_sent_twice() -> None:
    pot = Earlier(EffectKind.REPLACEMENT, 0, ("pot",))
    assert refusal(EffectKind.REPLACEMENT, "pot", earlier=(pot,)) == "already"
    assert refusal(EffectKind.REPLACEMENT, earlier=(pot,)) == "already"
    other = propose(order(), EffectKind.REPLACEMENT, None, ("tea",), (pot,), TODAY)
    assert other.items == ("tea",)


@pytest.mark.parametrize(
    ("amount", "reason", "verdict"),
    [
        (5000, None, Verdict.NOW),
        (5001, None, Verdict.REASON),
        (5001, "", Verdict.REASON),
        (20000, "broken", Verdict.NOW),
        (20001, None, Verdict.REASON),
        (20001, "broken", Verdict.APPROVAL),
    ],
)
def test_who_decides(amount: int, reason: str | None, verdict: Verdict) -> None:
    assert judge(amount, reason, LIMITS) is verdict
