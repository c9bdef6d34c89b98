"""Messages that need a person's tact before anything else: grief, and despair."""

from __future__ import annotations

import re
from typing import Literal

Distress = Literal["bereavement", "crisis"]

_PERSON_EN = (
    r"(?:husband|wife|partner|spouse|fianc[eé]e?|mother|mum|mom|father|dad|parents?|son|daughter|"
    r"child|baby|brother|sister|grand(?:mother|father|ma|pa|parent)|aunt|uncle|cousin|friend)"
)
# A kettle or a battery "died" too, so the verb alone is not enough; and gifts for memorial
# services are everyday questions in a tea shop, so 法事 or 香典返し alone is not either.
_BEREAVEMENT = re.compile(
    rf"\bpassed away\b|\bbereave|\b{_PERSON_EN}\b[^.!?]{{0,30}}\b(?:died|has died|is dead)\b"
    rf"|\b(?:death|loss|funeral) of (?:my|our|a)\b|\bmy late {_PERSON_EN}\b"
    rf"|\b(?:my|our) {_PERSON_EN}'?s (?:death|funeral|passing)\b"
    r"|\blost (?:my|our) (?:\w+ )?" + _PERSON_EN + r"\b"
    r"|亡くな(?:っ|り|られ)|他界し|急逝|逝去|先立たれ|息を引き取",
    re.IGNORECASE,
)
_CRISIS = re.compile(
    r"\b(?:kill|hurt|harm) myself\b|\bsuicid|\bend (?:it all|my life)\b"
    r"|\b(?:don'?t|do not) want to (?:live|be alive)\b|\bwant to die\b"
    r"|死にたい|自殺|消えてしまいたい|生きていたくない|生きるのがつらい",
    re.IGNORECASE,
)
# Things run out with the same sound, and some write it with the same characters.
_NOT_A_PERSON = re.compile(r"(?:在庫|商品|お茶|ポイント|クーポン)(?:が|は|も)(?:もう)?亡くな")


def distress_in(text: str) -> Distress | None:
    """What kind of distress a message tells of, or None."""
    if _CRISIS.search(text):
        return "crisis"
    if _BEREAVEMENT.search(text) and not _NOT_A_PERSON.search(text):
        return "bereavement"
    return None
