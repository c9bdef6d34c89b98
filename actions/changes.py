"""Cancelling or changing an order: asked of a person, where the order's state still allows it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from actions.amending import amend, keeps_the_order
from actions.formatting import carrier_name, item_names, money
from actions.lookup import identify, offer
from actions.people import REFUSED, hand_over, insists
from actions.refunds import asks_where_it_is, refund_status
from actions.reply import Reply, TaskForm
from actions.turn import Step, Turn
from actions.voice import Voice
from support.orders import ChangeDecision, Order, OrderState, cancel_decision, change_decision

CANCEL_FORM = "cancel_form"
CHANGE_FORM = "change_form"
_NEW_ADDRESS = re.compile(
    r"\b(?:address|deliver|ship|send)|住所|届け先|送り先|配送先|宛先", re.IGNORECASE
)
# What tells which address, and not only that it is another one.
_ADDRESS = re.compile(
    r"\d|\b(?:street|st|road|rd|avenue|ave|lane|apt|flat|suite|floor|unit)\b"
    r"|\bmy (?:office|work|mum|mom|parents?)\b"
    r"|[都道府県市区町村郡]|丁目|番地|マンション|アパート|号室|実家|職場|会社",
    re.IGNORECASE,
)
# What tells how it should be, and not only that something is to be changed.
_TELLING = frozenset({"date", "phone", "amount", "item"})
_TELLS_WHAT = re.compile(
    r"\d|\bto (?!change|update|edit|modify|correct|alter|amend|switch|get|have|be|do|make|ask"
    r"|my order)\w|に変更し|へ変更し|に変え|へ変え|に送|へ送|追加|減ら|増や",
    re.IGNORECASE,
)


# "Only the whisk, please": that the rest shall come makes it a change of the order.
_IN_PART = re.compile(
    r"\b(?:only|just) (?:the|one|two|\d)\b|\bone of (?:the|them|my)\b|\bexcept\b|\bapart from\b"
    r"|\bkeep (?:the|one|two|\d)\b|\bthe (?:rest|others?)\b|\bnot the (?:whole|entire)\b"
    r"|\bstill want the\b"
    r"|だけ|のみ|[1一ひ](?:つ|個)?(?:を)?(?:残|減|取り消|キャンセル)|残し|以外|(?:は|を)(?:そのまま|送って|欲し|ほし)",
    re.IGNORECASE,
)


_CANCELLED = re.compile(
    r"\b(?:i|we|you|was|been|were|already|got|the|my) (?:\w+ ){0,2}cancell?ed\b"
    r"|キャンセル(?:した(?!い)|して(?:いる|いた|から)|済|になっ|され)|取り消し(?:た(?!い)|済)",
    re.IGNORECASE,
)


def agrees(turn: Turn) -> bool:
    """Whether an order is to be cancelled, clearly: "can I still cancel it?" only asks."""
    return turn.intent in {"affirm", "cancel_order"} and not turn.is_question


async def cancel_order(turn: Turn, voice: Voice, step: Step) -> None:
    part = turn.text if _IN_PART.search(turn.text) else turn.slots.get("cancel_part")
    voice.remember(cancel_part=part)
    order = await identify(turn, voice, CANCEL_FORM, step)
    if order is None:
        return
    if part and sum(item.quantity for item in order.items) > 1:
        # Filed as the change of the order that it is.
        voice.remember(cancel_part=None)
        wanted = replace(turn, slots={**turn.slots, "change_what": part})
        await change_order(wanted, voice, Step.RESUME)
        return
    decision = cancel_decision(order)
    if not decision.allowed:
        _refuse(turn, voice, order, decision, "cancel")
        return
    values = {
        "number": order.number,
        "items": item_names(order, turn.lang),
        "total": money(order.total, turn.lang),
    }
    answering = turn.form == CANCEL_FORM and turn.asked_for == "confirmed"
    if answering and step is Step.ANSWER and turn.intent == "deny":
        voice.say("utter_cancel_kept", values)
        voice.expecting = "anything_else"
        voice.finish()
    elif answering and step is Step.ANSWER and agrees(turn):
        voice.command(
            "open_case",
            kind="cancellation",
            order_number=order.number,
            what=f"Cancel order {order.number}: {item_names(order, 'en')}",
            details={"state": order.state.value, "total": order.total},
        )
        voice.command("promise", what=f"Confirm the cancellation of {order.number}")
        paid = order.state is not OrderState.AWAITING_PAYMENT
        voice.say("utter_cancel_requested" if paid else "utter_cancel_requested_unpaid", values)
        hand_over(turn, voice, "asked", order_number=order.number, request="cancellation")
    elif (
        answering
        and step is Step.ANSWER
        and voice.count_misunderstanding(turn) >= turn.handover_after
    ):
        voice.say("utter_stuck")
        hand_over(turn, voice, "stuck", tried="asked whether to cancel")
    else:
        if answering and step is Step.RESUME:
            voice.keep_count(turn)
        voice.say("utter_cancel_confirm_again" if answering else "utter_cancel_confirm", values)
        voice.ask(CANCEL_FORM, "confirmed")


async def change_order(turn: Turn, voice: Voice, step: Step) -> None:
    wanted = _wanted_change(turn, step)
    if wanted is not None:
        voice.remember(change_what=wanted)
        told_on_request = turn.asked_for == "change_what"
        if "postcode" in turn.entities and (told_on_request or _NEW_ADDRESS.search(turn.text)):
            # The postcode of the address to come proves nothing about the one on the order.
            proof = turn.entities.get("email")
            voice.remember(proof=proof)
            turn = replace(turn, slots={**turn.slots, "proof": proof})
    order = await identify(turn, voice, CHANGE_FORM, step)
    if order is None:
        return
    decision = change_decision(order)
    if not decision.allowed:
        _refuse(turn, voice, order, decision, "change")
        voice.remember(change_what=None)
        return
    wanted = wanted or turn.slots.get("change_what")
    if wanted is None:
        asked_before = turn.form == CHANGE_FORM and turn.asked_for == "change_what"
        voice.say(
            "utter_resume_change_what" if asked_before else "utter_need_change_what",
            number=order.number,
        )
        voice.ask(CHANGE_FORM, "change_what")
        return
    voice.command(
        "open_case",
        kind="change",
        order_number=order.number,
        what=wanted,
        details={"state": order.state.value},
    )
    voice.command("promise", what=f"Confirm the change of {order.number}")
    voice.say("utter_change_requested", number=order.number)
    voice.remember(change_what=None)
    hand_over(turn, voice, "asked", order_number=order.number, request="change")


def _wanted_change(turn: Turn, step: Step) -> str | None:
    """What is to be changed, in the customer's words: for the person who does it."""
    if not turn.text:
        return None
    if step is Step.ANSWER and turn.asked_for == "change_what":
        return turn.text
    if step is not Step.START:
        return None
    if _NEW_ADDRESS.search(turn.text) and not _ADDRESS.search(turn.rest):
        # "Can I still change the address? Moving next week": which one, they haven't said yet.
        return None
    return turn.text if _TELLING & turn.entities.keys() or _TELLS_WHAT.search(turn.rest) else None


