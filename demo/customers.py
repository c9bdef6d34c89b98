"""The people who ordered: 40 customers with an account, and guests. All of them are made up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from demo.draw import Draw

Tier = Literal["leaf", "bloom", "grove"]
Lang = Literal["en", "ja"]
ACCOUNTS = 40

_FILE = Path(__file__).with_name("customers.yml")


class _Abroad(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    weight: int
    given: tuple[str, ...]
    family: tuple[str, ...]
    postcodes: tuple[str, ...]


class _Names(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    family_ja: dict[str, str]
    given_ja: dict[str, str]
    areas_ja: tuple[str, ...]
    abroad: dict[str, _Abroad]


@cache
def _names() -> _Names:
    with _FILE.open(encoding="utf-8") as file:
        return _Names.model_validate(yaml.safe_load(file))


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who ordered. `id` is None for a guest; `country` is an ISO 3166 code."""

    id: str | None
    name: str
    email: str
    postcode: str
    country: str
    lang: Lang
    tier: Tier


def account(index: int, seed: str) -> Customer:
    """The customer with the number `index` (from 0) among the accounts."""
    # Three of five are Japanese, as among the orders.
    lang: Lang = "ja" if index % 5 < 3 else "en"
    tier: Tier = "grove" if index % 10 == 9 else "bloom" if index % 10 in (2, 4, 6) else "leaf"
    return _person(f"K{1001 + index}", 1 + index, lang, tier, seed)


def guest(index: int, lang: Lang, seed: str) -> Customer:
    """Who ordered without an account."""
    return _person(None, 101 + index, lang, "leaf", seed)


def _person(id: str | None, number: int, lang: Lang, tier: Tier, seed: str) -> Customer:
    names = _names()
    draw = Draw(seed, "person", number)
    country = "JP"
    if lang == "ja":
        family = draw.pick("family", list(names.family_ja))
        given = draw.pick("given", list(names.given_ja))
        name = f"{family} {given}"
        latin = f"{names.given_ja[given]}.{names.family_ja[family]}"
    else:
        origin = draw.pick(
            "origin", [land for land, about in names.abroad.items() for _ in range(about.weight)]
        )
        given = draw.pick("given", names.abroad[origin].given)
        family = draw.pick("family", names.abroad[origin].family)
        name, latin = f"{given} {family}", f"{given}.{family}".lower()
        # Some live in Japan and write English.
        country = "JP" if draw.number("resident", 1, 6) == 1 else origin
    domain = draw.pick(
        "domain", ("example.jp", "example.com") if lang == "ja" else ("example.com", "example.org")
    )
    return Customer(
        id=id,
        name=name,
        # The number keeps addresses apart: no two people share one.
        email=f"{latin}{number}@{domain}",
        postcode=_postcode(country, draw),
        country=country,
        lang=lang,
        tier=tier,
    )


def _postcode(country: str, draw: Draw) -> str:
    if country != "JP":
        return draw.pick("postcode", _names().abroad[country].postcodes)
    return f"{draw.pick('area', _names().areas_ja)}-{draw.number('block', 1, 9999):04d}"
