"""The demonstration's 300 orders: the same people, items and states whatever the day.

Only their dates move, being counted back from `today`, so that a late parcel is always late and
a fresh delivery always fresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from demo.basket import basket, delivery_price
from demo.customers import ACCOUNTS, Customer, Lang, account, guest
from demo.draw import Draw
from demo.parcels import Carrier, Parcel, parcel
from support.orders import Order, OrderItem, OrderState, Restriction

SEED = "hanamori-1"
"""Names this collection of orders; another one makes another collection."""

_TOKYO = ZoneInfo("Asia/Tokyo")
_FIRST_NUMBER = 10001
_GUESTS: tuple[tuple[Lang, int], ...] = (("ja", 72), ("en", 48))
_COUNTS = (
    (OrderState.AWAITING_PAYMENT, 18),
    (OrderState.PREPARING, 42),
    (OrderState.SHIPPED, 54),
    (OrderState.OUT_FOR_DELIVERY, 18),
    (OrderState.DELIVERED, 138),
    (OrderState.CANCELLED, 15),
    (OrderState.RETURNED, 15),
)
# The first of a state are late: this many of them.
_LATE = {OrderState.PREPARING: 4, OrderState.SHIPPED: 12, OrderState.OUT_FOR_DELIVERY: 2}


@dataclass(frozen=True, slots=True)
class _Dates:
    """Days before today. None: it did not happen. `expected` may be negative: still to come."""

    placed: int
    shipped: int | None = None
    delivered: int | None = None
    expected: int | None = None
    cancelled: int | None = None


@dataclass(frozen=True, slots=True)
class _Draft:
    """An order without its number and without calendar dates."""

    person: Customer
    state: OrderState
    items: tuple[OrderItem, ...]
    dates: _Dates
    draw: Draw


def demo_customers() -> tuple[Customer, ...]:
    """The customers with an account."""
    return tuple(account(index, SEED) for index in range(ACCOUNTS))


def demo_orders(today: date) -> tuple[Order, ...]:
    """All orders by number, the oldest first, as they stand on the day `today` in Japan."""
    drafts = []
    place = dict.fromkeys(OrderState, 0)
    for index, (person, state) in enumerate(_people_and_states()):
        draw = Draw(SEED, "order", index)
        rank = place[state]
        place[state] += 1
        items = basket(draw)
        dates = _dates(state, rank, person, items, draw)
        drafts.append(_Draft(person, state, items, dates, draw))
    # Numbers are given in the order of placing, by days that do not depend on the weekday.
    drafts.sort(key=lambda draft: -draft.dates.placed)
    return tuple(
        _order(f"HN-{_FIRST_NUMBER + index}", today, draft) for index, draft in enumerate(drafts)
    )


def _people_and_states() -> Sequence[tuple[Customer, OrderState]]:
    people: list[Customer] = []
    for index, customer in enumerate(demo_customers()):
        people += [customer] * (5 if index % 2 == 0 else 4)
    count = 0
    for lang, guests in _GUESTS:
        people += [guest(count + index, lang, SEED) for index in range(guests)]
        count += guests
    people = Draw(SEED, "people").shuffled("order", people)

    # Paying later exists in Japan only, so those orders choose their people first.
    waiting = _COUNTS[0][1]
    at_home = [person for person in people if person.country == "JP"]
    people.sort(key=lambda person: person.country != "JP")
    first, rest = at_home[:waiting], people[waiting:]
    rest = Draw(SEED, "people").shuffled("rest", rest)
    states = [state for state, count in _COUNTS for _ in range(count)]
    return list(zip([*first, *rest], states, strict=True))


def _dates(
    state: OrderState, rank: int, person: Customer, items: Sequence[OrderItem], draw: Draw
) -> _Dates:
    home = person.country == "JP"
    travel = draw.number("travel", 1, 3) if home else draw.number("travel", 6, 11)
    engraved = any(item.restriction is Restriction.ENGRAVED for item in items)
    making = 9 if engraved else draw.number("wait", 0, 1)
    late = rank < _LATE.get(state, 0)
    behind = draw.number("behind", 1, 4)
    match state:
        case OrderState.AWAITING_PAYMENT:
            return _Dates(placed=draw.number("age", 1, 2))
        case OrderState.PREPARING if late:
            return _Dates(placed=behind + travel + making + 1, expected=behind)
        case OrderState.PREPARING:
            age = draw.number("age", 1, max(1, making))
            return _Dates(placed=age, expected=age - max(1, making) - travel)
        case OrderState.SHIPPED if late:
            shipped = behind + travel
            return _Dates(shipped + making, shipped, expected=behind)
        case OrderState.SHIPPED:
            shipped = draw.number("age", 1, travel)
            return _Dates(shipped + making, shipped, expected=shipped - travel)
        case OrderState.OUT_FOR_DELIVERY:
            expected = 1 if late else 0
            shipped = travel + expected
            return _Dates(shipped + making, shipped, expected=expected)
        case OrderState.CANCELLED:
            placed = draw.number("age", 4, 50)
            return _Dates(placed, cancelled=placed - draw.number("after", 0, 3))
        case OrderState.RETURNED:
            delivered = draw.number("age", 14, 45)
        case OrderState.DELIVERED:
            # Evenly from 3 to 60 days ago, so every day around the last day for a return is there.
            delivered = 3 + rank % 58
    expected = delivered + draw.pick("slip", (-1, 0, 0, 0, 0, 1, 2))
    shipped = max(delivered, expected) + travel
    return _Dates(shipped + making, shipped, delivered, expected)


def _order(number: str, today: date, draft: _Draft) -> Order:
    person, state, dates, draw = draft.person, draft.state, draft.dates, draft.draw
    payment = _payment(person, state, draw)
    moments = _moments(today, dates, draw)
    sent = _parcel(person, draw) if dates.shipped is not None else None
    express = 1500 if sent is not None and sent.carrier == "dhl" else 0
    value = sum(item.price * item.quantity for item in draft.items)
    return Order(
        number=number,
        state=state,
        lang=person.lang,
        customer_id=person.id,
        name=person.name,
        email=person.email,
        postcode=person.postcode,
        country=person.country,
        placed_at=moments.placed_at,
        paid_at=_paid_at(payment, state, moments),
        shipped_at=moments.shipped_at,
        expected_on=None if dates.expected is None else today - timedelta(days=dates.expected),
        delivered_at=moments.delivered_at,
        cancelled_at=moments.cancelled_at,
        carrier=sent.carrier if sent else None,
        tracking_number=sent.number if sent else None,
        tracking_url=sent.url if sent else None,
        payment=payment,
        total=value + delivery_price(value, person.country, person.tier) + express,
        items=draft.items,
    )


@dataclass(frozen=True, slots=True)
class _Moments:
    placed_at: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None


def _moments(today: date, dates: _Dates, draw: Draw) -> _Moments:
    placed_on = today - timedelta(days=dates.placed)
    shipped_on = None if dates.shipped is None else today - timedelta(days=dates.shipped)
    if shipped_on is not None and shipped_on.weekday() == 6:
        # Nothing leaves on a Sunday.
        shipped_on -= timedelta(days=1)
        placed_on -= timedelta(days=1)
    # What is ordered before 13:00 leaves the same day.
    early = shipped_on is not None and shipped_on == placed_on
    hours = (7, 12) if early else (13, 23)

    def moment(day: date, what: str, hours: tuple[int, int]) -> datetime:
        clock = time(draw.number(f"{what} hour", *hours), draw.number(f"{what} minute", 0, 59))
        return datetime.combine(day, clock, _TOKYO).astimezone(UTC)

    def back(days: int | None, what: str, hours: tuple[int, int]) -> datetime | None:
        return None if days is None else moment(today - timedelta(days=days), what, hours)

    return _Moments(
        placed_at=moment(placed_on, "placed", hours),
        shipped_at=moment(shipped_on, "shipped", (15, 17)) if shipped_on else None,
        delivered_at=back(dates.delivered, "delivered", (9, 20)),
        # Later on the same day at the earliest: nobody cancels before ordering.
        cancelled_at=back(dates.cancelled, "cancelled", (23, 23)),
    )


def _payment(person: Customer, state: OrderState, draw: Draw) -> str:
    if state is OrderState.AWAITING_PAYMENT:
        return draw.pick("payment", ("konbini", "bank_transfer"))
    cards = ("visa", "mastercard", "amex", "visa", "paypal")
    home = ("jcb", "paypay", "konbini", "bank_transfer")
    return draw.pick("payment", (*cards, *home) if person.country == "JP" else cards)


def _paid_at(payment: str, state: OrderState, moments: _Moments) -> datetime | None:
    if state in (OrderState.AWAITING_PAYMENT, OrderState.CANCELLED):
        return None
    if payment in ("visa", "mastercard", "amex", "jcb"):
        # Cards are charged when the order ships.
        return moments.shipped_at
    return moments.placed_at + timedelta(minutes=20)


def _parcel(person: Customer, draw: Draw) -> Parcel:
    carrier: Carrier = "yamato"
    if person.country != "JP":
        carrier = draw.pick("carrier", ("ems", "ems", "ems", "dhl"))
    return parcel(carrier, person.lang, draw)
