"""Whether a message inside a form answers the form's question or is about something else."""

from __future__ import annotations

import re

from actions.distress import distress_in
from actions.language import requested_language
from actions.turn import Turn

LEAVING = frozenset({"cancel_dialogue", "goodbye", "request_human", "security_concern"})
TASKS = frozenset({"order_status", "cancel_order", "change_order", "return_order", "complaint"})
SMALL_TALK = frozenset({"greet", "thank", "bot_challenge"})
NOT_UNDERSTOOD = frozenset({"nlu_fallback", "out_of_scope"})

_OWN_INTENT = {
    "order_status_form": "order_status",
    "return_form": "return_order",
    "cancel_form": "cancel_order",
    "change_form": "change_order",
    "complaint_form": "complaint",
}
# "My order number is ..." is easily read as a question about the order; these words do ask.
_ASKS_WHERE = re.compile(r"\b(?:where|when|status|track)|どこ|いつ|状況|追跡", re.IGNORECASE)
# "Can you send it again?" is a wish and no question about the rules.
_ASKS_FOR = re.compile(
    r"\b(?:can|could|would|will) (?:you|i|we)\b|\bplease\b"
    r"|(?:もらえ|いただけ|頂け|くれ)(?:ます|ない|る)|お願い|できますか|ください|ほしい|欲しい",
    re.IGNORECASE,
)
# Said when asked for a number or an address, these are an answer: there is none at hand.
_NOT_AT_HAND = re.compile(
    r"\b(?:don['’]?t|do not|can['’]?t|cannot|couldn['’]?t|no longer) (?:\w+ )?"
    r"(?:know|have|find|remember|see|recall)\b|\bno (?:idea|clue)\b"
    r"|\b(?:lost|deleted|forgot|forgotten)\b|\b(?:which|what) (?:order )?(?:number|e-?mail)\b"
    r"|(?:わか|分か|判)(?:ら|り|ん)|忘れ|覚えて(?:い|お)?(?:な|り?ま)|見(?:つか|当た)ら|控えて(?:い|お)(?:な|り?ま)|(?:な|無|失)くし"
    r"|消し(?:て|ちゃ)|手元に(?:な|あり)|持って(?:い)?(?:な|ませ)|番号(?:は|が|も)?(?:な[しい]|無[しい]|ありません)"
    r"|\bby (?:my )?(?:last )?name\b|名前で(?:調べ|探|検索|わか)"
    r"|\b(?:no|without|w/o) (?:the |an? |any |order )?(?:number|num|nr|no\.?|mail|e-?mail)\b",
    re.IGNORECASE,
)
# What the customer tells in their own words there is easily taken for another intent.
_FREE_TEXT = frozenset({"what_happened", "change_what", "arrived"})
_SWITCHES_IN_FREE_TEXT = {
    "what_happened": frozenset({"cancel_order", "change_order"}),
    "arrived": frozenset({"cancel_order", "change_order"}),
    "change_what": frozenset({"cancel_order", "return_order", "complaint"}),
}
# The entities that answer each question.
ANSWERS = {
    "order_number": ("order_number", "email", "postcode"),
    "proof": ("email", "postcode", "order_number"),
    "return_item": ("item",),
    "wish": ("wish",),
}


def answered(turn: Turn) -> bool:
    """Whether the message brings a value for the question that is open."""
    return any(name in turn.entities for name in ANSWERS.get(turn.asked_for or "", ()))


# Said to "Shall I start the return?", these tell why, or that the condition is met.
_REASON = re.compile(
    r"\bchanged my mind\b|\b(?:don['’]?t|didn['’]?t|do not|did not|just not) (?:really )?"
    r"(?:like|suit|fit)\b|\btoo (?:small|big|large|short|long|tight|dark|heavy)\b"
    r"|\b(?:un|not |never )(?:opened|used|worn)\b|\bstill (?:sealed|in the box)\b|\bbrand new\b"
    r"|未開封|未使用|開けてい?(?:ない|ません)|使ってい?(?:ない|ません)|気に入ら|イメージと違|思ってたのと"
    r"|サイズが|大きすぎ|小さすぎ",
    re.IGNORECASE,
)


