"""Second thoughts about a request that has been filed: the latest word goes on top of it."""

from __future__ import annotations

import re

from actions.turn import Turn
from actions.voice import Voice

# A bare "no" closes, and so does a polite one; whoever says more says something about the matter.
_MORE_THAN_NO = {"en": 12, "ja": 6}
_CLOSING = re.compile(
    r"\bthat(?:['’]?s| is| was) (?:all|it|everything|fine|ok|okay)\b"
    r"|\bnothing (?:else|more|further)\b|\bthank|\bcheers\b|\ball (?:good|set)\b"
    r"|\bi(?:['’]?m| am) (?:good|fine|done|ok|okay|all set)\b"
    r"|以上|大丈夫|ありがと|有難|結構|特に|ありません|ないです|ございません|もういい|またに|失礼",
    re.IGNORECASE,
)
_KEEP_THE_ORDER = re.compile(
    r"\b(?:don['’]?t|do not|not) (?:want to |wanna )?cancel\b|\bkeep (?:it|the order|my order)\b"
    r"|\b(?:stop|undo|withdraw|revoke) (?:the|my|that) cancell?ation\b"
    r"|キャンセル(?:し(?:ない|なくて)|は?(?:やめ|なし|取り(?:消|や)め?))|やっぱり?(?:このまま|そのまま|買い?ます|欲し)",
    re.IGNORECASE,
)


_CORRECTS = re.compile(
    r"\b(?:i meant|i made a mistake|wrong (?:number|room|street|house|name|item)|correction|typo"
    r"|actually it['’]?s|sorry,? (?:it['’]?s|that should))\b"
    r"|まちが[えっ]|間違[えっ]|訂正|じゃなくて|ではなくて|書き忘れ|正しくは",
    re.IGNORECASE,
)


def corrects(turn: Turn) -> bool:
    """Whether something is put right that belongs to the request filed in this conversation."""
    return bool(turn.slots.get("request_open")) and _CORRECTS.search(turn.text) is not None


def second_thoughts(turn: Turn) -> bool:
    """Whether a message that sounds like a no is about the request filed in this conversation."""
    long_enough = len(turn.text) >= _MORE_THAN_NO[turn.lang]
    return bool(turn.slots.get("request_open")) and long_enough and not _CLOSING.search(turn.text)


def keeps_the_order(turn: Turn) -> bool:
    """Whether a word about cancelling takes back a cancellation that has been asked for."""
    asked = turn.slots.get("request_open") == "cancellation"
    return asked and _KEEP_THE_ORDER.search(turn.text) is not None


def amend(turn: Turn, voice: Voice) -> None:
    """Add what was said to the request; who handles it goes by it."""
    voice.command("amend_case", what=turn.text[:500])
    voice.command("facts", facts={"added": turn.text[:500]})
    voice.say("utter_case_amended")
    voice.expecting = "anything_else"
