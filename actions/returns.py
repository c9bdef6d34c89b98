"""Sending something back: whether this order may come back, and starting the return."""

from __future__ import annotations

import re

from actions.complaints import complaint, is_complaint
from actions.context import services
from actions.formatting import EVERYTHING, day, item_names, listed, local_day
from actions.interruptions import changed_mind, gives_reason
from actions.late_return import OFFERED
from actions.lookup import identify, offer
from actions.people import REFUSED, hand_over, insists
from actions.products import SOLD, fitting_items, matching_items
from actions.refunds import asks_where_it_is, refund_status
from actions.reply import Reply, TaskForm, shop_zone
from actions.turn import Step, Turn
from actions.voice import Voice
from support.orders import (
    ItemReason,
    Order,
    OrderItem,
    OrderState,
    ReturnDecision,
    ReturnReason,
    ReturnRules,
    return_decision,
)
from support.orders.items import item_name

FORM = "return_form"
ALL = "all_items"
_EVERYTHING = re.compile(r"\b(?:everything|all|both)\b|全部|ぜんぶ|すべて|全て|両方", re.IGNORECASE)
_SENDING_BACK = re.compile(
    r"\b(?:return|send\w* (?:\w+ ){0,4}back)|返品|返送|返したい", re.IGNORECASE
)
_SENT_BACK = re.compile(
    r"\b(?:returned|sent (?:\w+ ){0,4}back)\b"
    r"|(?:返品|返送)(?:した(?!い)|しまし|済)|送り返し(?:た(?!い)|まし)",
    re.IGNORECASE,
)
_STORY = {"en": 60, "ja": 30}
# Faults that make us pay the postage and lift the rules for opened and engraved goods.
FAULTY = frozenset(
    {"broken", "chipped", "missing", "wrong_item", "leaking", "stale", "stained",
     "not_as_described"}
)  # fmt: skip


async def return_order(turn: Turn, voice: Voice, step: Step) -> None:
    reason = gives_reason(turn, FORM)
    if (
        step is Step.ANSWER
        and turn.asked_for == "confirmed"
        and turn.intent == "deny"
        and not reason
    ):
        voice.say("utter_return_not_started")
        voice.expecting = "anything_else"
        _forget(voice)
        return
    if (
        step is Step.ANSWER
        and turn.asked_for == "confirmed"
        and turn.entities.get("wish") in {"replacement", "repair"}
        and turn.slots.get("fault") in FAULTY
    ):
        # How it is put right is theirs to choose.
        await complaint(turn, voice, Step.START)
        return
    order = await identify(turn, voice, FORM, step)
    if order is None:
        return
    faulty = turn.slots.get("fault") in FAULTY
    _tell_what_is_not_in_it(turn, voice, order)
    chosen = _chosen_items(turn, order)
    skus = {item.sku for item in chosen} if chosen else None
    rules = ReturnRules(zone=services().playbook.opening.timezone)
    decision = return_decision(order, turn.today, faulty=faulty, skus=skus, rules=rules)
    if not decision.eligible:
        _refuse(turn, voice, order, decision, faulty)
        return
    may_come_back = [one.item for one in decision.items if one.eligible]
    if not chosen and len(may_come_back) > 1:
        _ask_which(turn, voice, order, may_come_back, step)
        return
    going = chosen or may_come_back
    if step is Step.ANSWER and turn.asked_for == "confirmed" and turn.intent == "affirm":
        _start(turn, voice, order, going, decision)
        return
    _confirm(turn, voice, order, going, decision, faulty, step)


def _chosen_items(turn: Turn, order: Order) -> list[OrderItem]:
    if turn.asked_for == "return_item" and _EVERYTHING.search(turn.text):
        return list(order.items)
    wanted = turn.entities.get("item") or turn.slots.get("return_item") or turn.slots.get("item")
    return matching_items(wanted, order.items, everything=ALL) if wanted else []


def _tell_what_is_not_in_it(turn: Turn, voice: Voice, order: Order) -> None:
    """A thing that this order doesn't hold is said so, or "yes" would send another one back."""
    named = turn.entities.get("item")
    if named in SOLD and not fitting_items(named, order.items):
        voice.say(
            "utter_item_not_in_order",
            number=order.number,
            item=item_name(named, turn.lang) or named,
            items=item_names(order, turn.lang),
        )


def _ask_which(turn: Turn, voice: Voice, order: Order, items: list[OrderItem], step: Step) -> None:
    buttons = [
        {"title": item.name(turn.lang)[:48], "payload": f'/inform{{"item": "{item.sku}"}}'}
        for item in items[:5]
    ]
    buttons.append({"title": EVERYTHING[turn.lang], "payload": f'/inform{{"item": "{ALL}"}}'})
    again = step is Step.ANSWER and turn.asked_for == "return_item"
    if again and voice.count_misunderstanding(turn) >= turn.handover_after:
        voice.say("utter_stuck")
        hand_over(turn, voice, "stuck", tried="asked which item to return")
        return
    voice.say("utter_which_item", kind="choice", buttons=buttons, number=order.number)
    voice.ask(FORM, "return_item")


