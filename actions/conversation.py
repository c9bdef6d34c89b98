"""The actions around the conversation itself: its opening, its turns and its close."""

from __future__ import annotations

import re

from actions.amending import amend, second_thoughts
from actions.answer import answer, not_understood
from actions.articles import promise_answer
from actions.cases import case_status, tell_proved
from actions.changes import cancel_order
from actions.complaints import complaint, is_complaint
from actions.late_return import OFFERED, take_late_return, was_offered
from actions.orders import order_status
from actions.people import bring_person
from actions.refunds import asks_where_it_is, refund_status
from actions.reply import Reply
from actions.returns import return_order
from actions.turn import Step, Turn
from actions.voice import LISTEN, Voice

# Japanese says "that's fine" for "no, thank you".
_POLITE_NO = re.compile(
    r"大丈夫|結構です|けっこうです|以上です|もういい|(?:なら|じゃあ?|では|やっぱり?)、?いいです(?!か)"
    r"|i'?m (?:good|fine)|all good",
    re.IGNORECASE,
)
# Said together with thanks, which is then what the message is taken for.
_GOODBYE = re.compile(
    r"\b(?:good)?bye\b|\bsee you\b|\bhave a (?:\w+ )?(?:day|evening|weekend)\b"
    r"|失礼(?:し|いたし|致し)ます|さようなら|それでは、?また",
    re.IGNORECASE,
)
_OFFERS = frozenset({"person", "return_order", "cancel_order", OFFERED})
_FORGOTTEN = {
    "complaint": None,
    "change_what": None,
    "cancel_part": None,
    "later": None,
    "confirmed": None,
    "return_item": None,
    "refused": None,
    "fault": None,
    "wish": None,
    "item": None,
    "asks_about": None,
    "other_orders": None,
    "next_order": None,
    "late_return": None,
}


_PRAISE = re.compile(
    r"\b(?:wonderful|lovely|delicious|loved|amazing|fantastic|excellent|perfect|beautiful|tasty)\b"
    r"|美味し|おいし|素晴らし|すばらし|最高|感動|きれい|綺麗|気に入(?:り|って)",
    re.IGNORECASE,
)
_SUGGESTS = re.compile(
    r"\b(?:should|could|would|wish|maybe|please|add|if only|why (?:not|don)|idea|suggest\w*)\b"
    r"|ほしい|欲しい|たら|れば|提案|改善|要望|もっと|してくだ|お願い",
    re.IGNORECASE,
)


_GRUMBLES = re.compile(
    r"\b(?:slow|broken|annoying|confusing|unusable|useless|awful|terrible|horrible|ugly|buggy|hate|"
    r"hard to (?:use|find|read)|"
    r"(?:does|do|is|are|did)(?:n['’]?t| not) (?:work|load|open)\w*)\b"
    r"|遅(?:い|すぎ|く)|重(?:い|すぎ|く)|使い(?:にく|づら)|見(?:にく|づら)|わかり(?:にく|づら)|"
    r"分かり(?:にく|づら)|不便|ひど|開かない|動かない|イライラ",
    re.IGNORECASE,
)


def is_praise(text: str) -> bool:
    """Whether a message only says how good something was."""
    return _PRAISE.search(text) is not None and _SUGGESTS.search(text) is None


class ActionGreet(Reply):
    def name(self) -> str:
        return "action_greet"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        if turn.form is not None:
            voice.say("utter_hello_again_in_form")
        elif turn.queued:
            voice.note("utter_person_coming")
        elif turn.slots.get("greeted"):
            voice.say("utter_hello_again")
        else:
            voice.say("utter_hello")
        voice.remember(greeted=True)


class ActionThank(Reply):
    def name(self) -> str:
        return "action_thank"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        if turn.queued:
            voice.note("utter_welcome_queued")
            return
        if turn.form is not None:
            voice.say("utter_welcome_short")
            return
        if turn.slots.get("expecting") == "anything_else" or _GOODBYE.search(turn.text):
            # Thanks for an offer of more is a kind no.
            say_goodbye(voice)
            return
        voice.say("utter_welcome")
        voice.expecting = "anything_else"


class ActionGoodbye(Reply):
    def name(self) -> str:
        return "action_goodbye"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        if turn.queued:
            voice.note("utter_goodbye_queued")
            voice.finish()
            return
        say_goodbye(voice)


def say_goodbye(voice: Voice) -> None:
    voice.say("utter_goodbye")
    voice.command("close")
    voice.remember(**_FORGOTTEN)
    voice.finish()


def no_person_after_all(turn: Turn) -> bool:
    """Whether somebody who waits for a person says that they don't want one any more."""
    return turn.queued and turn.entities.get("wish") == "person"


