"""A return after its last day: the reason that is given goes to the person who decides."""

from __future__ import annotations

import re

from actions.people import hand_over
from actions.turn import Turn
from actions.voice import Voice

OFFERED = "late_return"
# Shorter texts are a yes, a no or thanks; a reason takes more words.
_REASON_LENGTH = {"en": 18, "ja": 8}
# Not a reason but another question, or the end of it.
_OTHER_MATTER = frozenset(
    {"deny", "goodbye", "thank", "greet", "cancel_dialogue", "bot_challenge", "feedback_idea",
     "security_concern", "request_human"}
)  # fmt: skip
_DECLINES = re.compile(
    r"\b(?:never ?mind|forget it|no thanks?|leave it|it['’]?s (?:ok|okay|fine))\b"
    r"|(?:なら|じゃあ?|もう|では)?(?:いいです|結構です|大丈夫です|諦め|あきらめ)",
    re.IGNORECASE,
)


def was_offered(turn: Turn) -> bool:
    """Whether it was just said that a person may look at a return that came too late."""
    offered = turn.slots.get("expecting") == OFFERED
    return offered and bool(turn.slots.get("late_return"))


def tells_why_late(turn: Turn) -> bool:
    """Whether a message gives the reason for a return that was just refused as too late."""
    if not was_offered(turn) or not turn.text or turn.form is not None:
        return False
    if turn.intent in _OTHER_MATTER or turn.numbers or _DECLINES.search(turn.text):
        return False
    return not turn.is_question and len(turn.text) >= _REASON_LENGTH[turn.lang]


def take_late_return(turn: Turn, voice: Voice) -> None:
    """A case with the reason in the customer's words, and a person who may go beyond the rule."""
    late: dict[str, str] = turn.slots["late_return"]
    reason = turn.text if tells_why_late(turn) else late.get("said", "")
    voice.command(
        "open_case",
        kind="return",
        what=" / ".join(filter(None, [reason[:1200], late["what"]])),
        order_number=late["order_number"],
        fault=late.get("fault"),
        details={"last_date": late["last_date"], "reason": reason[:500]},
    )
    facts = {"order_number": late["order_number"], "late_reason": reason[:200]}
    voice.command("facts", facts=facts)
    voice.say(
        "utter_late_return_taken" if reason else "utter_late_return_asked",
        number=late["order_number"],
    )
    voice.remember(late_return=None)
    hand_over(turn, voice, "asked", **facts)
