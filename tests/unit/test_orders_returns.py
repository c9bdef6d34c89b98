"""What may still be done with an order: returned, cancelled, changed; and when it is late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from support.orders import (
    ChangeDecision,
    ItemReason,
    Order,
    OrderItem,
    OrderState,
    Restriction,
    ReturnReason,
    ReturnRules,
    cancel_decision,
    carrier_name,
    change_decision,
    last_return_date,
    payment_name,
    return_decision,
)

PLATE = OrderItem("arita-plate", "Arita plate", "有田焼 皿", 1, 3300)
TEA = OrderItem("hojicha", "Hojicha", "ほうじ茶", 2, 864, opened_ok=False)
ENGRAVED = OrderItem(
    "engraved-cup", "Engraved cup", "名入れ湯呑み", 1, 3080, False, True, Restriction.ENGRAVED
)
FINAL_SALE = OrderItem(
    "kyusu", "Kyusu", "急須", 1, 4530, False, True, restriction=Restriction.FINAL_SALE
)
UNEXPLAINED = OrderItem("kit", "Kit", "キット", 1, 500, returnable=False)

# 23:30 on 1 October in Japan is still the afternoon in UTC.
DELIVERED_AT = datetime(2025, 10, 1, 14, 30, tzinfo=UTC)
LAST = date(2025, 10, 31)


def an_order(*items: OrderItem, state: OrderState = OrderState.DELIVERED) -> Order:
    return Order(
        number="HN-10001",
        state=state,
        lang="en",
        customer_id=None,
        name="Emma Clarke",
        email="emma@example.com",
        postcode="94110",
        country="US",
        placed_at=DELIVERED_AT - timedelta(days=5),
        paid_at=None,
        shipped_at=None,
        expected_on=date(2025, 10, 1),
        delivered_at=DELIVERED_AT if state is OrderState.DELIVERED else None,
        cancelled_at=None,
        carrier="yamato",
        tracking_number=None,
        tracking_url=None,
        payment="visa",
        total=3960,
        items=items or (PLATE,),
    )


@pytest.mark.parametrize(
    ("today", "eligible"),
    [
        (date(2025, 10, 1), True),
        (date(2025, 10, 30), True),
        (date(2025, 10, 31), True),
        (date(2025, 11, 1), False),
        (date(2026, 10, 1), False),
    ],
)
def test_the_thirtieth_day_after_delivery_is_the_last(today: date, eligible: bool) -> None:
    decision = return_decision(an_order(), today)
    assert decision.eligible is eligible
    assert decision.last_date == LAST
    assert decision.reason is (None if eligible else ReturnReason.TOO_LATE)


def test_the_day_of_delivery_is_the_one_in_the_shops_zone() -> None:
    late_evening = replace(an_order(), delivered_at=datetime(2025, 10, 1, 15, 30, tzinfo=UTC))
    assert last_return_date(late_evening) == date(2025, 11, 1)
    assert last_return_date(late_evening, ReturnRules(zone="Europe/Berlin")) == LAST


def test_the_shop_may_allow_another_number_of_days() -> None:
    assert last_return_date(an_order(), ReturnRules(days=14)) == date(2025, 10, 15)


@pytest.mark.parametrize("state", [state for state in OrderState if state != "delivered"])
def test_only_what_was_delivered_can_be_returned(state: OrderState) -> None:
    decision = return_decision(an_order(state=state), LAST)
    assert not decision.eligible
    assert decision.last_date is None
    expected = (
        ReturnReason.ALREADY_RETURNED
        if state is OrderState.RETURNED
        else ReturnReason.NOT_DELIVERED
    )
    assert decision.reason is expected


def test_a_delivery_on_an_unknown_day_is_not_held_against_the_customer() -> None:
    decision = return_decision(replace(an_order(), delivered_at=None), LAST)
    assert (decision.eligible, decision.last_date, decision.reason) == (True, None, None)


@pytest.mark.parametrize(
    ("item", "opened", "reason"),
    [
        (PLATE, False, None),
        (PLATE, True, None),
        (TEA, False, None),
        (TEA, True, ItemReason.OPENED),
        (ENGRAVED, False, ItemReason.ENGRAVED),
        (FINAL_SALE, False, ItemReason.FINAL_SALE),
        (UNEXPLAINED, False, ItemReason.NOT_RETURNABLE),
    ],
)
def test_each_item_has_its_own_reason(
    item: OrderItem, opened: bool, reason: ItemReason | None
) -> None:
    order = an_order(item)
    skus = [item.sku] if opened else []

    decision = return_decision(order, LAST, opened=skus)
    assert [one.reason for one in decision.items] == [reason]
    assert decision.eligible is (reason is None)
    assert decision.reason is (ReturnReason.NOT_RETURNABLE if reason else None)

    # The same order, but something is wrong with it: only the deadline stands.
    assert return_decision(order, LAST, opened=skus, faulty=True).eligible
    too_late = return_decision(order, LAST + timedelta(days=1), opened=skus, faulty=True)
    assert too_late.reason is ReturnReason.TOO_LATE


def test_an_order_may_be_returned_in_part() -> None:
    order = an_order(PLATE, ENGRAVED)
    whole = return_decision(order, LAST)
    assert whole.eligible
    assert [one.eligible for one in whole.items] == [True, False]

    only_the_cup = return_decision(order, LAST, skus=["engraved-cup"])
    assert only_the_cup.reason is ReturnReason.NOT_RETURNABLE
    assert [one.item.sku for one in only_the_cup.items] == ["engraved-cup"]


@pytest.mark.parametrize("decide", [cancel_decision, change_decision])
@pytest.mark.parametrize(
    ("state", "alternative"),
    [
        (OrderState.AWAITING_PAYMENT, None),
        (OrderState.PREPARING, None),
        (OrderState.SHIPPED, "refuse_or_return"),
        (OrderState.OUT_FOR_DELIVERY, "refuse_or_return"),
        (OrderState.DELIVERED, "return"),
        (OrderState.CANCELLED, "order_again"),
        (OrderState.RETURNED, "order_again"),
    ],
)
def test_changes_are_free_until_the_carrier_has_the_order(
    decide: Callable[[Order], ChangeDecision], state: OrderState, alternative: str | None
) -> None:
    decision = decide(an_order(state=state))
    assert decision.allowed is (alternative is None)
    assert decision.alternative == alternative
    assert decision.reason == (state if alternative else None)


@pytest.mark.parametrize(
    ("state", "late"),
    [
        (OrderState.AWAITING_PAYMENT, False),
        (OrderState.PREPARING, True),
        (OrderState.SHIPPED, True),
        (OrderState.OUT_FOR_DELIVERY, True),
        (OrderState.DELIVERED, False),
        (OrderState.CANCELLED, False),
    ],
)
def test_an_order_is_late_once_its_day_has_passed(state: OrderState, late: bool) -> None:
    order = an_order(state=state)
    assert not order.is_late(date(2025, 10, 1))
    assert order.is_late(date(2025, 10, 2)) is late
    assert order.days_late(date(2025, 10, 4)) == (3 if late else 0)
    assert not replace(order, expected_on=None).is_late(date(2025, 12, 1))


def test_names_in_both_languages() -> None:
    assert PLATE.name("ja") == "有田焼 皿"
    assert PLATE.name("en") == "Arita plate"
    assert replace(PLATE, name_ja="").name("ja") == "Arita plate"
    assert replace(PLATE, name_ja="", name_en="").name("ja") == "arita-plate"
    assert carrier_name("yamato", "ja") == "ヤマト運輸"
    assert carrier_name("Sagawa", "ja") == "Sagawa"
    assert payment_name("bank_transfer", "en") == "bank transfer"


def test_an_order_in_a_log_or_traceback_names_no_buyer() -> None:
    shown = repr(an_order())
    assert "HN-10001" in shown
    for private in ("Emma", "emma@example.com", "94110"):
        assert private not in shown