def _refuse(
    turn: Turn,
    voice: Voice,
    order: Order,
    decision: ChangeDecision,
    task: Literal["cancel", "change"],
) -> None:
    if insists(turn, voice, order_number=order.number, tried=f"{task}: {decision.reason}"):
        return
    state = order.state
    if state is OrderState.OUT_FOR_DELIVERY:
        state = OrderState.SHIPPED
    carrier = carrier_name(order.carrier, turn.lang)
    voice.say(f"utter_{task}_refused_{state.value}", number=order.number, carrier=carrier)
    voice.command(
        "facts", facts={"order_number": order.number, task: f"not possible, {decision.reason}"}
    )
    if decision.alternative == "return":
        offer(turn, voice, "return_or_person", default="return_order")
    else:
        offer(turn, voice, default=REFUSED)
    voice.finish()


class ActionCancelOrder(Reply):
    def name(self) -> str:
        return "action_cancel_order"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        if keeps_the_order(turn):
            amend(turn, voice)
        elif _CANCELLED.search(turn.text) and asks_where_it_is(turn):
            await refund_status(turn, voice, Step.START)
        else:
            await cancel_order(turn, voice, Step.START)


class ActionChangeOrder(Reply):
    def name(self) -> str:
        return "action_change_order"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        await change_order(turn, voice, Step.START)


class ValidateCancelForm(TaskForm):
    form = CANCEL_FORM

    async def task(self, turn: Turn, voice: Voice, step: Step) -> None:
        await cancel_order(turn, voice, step)


class ValidateChangeForm(TaskForm):
    form = CHANGE_FORM

    async def task(self, turn: Turn, voice: Voice, step: Step) -> None:
        await change_order(turn, voice, step)
