"""Made-up parcel numbers in the form of each carrier, with its tracking page.

Their check digits are wrong on purpose: no real parcel ever has such a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from demo.draw import Draw

Carrier = Literal["yamato", "ems", "dhl"]


@dataclass(frozen=True, slots=True)
class Parcel:
    """What the carrier calls it and where it shows where it is."""

    carrier: Carrier
    number: str
    url: str


def parcel(carrier: Carrier, lang: str, draw: Draw) -> Parcel:
    """A parcel of `carrier`; its tracking page is in `lang` where the carrier offers that."""
    if carrier == "yamato":
        digits = f"{draw.number('parcel', 10**10, 10**11 - 1)}"
        digits += str((int(digits) % 7 + 1) % 7)
        number = f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"
        page = "https://toi.kuronekoyamato.co.jp/cgi-bin/tneko?number00=1&number01="
        return Parcel(carrier, number, page + digits)
    if carrier == "ems":
        digits = f"{draw.number('parcel', 10**7, 10**8 - 1)}"
        weights = (8, 6, 4, 2, 3, 5, 9, 7)
        check = 11 - sum(int(one) * by for one, by in zip(digits, weights, strict=True)) % 11
        check = {10: 0, 11: 5}.get(check, check)
        number = f"EM{digits}{(check + 1) % 10}JP"
        page = "https://trackings.post.japanpost.jp/services/srv/search/direct"
        return Parcel(carrier, number, f"{page}?locale={lang}&reqCodeNo1={number}")
    digits = f"{draw.number('parcel', 10**8, 10**9 - 1)}"
    number = f"{digits}{(int(digits) % 7 + 1) % 7}"
    page = "https://www.dhl.com/global-en/home/tracking.html?tracking-id="
    return Parcel(carrier, number, page + number)
