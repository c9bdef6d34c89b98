"""Where is my order?"""

from __future__ import annotations

from actions.complaints import complaint, is_complaint
from actions.lookup import identify
from actions.order_words import order_words
from actions.reply import Reply, TaskForm, shop_zone
from actions.turn import Step, Turn
from actions.voice import Voice
from support.orders import OrderState

FORM = "order_status_form"


async def order_status(turn: Turn, voice: Voice, step: Step) -> None:
    order = await identify(turn, voice, FORM, step)
    if order is None:
        return
    words = order_words(order, turn.today, turn.lang, shop_zone())
    response = words.response
    if turn.queued and f"{response}_queued" in _QUEUED:
        response = f"{response}_queued"
    voice.say(response, words.values, kind="order", data=words.data)
    late = order.is_late(turn.today)
    # What is known of it now, should the customer say no more than "then I want my money back".
    voice.remember(fault="late" if late else None)
    if late:
        voice.command("facts", facts={"order_number": order.number, "fault": "late"})
        voice.expecting = None if turn.queued else "person:asked"
    elif order.state is OrderState.DELIVERED:
        voice.command("facts", facts={"order_number": order.number})
    voice.finish()


# These offer a person, which somebody who already waits for one does not need.
_QUEUED = frozenset({"utter_order_late_queued", "utter_order_late_preparing_queued"})


class ActionOrderStatus(Reply):
    def name(self) -> str:
        return "action_order_status"

    async def reply(self, turn: Turn, voice: Voice) -> None:
        if is_complaint(turn):
            await complaint(turn, voice, Step.START)
        else:
            await order_status(turn, voice, Step.START)


class ValidateOrderStatusForm(TaskForm):
    form = FORM

    async def task(self, turn: Turn, voice: Voice, step: Step) -> None:
        await order_status(turn, voice, step)
