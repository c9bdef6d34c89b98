"""What the order tells about a complaint: asking for it, and saying what it shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from actions.formatting import NONE_OF_THESE, carrier_name, day, local_day
from actions.lookup import (
    OFFERED_ORDERS,
    Needed,
    NotFound,
    is_another,
    look_up,
    order_button,
    own_orders,
    pair,
    shown,
)
from actions.products import SOLD, fitting_items
from actions.reflection import Facts
from actions.reply import shop_zone
from actions.turn import Step, Turn
from actions.voice import Voice
from support.orders import Order, OrderState, OrdersUnavailable, TooManyAttempts

FORM = "complaint_form"
# The order tells what is true about these, so it is worth asking for proof.
ABOUT_DELIVERY = frozenset({"late", "not_arrived"})
# These are told of a thing in hand, so its order has arrived.
_IN_HAND = frozenset(
    {"broken", "chipped", "missing", "wrong_item", "leaking", "stale", "stained",
     "not_as_described"}
)  # fmt: skip
_ARRIVED = frozenset({OrderState.DELIVERED, OrderState.RETURNED})
_NOT_SENT = frozenset({OrderState.AWAITING_PAYMENT, OrderState.PREPARING})


async def without_another_order(turn: Turn, facts: Facts) -> Facts:
    """`facts` without an order that was only looked at before and can't be the one meant: a thing
    that isn't in it is from another."""
    number = facts.order_number
    if number is None or number in turn.entities.values() or facts.fault in ABOUT_DELIVERY:
        return facts
    try:
        order = await look_up(turn, number)
    except (NotFound, TooManyAttempts, OrdersUnavailable):
        return facts
    if isinstance(order, Needed):
        return facts
    other_thing = facts.item in SOLD and not fitting_items(facts.item, order.items)
    return replace(facts, order_number=None) if other_thing else facts


async def is_on_time(turn: Turn, facts: Facts) -> bool:
    """Whether a parcel that is called late is still within its time, as far as may be seen."""
    if facts.fault != "late" or facts.order_number is None:
        return False
    try:
        order = await look_up(turn, facts.order_number)
    except (NotFound, TooManyAttempts, OrdersUnavailable):
        return False
    if isinstance(order, Needed) or order.state in _ARRIVED:
        return False
    return order.expected_on is not None and not order.is_late(turn.today)


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
    likely = [order for order in orders if order.number != known.get("not_order")]
    buttons = [order_button(order, turn.lang) for order in likely[:OFFERED_ORDERS]]
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
    """Say what the order shows, where it may be shown. True if something was asked instead: for
    proof, or how a thing can be at fault that by our records hasn't arrived."""
    if facts.order_number is None:
        return False
    try:
        found = await look_up(turn, facts.order_number)
    except (NotFound, TooManyAttempts) as denial:
        given_for_it = turn.asked_for == "proof" or proof_given(turn)
        if not given_for_it and isinstance(denial, NotFound) and not known.get("no_proof"):
            # What was given proves another order to be theirs, and says nothing about this one.
            voice.command("lookup_failed", order_number=facts.order_number)
            voice.remember(refused=pair(facts.order_number, turn.slots.get("proof")))
            voice.say("utter_complaint_proof", number=facts.order_number)
            voice.ask(FORM, "proof")
            return True
        if given_for_it:
            voice.command("lookup_failed", order_number=facts.order_number)
            voice.remember(refused=pair(facts.order_number, turn.slots.get("proof")))
            voice.say("utter_complaint_order_not_seen")
        known["order_told"] = True
        return False
    except OrdersUnavailable:
        known["order_told"] = True
        return False
    if isinstance(found, Needed):
        # Who has told everything in one message isn't kept from the case by a formality.
        told = facts.fault in _IN_HAND or (facts.fault in {None, "other"} and facts.item)
        worth_it = facts.fault in ABOUT_DELIVERY or (told and facts.wish is None)
        if not worth_it or known.get("no_proof") or facts.wish == "person":
            known["order_told"] = True
            return False
        voice.say(
            "utter_resume_proof" if step is Step.RESUME else "utter_complaint_proof",
            number=facts.order_number,
        )
        voice.ask(FORM, "proof")
        return True
    shown(turn, voice, found)
    if facts.fault in _IN_HAND and found.state not in _ARRIVED and not known.get("arrived"):
        _ask_whether_it_came(turn, voice, found)
        known["order_state"] = found.state.value
        return True
    known["order_told"] = True
    if facts.fault in ABOUT_DELIVERY:
        _tell_delivery(turn, voice, found)
        for number in known.get("also_orders") or ():
            await _tell_also(turn, voice, number)
    return False


async def _tell_also(turn: Turn, voice: Voice, number: str) -> None:
    """What another order of the same complaint shows, where the same proof opens it."""
    try:
        found = await look_up(turn, number)
    except (NotFound, TooManyAttempts, OrdersUnavailable):
        return
    if isinstance(found, Order):
        shown(turn, voice, found)
        _tell_delivery(turn, voice, found)


def _ask_whether_it_came(turn: Turn, voice: Voice, order: Order) -> None:
    """Gently: records lag behind, and people mix up their orders."""
    kind = "shipped"
    if order.state is OrderState.CANCELLED:
        kind = "cancelled"
    elif order.state in _NOT_SENT:
        kind = "preparing"
    elif order.expected_on is None:
        kind = "shipped_undated"
    voice.say(
        f"utter_complaint_not_there_{kind}",
        number=order.number,
        carrier=carrier_name(order.carrier, turn.lang),
        expected=day(order.expected_on, turn.lang, turn.today) if order.expected_on else "",
    )
    voice.ask(FORM, "arrived")


def heard_whether_it_came(turn: Turn, facts: Facts, known: dict[str, Any]) -> Facts:
    """`facts` after the answer: it is another order, or this one came in spite of the records."""
    asked_about = (turn.slots.get("complaint") or {}).get("facts", {}).get("order_number")
    if "order_number" in turn.entities and facts.order_number != asked_about:
        del known["order_state"]
        return facts
    if turn.intent == "deny" or is_another(turn.text):
        del known["order_state"]
        known.pop("order_told", None)
        known["not_order"] = facts.order_number
        return replace(facts, order_number=None)
    known["arrived"] = True
    return facts


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
