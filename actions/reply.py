"""The two kinds of action there are: an answer to an intent, and the next step of a form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from zoneinfo import ZoneInfo

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecutionRejected, EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.after_answers import did_not_help, offer_more
from actions.context import services
from actions.distress import distress_in, is_in_danger
from actions.interruptions import (
    NOT_UNDERSTOOD,
    SMALL_TALK,
    answered,
    holds_on,
    interrupts,
)
from actions.language import requested_language
from actions.late_return import take_late_return, tells_why_late
from actions.second import answer_aside, take_up_second
from actions.turn import Step, Turn
from actions.voice import Voice
from actions.waiting import asks_for_standing

SECURITY = "action_security"
# In grief too: a person is still wanted, or not any more.
_LEFT_ALONE = frozenset({"request_human", "cancel_dialogue", "goodbye", "thank", "deny"})


def shop_zone() -> ZoneInfo:
    return ZoneInfo(services().playbook.opening.timezone)


def read_turn(tracker: Tracker) -> Turn:
    return Turn.read(tracker, shop_zone())


class Reply(Action, ABC):  # type: ignore[misc]  # rasa_sdk ships no types
    """Answers one intent."""

    # Distress and a wish for the other language come before what the intent says.
    yields = True
    # What the message asks for besides is taken up too.
    takes_up_more = True

    @abstractmethod
    async def reply(self, turn: Turn, voice: Voice) -> None:
        """Say what there is to say and note the commands it takes."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        turn = read_turn(tracker)
        voice = Voice(dispatcher)
        language = requested_language(turn.text)
        if not self.yields:
            await self.reply(turn, voice)
        elif distress_in(turn.text):
            # Whatever else the message asks, somebody in grief is no case for a form.
            voice.follow_with("action_delicate")
        elif turn.queued and is_in_danger(turn.text) and self.name() != SECURITY:
            # Waiting doesn't mute what must be done at once.
            voice.follow_with(SECURITY)
        elif turn.queued and turn.slots.get("delicate") and turn.intent not in _LEFT_ALONE:
            # Who waits in grief isn't told prices and parcels meanwhile.
            voice.note("utter_passed_on_delicate")
            voice.finish()
        elif language is not None:
            # Rasa words what this action says before it applies the slot, so another one speaks.
            voice.remember(language=language)
            voice.follow_with("action_switch_language")
            voice.keep_count(turn)
        elif turn.foreign and not turn.slots.get("told_languages"):
            await self._tell_languages(turn, voice)
        elif tells_why_late(turn):
            take_late_return(turn, voice)
        elif did_not_help(turn):
            offer_more(turn, voice)
        elif asks_for_standing(turn):
            voice.note("utter_person_coming")
        elif self.takes_up_more:
            await answer_aside(turn, voice)
            await self.reply(turn, voice)
            await take_up_second(turn, voice)
        else:
            await self.reply(turn, voice)
        return voice.events(turn)

    async def _tell_languages(self, turn: Turn, voice: Voice) -> None:
        """Once; who is understood all the same is helped in the page's language."""
        voice.say("utter_languages")
        voice.remember(told_languages=True)
        if turn.intent in NOT_UNDERSTOOD or turn.intent in SMALL_TALK:
            voice.expecting = "person:asked"
        else:
            await self.reply(turn, voice)


class TaskForm(Action, ABC):  # type: ignore[misc]  # rasa_sdk ships no types
    """The validation of a Rasa form, which here is the whole form.

    Rasa keeps the active loop and the requested slot. What is still missing, how to ask for it and
    what to do when nothing is missing is the task's: one call of an action for each message.
    """

    form: str

    @abstractmethod
    async def task(self, turn: Turn, voice: Voice, step: Step) -> None:
        """Go on with the task: ask for what is missing, or do it."""

    def name(self) -> str:
        return f"validate_{self.form}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[EventType]:
        turn = read_turn(tracker)
        if not turn.acted and not answered(turn) and holds_on(turn):
            # The question stays open, and is not asked again at once.
            patient = Voice(dispatcher)
            patient.say("utter_take_your_time")
            patient.keep_count(turn)
            patient.ask(self.form, str(turn.asked_for))
            return patient.events(turn)
        if not turn.acted and interrupts(turn, self.form):
            return [ActionExecutionRejected(self.form)]
        voice = Voice(dispatcher)
        await self.task(turn, voice, Step.RESUME if turn.acted else Step.ANSWER)
        await take_up_second(turn, voice)
        return voice.events(turn)
