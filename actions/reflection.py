"""Saying a complaint back in our own words, from the facts that were understood.

Nothing here repeats the customer's sentence: what is not understood is not said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from actions.formatting import day
from actions.products import VAGUE
from support.orders.items import item_name

# {thing} is the item, with its order where that is known.
_EN = {
    "broken": "{thing} arrived broken",
    "chipped": "{thing} arrived chipped",
    "missing": "{thing} was missing from the parcel",
    "wrong_item": "what arrived was not what you ordered",
    "late": "{parcel} is late",
    "leaking": "{thing} leaks",
    "stale": "{thing} isn't fresh",
    "stained": "{thing} arrived stained",
    "not_as_described": "{thing} isn't as we described it",
    "not_arrived": "{parcel} hasn't reached you",
    "double_charged": "you were charged twice{for_order}",
    "rude_service": "we didn't treat you with the courtesy you should expect from us",
    "other": "something is wrong with {thing}",
}
_JA = {
    "broken": "{thing}が破損した状態で届いた",
    "chipped": "{thing}が欠けた状態で届いた",
    "missing": "{thing}が入っていなかった",
    "wrong_item": "{of_order}ご注文と異なる商品が届いた",
    "late": "{parcel}のお届けが遅れている",
    "leaking": "{thing}から漏れがある",
    "stale": "{thing}の鮮度や風味に問題がある",
    "stained": "{thing}に汚れがあった",
    "not_as_described": "{thing}が説明と異なっていた",
    "not_arrived": "{parcel}がまだ届いていない",
    "double_charged": "{of_order}代金が二重に請求されている",
    "rude_service": "私どもの対応に失礼があった",
    "other": "{thing}に問題があった",
}
_WISHES = {
    "en": {
        "refund": "your money back",
        "replacement": "a replacement",
        "repair": "a repair",
        "explanation": "an explanation",
        "person": "to talk to a person",
    },
    "ja": {
        "refund": "ご返金",
        "replacement": "交換",
        "repair": "修理",
        "explanation": "ご説明",
        "person": "担当者との会話",
    },
}


@dataclass(frozen=True)
class Facts:
    """What is understood of a complaint. `item`, `fault` and `wish` are canonical values."""

    item: str | None = None
    fault: str | None = None
    date: date | None = None
    wish: str | None = None
    order_number: str | None = None

    def updated(self, entities: Mapping[str, str]) -> Facts:
        """These facts with those of one more message; what it says newly counts."""
        item = entities.get("item")
        if item in VAGUE:
            item = None
        return replace(
            self,
            item=item or self.item,
            fault=_more_telling(self.fault, entities.get("fault")),
            date=_as_date(entities.get("date")) or self.date,
            wish=entities.get("wish") or self.wish,
            order_number=entities.get("order_number") or self.order_number,
        )

    def as_data(self) -> dict[str, str]:
        """For commands: only what is known."""
        known = {
            "item": self.item,
            "fault": self.fault,
            "date": self.date.isoformat() if self.date else None,
            "wish": self.wish,
            "order_number": self.order_number,
        }
        return {name: value for name, value in known.items() if value}

    @classmethod
    def from_data(cls, data: Mapping[str, str]) -> Facts:
        return cls().updated(data)


def _more_telling(known: str | None, said: str | None) -> str | None:
    if said in {None, "other"}:
        return known or said
    return said


def _as_date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def wish_name(wish: str, lang: str) -> str:
    return _WISHES[lang].get(wish, wish)


def reflection(facts: Facts, lang: str, today: date) -> str:
    """What happened as one clause, e.g. "the kyusu teapot from order HN-10234 arrived broken".

    Empty where that would say nothing: neither which thing nor what is wrong with it.
    """
    if facts.fault in {None, "other"} and facts.item is None:
        return ""
    build = _reflect_ja if lang == "ja" else _reflect_en
    return build(facts, today)


def in_both_languages(facts: Facts, today: date) -> dict[str, str]:
    """The reflection as facts for whoever takes over."""
    return {f"told_{lang}": reflection(facts, lang, today) for lang in ("en", "ja")}


def _reflect_en(facts: Facts, today: date) -> str:
    name = item_name(facts.item, "en") if facts.item else None
    number = facts.order_number
    thing = f"the {name}" if name else "something"
    parcel = f"order {number}" if number else (f"the {name}" if name else "your parcel")
    if number and name:
        thing = f"{thing} from order {number}"
    elif number:
        thing = f"something in order {number}"
    clause = _EN.get(facts.fault or "other", _EN["other"]).format(
        thing=thing, parcel=parcel, for_order=f" for order {number}" if number else ""
    )
    if facts.fault == "wrong_item":
        clause += f" (the {name})" if name else ""
        clause += f", order {number}" if number else ""
    if facts.date is None:
        return clause
    when = day(facts.date, "en", today)
    ahead = facts.date > today
    return f"{clause}, and it's for {when}" if ahead else f"{clause} (you mentioned {when})"


def _reflect_ja(facts: Facts, today: date) -> str:
    name = item_name(facts.item, "ja") if facts.item else None
    of_order = f"ご注文{facts.order_number}の" if facts.order_number else ""
    clause = _JA.get(facts.fault or "other", _JA["other"]).format(
        thing=f"{of_order}{name or '商品'}",
        parcel=of_order + (name or "お荷物") if not of_order or name else f"{of_order}お荷物",
        of_order=f"{of_order[:-1]}で、" if of_order else "",
    )
    if facts.date is None:
        return clause
    when = day(facts.date, "ja", today, weekday=False)
    return f"{clause}（{when}までをご希望）" if facts.date > today else f"{clause}（{when}）"