def decline(voice: Voice) -> None:
    """The offer of a person, a return or a cancellation was not wanted."""
    voice.say("utter_no_person")
    voice.expecting = "anything_else"


class ActionAffirm(Reply):
    def name(self) -> str:
        return "action_affirm"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        about, _, reason = str(turn.slots.get("expecting") or "").partition(":")
        if was_offered(turn) and not _POLITE_NO.search(turn.text):
            take_late_return(turn, voice)
        elif about in _OFFERS and _POLITE_NO.search(turn.text):
            decline(voice)
        elif about == "person" and not turn.queued:
            bring_person(turn, voice, "stuck" if reason == "stuck" else "asked")
        elif about == "return_order":
            await return_order(turn, voice, Step.START)
        elif about == "cancel_order":
            await cancel_order(turn, voice, Step.START)
        elif about == "anything_else" and _POLITE_NO.search(turn.text) and not turn.queued:
            say_goodbye(voice)
        elif about == "anything_else":
            voice.say("utter_go_ahead")
        elif turn.queued:
            voice.note("utter_ok_queued")
        else:
            voice.say("utter_yes_noted")


class ActionDeny(Reply):
    def name(self) -> str:
        return "action_deny"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        about = str(turn.slots.get("expecting") or "").partition(":")[0]
        if no_person_after_all(turn):
            voice.command("ticket", action="cancel")
        elif about == "anything_else" and second_thoughts(turn):
            amend(turn, voice)
        elif about == "anything_else" and not turn.queued:
            say_goodbye(voice)
        elif about == "article":
            # None of the titles was what they asked.
            promise_answer(turn, voice, str(turn.slots.get("open_question") or ""))
        elif about == "wish":
            not_understood(turn, voice)
        elif about in _OFFERS:
            decline(voice)
        elif second_thoughts(turn):
            amend(turn, voice)
        elif turn.queued:
            voice.note("utter_ok_queued")
        else:
            voice.say("utter_no_noted")


class ActionCancelDialogue(Reply):
    def name(self) -> str:
        return "action_cancel_dialogue"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        if no_person_after_all(turn):
            voice.command("ticket", action="cancel")
            return
        if turn.form is None and second_thoughts(turn):
            amend(turn, voice)
            return
        if turn.queued and turn.form is None:
            # What can be stopped is the wait, by a clear word.
            voice.note("utter_stop_waiting")
            return
        voice.say("utter_stopped" if turn.form else "utter_nothing_to_stop")
        voice.remember(**_FORGOTTEN)
        voice.expecting = "anything_else"
        voice.finish()


class ActionInform(Reply):
    """Data without a question: it goes to the task that the data belongs to."""

    def name(self) -> str:
        return "action_inform"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        said = turn.entities
        about, _, number = str(turn.slots.get("expecting") or "").partition(":")
        proof = said.get("email") or said.get("postcode")
        if about == "case" and proof and "case_number" not in said:
            await tell_proved(turn, voice, number, proof)
        elif "article_id" in said:
            await answer(turn, voice)
        elif "case_number" in said:
            await case_status(turn, voice)
        elif is_complaint(turn):
            await complaint(turn, voice, Step.START)
        elif "order_number" in said and asks_where_it_is(turn):
            await refund_status(turn, voice, Step.START)
        elif "order_number" in said or (
            turn.slots.get("order_number") and {"email", "postcode"} & said.keys()
        ):
            await order_status(turn, voice, Step.START)
        elif {"fault", "wish"} & said.keys():
            await complaint(turn, voice, Step.START)
        elif "email" in said:
            voice.command("contact", email=said["email"])
            noted = "utter_contact_noted" if turn.mail else "utter_contact_passed_on"
            voice.say(noted, email=said["email"])
        else:
            await answer(turn, voice)


class ActionBotChallenge(Reply):
    def name(self) -> str:
        return "action_bot_challenge"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        if turn.queued:
            voice.note("utter_i_am_a_bot_queued")
            return
        voice.say("utter_i_am_a_bot")
        voice.expecting = "person:asked"


class ActionIdea(Reply):
    def name(self) -> str:
        return "action_idea"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        if is_praise(turn.text):
            voice.say("utter_praised")
            return
        voice.command("open_case", kind="idea", what=turn.text[:1500])
        grumbles = _GRUMBLES.search(turn.text) and not _SUGGESTS.search(turn.text)
        voice.say("utter_grumble_noted" if grumbles else "utter_idea_noted")


class ActionSwitchLanguage(Reply):
    """Speaks after the language slot has changed, so already in the language asked for."""

    yields = False

    def name(self) -> str:
        return "action_switch_language"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        voice.say("utter_language_switched")
        voice.keep_count(turn)
        voice.follow_with(turn.form or LISTEN)
