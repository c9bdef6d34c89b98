"""What somebody says right after an article: that it didn't help, or a question that goes on."""

from __future__ import annotations

import re

from actions.articles import find, say_found
from actions.turn import Turn
from actions.voice import Voice

SHOWN = "article_shown"
_NO_HELP = re.compile(
    r"\b(?:already (?:did|tried|done)"
    r"|(?:did|done|tried) (?:that|it|this|all that)\b.{0,20}\b(?:already|but|and|no)"
    r"|(?:do(?:es)?n['’]?t|did ?n['’]?t|not|isn['’]?t) (?:work|help|working|helping)"
    r"|no (?:e-?)?mail (?:came|arrived|comes)"
    r"|(?:e-?)?mail (?:never|didn['’]?t|hasn['’]?t) (?:c[ao]m|arriv)\w*"
    r"|that(?:['’]?s| is| was)? not what i|doesn['’]?t answer)"
    r"|(?:やっ|試し|ため)た(?:けど|が|のに|ん)|(?:もう|すでに)(?:やり|試し)|(?:解決|改善)(?:し(?:ない|ません))"
    r"|(?:うまく|だめ|ダメ)(?:いか|でし)|メール(?:が|も|は)?(?:来|届|こ)(?:な|ま|て(?:い)?な)|そうじゃな|そういうことじゃ",
    re.IGNORECASE,
)
_SHORT = {"en": 40, "ja": 20}


def did_not_help(turn: Turn) -> bool:
    """Whether the answer that was just given leads nowhere: a person is due, not another guess."""
    after = turn.slots.get("expecting") == SHOWN and turn.form is None
    return after and not turn.numbers and _NO_HELP.search(turn.text) is not None


def offer_more(turn: Turn, voice: Voice) -> None:
    """Offer a person; who waits for one already is told that it is noted."""
    if turn.queued:
        voice.note("utter_passed_on_sorry")
        return
    voice.say("utter_offer_person")
    voice.expecting = "person:stuck"


async def goes_on_with_article(turn: Turn, voice: Voice) -> bool:
    """Answer "when will it be?" after an article, though by itself it would be about an order."""
    after = turn.slots.get("expecting") == SHOWN and turn.form is None
    known = turn.numbers or turn.slots.get("order_number") or turn.entities
    if not after or known or len(turn.text) > _SHORT[turn.lang]:
        return False
    found = await find(turn, turn.text)
    if found.verdict != "answer" or found.goes_on is None:
        return False
    await say_found(turn, voice, found, turn.text)
    voice.expecting = SHOWN
    return True
