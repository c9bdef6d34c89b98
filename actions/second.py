"""Two wishes in one message: both are dealt with, one after the other."""

from __future__ import annotations

from actions.articles import TOPICS, find, promise_answer, say_found
from actions.formatting import listed
from actions.people import bring_person
from actions.turn import Turn
from actions.voice import Voice

# What can be begun without the words that asked for it.
TASKS = frozenset({"order_status", "cancel_order", "change_order", "return_order", "case_status"})


async def answer_aside(turn: Turn, voice: Voice) -> None:
    """A question beside a task is answered first: what the task asks must come last."""
    if turn.also is not None and turn.intent not in TOPICS:
        await _answer(turn, voice)


async def take_up_second(turn: Turn, voice: Voice) -> None:
    """After the first wish: what the message also asks for, or what was kept from an earlier one.

    A task waits until no question of another is open.
    """
    kept: str | None = turn.slots.get("later")
    others: list[str] = voice.remembered(turn, "other_orders") or []
    if voice.handed_over:
        # Whoever takes over reads it all.
        voice.remember(later=None, other_orders=None)
        if others:
            voice.say("utter_other_orders_too", numbers=_listed(others, turn.lang))
        return
    if voice.speaks_next is not None:
        return
    if others and not voice.leaves_open(turn):
        voice.remember(other_orders=others[1:] or None, next_order=others[0])
        voice.follow_with(f"action_{voice.remembered(turn, 'other_task')}")
        return
    if turn.queued:
        return
    wanted = turn.also[0] if turn.also is not None and not turn.acted else None
    if wanted in TOPICS and turn.intent in TOPICS:
        await _answer(turn, voice)
    elif wanted == "request_human":
        bring_person(turn, voice, "asked")
        return
    later = wanted if wanted in TASKS else kept
    if later is None:
        return
    if voice.leaves_open(turn):
        voice.remember(later=later)
        return
    voice.remember(later=None)
    voice.say("utter_also")
    voice.follow_with(f"action_{later}")


def _listed(numbers: list[str], lang: str) -> str:
    return "、".join(numbers) if lang == "ja" else listed(numbers)


async def _answer(turn: Turn, voice: Voice) -> None:
    wanted, said = turn.also or ("", "")
    topic = TOPICS.get(wanted)
    if topic is None or turn.queued or turn.acted:
        return
    # It may go on from the first: "do you ship to Canada, how much?"
    before = voice.remembered(turn, "last_question")
    found = await find(turn, said, topic=topic, before=before)
    if found.verdict != "answer":
        promise_answer(turn, voice, said, topic)
    elif found.goes_on is not None or not voice.has_shown(found.hits[0].id):
        await say_found(turn, voice, found, said)
