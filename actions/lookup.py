"""Finding the order that a customer means, and asking for what is still needed to see it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Literal

from actions.context import services
from actions.formatting import item_names, state_name
from actions.interruptions import answered, has_not_at_hand
from actions.people import hand_over
from actions.turn import Step, Turn
from actions.voice import Voice
from actions.waiting import pass_on
from support.orders import Order, OrderNotVisible, OrderState, OrdersUnavailable, TooManyAttempts

_ANOTHER = re.compile(
    r"\b(?:other|another|different|earlier|previous|older?) (?:order|parcel|one)\b"
    r"|別の|もう[一1]つ|(?:他|ほか)の注文|前(?:の|に)注文",
    re.IGNORECASE,
)
_DONE = frozenset({OrderState.DELIVERED, OrderState.CANCELLED, OrderState.RETURNED})
OFFERED_ORDERS = 4
MOST_ORDERS = 5
_TASK = {
    "order_status_form": "order_status",
    "return_form": "return_order",
    "cancel_form": "cancel_order",
    "change_form": "change_order",
}

Missing = Literal["order_number", "proof"]


class NotFound(Exception):
    """Number and proof don't fit together, or there is no such order."""


@dataclass(frozen=True)
class Needed:
    """What the customer has to tell before the order can be looked up."""

    slot: Missing


def is_another(text: str) -> bool:
    """Whether a message speaks of another order than the one talked about."""
    return _ANOTHER.search(text) is not None


def known_number(turn: Turn) -> str | None:
    """The order number that the message or the conversation gives; of several that one message
    names the first, and each of the others when its turn has come."""
    if following := turn.slots.get("next_order"):
        return str(following)
    if len(turn.numbers) > 1:
        return turn.numbers[0]
    if said := turn.entities.get("order_number"):
        return said
    return None if is_another(turn.text) else turn.slots.get("order_number")


def pair(number: str, proof: str | None) -> str:
    """A number and a proof that did not fit together, as it is remembered."""
    return f"{number} {proof}"


async def look_up(turn: Turn, number: str | None) -> Order | Needed:
    """The order, or what is missing. Raises NotFound, TooManyAttempts and OrdersUnavailable."""
    if number is None:
        return Needed("order_number")
    proof: str | None = turn.slots.get("proof")
    # The same wrong pair again is no new attempt.
    if turn.slots.get("refused") == pair(number, proof):
        proof = None
    if proof is None and number not in turn.verified and turn.customer is None:
        return Needed("proof")
    is_email = "@" in (proof or "")
    try:
        return await asyncio.to_thread(
            services().orders.find,
            number,
            customer_id=turn.customer.id if turn.customer else None,
            email=proof if is_email else None,
            postcode=None if is_email else proof,
            verified=turn.verified,
            recent_failures=turn.failures,
        )
    except TooManyAttempts:
        raise
    except OrderNotVisible as denial:
        if proof is None:
            return Needed("proof")
        raise NotFound from denial


async def own_orders(turn: Turn) -> tuple[Order, ...]:
    """Orders of the signed-in customer, the newest first. Raises OrdersUnavailable."""
    if turn.customer is None:
        return ()
    return await asyncio.to_thread(services().orders.of_customer, turn.customer.id)


async def known_order(turn: Turn) -> Order | None:
    """The order, where it can be seen without asking or telling anything."""
    try:
        found = await look_up(turn, known_number(turn))
    except (NotFound, TooManyAttempts, OrdersUnavailable):
        return None
    return found if isinstance(found, Order) else None


async def identify(turn: Turn, voice: Voice, form: str, step: Step) -> Order | None:
    """The order that the task is about; None if a question or an apology was said instead."""
    if turn.slots.get("next_order"):
        voice.remember(next_order=None)
    elif len(turn.numbers) > 1:
        # One after the other, by the same task.
        voice.remember(other_orders=list(turn.numbers[1:MOST_ORDERS]), other_task=_TASK[form])
    number = known_number(turn)
    if turn.queued and number is None and step is Step.START and not turn.is_question:
        # Something about the matter, for whoever comes; no time to ask for numbers.
        pass_on(turn, voice)
        return None
    try:
        if number is None and turn.customer is not None:
            orders = await own_orders(turn)
            unfinished = [order for order in orders if order.state not in _DONE]
            if step is Step.START and form == "order_status_form" and len(unfinished) == 1:
                return unfinished[0]
            if orders:
                _ask_which(turn, voice, form, orders[:OFFERED_ORDERS])
                return None
        found = await look_up(turn, number)
    except TooManyAttempts:
        _give_up(turn, voice)
        return None
    except NotFound:
        if turn.slots.get("next_order"):
            # What was given proves another order to be theirs, and says nothing about this one.
            voice.command("lookup_failed", order_number=number)
            voice.remember(order_number=number, refused=pair(str(number), turn.slots.get("proof")))
            voice.say("utter_need_proof", number=str(number))
            voice.ask(form, "proof")
            return None
        _refuse(turn, voice, form, number or "")
        return None
    except OrdersUnavailable:
        voice.say("utter_orders_unavailable")
        hand_over(turn, voice, "stuck", tried="order look-up (unavailable)")
        return None
    if isinstance(found, Needed):
        if number is not None:
            voice.remember(order_number=number)
        ask(turn, voice, form, found.slot, step)
        return None
    shown(turn, voice, found)
    voice.remember(order_number=found.number, refused=None)
    return found


