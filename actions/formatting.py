"""Dates, money and names as each language writes them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from support.orders import Order, OrderState

_WEEKDAYS_JA = "月火水木金土日"
_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

_STATES = {
    "en": {
        OrderState.AWAITING_PAYMENT: "awaiting payment",
        OrderState.PREPARING: "being prepared",
        OrderState.SHIPPED: "shipped",
        OrderState.OUT_FOR_DELIVERY: "out for delivery",
        OrderState.DELIVERED: "delivered",
        OrderState.CANCELLED: "cancelled",
        OrderState.RETURNED: "returned",
    },
    "ja": {
        OrderState.AWAITING_PAYMENT: "お支払い待ち",
        OrderState.PREPARING: "発送準備中",
        OrderState.SHIPPED: "発送済み",
        OrderState.OUT_FOR_DELIVERY: "配達中",
        OrderState.DELIVERED: "お届け済み",
        OrderState.CANCELLED: "キャンセル済み",
        OrderState.RETURNED: "返品済み",
    },
}
# A step of an order's way by whether it lies behind, is where the order is, or is still to come.
_STEPS = {
    "en": {
        OrderState.AWAITING_PAYMENT: ("Ordered", "Awaiting payment", "Awaiting payment"),
        OrderState.PREPARING: ("Paid", "Being prepared", "Being prepared"),
        OrderState.SHIPPED: ("Shipped", "Shipped", "Shipped"),
        OrderState.OUT_FOR_DELIVERY: ("Out for delivery", "Out for delivery", "Out for delivery"),
        OrderState.DELIVERED: ("Delivered", "Delivered", "Delivered"),
    },
    "ja": {
        OrderState.AWAITING_PAYMENT: ("ご注文", "お支払い待ち", "お支払い待ち"),
        OrderState.PREPARING: ("お支払い確認", "発送準備中", "発送準備"),
        OrderState.SHIPPED: ("発送済み", "発送済み", "発送"),
        OrderState.OUT_FOR_DELIVERY: ("配達中", "配達中", "配達"),
        OrderState.DELIVERED: ("お届け済み", "お届け済み", "お届け"),
    },
}

_CARRIERS = {
    "yamato": {"en": "Yamato", "ja": "ヤマト運輸"},
    "ems": {"en": "Japan Post EMS", "ja": "国際スピード郵便（EMS）"},
    "dhl": {"en": "DHL Express", "ja": "DHL"},
    "": {"en": "the carrier", "ja": "配送業者"},
}
# Titles of buttons that stand after those an action makes; all others are in domain.yml.
EVERYTHING = {"en": "Everything", "ja": "すべて"}
NONE_OF_THESE = {"en": "None of these", "ja": "この中にはない"}


def day(value: date, lang: str, today: date, *, weekday: bool = True) -> str:
    """A calendar day, with its weekday unless told; the year only where it is not this one."""
    other_year = value.year != today.year
    if lang == "ja":
        year = f"{value.year}年" if other_year else ""
        name = f"（{_WEEKDAYS_JA[value.weekday()]}）" if weekday else ""
        return f"{year}{value.month}月{value.day}日{name}"
    text = f"{value.day} {_MONTHS_EN[value.month - 1]}"
    if weekday:
        text = f"{_WEEKDAYS_EN[value.weekday()]}, {text}"
    return f"{text} {value.year}" if other_year else text


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def money(yen: int, lang: str) -> str:
    return f"{yen:,}円" if lang == "ja" else f"{yen:,} yen"


def state_name(state: OrderState, lang: str) -> str:
    return _STATES[lang][state]


def step_name(state: OrderState, lang: str, ahead: int) -> str:
    """`state` as a step of an order's way; `ahead`: how many steps further the order has to go to
    reach it, below 0 where it has gone further."""
    behind, here, to_come = _STEPS[lang][state]
    return to_come if ahead > 0 else here if ahead == 0 else behind


def carrier_name(carrier: str | None, lang: str) -> str:
    """A carrier's usual name; one that is not known here goes by its own."""
    names = _CARRIERS.get((carrier or "").casefold())
    return names[lang] if names else str(carrier)


def item_names(order: Order, lang: str) -> str:
    """The order's items in one phrase; the rest is counted from the fourth on."""
    names = [_with_quantity(item.name(lang), item.quantity, lang) for item in order.items]
    if len(names) > 3:
        more = len(names) - 2
        tail = f"ほか{more}点" if lang == "ja" else f"{more} more"
        names = [*names[:2], tail]
    if lang == "ja":
        return "、".join(names)
    return listed(names)


def listed(names: list[str]) -> str:
    """English enumeration: a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _with_quantity(name: str, quantity: int, lang: str) -> str:
    if quantity == 1:
        return name
    return f"{name}×{quantity}" if lang == "ja" else f"{quantity} × {name}"
