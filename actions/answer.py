"""Answers from the articles, and what to do when none fits."""

from __future__ import annotations

import asyncio

from actions.after_answers import SHOWN
from actions.ambiguity import ask_which_wish
from actions.amending import amend, corrects
from actions.articles import CHOICES, TOPICS, find, promise_answer, say_article, say_found
from actions.cases import case_status, is_about_the_request
from actions.complaints import complaint, is_complaint
from actions.context import services
from actions.formatting import NONE_OF_THESE
from actions.interruptions import NOT_UNDERSTOOD
from actions.orders import order_status
from actions.people import hand_over
from actions.privacy import asks_for_it_to_be_done, take_request
from actions.refunds import asks_where_it_is, refund_status
from actions.reply import Reply
from actions.smalltalk import say_small_talk
from actions.turn import Step, Turn
from actions.voice import Voice
from actions.waiting import asks_something, pass_on
from support.knowledge import Hit

_STORY = {"en": 120, "ja": 60}


def is_story(turn: Turn) -> bool:
    """Whether a message is long and asks something."""
    return len(turn.text) >= _STORY[turn.lang] and ("?" in turn.text or "か" in turn.text)


async def answer(turn: Turn, voice: Voice) -> None:
    """The article that answers, a choice of titles, or an honest word that there is none."""
    topic = TOPICS.get(turn.intent)
    if article := turn.entities.get("article_id"):
        await _show_article(turn, voice, article)
        return
    # A button that said which kind of question it was brings no text of its own.
    question = turn.text or (str(turn.slots.get("open_question") or "") if topic else "")
    if not question:
        not_understood(turn, voice)
        return
    if turn.form is None and corrects(turn):
        amend(turn, voice)
        return
    if is_about_the_request(turn):
        await case_status(turn, voice)
        return
    if turn.queued and turn.text and not asks_something(turn):
        # What is said of the matter while waiting is no search for an article.
        pass_on(turn, voice)
        return
    alone = question.replace(turn.also[1], " ").strip() if turn.also and topic else ""
    # The other question is looked up by itself; both together may find neither, or where they meet.
    found = await find(turn, alone or question)
    if alone and found.verdict != "answer":
        found = await find(turn, question)
    if turn.intent == "faq_privacy" and asks_for_it_to_be_done(turn):
        if found.verdict == "answer":
            say_article(voice, found.hits[0])
        take_request(turn, voice)
    elif found.verdict == "answer":
        await say_found(turn, voice, found, question)
        voice.expecting = SHOWN
        offered = str(turn.slots.get("expecting") or "")
        if offered.startswith(("person", "late_return")) and not turn.queued:
            # A question in between doesn't take back the offer of a person.
            voice.expecting = offered
    elif found.verdict == "clarify" and topic is None and is_story(turn) and turn.form is None:
        # Of a long story with a question in it the nearest titles help more than an apology.
        clarify(turn, voice, question, found.hits)
    elif turn.intent in NOT_UNDERSTOOD or topic is None:
        # The articles beat a doubtful reading of the message, a guess between them does not.
        if not say_small_talk(turn, voice):
            not_understood(turn, voice)
    elif found.verdict == "clarify":
        clarify(turn, voice, question, found.hits)
    else:
        promise_answer(turn, voice, question, topic)


async def _show_article(turn: Turn, voice: Voice, article_id: str) -> None:
    """The article that a button led to."""
    article = await asyncio.to_thread(services().knowledge.article, article_id, turn.lang)
    if article is None:
        not_understood(turn, voice)
        return
    url = f"/help/{article.lang}/{article.id}"
    data = {"id": article.id, "title": article.title, "url": url, "topic": article.topic}
    voice.say("utter_article", kind="article", data=data, answer=article.answer)


def clarify(turn: Turn, voice: Voice, question: str, hits: tuple[Hit, ...]) -> None:
    buttons = [
        {"title": hit.title, "payload": f'/inform{{"article_id": "{hit.id}"}}'}
        for hit in hits[:CHOICES]
    ]
    buttons.append({"title": NONE_OF_THESE[turn.lang], "payload": "/deny"})
    voice.say("utter_which_article", kind="choice", buttons=buttons)
    voice.remember(open_question=question[:300])
    voice.expecting = "article"


def not_understood(turn: Turn, voice: Voice) -> None:
    """Say so, ask which of two wishes it is, offer a person, or bring one: by how often it was."""
    count = voice.count_misunderstanding(turn)
    if turn.text and (turn.is_question or not (turn.form or turn.queued)):
        voice.command("missed_question", text=turn.text)
    if turn.queued:
        pass_on(turn, voice)
    elif count >= turn.handover_after:
        voice.say("utter_stuck")
        hand_over(turn, voice, "stuck", tried="did not understand what was meant")
    elif turn.form is not None:
        # The form asks again in a moment, with help, and offers a person by the same count.
        return
    elif count == 1 and ask_which_wish(turn, voice):
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
        elif "article_id" not in turn.entities and asks_where_it_is(turn):
            await refund_status(turn, voice, Step.START)
        elif turn.intent in NOT_UNDERSTOOD and turn.numbers:
            # Whatever is the matter with them, where they are is a beginning.
            await order_status(turn, voice, Step.START)
        else:
            await answer(turn, voice)
