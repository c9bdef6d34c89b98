"""What is said to somebody who waits for a person and writes what the assistant can't answer."""

from __future__ import annotations

import re

from actions.turn import Turn
from actions.voice import Voice

_ASKS_WHEN = re.compile(
    r"\bhow (?:much )?long(?:er)?\b|\bwhen (?:will|does|is|are|do)\b|"
    r"\b(?:any(?:one|body)|somebody|you)(?: still| even)? (?:there|here)\b"
    r"|\bare you (?:still )?(?:there|here)\b|\bstill waiting\b"
    r"|\bhello\s*\?|\bin (?:the |a )?queue\b"
    r"|(?:どの|どれ)(?:くらい|ぐらい)|いつ(?:頃|ごろ)?|まだ(?:です)?か|何分|誰か(?:い|お)|待って(?:い)?ます",
    re.IGNORECASE,
)


def pass_on(turn: Turn, voice: Voice) -> None:
    """That it will be read, in words that fit: a wait, a question, an upset customer, or a note."""
    if _ASKS_WHEN.search(turn.text):
        voice.say("utter_person_coming")
    elif turn.upset:
        voice.say("utter_passed_on_sorry")
    elif turn.is_question:
        voice.say("utter_passed_on_question")
    else:
        voice.say("utter_passed_on")
