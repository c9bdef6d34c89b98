"""Customers who want something done about their data: that is a request, not only a question."""

from __future__ import annotations

import re

from actions.people import answer_to
from actions.turn import Turn
from actions.voice import Voice

_WISH = re.compile(
    r"\b(?:delete|erase|remove|wipe|destroy|forget) (?:\w+ ){0,3}(?:me|my)\b"
    r"|\bunsubscribe\b|\b(?:take|remove) (?:me|my \w+) (?:off|from)\b|\bopt(?:ing)? (?:me )?out\b"
    r"|\bstop (?:sending|e-?mailing|mailing|texting|spamming|contacting|calling)\b"
    r"|\b(?:a copy of|send me) (?:all )?(?:the |my )?(?:personal )?data\b|\bclose my account\b"
    r"|(?:削除|消去|抹消|破棄)(?:して|を?(?:お願い|希望|求め|依頼)|してほしい)|消して(?:ください|ほしい|欲しい|くれ|もらえ)"
    r"|退会(?:し(?:たい|ます)|させて|を?希望|の?手続きをお願い)"
    r"|(?:配信|送信|メール|メルマガ|DM|案内)[^。]{0,8}(?:停止|止め|やめ|解除)(?:して|を?(?:お願い|希望)|てください|てほしい)"
    r"|(?:もう)?送(?:ら|ってこ)ないで|(?:データ|情報)(?:の|を)?(?:開示|コピー)[^。]{0,6}(?:お願い|ください|して)"
    r"|開示(?:請求)?(?:を|の)?(?:したい|お願い|希望|請求)",
    re.IGNORECASE,
)
# "How do I unsubscribe?" wants to know how, and has its article.
_HOW = re.compile(
    r"\bhow\b|\bcan i\b|\bwhere\b|\bdo you\b|\bis it possible\b|\bwhat (?:happens|if)\b"
    r"|どう(?:すれば|やって|したら)|方法|やり方|手順|できますか|可能ですか|どこ(?:で|から)",
    re.IGNORECASE,
)


def asks_for_it_to_be_done(turn: Turn) -> bool:
    """Whether the customer wants data erased or shown, or mail to end, and not only to know how."""
    return _WISH.search(turn.text) is not None and _HOW.search(turn.text) is None


def take_request(turn: Turn, voice: Voice) -> None:
    """A case with a number; in the queue the person does it."""
    if turn.queued:
        voice.note("utter_passed_on")
        return
    voice.command("open_case", kind="privacy", what=turn.text[:1500])
    voice.say("utter_privacy_requested")
    answer_to(turn, voice)
