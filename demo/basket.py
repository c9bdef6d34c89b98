"""What is in a demonstration order, and what its delivery costs."""

from __future__ import annotations

from demo.catalogue import Product, catalogue
from demo.customers import Tier
from demo.draw import Draw
from support.orders import OrderItem, Restriction

# Tea is bought more often than pots, and more than one at a time.
_WEIGHTS = {"tea": 3, "ware": 2, "gift": 2}
_ASIA = frozenset({"SG", "HK", "KR"})


def basket(draw: Draw) -> tuple[OrderItem, ...]:
    """One to three different items."""
    shelf = [product for product in catalogue() for _ in range(_WEIGHTS[product.kind])]
    wanted = draw.pick("lines", (1, 1, 2, 2, 3))
    chosen: list[Product] = []
    for product in draw.shuffled("items", shelf):
        if product not in chosen and len(chosen) < wanted:
            chosen.append(product)
    return tuple(_line(product, draw) for product in chosen)


def _line(product: Product, draw: Draw) -> OrderItem:
    quantity = draw.pick(
        f"{product.sku} quantity", (1, 1, 1, 2, 3) if product.kind == "tea" else (1,)
    )
    restriction = Restriction(product.restriction) if product.restriction else None
    price = product.price
    if product.kind == "ware" and draw.number(f"{product.sku} sale", 1, 8) == 1:
        restriction = Restriction.FINAL_SALE
        price = price * 7 // 100 * 10
    return OrderItem(
        sku=product.sku,
        name_en=product.en,
        name_ja=product.ja,
        quantity=quantity,
        price=price,
        returnable=restriction is None,
        opened_ok=product.may_come_back_opened,
        restriction=restriction,
    )


def delivery_price(value: int, country: str, tier: Tier) -> int:
    """Yen for standard delivery of goods worth `value` yen."""
    if tier == "grove":
        return 0
    if country == "JP":
        return 0 if value >= 6600 or tier == "bloom" else 660
    if value >= 20_000:
        return 0
    return 2400 if country in _ASIA else 3200
