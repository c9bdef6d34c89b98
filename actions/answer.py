"""Answers from the articles, and what to do when none fits."""

from __future__ import annotations

import asyncio
import re

from actions.complaints import complaint, is_complaint
from actions.context import services
from actions.formatting import NONE_OF_THESE
from actions.interruptions import NOT_UNDERSTOOD
from actions.lookup import hand_over
from actions.reply import Reply, Step
from actions.smalltalk import say_small_talk
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
_TOPICS = {
    "faq_delivery": "delivery",
    "faq_returns": "returns",
    "faq_payment": "payment",
    "faq_account": "account",
    "faq_products": "products",
    "faq_store": "store",
    "faq_loyalty": "loyalty",
    "faq_privacy": "privacy",
}


async def answer(turn: Turn, voice: Voice) -> None:
    """The article that answers, a choice of titles, or an honest word that there is none."""
    topic = _TOPICS.get(turn.intent)
    if article := turn.entities.get("article_id"):
        await _show_article(turn, voice, article)
        return
    if not turn.text:
        _not_understood(turn, voice)
        return
    found = await _search(turn, _FORM_TOPICS.get(turn.form or "") or topic)
    if found.verdict == "answer":
        say_article(voice, found.hits[0])
        voice.remember(last_question=turn.text[:300])
    elif turn.intent in NOT_UNDERSTOOD or topic is None:
        # The articles beat a doubtful reading of the message, a guess between them does not.
        if not say_small_talk(turn, voice):
            _not_understood(turn, voice)
    elif found.verdict == "clarify":
        _clarify(turn, voice, found.hits)
    else:
        promise_answer(turn, voice, turn.text, topic)


async def _search(turn: Turn, topic: str | None) -> SearchResult:
    """What the articles say; "and to Canada?" is understood from the question before it."""
    search = services().knowledge.search
    found = await asyncio.to_thread(search, turn.text, lang=turn.lang, topic=topic, top=CHOICES)
    before = turn.slots.get("last_question")
    if found.verdict == "answer":
        return found
    for more in (
        before if before and _GOES_ON.search(turn.text) else None,
        _FORM_WORDS.get((turn.form or "", turn.lang)),
    ):
        if more is not None:
            text = f"{more} {turn.text}"
            again = await asyncio.to_thread(search, text, lang=turn.lang, topic=topic, top=CHOICES)
            if again.verdict == "answer":
                return again
    return found


def say_article(voice: Voice, hit: Hit) -> None:
    data = {"id": hit.id, "title": hit.title, "url": hit.url, "topic": hit.topic}
    voice.say("utter_article", kind="article", data=data, answer=hit.answer)


async def _show_article(turn: Turn, voice: Voice, article_id: str) -> None:
    """The article that a button led to."""
    article = await asyncio.to_thread(services().knowledge.article, article_id, turn.lang)
    if article is None:
        _not_understood(turn, voice)
        return
    url = f"/help/{article.lang}/{article.id}"
    data = {"id": article.id, "title": article.title, "url": url, "topic": article.topic}
    voice.say("utter_article", kind="article", data=data, answer=article.answer)


def _clarify(turn: Turn, voice: Voice, hits: tuple[Hit, ...]) -> None:
    buttons = [
        {"title": hit.title, "payload": f'/inform{{"article_id": "{hit.id}"}}'}
        for hit in hits[:CHOICES]
    ]
    buttons.append({"title": NONE_OF_THESE[turn.lang], "payload": "/deny"})
    voice.say("utter_which_article", kind="choice", buttons=buttons)
    voice.remember(open_question=turn.text[:300])
    voice.expecting = "article"


def promise_answer(turn: Turn, voice: Voice, question: str, topic: str | None = None) -> None:
    """There is no article: somebody checks and comes back with an answer."""
    voice.command("missed_question", text=question, topic=topic)
    if turn.queued:
        voice.say("utter_answer_left_to_person")
        return
    voice.command("promise", what=f"Answer: {question[:200]}")
    voice.say("utter_answer_promised")
    voice.expecting = "person:asked"


def _not_understood(turn: Turn, voice: Voice) -> None:
    count = voice.count_misunderstanding(turn)
    if turn.text and (turn.form is None or turn.is_question):
        voice.command("missed_question", text=turn.text)
    if turn.queued:
        voice.say("utter_passed_on")
    elif count >= turn.handover_after:
        voice.say("utter_stuck")
        hand_over(turn, voice, "stuck", tried="did not understand what was meant")
    elif turn.form is not None:
        # The form asks again in a moment, with help, and offers a person by the same count.
        return
    elif count >= turn.offer_after:
        voice.say("utter_not_understood_or_person")
        voice.expecting = "person:stuck"
    else:
        voice.say("utter_not_understood")


class ActionAnswer(Reply):
    def name(self) -> str:
        return "action_answer"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        if turn.intent in NOT_UNDERSTOOD and turn.text and is_complaint(turn):
            # The words for what is wrong are known, whatever the rest of the message says.
            await complaint(turn, voice, Step.START)
        else:
            await answer(turn, voice)
