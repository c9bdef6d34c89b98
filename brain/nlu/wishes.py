"""Two wishes in one message: which part of it asks for something else than the whole."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from brain.nlu.reading import asks

# Only what can be taken up by itself; being angry or giving data is part of the first wish.
_TAKEN_UP = frozenset(
    {
        *("faq_delivery", "faq_returns", "faq_payment", "faq_account"),
        *("faq_products", "faq_store", "faq_loyalty", "faq_privacy"),
        *("order_status", "cancel_order", "change_order", "return_order", "case_status"),
        "request_human",
    }
)
# Wishes (second values) that belong to the matter of a first one: whoever handles it handles them,
# or has their answer.
_ONE_MATTER = {
    "order_status": {"faq_delivery", "case_status", "change_order", "cancel_order"},
    "return_order": {"faq_returns", "case_status"},
    "cancel_order": {"faq_returns", "order_status", "change_order"},
    "change_order": {"faq_delivery", "order_status", "cancel_order"},
    "case_status": {"faq_returns", "order_status", "return_order"},
    "complaint": {
        *("faq_delivery", "faq_returns", "faq_payment", "faq_products", "faq_store"),
        *("order_status", "return_order", "case_status", "cancel_order"),
    },
    "security_concern": {"faq_account", "faq_payment", "faq_privacy"},
    "faq_returns": {"return_order"},
    "faq_privacy": {"faq_account"},
    "faq_account": {"faq_privacy"},
}
_SMALL = frozenset(["greet", "goodbye", "thank", "affirm", "deny", "inform", "bot_challenge"])
SURE = 0.7
# Of what counts wherever it is said. In 2,754 messages 12 sentences were taken for such at .65,
# wrongly each time; what asks for it in so many words is surer than this.
SURE_ANYWHERE = 0.9


@dataclass(frozen=True)
class Wish:
    """What `text[start:end]` asks for, and the chance (0 to 1) that it does."""

    intent: str
    confidence: float
    start: int
    end: int
    said: str


def second_wish(intent: str, heard: Iterable[Wish]) -> Wish | None:
    """The surest wish among the parts of a message that isn't the matter of its `intent`."""
    if intent in _SMALL or intent in ("out_of_scope", "nlu_fallback"):
        return None
    others: Sequence[Wish] = [
        wish
        for wish in heard
        if wish.confidence >= SURE
        and wish.intent in _TAKEN_UP
        and wish.intent != intent
        and wish.intent not in _ONE_MATTER.get(intent, ())
        and asks(wish.said)
    ]
    return max(others, key=lambda wish: wish.confidence, default=None)


def asked_inside(heard: Iterable[Wish]) -> Wish | None:
    """The surest wish of a message that can't be made out as a whole: the question in a story."""
    asking = (w for w in heard if w.confidence >= SURE and w.intent in _TAKEN_UP and asks(w.said))
    return max(asking, key=lambda wish: wish.confidence, default=None)


def said_anywhere(intent: str, heard: Iterable[Wish], intents: Container[str]) -> Wish | None:
    """The surest of `intents` in any part of a message, if the whole isn't about safety."""
    if intent in intents or intent == "security_concern":
        return None
    found = (w for w in heard if w.intent in intents and w.confidence >= SURE_ANYWHERE)
    return max(found, key=lambda wish: wish.confidence, default=None)


def led_by(wish: Wish | None, ranking: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ranking with what a part of the message asks for in front, if it asks for anything.

    None of the others stays surer than that: Rasa would take it for a tie and fall back.
    """
    if wish is None:
        return ranking
    others = [
        {**guess, "confidence": min(guess["confidence"], wish.confidence)}
        for guess in ranking
        if guess["name"] != wish.intent
    ]
    return [{"name": wish.intent, "confidence": wish.confidence}, *others]
