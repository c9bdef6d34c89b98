"""What customers call things: the canonical item of a message, found in an order."""

from __future__ import annotations

from collections.abc import Sequence

from support.orders import OrderItem

# Words of everyday speech, and what they may stand for in an order.
_KINDS = {
    "cup": ("yunomi", "engraved-cup", "kiyomizu-pair"),
    "teapot": ("kyusu",),
    "kettle": ("nambu-kettle",),
    "plate": ("arita-plate",),
    "bowl": ("matcha-bowl",),
    "gift_set": ("tea-gift-set",),
    "sencha": ("sencha-midori", "sencha-decaf"),
    "matcha": ("matcha-hatsune", "matcha-culinary"),
    "tea": ("gyokuro-asahi", "sencha-midori", "hojicha", "genmaicha", "matcha-hatsune",
            "matcha-culinary", "sencha-decaf", "wakocha"),
}  # fmt: skip
# What an order can be asked for by; a word for anything else says nothing about it.
SOLD = frozenset(
    {
        "gyokuro", "sencha", "hojicha", "genmaicha", "matcha", "matcha_hatsune",
        "matcha_culinary", "sencha_decaf", "wakocha", "kyusu", "yunomi", "matcha_bowl", "chasen",
        "tea_tin", "arita_plate", "kiyomizu_pair", "nambu_kettle", "sencha_set", "gift_set",
        "furoshiki", "engraved_cup", *(_KINDS.keys() - {"tea"}),
    }
)  # fmt: skip
# Too general to be repeated as the thing that somebody bought.
VAGUE = frozenset({"parcel", "receipt", "coupon", "subscription"})


def matching_items(
    wanted: str, items: Sequence[OrderItem], *, everything: str | None = None
) -> list[OrderItem]:
    """The one item of an order that `wanted` (a sku or an item entity) means.

    Empty if none or more than one fits; all items if `wanted` is `everything`.
    """
    if wanted == everything:
        return list(items)
    found = fitting_items(wanted, items)
    return found if len(found) == 1 else []


def fitting_items(wanted: str, items: Sequence[OrderItem]) -> list[OrderItem]:
    """All items of an order that `wanted` (a sku or an item entity) may mean."""
    sku = wanted.replace("_", "-")
    ways = (
        [item for item in items if item.sku == sku],
        [item for item in items if item.sku in _KINDS.get(wanted, ())],
        [item for item in items if sku in item.sku],
        [item for item in items if _named(item, wanted)],
    )
    return next(filter(None, ways), [])


def _named(item: OrderItem, wanted: str) -> bool:
    words = set(item.name_en.casefold().split())
    return set(wanted.replace("_", " ").casefold().split()) <= words
