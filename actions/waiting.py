"""What is said to somebody who waits for a person and writes what the assistant can't answer."""

from __future__ import annotations

import re

from actions.products import VAGUE
from actions.turn import Turn
from actions.voice import Voice
from support.orders.items import item_name

_ASKS_WHEN = re.compile(
    r"\bhow (?:much )?long(?:er)?\b|\bwhen (?:will|does|is|are|do)\b|"
    r"\b(?:any(?:one|body)|somebody|you)(?: still| even)? (?:there|here)\b"
    r"|\bare you (?:still )?(?:there|here)\b|\bstill waiting\b"
    r"|\bhello\s*\?|\bin (?:the |a )?queue\b"
    r"|(?:どの|どれ)(?:くらい|ぐらい)|いつ(?:頃|ごろ)?|まだ(?:です)?か|何分|誰か(?:い|お)|待って(?:い)?ます",
    re.IGNORECASE,
)


# The wait itself, in words that speak of nothing else.
_ASKS_FOR_STANDING = re.compile(
    r"\bhow (?:much )?long(?:er)?\b.{0,30}\b(?:wait|some(?:one|body)|any(?:one|body)|a person|"
    r"human|agent|reply|answer|response|line|queue|my turn)\b"
    r"|^\W*(?:so |and |ok(?:ay)? |but )*how (?:much longer|long (?:more|now))\W*$"
    r"|\bhow long (?:is|was) (?:the|this) (?:wait|line|queue)\b"
    r"|\b(?:when|what time)\b.{0,20}\b(?:some(?:one|body)|any(?:one|body)|a person|a human|"
    r"an agent|you(?: guys)?|they|my turn)\b.{0,20}"
    r"\b(?:come|here|there|answer|reply|respond|write|free|back)"
    r"|\b(?:where|what (?:number|place|position)) am i\b|\b(?:my|our) (?:place|position|spot) in\b"
    r"|\bhow many (?:people |others )?(?:are )?(?:(?:ahead|in front) of|before) me\b"
    r"|\bis (?:some(?:one|body)|any(?:one|body)) (?:coming|there)\b|\bstill waiting\b"
    r"|(?:順番|待ち時間|待ち人数)(?:は|が|まで|って)?|何番目|何人(?:待ち|待って|くらい待)"
    r"|(?:あと|後)(?:どの|どれ|何)(?:くらい|ぐらい|分)|いつ(?:頃|ごろ)?(?:来|お?返事|お?返信|つなが|繋が|話せ|対応)"
    r"|(?:何分(?:くらい|ぐらい)?|どの(?:くらい|ぐらい)|どれ(?:くらい|ぐらい)|いつまで)(?:で|も)?、?(?:待|かか|つなが|繋が)"
    r"|担当(?:者|の(?:方|人))?(?:は|って)?、?(?:まだ|いつ)|^\W*まだ(?:です|でしょう)?か\W*$",
    re.IGNORECASE,
)


_HURRIES = re.compile(
    r"\b(?:hurry|faster|quick(?:ly|er)?|urgent(?:ly)?|asap|right (?:now|away)|come on)\b"
    r"|急(?:い|ぎ|ぐ)|至急|早く|はやく|なるはや|まだ(?:か|なの|でしょう)",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"\b(?:nobody|no ?one)\b"
    r"|\bwhy (?:does|do|is|are|has|have|won)\b.{0,24}\b(?:answer|reply|respon|there|here)"
    r"|\b(?:repl(?:y|ies)|answers?|responses?) (?:is |are )?(?:so |too |very )?(?:slow|late)\b"
    r"|(?:返事|回答|連絡|対応|返信)(?:が|は|も)?[^。]{0,3}(?:遅|おそ)|誰も|だれも|返事(?:が|も)?(?:ない|来な|こな)|放置|無視",
    re.IGNORECASE,
)


_WANTS_TO_KNOW = re.compile(
    r"\b(?:tell me|let me know|wondering|curious|need to know|explain)\b"
    r"|教え|知りたい|(?:は|って|とか)[?？。]*$|(?:だっけ|かな|でしょう|ですよね)",
    re.IGNORECASE,
)


def asks_something(turn: Turn) -> bool:
    """Whether a message asks, with or without a question mark."""
    return turn.is_question or _WANTS_TO_KNOW.search(turn.text) is not None


def asks_for_standing(turn: Turn) -> bool:
    """Whether somebody who waits for a person asks how long that takes, and nothing else."""
    if not turn.queued or turn.form is not None or len(turn.text) > 80 or turn.numbers:
        return False
    return _ASKS_FOR_STANDING.search(turn.text) is not None


def complains_of_waiting(turn: Turn) -> bool:
    """Whether it is the wait for us that is wrong, and nothing about an order."""
    return _NOBODY.search(turn.text) is not None


def pass_on(turn: Turn, voice: Voice) -> None:
    """That it will be read, in words that fit what was written: a wait, a question, an upset
    customer, something about the matter, or only a note."""
    if turn.slots.get("request_open") and turn.text and not turn.is_question:
        # Whoever handles the request goes by the latest word.
        voice.command("amend_case", what=turn.text[:500])
    if _NOBODY.search(turn.text) or _HURRIES.search(turn.text):
        voice.note("utter_sorry_for_wait")
    elif _ASKS_WHEN.search(turn.text):
        voice.note("utter_person_coming")
    elif turn.upset:
        voice.note("utter_passed_on_sorry")
    elif about := _about(turn):
        voice.note("utter_passed_on_about", about=about)
    elif turn.is_question:
        voice.note("utter_passed_on_question")
    else:
        voice.note("utter_passed_on")


def _about(turn: Turn) -> str | None:
    """What a message adds to the matter, named shortly; None where that is not clear."""
    if number := turn.entities.get("order_number"):
        return f"ご注文{number}のこと" if turn.lang == "ja" else f"order {number}"
    item = turn.entities.get("item")
    name = item_name(item, turn.lang) if item and item not in VAGUE else None
    if name:
        return f"{name}のこと" if turn.lang == "ja" else f"the {name}"
    return None
