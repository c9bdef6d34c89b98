"""Where is my order?"""

from __future__ import annotations

from actions.after_answers import goes_on_with_article
from actions.cases import case_status, is_about_the_request
from actions.complaint_order import ABOUT_DELIVERY
from actions.complaints import complaint, is_complaint
from actions.lookup import identify
from actions.order_words import order_words
from actions.refunds import TOPIC, asks_where_it_is, refund_status
from actions.reply import Reply, TaskForm, shop_zone
from actions.turn import Step, Turn
from actions.voice import Voice
from support.orders import OrderState

FORM = "order_status_form"


async def order_status(turn: Turn, voice: Voice, step: Step) -> None:
    voice.remember(asks_about=None)
    order = await identify(turn, voice, FORM, step)
    if order is None:
        return
    if order.state is OrderState.DELIVERED and turn.entities.get("fault") in ABOUT_DELIVERY:
        # "It says delivered, but nothing is here": they know what the records say.
        await complaint(turn, voice, Step.START)
        return
    words = order_words(order, turn.today, turn.lang, shop_zone())
    response = words.response
    if f"{response}_queued" in _QUEUED and turn.queued:
        response = f"{response}_queued"
    elif f"{response}_queued" in _QUEUED and voice.remembered(turn, "other_orders"):
        # What can be done is offered once, after the last of them.
        response = f"{response}_and_more"
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
        if is_about_the_request(turn):
            await case_status(turn, voice)
        elif is_complaint(turn):
            await complaint(turn, voice, Step.START)
        elif asks_where_it_is(turn):
            await refund_status(turn, voice, Step.START)
        elif not await goes_on_with_article(turn, voice):
            await order_status(turn, voice, Step.START)


class ValidateOrderStatusForm(TaskForm):
    form = FORM

    async def task(self, turn: Turn, voice: Voice, step: Step) -> None:
        if turn.slots.get("asks_about") == TOPIC:
            await refund_status(turn, voice, step)
        else:
            await order_status(turn, voice, step)
