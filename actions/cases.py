"""How is my case doing?"""

from __future__ import annotations

import asyncio
import re

from actions.context import services
from actions.formatting import day, local_day
from actions.lookup import offer
from actions.reply import shop_zone
from actions.turn import Turn
from actions.voice import Voice
from actions.waiting import pass_on
from support.cases.cases import Case
from support.orders import OrderNotVisible, OrdersUnavailable

SHOWN_CASES = 4
# Shortly after a request was filed these are about it, and about nothing in the articles.
_ABOUT_THE_REQUEST = re.compile(
    r"\b(?:what(?:['’]?s| is|s)|give me|do i have|is there|need) (?:\w+ ){0,3}"
    r"(?:case|reference|request|ticket)? ?(?:number|no)\b"
    r"|^(?:the |my )?(?:case |reference )?number ?\??$"
    r"|\bwhen (?:will|do|can) (?:you|i|someone|somebody|they|we) (?:\w+ )?"
    r"(?:get back|hear|reply|answer|know)"
    r"|\bhow (?:will|do|would|can) (?:i|we) (?:know|hear|find out)\b|\bwhat happens (?:now|next)\b"
    r"|(?:受付|さっきの|問い?合わ?せ|ケース)番号|番号(?:は|って|を?教|なん|何|あり|ある|忘|わす)|C番号"
    r"|いつまで待|いつ(?:頃|ごろ)?(?:に)?(?:連絡|返事|回答|わか|分か)"
    r"|この(?:あと|後)(?:は)?どう",
    re.IGNORECASE,
)


def is_about_the_request(turn: Turn) -> bool:
    """Whether a question is about the request that was filed in this conversation."""
    filed = turn.slots.get("request_open") and not turn.numbers
    return bool(filed) and _ABOUT_THE_REQUEST.search(turn.text) is not None


async def case_status(turn: Turn, voice: Voice) -> None:
    customer_id = turn.customer.id if turn.customer else None
    number = turn.entities.get("case_number")
    lookup = services().cases
    if number is not None:
        case = await asyncio.to_thread(
            lookup.find, number, thread_id=turn.thread, customer_id=customer_id
        )
        if case is not None:
            tell_case(turn, voice, case)
        elif proof := turn.entities.get("email") or turn.entities.get("postcode"):
            await tell_proved(turn, voice, number, proof)
        else:
            # Whether there is such a case is not said before somebody proves whose it is.
            voice.say("utter_case_need_proof", number=number)
            voice.expecting = f"case:{number}"
        return
    cases = await asyncio.to_thread(lookup.of_thread, turn.thread, customer_id)
    if not cases and turn.slots.get("order_number"):
        # No request is known, but an order is: where that stands is the next best answer.
        voice.follow_with("action_order_status")
    elif not cases and turn.queued:
        pass_on(turn, voice)
    elif not cases:
        voice.say("utter_case_none")
        offer(turn, voice)
    elif len(cases) == 1:
        tell_case(turn, voice, cases[0])
    else:
        buttons = [
            {"title": case.number, "payload": f'/case_status{{"case_number": "{case.number}"}}'}
            for case in cases[:SHOWN_CASES]
        ]
        voice.say("utter_case_which", kind="choice", buttons=buttons)


async def tell_proved(turn: Turn, voice: Voice, number: str, proof: str) -> None:
    """A case from another visit, for who knows the e-mail address or postcode on its order.

    Somebody else's, one without an order and none at all are alike.
    """
    case = await asyncio.to_thread(services().cases.by_number, number)
    order_number = case.order_number if case is not None else None
    is_email = "@" in proof
    try:
        await asyncio.to_thread(
            services().orders.find,
            order_number or number,
            customer_id=None,
            email=proof if is_email else None,
            postcode=None if is_email else proof,
            verified=(),
            recent_failures=turn.failures,
        )
    except OrdersUnavailable:
        voice.say("utter_orders_unavailable")
        offer(turn, voice)
    except OrderNotVisible:
        voice.command("lookup_failed", order_number=order_number or number)
        voice.say("utter_case_not_seen", number=number)
        offer(turn, voice)
    else:
        if case is not None:
            tell_case(turn, voice, case)


def tell_case(turn: Turn, voice: Voice, case: Case) -> None:
    opened = day(local_day(case.opened_at, shop_zone()), turn.lang, turn.today)
    updated = day(local_day(case.updated_at, shop_zone()), turn.lang, turn.today)
    new = case.state == "open" and local_day(case.opened_at, shop_zone()) == turn.today
    voice.say(
        "utter_case_open_today" if new else f"utter_case_{case.state}",
        kind="case",
        data={
            "number": case.number,
            "kind": case.kind,
            "state": case.state,
            "order_number": case.order_number,
            "opened_at": case.opened_at.isoformat(),
            "updated_at": case.updated_at.isoformat(),
        },
        number=case.number,
        opened=opened,
        updated=updated,
    )
    if case.state == "done":
        offer(turn, voice)
