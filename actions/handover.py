"""To a person: because it is asked for, because of anger, grief or danger."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

from actions.answer import answer
from actions.articles import say_article
from actions.context import services
from actions.distress import distress_in, has_given_away, is_in_danger
from actions.formatting import carrier_name, day
from actions.late_return import take_late_return, was_offered
from actions.lookup import known_order, shown
from actions.order_words import order_words
from actions.people import bring_person, hand_over, known_facts
from actions.reflection import reflection
from actions.reply import Reply, shop_zone
from actions.second import TASKS
from actions.smalltalk import gives_orders_to_the_program
from actions.turn import Turn
from actions.voice import Voice
from support.knowledge import Hit
from support.orders import OrderState

_NOT_WANTED = re.compile(
    r"\b(?:don['’]?t|do not|no longer) (?:really |actually )?(?:need|want) "
    r"(?:to (?:talk|speak) (?:to|with) )?(?:an? |any |the )?(?:real |live |actual )?"
    r"(?:person|people|human|agent|operator|someone|somebody|anyone)\b"
    r"|\bno need (?:for|to (?:talk|speak) to) (?:an? |any )?(?:person|human|agent|anyone)\b"
    r"|(?:人|担当者?|オペレーター|有人)(?:は|も|との会話は|の対応は|対応は)?、?(?:もう)?"
    r"(?:不要|いりません|要りません|いらない|要らない|結構です|いいです|必要(?:ない|ありません))",
    re.IGNORECASE,
)

_ASKS_FOR_NUMBER = re.compile(
    r"\b(?:what(?:['’]?s| is)|have|give me|is there|which|need) (?:\w+ ){0,2}"
    r"(?:tele)?phone (?:number|no)\b|\b(?:your|the) (?:tele)?phone number\b"
    r"|\bnumber (?:can|do|to|should) (?:i )?(?:call|ring|phone)\b"
    r"|電話番号|何番に(?:電話|かけ)|番号だけ(?:でも)?教え|電話(?:して|でも)(?:も)?いいですか.*番号",
    re.IGNORECASE,
)


class ActionRequestHuman(Reply):
    def name(self) -> str:
        return "action_request_human"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        if was_offered(turn) and not _NOT_WANTED.search(turn.text):
            take_late_return(turn, voice)
        elif _NOT_WANTED.search(turn.text):
            # "I don't need a person (any more)" has all the words of asking for one.
            if turn.queued:
                voice.command("ticket", action="cancel")
            elif task := next((name for name, _ in turn.ranking[1:2] if name in TASKS), None):
                # "... just tell me where my order is": what comes second is what they want.
                voice.follow_with(f"action_{task}")
            else:
                await answer(turn, voice)
        elif _ASKS_FOR_NUMBER.search(turn.text):
            # The number to call is in an article, and there for everybody.
            await answer(turn, voice)
        elif turn.queued:
            voice.note("utter_person_coming")
            voice.finish()
        else:
            bring_person(turn, voice, "asked")


class ActionEscalate(Reply):
    """Anger: the apology fits what is known, and the known fact comes in the same reply."""

    takes_up_more = False

    def name(self) -> str:
        return "action_escalate"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        if is_in_danger(turn.text):
            # Upset for a reason that can't wait: what to do now is said there.
            voice.follow_with("action_security")
            return
        if gives_orders_to_the_program(turn.text):
            # Sounds rough to the ear for moods, and is nobody's grief.
            voice.count_misunderstanding(turn)
            voice.say("utter_not_understood")
            return
        facts = known_facts(turn)
        order = await known_order(turn)
        if order is not None and order.is_late(turn.today):
            facts = replace(facts, fault="late", order_number=order.number)
            response = "utter_angry_late"
            if order.state is OrderState.PREPARING:
                response = "utter_angry_late_preparing"
            voice.say(
                response,
                number=order.number,
                carrier=carrier_name(order.carrier, turn.lang),
                expected=day(order.expected_on, turn.lang, turn.today) if order.expected_on else "",
            )
            shown(turn, voice, order)
        elif clause := reflection(facts, turn.lang, turn.today) if facts.fault else "":
            voice.say("utter_angry_fact", clause=clause)
        else:
            voice.say("utter_angry")
            if order is not None and "order_number" in turn.entities:
                # Who asks in anger where it is gets that answer as well, not only a person.
                words = order_words(order, turn.today, turn.lang, shop_zone())
                voice.say(words.response, words.values, kind="order", data=words.data)
                shown(turn, voice, order)
        known = facts.as_data()
        voice.command("facts", facts=known)
        if turn.queued:
            voice.note("utter_person_coming")
        hand_over(turn, voice, "angry", **known)


_CARE = {
    "crisis": "utter_crisis",
    "bereavement": "utter_condolence",
    "harm": "utter_harm",
}


class ActionDelicate(Reply):
    """Grief, despair, injury: kind words and a person, no form and no cheerfulness."""

    yields = False

    def name(self) -> str:
        return "action_delicate"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        distress = distress_in(turn.text)
        voice.say(_CARE[distress or "bereavement"])
        if distress == "bereavement":
            voice.command("card")
        if turn.queued:
            voice.note("utter_person_coming")
        facts = known_facts(turn).as_data()
        voice.remember(complaint=None, delicate=True)
        hand_over(turn, voice, "delicate", **facts)


class ActionSecurity(Reply):
    """The vetted article and a person at once."""

    takes_up_more = False

    def name(self) -> str:
        return "action_security"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        best: Hit | None = None
        if turn.text:
            found = await asyncio.to_thread(
                services().knowledge.search, turn.text, lang=turn.lang, topic="security", top=3
            )
            vetted = [hit for hit in found.hits if hit.topic == "security"]
            best = vetted[0] if vetted and found.verdict != "none" else None
        if has_given_away(turn.text):
            # Too late for "never tell anyone": what to do now comes first.
            voice.say("utter_security_given")
        elif best is not None:
            say_article(voice, best)
        else:
            voice.say("utter_security_advice")
        if turn.queued:
            voice.note("utter_person_coming")
        else:
            voice.say("utter_security_person")
        hand_over(turn, voice, "security")
