"""Articles in the conversation: finding the one that answers, saying it, promising one."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace

from actions.context import services
from actions.turn import Turn
from actions.voice import Voice
from support.knowledge import Hit, SearchResult

CHOICES = 3
# Words that say that a question goes on from the one before.
_GOES_ON = re.compile(
    r"^\W*(?:and|or|but|also|what about|how about|what if|then|so|ok(?:ay)? and|same)\b"
    r"|\b(?:then|instead|as well|too)\W*$"
    r"|\b(?:is|for|about|to|are|do|does|will) (?:it|that|they|those|there)\b"
    r"|^\W*(?:how (?:much|long|many|soon)|when|where|why)\W*$"
    r"|^(?:いくら|いつ|何日|どの?(?:くらい|ぐらい))[^。]{0,6}[?？]?$"
    r"|^\W*(?:じゃあ?|では|それ|あと|ちなみに|でも|なら|その場合)|^.{1,24}(?:は|なら|だと|の場合は?)[?？]?$",
    re.IGNORECASE,
)
# These turn to something new, which is looked up by itself first.
_TURNS_AWAY = re.compile(r"^\W*(?:also|but|or|ちなみに|あと|でも)", re.IGNORECASE)
# Longer ones stand by themselves, whatever they begin with.
_FRAGMENT = {"en": 36, "ja": 16}
# A question in the middle of a task is likely to be about it.
_FORM_WORDS = {("return_form", "en"): "return:", ("return_form", "ja"): "返品"}
_FORM_TOPICS = {
    "return_form": "returns",
    "complaint_form": "returns",
    "order_status_form": "delivery",
}
# The articles' topic for each kind of question.
TOPICS = {
    "faq_delivery": "delivery",
    "faq_returns": "returns",
    "faq_payment": "payment",
    "faq_account": "account",
    "faq_products": "products",
    "faq_store": "store",
    "faq_loyalty": "loyalty",
    "faq_privacy": "privacy",
}


@dataclass(frozen=True)
class Found:
    """What the articles say; `goes_on` is the question before, where it took that to find it."""

    result: SearchResult
    goes_on: str | None = None

    @property
    def verdict(self) -> str:
        return self.result.verdict

    @property
    def hits(self) -> tuple[Hit, ...]:
        return self.result.hits


async def find(
    turn: Turn, question: str, *, topic: str | None = None, before: str | None = None
) -> Found:
    """What the articles say; "and to Canada?" is understood from the question before it, which is
    the conversation's last one unless it is given."""
    topic = topic or _FORM_TOPICS.get(turn.form or "") or TOPICS.get(turn.intent)

    async def search(text: str) -> SearchResult:
        ask = services().knowledge.search
        return await asyncio.to_thread(ask, text, lang=turn.lang, topic=topic, top=CHOICES)

    before = before or turn.slots.get("last_question")
    before = str(before) if before and _GOES_ON.search(question) else None
    fragment = len(question) <= _FRAGMENT[turn.lang] and not _TURNS_AWAY.search(question)
    if before and fragment:
        # By itself a fragment finds what it names, not what is asked about it.
        together = await search(f"{before}\n{question}")
        if together.verdict == "answer":
            # Unless it is a question of another kind, which stands by itself ("and do you ship to
            # Canada?" after advice on teapots).
            elsewhere = topic is not None and together.hits[0].topic != topic
            alone = await search(question) if elsewhere else together
            if elsewhere and alone.verdict == "answer" and alone.hits[0].topic == topic:
                return Found(alone)
            return Found(together, before)
    found = await search(question)
    if found.verdict == "answer":
        return Found(found)
    form_word = _FORM_WORDS.get((turn.form or "", turn.lang))
    for more in (before, form_word):
        if more is not None:
            again = await search(f"{more} {question}")
            if again.verdict == "answer":
                return Found(again, before if more is before else None)
    return Found(found)


async def say_found(turn: Turn, voice: Voice, found: Found, question: str) -> None:
    """The article; to who goes on from a question, the line that they ask for."""
    hit, context = found.hits[0], question
    if found.goes_on is not None:
        context = f"{found.goes_on}\n{question}"
        look = services().knowledge.detail
        # What the article doesn't say, one beside it on the same subject may.
        for other in [one for one in found.hits if one.topic == hit.topic]:
            line = await asyncio.to_thread(look, other.id, other.lang, question, found.goes_on)
            if line is not None:
                hit = replace(other, answer=line)
                break
    say_article(voice, hit)
    # The newest part counts most, should it grow too long.
    voice.remember(last_question=context[-200:])


def say_article(voice: Voice, hit: Hit) -> None:
    data = {"id": hit.id, "title": hit.title, "url": hit.url, "topic": hit.topic}
    voice.say("utter_article", kind="article", data=data, answer=hit.answer)


def promise_answer(turn: Turn, voice: Voice, question: str, topic: str | None = None) -> None:
    """There is no article: somebody checks and comes back with an answer."""
    voice.command("missed_question", text=question, topic=topic)
    if turn.queued:
        voice.note("utter_answer_left_to_person")
        return
    voice.command("promise", what=f"Answer: {question[:200]}")
    voice.say("utter_answer_promised")
    voice.expecting = "person:asked"
