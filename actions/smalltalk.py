"""Greetings, thanks, yes and no, and the small things people say in between."""

from __future__ import annotations

import re

from actions.turn import Turn
from actions.voice import Voice

# What is neither a question nor a task; only tried where nothing else was understood.
_GIVES_ORDERS = re.compile(
    r"\b(?:ignore|forget|disregard) (?:all |any )?(?:of )?(?:the |your |my )?"
    r"(?:previous|prior|above|earlier)\b"
    r"|\bsystem prompt\b|\byou are now\b|\bjailbreak|\bdeveloper mode\b"
    r"|(?:これまで|以前|上記|今まで)の(?:指示|命令|設定)|システムプロンプト|(?:指示|命令)(?:を|は)?(?:すべて|全て)?無視",
    re.IGNORECASE,
)
_SMALL_TALK = {
    "utter_how_are_you": re.compile(
        r"\bhow(?:'s| is| are) (?:you|it going|things|your day)|元気(?:です|か|？|\?)|調子はどう",
        re.I,
    ),
    "utter_praised": re.compile(
        r"^(?:you(?:'re| are)|that(?:'s| was| is)|this is)? ?(?:so |very |really )?"
        r"(?:great|awesome|amazing|nice|cool|wonderful|lovely|perfect|helpful|the best)\b"
        r"|(?:i )?love (?:your|this|you)|good (?:bot|job)|well done"
        r"|すごい|素晴らしい|すばらしい|最高|助かり|優秀|かしこい|賢い|美味しかった|おいしかった",
        re.I,
    ),
    "utter_sad": re.compile(
        r"\bi(?:'m| am) (?:so |very |really |feeling )?(?:sad|lonely|tired|exhausted|stressed|down|"
        r"depressed|unwell|sick)\b|(?:bad|rough|hard|terrible) (?:day|week)"
        r"|疲れ(?:た|ました|ちゃ)|寂しい|さびしい|悲しい|つらい|辛い|落ち込",
        re.I,
    ),
    "utter_laughed": re.compile(
        r"^(?:ha(?:ha)+|lol|lmao|hehe|www*|笑|草|[😂🤣😄😆])+[!.。！ ]*$", re.I
    ),
    "utter_small_word": re.compile(
        r"^(?:ok(?:ay)?|hm+|i see|alright|right|got it|cool|fine|なるほど|ふむ|はーい|"
        r"そうですか|そうなんだ|そうなんですね|了解|わかりました|分かりました)[!.。！… ]*$",
        re.I,
    ),
    "utter_joke": re.compile(r"\bjoke\b|\bsing\b|冗談|面白い話|おもしろい話|歌って", re.I),
    "utter_weather": re.compile(
        r"\bweather\b|天気|(?:今日|きょう|毎日|ほんと|外)[^。]{0,6}(?:暑|寒|蒸し|涼し)い", re.I
    ),
}


def gives_orders_to_the_program(text: str) -> bool:
    """Whether a message tries to talk the program out of its job."""
    return _GIVES_ORDERS.search(text) is not None


def say_small_talk(turn: Turn, voice: Voice) -> bool:
    """A kind short answer, if the message is only small talk."""
    for response, pattern in _SMALL_TALK.items():
        if len(turn.text) <= 80 and pattern.search(turn.text.strip()):
            # A form says what it still needs in a moment, which is answer enough to "hm".
            if turn.form is None or response != "utter_small_word":
                voice.say(response)
            return True
    return False
