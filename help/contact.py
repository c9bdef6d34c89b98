"""How to reach the shop, as every page of the help centre says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from itertools import groupby

from support.knowledge.language import LANGUAGES, Lang
from support.playbook.playbook import DAYS, OpeningHours, Shop

_DAY_NAMES: Mapping[Lang, tuple[str, ...]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "ja": ("月", "火", "水", "木", "金", "土", "日"),
}
_ZONES: Mapping[str, Mapping[Lang, str]] = {"Asia/Tokyo": {"en": "Japan time", "ja": "日本時間"}}


@dataclass(frozen=True)
class ContactDetails:
    """`hours` is a line a customer reads, such as "Mon-Sat 9:00-18:00 (Japan time)".

    `chat` is the address of the page with the chat.
    """

    name: Mapping[Lang, str]
    email: str
    phone: str
    hours: Mapping[Lang, str]
    chat: str = "/"


def contact_details(shop: Shop, opening: OpeningHours, chat: str = "/") -> ContactDetails:
    """The shop's details and hours from its playbook."""
    return ContactDetails(
        name={lang: shop.name.in_lang(lang) for lang in LANGUAGES},
        email=shop.email,
        phone=shop.phone,
        hours={lang: _hours(opening, lang) for lang in LANGUAGES},
        chat=chat,
    )


def _hours(opening: OpeningHours, lang: Lang) -> str:
    """The week in runs of days with the same hours."""
    names = _DAY_NAMES[lang]
    parts = []
    week = [(names[i], opening.week.get(day)) for i, day in enumerate(DAYS)]
    for hours, run in groupby(week, key=lambda entry: entry[1]):
        days = [name for name, _ in run]
        if hours is not None:
            parts.append(f"{_span(days, lang)} {_clock(hours[0])}–{_clock(hours[1])}")
    text = ("、" if lang == "ja" else ", ").join(parts)
    notes = []
    if opening.holidays_of:
        notes.append("祝日を除く" if lang == "ja" else "not on public holidays")
    if zone := _ZONES.get(opening.timezone, {}).get(lang):
        notes.append(zone)
    if not notes:
        return text
    return f"{text}（{'、'.join(notes)}）" if lang == "ja" else f"{text} ({', '.join(notes)})"


def _span(days: list[str], lang: Lang) -> str:
    if len(days) == 1:
        return days[0]
    return f"{days[0]}〜{days[-1]}" if lang == "ja" else f"{days[0]}–{days[-1]}"


def _clock(at: time) -> str:
    return f"{at.hour}:{at.minute:02}"
