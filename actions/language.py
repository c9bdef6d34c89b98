"""Going on in the other language because the customer asks for it."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

# Only a message that is nothing but the request: "Is there a manual in English?" is a question
# about a product.
_REQUEST = re.compile(
    r"^(?:sorry,? |hi,? |ok,? |oh,? )?(?:please |can (?:we|you|i) |could (?:we|you|i) "
    r"|let'?s |i(?:'d| would) (?:like|prefer)(?: to)? |do you |i )?(?:please |also |only )*"
    r"(?:speak|talk|write|answer|reply|respond|continue|switch|change|go on|chat|use|have this)?"
    r" ?(?:to |in |into |back to )*(?P<en>english|japanese)"
    r"(?:,? please| instead| now|,? thanks|,? thank you)*[.!?]*$"
    r"|^(?:すみません|すいません|あの)?[、,]?(?P<ja>英語|日本語)(?:で|に|を|でも)?"
    r"(?:お?話(?:せ|し|す)|お願い|対応|戻し?|もどし?|切り替え|変更|書い|続け|返信|回答|ご?案内|も?大丈夫|いい|OK|わか)?"
    r"[ぁ-んー]{0,8}(?:ますか|ません(?:か)?|ください|下さい|です|ます)?[。！!？?]*$",
    re.IGNORECASE,
)
_NAMES: dict[str, Literal["en", "ja"]] = {
    "english": "en",
    "英語": "en",
    "japanese": "ja",
    "日本語": "ja",
}


def requested_language(text: str) -> Literal["en", "ja"] | None:
    """The language that this message asks to go on in, if that is all it does."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if len(plain) > 60:
        return None
    match = _REQUEST.match(plain)
    if match is None:
        return None
    return _NAMES[(match["en"] or match["ja"]).lower()]
