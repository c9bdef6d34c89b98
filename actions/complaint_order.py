"""What the order tells about a complaint: asking for it, and saying what it shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from actions.formatting import NONE_OF_THESE, carrier_name, day, local_day
from actions.lookup import (
    OFFERED_ORDERS,
    Needed,
    NotFound,
    look_up,
    order_button,
    own_orders,
    shown,
)
from actions.products import SOLD, matching_items
from actions.reflection import Facts
from actions.reply import shop_zone
from actions.turn import Step, Turn
from actions.voice import Voice
from support.orders import Order, OrderState, OrdersUnavailable, TooManyAttempts

FORM = "complaint_form"
# The order tells what is true about these, so it is worth asking for proof.
ABOUT_DELIVERY = frozenset({"late", "not_arrived"})
_SENT = frozenset(
    {OrderState.SHIPPED, OrderState.OUT_FOR_DELIVERY, OrderState.DELIVERED, OrderState.RETURNED}
)


async def without_another_order(turn: Turn, facts: Facts) -> Facts:
    """`facts` without an order that was only looked at before and can't be the one meant.

    What hasn't been sent has not arrived broken, and a thing that isn't in it is from another.
    """
    number = facts.order_number
    if number is None or number in turn.entities.values() or facts.fault in ABOUT_DELIVERY:
        return facts
    try:
        order = await look_up(turn, number)
    except (NotFound, TooManyAttempts, OrdersUnavailable):
        return facts
    if isinstance(order, Needed):
        return facts
    sent = order.state in _SENT
    other_thing = facts.item in SOLD and not matching_items(facts.item, order.items)
    return replace(facts, order_number=None) if not sent or other_thing else facts


async def asks_for_order(
    turn: Turn, voice: Voice, facts: Facts, known: dict[str, Any], step: Step
) -> bool:
    """Ask once which order it is about; the customer may pass."""
    if facts.order_number or known.get("no_order_number") or facts.fault == "rude_service":
        return False
    if facts.wish == "person":
        return False
    orders: tuple[Order, ...] = ()
    try:
        orders = await own_orders(turn)
    except OrdersUnavailable:
        orders = ()
    buttons = [order_button(order, turn.lang) for order in orders[:OFFERED_ORDERS]]
    if buttons:
        buttons.append({"title": NONE_OF_THESE[turn.lang], "payload": "/deny"})
        voice.say("utter_complaint_which_order", kind="choice", buttons=buttons)
    elif step is Step.RESUME:
        voice.say("utter_complaint_resume_order")
    else:
        voice.say("utter_complaint_order")
    voice.ask(FORM, "order_number")
    return True


async def tells_what_is_known(
    turn: Turn, voice: Voice, facts: Facts, known: dict[str, Any], step: Step
) -> bool:
    """Say what the order shows, where it may be shown. True if proof was asked for instead."""
    if facts.order_number is None:
        return False
    try:
        found = await look_up(turn, facts.order_number)
    except (NotFound, TooManyAttempts):
        if turn.asked_for == "proof" or proof_given(turn):
            voice.command("lookup_failed", order_number=facts.order_number)
            voice.say("utter_complaint_order_not_seen")
        known["order_told"] = True
        return False
    except OrdersUnavailable:
        known["order_told"] = True
        return False
    if isinstance(found, Needed):
        if facts.fault not in ABOUT_DELIVERY or known.get("no_proof") or facts.wish == "person":
            known["order_told"] = True
            return False
        voice.say(
            "utter_resume_proof" if step is Step.RESUME else "utter_complaint_proof",
            number=facts.order_number,
        )
        voice.ask(FORM, "proof")
        return True
    known["order_told"] = True
    shown(turn, voice, found)
    if facts.fault in ABOUT_DELIVERY:
        _tell_delivery(turn, voice, found)
    return False


def _tell_delivery(turn: Turn, voice: Voice, order: Order) -> None:
    """The facts of the order only: the cause of a delay is not in it, so none is named."""
    expected = day(order.expected_on, turn.lang, turn.today) if order.expected_on else ""
    delivered = local_day(order.delivered_at, shop_zone()) if order.delivered_at else None
    values = {
        "number": order.number,
        "carrier": carrier_name(order.carrier, turn.lang),
        "expected": expected,
        "delivered": day(delivered, turn.lang, turn.today) if delivered else "",
    }
    if order.is_late(turn.today):
        preparing = order.state is OrderState.PREPARING
        voice.say("utter_known_late_preparing" if preparing else "utter_known_late", values)
        voice.command(
            "facts", facts={"order_number": order.number, "due_on": str(order.expected_on)}
        )
    elif order.state is OrderState.DELIVERED and delivered:
        voice.say("utter_known_delivered", values)
    elif expected and order.state in {OrderState.SHIPPED, OrderState.OUT_FOR_DELIVERY}:
        voice.say("utter_known_on_its_way", values)


def proof_given(turn: Turn) -> bool:
    return "email" in turn.entities or "postcode" in turn.entities
