"""Bringing a person in, with what is known."""

from __future__ import annotations

from dataclasses import replace

from actions.reflection import Facts, in_both_languages, reflection
from actions.turn import Turn
from actions.voice import Voice


def hand_over(turn: Turn, voice: Voice, reason: str, **note: str) -> None:
    """Leave every form and ask for a person, unless the customer already waits for one."""
    voice.finish()
    if not turn.queued:
        given = _given_address(turn)
        if given is not None and turn.mail and not (turn.contact or turn.customer or turn.staffed):
            # Nobody answers at once, and it needn't be asked for again.
            voice.command("contact", email=given)
            voice.say("utter_answer_also_to", email=given)
        voice.command("handover", reason=reason, note=note or None)


def answer_to(turn: Turn, voice: Voice) -> None:
    """Where an answer shall go: to the address that was given here, or to one that is asked for.

    Where no mail can be sent they learn where it will be instead.
    """
    if turn.customer or turn.queued or turn.slots.get("asked_contact"):
        return
    given = _given_address(turn)
    if given is not None and not turn.contact and turn.mail:
        voice.command("contact", email=given)
        voice.say("utter_answer_also_to", email=given)
    elif given is None and not turn.contact and not turn.verified and turn.waits_on_page:
        voice.say("utter_where_to_answer" if turn.mail else "utter_answer_here")
    voice.remember(asked_contact=True)


REFUSED = "person:refused"
"""What a bare yes means after a refusal: a person, who may go beyond the rule."""


def insists(turn: Turn, voice: Voice, **facts: str) -> bool:
    """Bring a person where the same is asked for again right after it was refused: nobody is read
    the same paragraph twice."""
    again = turn.slots.get("expecting") == REFUSED and not turn.numbers and bool(turn.text)
    if not again or turn.queued:
        return False
    voice.say("utter_person")
    hand_over(turn, voice, "asked", **facts)
    return True


def _given_address(turn: Turn) -> str | None:
    """The e-mail address they gave as theirs, unless no order knew it."""
    proof = turn.entities.get("email") or str(turn.slots.get("proof") or "")
    return proof if "@" in proof and not turn.slots.get("refused") else None


def known_facts(turn: Turn) -> Facts:
    """What this message and an unfinished complaint tell, for whoever takes over."""
    complaint = turn.slots.get("complaint") or {}
    # An opened case has its own entry; what comes after it is another matter until it says so.
    if complaint.get("opened"):
        complaint = {}
    facts = Facts.from_data(complaint.get("facts") or {}).updated(turn.entities)
    if facts.order_number is None and turn.slots.get("order_number"):
        facts = replace(facts, order_number=turn.slots["order_number"])
    if facts.fault is None and turn.slots.get("fault"):
        facts = replace(facts, fault=turn.slots["fault"])
    return facts


def bring_person(turn: Turn, voice: Voice, reason: str) -> None:
    """What the customer agreed to or asked for; whoever comes knows what is known."""
    known = known_facts(turn)
    facts = known.as_data()
    if facts.get("wish") == "person":
        del facts["wish"]  # which they get now
    # In words where something is wrong, which single facts say less well.
    told = in_both_languages(known, turn.today) if known.fault else {}
    voice.command("facts", facts=facts | told)
    if "fault" in turn.entities and (clause := reflection(known, turn.lang, turn.today)):
        # Who tells in the same breath what went wrong hears first that we are sorry.
        voice.say("utter_person_fact", clause=clause)
    else:
        voice.say("utter_person")
    hand_over(turn, voice, reason, **facts)
