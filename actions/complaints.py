"""A complaint: apology, what is known, how to put it right, and a case with a number."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from actions.amending import amend
from actions.complaint_order import (
    ABOUT_DELIVERY,
    FORM,
    asks_for_order,
    heard_whether_it_came,
    is_on_time,
    proof_given,
    tells_what_is_known,
    without_another_order,
)
from actions.formatting import listed
from actions.interruptions import NOT_UNDERSTOOD
from actions.people import answer_to, hand_over
from actions.products import VAGUE
from actions.reflection import Facts, in_both_languages, reflection, wish_name
from actions.refunds import asks_where_it_is, refund_status
from actions.reply import Reply, TaskForm
from actions.telling import plain_wish, says_slow, tells_something
from actions.turn import Step, Turn
from actions.voice import Voice
from actions.waiting import complains_of_waiting, pass_on

WISHES = frozenset({"refund", "replacement", "repair", "explanation", "person"})
# These have a thing at fault, which may have been named before the complaint began.
_ABOUT_A_THING = frozenset(
    {"broken", "chipped", "missing", "leaking", "stale", "stained", "not_as_described"}
)
# "Then leave it": nothing is filed against somebody's will.
_LEFT_IT = re.compile(
    r"^\W*(?:じゃあ?|なら|もう|やっぱり?|それなら)*(?:いいや|いいわ|やめ(?:とく|ておく|ます|とき)|結構です|諦め|あきらめ)"
    r"|^\W*(?:ok |then |oh )*(?:never ?mind|forget it|leave it|don['’]?t bother)\b",
    re.IGNORECASE,
)
_SAME_MATTER = ("order_number", "fault", "item")
# So long a text tells something, whatever its words.
_TELLING_LENGTH = {"en": 45, "ja": 18}


async def complaint(turn: Turn, voice: Voice, step: Step) -> None:
    kept: dict[str, Any] = dict(turn.slots.get("complaint") or {})
    if step is Step.START and kept.get("opened") and _is_more_of(turn, kept):
        if "wish" in turn.entities:
            amend(turn, voice)
            return
        voice.command("amend_case", what=turn.text[:500])
        voice.command("facts", facts={"added": turn.text[:500]})
        voice.say("utter_case_added")
        return
    known: dict[str, Any] = {} if step is Step.START else kept
    facts = _facts(turn, known, step)
    if step is Step.START:
        if facts.fault is None and facts.order_number and says_slow(turn.text):
            facts = replace(facts, fault="late")
        facts = await without_another_order(turn, facts)
        if len(turn.numbers) > 1:
            facts = replace(facts, order_number=turn.numbers[0])
            known["also_orders"] = list(turn.numbers[1:])
        if turn.queued and turn.text:
            _pass_on(turn, voice, facts)
            return
    asked = turn.asked_for if turn.form == FORM and step is Step.ANSWER else None
    if asked == "arrived" and known.get("order_state"):
        facts = heard_whether_it_came(turn, facts, known)
        if facts.order_number is None:
            voice.remember(order_number=None)
    if turn.text and (step is Step.START or asked == "what_happened"):
        known["what"] = " / ".join(filter(None, [known.get("what"), turn.text]))[:1500]
    if turn.file is not None and asked == "what_happened":
        known["what"] = " / ".join(filter(None, [known.get("what"), f"({turn.file})"]))[:1500]
        voice.say("utter_complaint_file")
        _tell_team(turn, voice, facts)
        known["reflected"] = True
    if asked in {"order_number", "proof"}:
        given = "order_number" if asked == "order_number" else None
        if given not in turn.entities and (given or not proof_given(turn)):
            known[f"no_{asked}"] = True
    if asked == "wish" and proof_given(turn) and turn.is_only_data:
        # Not an answer, but what opens the order.
        known.pop("order_told", None)
        known.pop("no_proof", None)
        voice.say("utter_reason_noted")
    if asked == "wish" and turn.intent == "deny":
        known["no_wish"] = True

    if asked == "wish" and _LEFT_IT.search(turn.text):
        voice.say("utter_stopped")
        voice.expecting = "anything_else"
        voice.finish()
        return
    if asked == "what_happened" and turn.intent == "deny":
        voice.say("utter_stopped")
        voice.expecting = "anything_else"
        voice.finish()
        return
    if asked == "what_happened" and _says_nothing(turn):
        if voice.count_misunderstanding(turn) >= turn.handover_after:
            voice.say("utter_stuck")
            hand_over(turn, voice, "stuck", tried="asked what went wrong")
            return
        voice.say("utter_complaint_what_again")
        voice.ask(FORM, "what_happened")
        return
    if not _told(turn, facts, known, asked):
        _keep(voice, known, facts)
        voice.say("utter_complaint_what")
        voice.ask(FORM, "what_happened")
        return
    if not known.get("reflected"):
        if await is_on_time(turn, facts):
            # Sorry that it isn't here; that it is late would not be true.
            voice.say("utter_complaint_sorry")
        else:
            _apologise(turn, voice, facts)
        _tell_team(turn, voice, facts)
        if also := known.get("also_orders"):
            voice.say("utter_complaint_also_orders", numbers=_listed(also, turn.lang))
        known["reflected"] = True

    if await asks_for_order(turn, voice, facts, known, step):
        _keep(voice, known, facts)
        return
    if step is Step.START and not turn.text and facts.order_number in turn.verified:
        # A button below the order's card: what the order shows has just been said.
        known["order_told"] = facts.fault == "late"
    if not known.get("order_told") and await tells_what_is_known(turn, voice, facts, known, step):
        _keep(voice, known, facts)
        return
    if facts.wish not in WISHES and not known.get("no_wish"):
        _ask_wish(turn, voice, facts, known, step)
        _keep(voice, known, facts)
        return
    _open_case(turn, voice, facts, known)


def _facts(turn: Turn, known: dict[str, Any], step: Step) -> Facts:
    facts = Facts.from_data(known.get("facts") or {})
    said = dict(turn.entities) if step is not Step.RESUME else {}
    if "wish" not in said and step is not Step.RESUME and (wish := plain_wish(turn.text)):
        said["wish"] = wish
    facts = facts.updated(said)
    if facts.item is None and facts.fault in _ABOUT_A_THING and turn.slots.get("item"):
        facts = facts.updated({"item": str(turn.slots["item"])})
    if facts.fault is None and turn.slots.get("fault"):
        facts = replace(facts, fault=turn.slots["fault"])
    if facts.order_number is None and turn.slots.get("order_number"):
        facts = replace(facts, order_number=turn.slots["order_number"])
    if step is Step.ANSWER and turn.asked_for == "wish" and "wish" not in said:
        if turn.intent == "request_human":
            facts = replace(facts, wish="person")
        elif turn.intent == "return_order":
            facts = replace(facts, wish="refund")
    return facts


def _is_more_of(turn: Turn, kept: dict[str, Any]) -> bool:
    """Whether a message adds to the complaint that has its case already."""
    before = kept.get("facts") or {}
    said = {name: value for name, value in turn.entities.items() if value not in VAGUE}
    same = all(said.get(name, before.get(name)) == before.get(name) for name in _SAME_MATTER)
    return bool(turn.text) and same


def _pass_on(turn: Turn, voice: Voice, facts: Facts) -> None:
    """Somebody who waits for a person tells what is wrong: no form, they will be asked by one."""
    if complains_of_waiting(turn):
        pass_on(turn, voice)
        return
    _tell_team(turn, voice, facts)
    clause = reflection(facts, turn.lang, turn.today)
    if clause and {"fault", "item"} & turn.entities.keys():
        voice.note("utter_complaint_queued", clause=clause)
    else:
        pass_on(turn, voice)


def _told(turn: Turn, facts: Facts, known: dict[str, Any], asked: str | None) -> bool:
    if known.get("reflected") or facts.fault is not None or asked == "what_happened":
        return True
    long = len(turn.text) >= _TELLING_LENGTH[turn.lang]
    return long or tells_something(turn.text, turn.lang, turn.entities)


def _says_nothing(turn: Turn) -> bool:
    too_short = len(turn.text) < _TELLING_LENGTH[turn.lang] / 3
    return turn.intent in NOT_UNDERSTOOD and not turn.entities and too_short


def is_complaint(turn: Turn) -> bool:
    """Whether a message tells of something at fault, whatever else it was taken for."""
    fault = turn.entities.get("fault")
    if fault is not None:
        return fault not in ABOUT_DELIVERY
    # "Then I want my money back", about an order that was just shown to be late.
    return turn.slots.get("fault") in ABOUT_DELIVERY and turn.entities.get("wish") in WISHES


def _apologise(turn: Turn, voice: Voice, facts: Facts) -> None:
    clause = reflection(facts, turn.lang, turn.today)
    if not clause:
        voice.say("utter_complaint_sorry")
    elif facts.wish in WISHES:
        voice.say(
            "utter_complaint_reflect_with_wish",
            clause=clause,
            wish_words=wish_name(str(facts.wish), turn.lang),
        )
    else:
        voice.say("utter_complaint_reflect", clause=clause)


def _tell_team(turn: Turn, voice: Voice, facts: Facts) -> None:
    """What was understood, also in words, for the person who may take over."""
    told = in_both_languages(facts, turn.today)
    voice.command("facts", facts={**facts.as_data(), **told})


def _ask_wish(turn: Turn, voice: Voice, facts: Facts, known: dict[str, Any], step: Step) -> None:
    asked_before = turn.form == FORM and turn.asked_for == "wish"
    if facts.wish == "voucher" and not known.get("voucher"):
        known["voucher"] = True
        voice.say("utter_complaint_voucher_later")
    elif asked_before and step is Step.ANSWER and turn.entities.keys() & set(_SAME_MATTER):
        # Not an answer, but the matter put straight: the order's number after all, say.
        _tell_team(turn, voice, facts)
        voice.say("utter_complaint_corrected", clause=reflection(facts, turn.lang, turn.today))
        voice.say(_wish_question(facts))
    elif asked_before and step is Step.ANSWER:
        if voice.count_misunderstanding(turn) >= turn.handover_after:
            voice.say("utter_stuck")
            hand_over(turn, voice, "complaint", **facts.as_data())
            return
        voice.say(_wish_question(facts, again=True))
    elif asked_before:
        voice.keep_count(turn)
        voice.say(_wish_question(facts, again=True))
    else:
        voice.say(_wish_question(facts))
    voice.ask(FORM, "wish")


def _wish_question(facts: Facts, again: bool = False) -> str:
    """Offers only what can put this kind of thing right."""
    if facts.fault in ABOUT_DELIVERY:
        return "utter_complaint_wish_delivery"
    if facts.fault == "double_charged":
        return "utter_complaint_wish_payment"
    untold = facts.fault in {None, "other"} and facts.item is None
    if facts.fault == "rude_service" or (untold and facts.order_number is None):
        return "utter_complaint_wish_service"
    return "utter_complaint_wish_again" if again else "utter_complaint_wish"


def _open_case(turn: Turn, voice: Voice, facts: Facts, known: dict[str, Any]) -> None:
    if facts.wish not in WISHES:
        facts = replace(facts, wish=None)
    voice.command(
        "open_case",
        kind="complaint",
        what=known.get("what") or reflection(facts, "en", turn.today) or "complaint",
        details=_details(known),
        **facts.as_data(),
    )
    _tell_team(turn, voice, facts)
    if facts.wish == "person":
        voice.say("utter_case_person_queued" if turn.queued else "utter_case_person")
        hand_over(turn, voice, "complaint", **facts.as_data())
    else:
        voice.command("promise", what=f"Complaint: {facts.wish or 'look into it'}")
        resend = facts.wish == "replacement" and facts.fault in ABOUT_DELIVERY
        voice.say("utter_case_resend" if resend else f"utter_case_{facts.wish or 'noted'}")
        answer_to(turn, voice)
    voice.remember(complaint={"opened": True, "facts": facts.as_data()})
    voice.remember(item=None, fault=None, wish=None)
    voice.finish()


def _listed(numbers: list[str], lang: str) -> str:
    return "、".join(numbers) if lang == "ja" else listed(numbers)


def _details(known: dict[str, Any]) -> dict[str, Any] | None:
    found: dict[str, Any] = {"voucher_mentioned": True} if known.get("voucher") else {}
    if known.get("also_orders"):
        found["also_orders"] = known["also_orders"]
    if known.get("arrived"):
        # What our records said when the customer said it had come.
        found["order_state"] = known["order_state"]
    return found or None


def _keep(voice: Voice, known: dict[str, Any], facts: Facts) -> None:
    voice.remember(complaint={**known, "facts": facts.as_data()})


class ActionComplaint(Reply):
    def name(self) -> str:
        return "action_complaint"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        if asks_where_it_is(turn) and turn.entities.get("fault") in {None, "other"}:
            await refund_status(turn, voice, Step.START)
        else:
            await complaint(turn, voice, Step.START)


class ValidateComplaintForm(TaskForm):
    form = FORM

    async def task(self, turn: Turn, voice: Voice, step: Step) -> None:
        await complaint(turn, voice, step)
