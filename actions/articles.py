"""Articles in the conversation: finding the one that answers, saying it, promising one."""

from __future__ import annotations

import asyncio
import re

from actions.context import services
from actions.turn import Turn
from actions.voice import Voice
from support.knowledge import Hit, SearchResult

CHOICES = 3
# Words that say that a question goes on from the one before.
_GOES_ON = re.compile(
    r"^\W*(?:and|or|but|also|what about|how about|what if|then|so|ok(?:ay)? and|same)\b"
    r"|^\W*(?:じゃあ?|では|それ|あと|ちなみに|でも|なら|その場合)|^.{1,24}(?:は|なら|だと|の場合は?)[?？]?$",
    re.IGNORECASE,
)
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


async def find(turn: Turn, question: str) -> SearchResult:
    """What the articles say; "and to Canada?" is understood from the question before it."""
    topic = _FORM_TOPICS.get(turn.form or "") or TOPICS.get(turn.intent)
    search = services().knowledge.search
    found = await asyncio.to_thread(search, question, lang=turn.lang, topic=topic, top=CHOICES)
    before = turn.slots.get("last_question")
    if found.verdict == "answer":
        return found
    for more in (
        before if before and _GOES_ON.search(question) else None,
        _FORM_WORDS.get((turn.form or "", turn.lang)),
    ):
        if more is not None:
            text = f"{more} {question}"
            again = await asyncio.to_thread(search, text, lang=turn.lang, topic=topic, top=CHOICES)
            if again.verdict == "answer":
                return again
    return found


def say_article(voice: Voice, hit: Hit) -> None:
    data = {"id": hit.id, "title": hit.title, "url": hit.url, "topic": hit.topic}
    voice.say("utter_article", kind="article", data=data, answer=hit.answer)


def promise_answer(turn: Turn, voice: Voice, question: str, topic: str | None = None) -> None:
    """There is no article: somebody checks and comes back with an answer."""
    voice.command("missed_question", text=question, topic=topic)
    if turn.queued:
        voice.say("utter_answer_left_to_person")
        return
    voice.command("promise", what=f"Answer: {question[:200]}")
    voice.say("utter_answer_promised")
    voice.expecting = "person:asked"
