"""Orders of the demonstration by what a dialogue needs of them."""

from collections.abc import Callable
from datetime import date, timedelta

from demo.orders import demo_orders
from support.orders import Order, OrderState, Restriction

_PLAIN_LAST_DAY = timedelta(days=25)


def orders_by_role(today: date, lang: str) -> dict[str, Order]:
    """One order for each role, placed in `lang` and sent within Japan where that is told."""

    def plain(order: Order) -> bool:
        return all(item.restriction is None for item in order.items)

    def fresh(order: Order) -> bool:
        return order.delivered_at is not None and (
            order.delivered_at.date() >= today - _PLAIN_LAST_DAY
        )

    def only(restriction: Restriction) -> Callable[[Order], bool]:
        return lambda order: (
            order.state is OrderState.DELIVERED
            and fresh(order)
            and all(item.restriction is restriction for item in order.items)
        )

    def state(wanted: OrderState, late: bool = False) -> Callable[[Order], bool]:
        return lambda order: order.state is wanted and order.is_late(today) == late

    def delivered(count: int) -> Callable[[Order], bool]:
        return lambda order: (
            order.state is OrderState.DELIVERED
            and plain(order)
            and fresh(order)
            and len(order.items) == count
        )

    roles: dict[str, Callable[[Order], bool]] = {
        "unpaid": state(OrderState.AWAITING_PAYMENT),
        "preparing": lambda o: state(OrderState.PREPARING)(o) and plain(o),
        "packing": lambda o: state(OrderState.PREPARING)(o) and len(o.items) == 1,
        "late_packing": state(OrderState.PREPARING, late=True),
        "shipped": state(OrderState.SHIPPED),
        "late": state(OrderState.SHIPPED, late=True),
        "today": state(OrderState.OUT_FOR_DELIVERY),
        "delivered": delivered(1),
        "several": delivered(2),
        "old": lambda o: o.state is OrderState.DELIVERED and plain(o) and not fresh(o)
        and o.delivered_at is not None and o.delivered_at.date() < today - timedelta(days=35),
        "engraved": only(Restriction.ENGRAVED),
        "sale": only(Restriction.FINAL_SALE),
        "cancelled": state(OrderState.CANCELLED),
        "returned": state(OrderState.RETURNED),
    }  # fmt: skip
    found = {}
    # Newest first, in the dialogue's language before the other, sent within Japan before abroad.
    orders = sorted(reversed(demo_orders(today)), key=lambda o: (o.lang != lang, o.country != "JP"))
    for role, fits in roles.items():
        found[role] = next(order for order in orders if fits(order))
    return found
