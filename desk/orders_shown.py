"""The orders beside a conversation: the signed-in customer's, and those proven in it."""

import asyncio
import logging
from datetime import date
from typing import Any

from desk.shapes import order_shape
from support.orders import Order, OrderAccess, OrderNotVisible, OrdersUnavailable
from support.values import Conversation

log = logging.getLogger(__name__)

MOST_ORDERS = 10
# The shop's system may be slow; a conversation must open all the same.
PATIENCE_S = 2.5


async def orders_shown(
    access: OrderAccess, conversation: Conversation, lang: str, today: date
) -> dict[str, Any]:
    """`orders`, newest first, and whether the shop's system could be asked: `orders_available`."""
    if conversation.customer_id is None and not conversation.verified_orders:
        return {"orders": [], "orders_available": True}
    try:
        async with asyncio.timeout(PATIENCE_S):
            found = await asyncio.to_thread(_found, access, conversation)
    except (TimeoutError, OrdersUnavailable) as error:
        log.warning("orders can't be shown: %s", type(error).__name__)
        return {"orders": [], "orders_available": False}
    proven = set(conversation.verified_orders)
    shapes = [order_shape(order, lang, today) for order in found[:MOST_ORDERS]]
    for shape in shapes:
        # Those that were talked about stand out.
        shape["proven"] = shape["number"] in proven
    return {"orders": shapes, "orders_available": True}


def _found(access: OrderAccess, conversation: Conversation) -> list[Order]:
    found: dict[str, Order] = {}
    for number in reversed(conversation.verified_orders):
        try:
            order = access.find(number, verified=conversation.verified_orders)
        except OrderNotVisible:
            continue
        found[order.number] = order
    if conversation.customer_id is not None:
        for order in access.of_customer(conversation.customer_id):
            found.setdefault(order.number, order)
    return list(found.values())