_HOLD_ON = re.compile(
    r"^\W*(?:(?:ok|sorry|oh|please)[, ]+)*(?:wait|hold on|hang on|one (?:sec|second|moment|min)|"
    r"one minute|(?:just )?a (?:sec|second|moment|minute)|give me a|brb|"
    r"let me (?:look|check|see|find))\b"
    r"|(?:ちょっと|少し|少々)?(?:待って|お待ち)(?:て|ください|下さい|ね|、|。|$)|(?:今|いま|ちょっと)?(?:調べ|探し|確認し)(?:ます|てみます|てきます)",
    re.IGNORECASE,
)


def holds_on(turn: Turn) -> bool:
    """Whether the customer only asks for a moment."""
    return len(turn.text) <= 60 and not turn.is_question and _HOLD_ON.search(turn.text) is not None


def has_not_at_hand(turn: Turn) -> bool:
    """Whether the customer says that they don't have what was asked for, a number or a proof."""
    asked = turn.asked_for in {"order_number", "proof"} and not answered(turn)
    return asked and len(turn.text) <= 80 and _NOT_AT_HAND.search(turn.text) is not None


def changed_mind(turn: Turn) -> bool:
    """Whether the reason for a return is the customer's own: nothing is wrong with the thing."""
    return _REASON.search(turn.text) is not None


def gives_reason(turn: Turn, form: str) -> bool:
    """Whether a message answers "shall I start the return?" with the reason for it."""
    at_the_question = turn.form == form == "return_form" and turn.asked_for == "confirmed"
    if not at_the_question or turn.is_question or "fault" in turn.entities:
        return False
    return _REASON.search(turn.text) is not None


def interrupts(turn: Turn, form: str) -> bool:
    """Whether to leave this message to the rules, after which the form resumes or is left."""
    if distress_in(turn.text) or requested_language(turn.text):
        return True
    if turn.too_angry and not turn.queued:
        # A form that takes the message would leave the escalation policy unasked.
        return True
    if gives_reason(turn, form) or has_not_at_hand(turn):
        return False
    intent, slot = turn.intent, turn.asked_for
    if intent == "affirm" and str(turn.slots.get("expecting") or "").startswith("person"):
        return True
    if slot == "wish" and "wish" in turn.entities and _ASKS_FOR.search(turn.text):
        return False
    if slot == "wish" and intent in {"request_human", "return_order", "complaint"}:
        return False
    if intent in LEAVING:
        return True
    if form == "complaint_form" and "wish" in turn.entities and not turn.is_question:
        # "I want my money back", said before it was asked for.
        return False
    asks_of_it = intent in {"order_status", "case_status"} and (
        turn.is_question or _ASKS_WHERE.search(turn.rest)
    )
    if slot == "change_what" and asks_of_it:
        return True
    if slot in _FREE_TEXT:
        if intent in TASKS:
            return intent in _SWITCHES_IN_FREE_TEXT[slot]
        return intent.startswith("faq_") and turn.is_question
    if intent in NOT_UNDERSTOOD:
        # Without a number at hand people say so in a hundred ways: a complaint goes on without.
        may_be_skipped = form == "complaint_form" and slot in {"order_number", "proof"}
        return not answered(turn) and not may_be_skipped
    if turn.is_only_data and answered(turn) and not _ASKS_WHERE.search(turn.rest):
        return False
    if intent == "order_status" and answered(turn) and not _ASKS_WHERE.search(turn.rest):
        return False
    if intent in TASKS:
        return intent != _OWN_INTENT[form]
    if intent in SMALL_TALK:
        return not answered(turn)
    if intent.startswith("faq_") or intent in {"case_status", "feedback_idea"}:
        return not answered(turn) or turn.is_question
    return False
