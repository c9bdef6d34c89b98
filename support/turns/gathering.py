"""Which messages belong together, and how long to wait for the rest. Pure decisions.

People send one thought in several messages. A complete question is answered at once; a fragment
waits for its continuation.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from support.brain import TurnResult

PAUSE = timedelta(seconds=1.5)
PAUSE_WHILE_TYPING = timedelta(seconds=6)
# Readings that are rarely all that somebody has to say.
OPENINGS = frozenset({"greet", "nlu_fallback"})


@dataclass(frozen=True)
class Reading:
    """What matters of an understanding for gathering."""

    intent: str
    understood: bool


def is_fragment(result: TurnResult, *, in_form: bool) -> bool:
    """Whether more is likely to come. `in_form`: a question of ours was open before the turn."""
    if result.commands and any(c.get("type") == "handover" for c in result.commands):
        return False
    if in_form:
        return False
    return result.intent in OPENINGS or (result.intent == "inform" and result.active_loop is None)


def continues(intent: str, confidence: float) -> bool:
    """Whether a message that came during a turn belongs to the one being answered."""
    return intent in OPENINGS or intent == "inform" or confidence < 0.5


def wait_until(first_at: datetime, last_at: datetime, typing: bool) -> datetime:
    """Until when to wait for the continuation of messages from `first_at` to `last_at`."""
    longest = first_at + PAUSE_WHILE_TYPING
    return longest if typing else min(last_at + PAUSE, longest)
