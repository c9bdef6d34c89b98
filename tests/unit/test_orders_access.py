"""Who may see an order. Allowed and denied cases share one shop and differ in one thing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.orders import (
    AttemptLimits,
    Order,
    OrderAccess,
    OrderEffect,
    OrderNotVisible,
    OrderState,
    OrdersUnavailable,
    TooManyAttempts,
    canonical_number,
)

EMMA = Order(
    number="HN-10001",
    state=OrderState.SHIPPED,
    lang="en",
    customer_id="K1",
    name="Emma Clarke",
    email="Emma.Clarke@example.com",
    postcode="604-8091",
    country="JP",
    placed_at=datetime(2025, 10, 1, tzinfo=UTC),
    paid_at=None,
    shipped_at=None,
    expected_on=None,
    delivered_at=None,
    cancelled_at=None,
    carrier=None,
    tracking_number=None,
    tracking_url=None,
    payment=None,
    total=100,
    items=(),
)
OTHER = replace(EMMA, number="HN-10002", customer_id="K2", email="ken@example.jp", postcode="060")
# A guest's order from a shop that keeps neither: nothing but the thread's proof opens it.
BARE = replace(EMMA, number="HN-10003", customer_id=None, email="", postcode="")


@dataclass
class Shelf:
    """Orders in memory, and what was asked of them."""

    orders: dict[str, Order]
    asked: list[str] = field(default_factory=list)
    answers_with: Order | None = None

    def by_number(self, number: str) -> Order | None:
        self.asked.append(number)
        return self.answers_with or self.orders.get(number)

    def of_customer(self, customer_id: str) -> tuple[Order, ...]:
        return tuple(self.orders.values())

    def apply(self, effect: OrderEffect) -> None:
        raise AssertionError("looking up an order changes nothing about it")

    def close(self) -> None:
        return None


class Watch:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Shop:
    def __init__(self) -> None:
        self.shelf = Shelf({one.number: one for one in (EMMA, OTHER, BARE)})
        self.failures: dict[str, int] = {}
        self.watch = Watch()
        self.access = OrderAccess(
            self.shelf,
            limits=AttemptLimits(per_thread=3, per_number=6),
            failures_for_number=lambda number: self.failures.get(number, 0),
            clock=self.watch,
            sleep=self.watch.sleep,
        )

    def find(self, number: str = "HN-10001", **proof: Any) -> Order:
        return self.access.find(number, **proof)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.mark.parametrize(
    "proof",
    [
        {"email": "Emma.Clarke@example.com"},
        {"email": "  emma.clarke@EXAMPLE.com "},
        {"email": "ｅｍｍａ．ｃｌａｒｋｅ＠ｅｘａｍｐｌｅ．ｃｏｍ"},
        {"postcode": "604-8091"},
        {"postcode": "6048091"},
        {"postcode": "〒604-8091"},
        {"postcode": "６０４－８０９１"},
        {"postcode": "〒６０４ー８０９１"},
        {"postcode": " 604 8091 "},
        {"email": "wrong@example.com", "postcode": "604-8091"},
        {"customer_id": "K1"},
        {"verified": {"HN-10001"}},
        {"verified": ["hn-10001"], "email": "wrong@example.com"},
    ],
)
def test_who_proves_it_sees_the_order(shop: Shop, proof: dict[str, Any]) -> None:
    assert shop.find(**proof) == EMMA


@pytest.mark.parametrize(
    "proof",
    [
        {},
        {"email": "ken@example.jp"},
        {"email": "emma.clarke@example.co"},
        {"email": ""},
        {"postcode": "604-8092"},
        {"postcode": "604"},
        {"postcode": "-"},
        {"postcode": "Emma.Clarke@example.com"},
        {"email": "604-8091"},
        {"customer_id": "K2"},
        {"customer_id": ""},
        {"verified": {"HN-10002"}},
        {"verified": ()},
        {"email": "\ud800", "postcode": "\x00"},
    ],
)
def test_wrong_and_absent_look_alike(shop: Shop, proof: dict[str, Any]) -> None:
    refusals = []
    for number in ("HN-10001", "HN-99999"):
        before = shop.watch.now
        with pytest.raises(OrderNotVisible) as refusal:
            shop.find(number, **proof)
        refusals.append((type(refusal.value), str(refusal.value), shop.watch.now - before))
    assert refusals[0] == pytest.approx(refusals[1])
    # Both asked the source, and both took the same time in the end.
    assert shop.shelf.asked == ["HN-10001", "HN-99999"]


@pytest.mark.parametrize(
    "proof", [{"email": ""}, {"postcode": ""}, {"postcode": "〒"}, {"customer_id": ""}, {}]
)
def test_nothing_does_not_match_nothing(shop: Shop, proof: dict[str, Any]) -> None:
    with pytest.raises(OrderNotVisible):
        shop.find("HN-10003", **proof)
    assert shop.find("HN-10003", verified={"HN-10003"}) == BARE


@pytest.mark.parametrize("number", ["HN-10001", "hn-10001", "ＨＮ－１０００１", " #HN-10001 "])
def test_numbers_are_read_as_people_write_them(shop: Shop, number: str) -> None:
    assert shop.find(number, postcode="604-8091") == EMMA


@pytest.mark.parametrize("number", ["", "#", "\x00", "HN\x07", "\ud800", "9" * 65])
def test_what_cannot_be_a_number_is_absent_and_not_asked_for(shop: Shop, number: str) -> None:
    with pytest.raises(OrderNotVisible):
        shop.find(number, email="Emma.Clarke@example.com", customer_id="K1")
    assert shop.shelf.asked == []


class TestGuessing:
    RIGHT = {"email": "Emma.Clarke@example.com"}

    def test_a_thread_may_fail_so_often_and_no_more(self, shop: Shop) -> None:
        assert shop.find(**self.RIGHT, recent_failures=2) == EMMA
        with pytest.raises(TooManyAttempts):
            shop.find(**self.RIGHT, recent_failures=3)

    def test_a_number_may_be_guessed_at_so_often_and_no_more(self, shop: Shop) -> None:
        shop.failures = {"HN-10001": 5}
        assert shop.find("hn-10001", **self.RIGHT) == EMMA
        shop.failures = {"HN-10001": 6}
        with pytest.raises(TooManyAttempts):
            shop.find("hn-10001", **self.RIGHT)

    @pytest.mark.parametrize("number", ["HN-10001", "HN-99999"])
    def test_the_limit_does_not_tell_whether_the_order_is_there(
        self, shop: Shop, number: str
    ) -> None:
        shop.failures = {number: 6}
        with pytest.raises(TooManyAttempts):
            shop.find(number, **self.RIGHT)
        assert shop.watch.now == pytest.approx(0.1)

    @pytest.mark.parametrize("known", [{"customer_id": "K1"}, {"verified": {"HN-10001"}}])
    def test_others_guesses_do_not_lock_the_buyer_out(
        self, shop: Shop, known: dict[str, Any]
    ) -> None:
        shop.failures = {"HN-10001": 600}
        assert shop.find(**known, recent_failures=9) == EMMA

    def test_a_signed_in_stranger_is_held_to_the_limit(self, shop: Shop) -> None:
        assert shop.find(customer_id="K2", **self.RIGHT, recent_failures=2) == EMMA
        with pytest.raises(TooManyAttempts):
            shop.find(customer_id="K2", **self.RIGHT, recent_failures=3)

    def test_it_is_a_kind_of_not_visible(self) -> None:
        # A caller that knows only the vague denial still gives one.
        assert issubclass(TooManyAttempts, OrderNotVisible)


def test_a_success_is_not_slowed_down(shop: Shop) -> None:
    shop.find(postcode="604-8091")
    assert shop.watch.now == 0


def test_another_order_than_asked_for_is_never_shown(shop: Shop) -> None:
    shop.shelf.answers_with = OTHER
    with pytest.raises(OrdersUnavailable):
        shop.find("HN-10001", email=OTHER.email)


def test_of_customer_shows_only_their_own(shop: Shop) -> None:
    # The shelf gives everybody's orders, as a careless source might.
    assert shop.access.of_customer("K1") == (EMMA,)
    assert shop.access.of_customer("K9") == ()
    assert shop.access.of_customer("") == ()


@given(
    email=st.none() | st.text(),
    postcode=st.none() | st.text(),
    customer_id=st.none() | st.text(),
    verified=st.lists(st.text(), max_size=3),
)
def test_no_made_up_proof_opens_a_bare_order(
    email: str | None, postcode: str | None, customer_id: str | None, verified: Collection[str]
) -> None:
    with pytest.raises(OrderNotVisible):
        Shop().find(
            "HN-10003", email=email, postcode=postcode, customer_id=customer_id, verified=verified
        )


@given(st.text(alphabet="HNhnＨＮｈｎ012０１２-－ー #＃ \u3000\t"))
def test_a_canonical_number_stays_as_it_is(text: str) -> None:
    once = canonical_number(text)
    assert canonical_number(once) in (once, once.removeprefix("#"))
