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
    proof_given,
    tells_what_is_known,
    without_another_order,
)
from actions.interruptions import NOT_UNDERSTOOD
from actions.people import ask_contact, hand_over
from actions.products import VAGUE
from actions.reflection import Facts, reflection, wish_name
from actions.reply import Reply, TaskForm
from actions.turn import Step, Turn
from actions.voice import Voice

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
# Shorter texts without any fact only say that there is something to complain about.
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
        facts = await without_another_order(turn, facts)
    asked = turn.asked_for if turn.form == FORM and step is Step.ANSWER else None
    if turn.text and (step is Step.START or asked == "what_happened"):
        known["what"] = " / ".join(filter(None, [known.get("what"), turn.text]))[:1500]
    if asked in {"order_number", "proof"}:
        given = "order_number" if asked == "order_number" else None
        if given not in turn.entities and not proof_given(turn):
            known[f"no_{asked}"] = True
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
        _apologise(turn, voice, facts)
        _tell_team(turn, voice, facts)
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


def _told(turn: Turn, facts: Facts, known: dict[str, Any], asked: str | None) -> bool:
    if known.get("reflected") or facts.fault is not None or asked == "what_happened":
        return True
    return len(turn.text) >= _TELLING_LENGTH[turn.lang]


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
    told = {f"told_{lang}": reflection(facts, lang, turn.today) for lang in ("en", "ja")}
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
    if facts.fault == "rude_service" or (facts.fault is None and facts.item is None):
        return "utter_complaint_wish_service"
    return "utter_complaint_wish_again" if again else "utter_complaint_wish"


def _open_case(turn: Turn, voice: Voice, facts: Facts, known: dict[str, Any]) -> None:
    if facts.wish not in WISHES:
        facts = replace(facts, wish=None)
    voice.command(
        "open_case",
        kind="complaint",
        what=known.get("what") or reflection(facts, "en", turn.today) or "complaint",
        details={"voucher_mentioned": True} if known.get("voucher") else None,
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
        ask_contact(turn, voice)
    voice.remember(complaint={"opened": True, "facts": facts.as_data()})
    voice.remember(item=None, fault=None, wish=None)
    voice.finish()


def _keep(voice: Voice, known: dict[str, Any], facts: Facts) -> None:
    voice.remember(complaint={**known, "facts": facts.as_data()})


class ActionComplaint(Reply):
    def name(self) -> str:
        return "action_complaint"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        await complaint(turn, voice, Step.START)


class ValidateComplaintForm(TaskForm):
    form = FORM

    async def task(self, turn: Turn, voice: Voice, step: Step) -> None:
        await complaint(turn, voice, step)