def _confirm(
    turn: Turn,
    voice: Voice,
    order: Order,
    items: list[OrderItem],
    decision: ReturnDecision,
    faulty: bool,
    step: Step,
) -> None:
    asked_before = turn.form == FORM and turn.asked_for == "confirmed"
    if asked_before and step is Step.ANSWER and gives_reason(turn, FORM):
        voice.say("utter_reason_noted")
        response = "utter_return_confirm_again"
    elif asked_before and step is Step.ANSWER:
        if voice.count_misunderstanding(turn) >= turn.handover_after:
            voice.say("utter_stuck")
            hand_over(turn, voice, "stuck", tried="asked whether to start the return")
            return
        response = "utter_return_confirm_again"
    elif asked_before:
        voice.keep_count(turn)
        response = "utter_return_confirm_again"
    elif faulty:
        response = "utter_return_possible_faulty"
    elif decision.last_date is None:
        response = "utter_return_possible_undated"
    elif order.country.upper() not in {"", "JP"}:
        response = "utter_return_possible_abroad"
    else:
        response = "utter_return_possible"
    voice.say(
        response,
        number=order.number,
        items=_names(items, turn.lang),
        last_date=day(decision.last_date, turn.lang, turn.today) if decision.last_date else "",
    )
    voice.remember(return_item=items[0].sku if len(items) == 1 else ALL)
    voice.ask(FORM, "confirmed")


def _start(
    turn: Turn, voice: Voice, order: Order, items: list[OrderItem], decision: ReturnDecision
) -> None:
    faulty = turn.slots.get("fault") in FAULTY
    voice.command(
        "open_case",
        kind="return",
        order_number=order.number,
        what=f"Return of {_names(items, 'en')}",
        item=", ".join(item.sku for item in items),
        fault=turn.slots.get("fault") if faulty else None,
        wish=turn.slots.get("wish"),
        details={"last_date": decision.last_date.isoformat() if decision.last_date else None},
    )
    voice.command("promise", what=f"Send return instructions for {order.number}")
    voice.say(
        "utter_return_started_faulty" if faulty else "utter_return_started",
        number=order.number,
        items=_names(items, turn.lang),
    )
    voice.expecting = "anything_else"
    _forget(voice)


def _forget(voice: Voice) -> None:
    voice.remember(return_item=None, confirmed=None, fault=None, wish=None)
    voice.finish()


def _refuse(turn: Turn, voice: Voice, order: Order, decision: ReturnDecision, faulty: bool) -> None:
    if insists(turn, voice, order_number=order.number, tried=f"return: {decision.reason}"):
        _forget(voice)
        return
    delivered = local_day(order.delivered_at, shop_zone()) if order.delivered_at else None
    response = {
        ReturnReason.TOO_LATE: "utter_return_too_late",
        ReturnReason.ALREADY_RETURNED: "utter_return_already",
        ReturnReason.NOT_DELIVERED: f"utter_return_not_delivered_{order.state.value}",
    }.get(decision.reason or ReturnReason.NOT_RETURNABLE)
    if response is None:
        reasons = {one.reason for one in decision.items}
        known = reasons.pop() if len(reasons) == 1 else None
        word = known.value if known in {ItemReason.ENGRAVED, ItemReason.FINAL_SALE} else "other"
        response = f"utter_return_refused_{word}"
    elif decision.reason is ReturnReason.TOO_LATE and faulty:
        response = "utter_return_too_late_faulty"
    voice.say(
        response,
        number=order.number,
        items=_names([one.item for one in decision.items], turn.lang)
        or item_names(order, turn.lang),
        delivered=day(delivered, turn.lang, turn.today) if delivered else "",
        last_date=day(decision.last_date, turn.lang, turn.today) if decision.last_date else "",
    )
    voice.command("facts", facts={"order_number": order.number, "return": str(decision.reason)})
    if order.state in {OrderState.AWAITING_PAYMENT, OrderState.PREPARING}:
        offer(turn, voice, "cancel_or_person", default="cancel_order")
    elif decision.reason is ReturnReason.NOT_RETURNABLE:
        offer(turn, voice, "complaint_or_person")
    elif decision.reason is ReturnReason.TOO_LATE:
        _keep_late(turn, voice, order, decision)
        offer(turn, voice, default=OFFERED)
    else:
        offer(turn, voice, default=REFUSED)
    _forget(voice)


def _keep_late(turn: Turn, voice: Voice, order: Order, decision: ReturnDecision) -> None:
    """What a person will need who decides about it all the same."""
    names = _names([one.item for one in decision.items], "en") or item_names(order, "en")
    late = {
        "order_number": order.number,
        "what": f"Return of {names} after its last day",
        "last_date": decision.last_date.isoformat() if decision.last_date else "",
        "fault": turn.slots.get("fault"),
        # Some say at once why it took so long.
        "said": turn.text[:1200] if len(turn.rest) >= _STORY[turn.lang] else None,
    }
    voice.remember(late_return={name: value for name, value in late.items() if value is not None})


def _names(items: list[OrderItem], lang: str) -> str:
    names = [item.name(lang) for item in items]
    return "、".join(names) if lang == "ja" else listed(names)


class ActionReturnOrder(Reply):
    def name(self) -> str:
        return "action_return_order"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        if _SENT_BACK.search(turn.text) and asks_where_it_is(turn):
            await refund_status(turn, voice, Step.START)
        elif is_complaint(turn) and not (_SENDING_BACK.search(turn.text) or changed_mind(turn)):
            # "It came broken, I want a new one": the fix is theirs to choose, not only a return.
            await complaint(turn, voice, Step.START)
        else:
            await return_order(turn, voice, Step.START)


class ValidateReturnForm(TaskForm):
    form = FORM

    async def task(self, turn: Turn, voice: Voice, step: Step) -> None:
        await return_order(turn, voice, step)
