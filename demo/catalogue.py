"""The demonstration shop's products, from catalogue.yml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

_FILE = Path(__file__).with_name("catalogue.yml")


class Product(BaseModel):
    """One product. `price` is yen, tax included; the rest is for the page and for returns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: str
    kind: Literal["tea", "ware", "gift"]
    price: int
    drawing: str
    tint: str
    mark: str = ""
    en: str
    ja: str
    size_en: str
    size_ja: str
    note_en: str
    note_ja: str
    opened_ok: bool | None = None
    restriction: Literal["engraved"] | None = None

    @property
    def may_come_back_opened(self) -> bool:
        return self.kind != "tea" if self.opened_ok is None else self.opened_ok

    def text(self, field: Literal["name", "size", "note"], lang: str) -> str:
        """A text of the product in `lang` (en or ja)."""
        key = lang if field == "name" else f"{field}_{lang}"
        return str(getattr(self, key))


@cache
def catalogue() -> tuple[Product, ...]:
    """All products, in the order of the page."""
    with _FILE.open(encoding="utf-8") as file:
        return TypeAdapter(tuple[Product, ...]).validate_python(yaml.safe_load(file))