def shown(turn: Turn, voice: Voice, order: Order) -> None:
    """The thread has proved this order to be its own: it need not prove it again."""
    if order.number not in turn.verified:
        voice.command("order_shown", order_number=order.number)


def ask(turn: Turn, voice: Voice, form: str, slot: Missing, step: Step) -> None:
    """Ask for the number or the proof: in full first, then with help, shortly when resuming."""
    given = "" if slot == "order_number" else str(known_number(turn))
    again = step is Step.RESUME and not turn.misunderstood
    lost = (step is Step.ANSWER and not answered(turn)) or (
        step is Step.RESUME and turn.misunderstood > 0
    )
    if lost:
        # A message that was not understood was counted by the action that tried to answer it.
        count = turn.misunderstood if step is Step.RESUME else voice.count_misunderstanding(turn)
        if step is Step.RESUME:
            voice.keep_count(turn)
        if count >= turn.handover_after:
            voice.say("utter_stuck")
            hand_over(turn, voice, "stuck", tried=f"asked for {slot}")
            return
        gives_up = count >= turn.offer_after or has_not_at_hand(turn)
        or_person = gives_up and not turn.queued
        voice.say(f"utter_help_{slot}{'_or_person' if or_person else ''}", number=given)
        voice.expecting = "person:stuck" if or_person else None
    elif again:
        voice.say(f"utter_resume_{slot}", number=given)
    else:
        both = slot == "order_number" and not turn.slots.get("proof") and turn.customer is None
        late = turn.entities.get("fault") in {"late", "not_arrived"}
        waiting = late or (turn.upset and form == "order_status_form")
        if both:
            voice.say(
                "utter_need_number_and_proof_waiting" if waiting else "utter_need_number_and_proof"
            )
        elif waiting and slot == "proof":
            voice.say("utter_need_proof_waiting", number=given)
        else:
            voice.say(f"utter_need_{slot}", number=given)
    voice.ask(form, slot)


def _ask_which(turn: Turn, voice: Voice, form: str, orders: tuple[Order, ...]) -> None:
    voice.say(
        "utter_which_order", kind="choice", buttons=[order_button(o, turn.lang) for o in orders]
    )
    voice.ask(form, "order_number")


def order_button(order: Order, lang: str) -> dict[str, str]:
    title = f"{order.number}: {item_names(order, lang)}"
    if len(title) > 48:
        title = f"{order.number}: {state_name(order.state, lang)}"
    return {"title": title, "payload": f'/inform{{"order_number": "{order.number}"}}'}


def _refuse(turn: Turn, voice: Voice, form: str, number: str) -> None:
    voice.command("lookup_failed", order_number=number)
    if turn.failures + 1 >= turn.handover_after:
        _give_up(turn, voice)
        return
    or_person = turn.failures + 1 >= turn.offer_after and not turn.queued
    voice.say("utter_order_not_found_or_person" if or_person else "utter_order_not_found")
    voice.expecting = "person:stuck" if or_person else None
    voice.remember(refused=pair(number, turn.slots.get("proof")))
    voice.ask(form, "order_number")


def _give_up(turn: Turn, voice: Voice) -> None:
    voice.say("utter_order_not_found_person")
    hand_over(turn, voice, "stuck", tried="order look-up (number and proof did not match)")


def offer(turn: Turn, voice: Voice, what: str = "person", default: str = "person:asked") -> None:
    """Offer a person, and what else would help; `default` is what a bare yes would mean."""
    if not turn.queued:
        voice.say(f"utter_offer_{what}")
        voice.expecting = default
