"""Where is my money? From what the order and what was done about it tell, else from the article."""

from __future__ import annotations

import asyncio
import re

from actions.articles import say_article
from actions.cases import tell_case
from actions.context import services
from actions.formatting import day, item_names, local_day, money
from actions.lookup import identify, known_number, offer, own_orders, pair
from actions.reply import shop_zone
from actions.turn import Step, Turn
from actions.voice import Voice
from support.cases.cases import Case
from support.orders import Order, OrderState, OrdersUnavailable
from support.orders.refunds import RefundState, refund_of

_REFUND = r"(?:refu?n?d\w*|reimbursement|mon(?:ey|y|ye)(?: back)?)"
_ASKS = re.compile(
    r"\b(?:where(?:['’]?s| is| are|s)|status of|any (?:news|update) (?:on|about)|what about"
    r"|what happened (?:to|with)|check(?:ing)? (?:on|up on)?|chasing|track(?:ing)?|no sign of"
    r"|(?:still )?(?:waiting|wait) (?:for|on))"
    rf" (?:\w+ ){{0,3}}{_REFUND}\b"
    rf"|\b(?:when|how long|how soon)\b.{{0,40}}\b(?:{_REFUND}|refunded|paid back)\b"
    r"|\b(?:have ?n['’]?t|has ?n['’]?t|not|never|did ?n['’]?t|no|still no)\b.{0,30}"
    r"\b(?:refund\w*|money back|my money)\b(?! (?:policy|possible))"
    r"|\b(?:my|our) refund\b.{0,30}\b(?:still|is ?n['’]?t|has ?n['’]?t|not|never)\b"
    r"|\brefund (?:status|not|still|has ?n|is ?n|never|late|missing)\b|\b(?:my|the) refund\W*$"
    r"|(?:返金|払い?戻し|お金|代金)[^。！？]{0,14}(?:いつ|まだ|状況|どう(?:なっ|です)|どこ|遅|来な|確認でき"
    r"|されて(?:い)?(?:な|ま)|入って(?:い)?(?:な|ま)|戻って(?:い)?(?:な|ま|こ)|きて(?:い)?(?:な|ま))"
    r"|(?:いつ|まだ)[^。！？]{0,10}(?:返金|払い?戻|お金(?:が|は)?(?:戻|返))",
    re.IGNORECASE,
)
# "How long do refunds take?" asks for the rule, "where is mine?" for this one.
_IN_GENERAL = re.compile(
    r"\bhow (?:long|soon) (?:do|does|will|would|is)\b|\bif i (?:return|send|cancel)\b|\brefunds\b"
    r"|返金(?:まで)?(?:は|に|って)?(?:、)?(?:何日|どの(?:くらい|ぐらい)|どれ)|返品した(?:ら|場合)|キャンセルした(?:ら|場合)",
    re.IGNORECASE,
)
TOPIC, TOLD = "refund", "refund_told"
_AND_ANOTHER = re.compile(
    r"^\W*(?:and|what about|how about|also|same (?:for|with))\b"
    r"|^.{0,30}(?:は|も)[?？。]*$|じゃあ|では",
    re.IGNORECASE,
)
_RULE = {"en": "when does the refund arrive", "ja": "返金はいつ届きますか"}
_SENT = frozenset({OrderState.SHIPPED, OrderState.OUT_FOR_DELIVERY, OrderState.DELIVERED})
# What the order can't settle, or what has gone wrong.
_LOOKED_AT_BY_A_PERSON = frozenset(
    {RefundState.CANCELLED_LATE, RefundState.RETURNED, RefundState.NOT_OWED}
)
_BY_ACCOUNT = {
    "en": " As you paid at a convenience store or by transfer, we ask you by mail for an account.",
    "ja": "コンビニ払い・銀行振込の場合は、お振込先の口座をメールでうかがっております。",
}
_AS_PAID = {
    "en": " It goes back the way you paid; a card can take some days more to show it.",
    "ja": "お支払い方法に合わせてお戻しいたします（カードは反映まで数日かかることがございます）。",
}


def asks_where_it_is(turn: Turn) -> bool:
    """Whether a message asks after a refund of the customer's own."""
    if turn.slots.get("asks_about") == TOLD and turn.numbers and _AND_ANOTHER.search(turn.text):
        # "And for HN-10002?", after the refund of another.
        return True
    if turn.form is not None and turn.form != "order_status_form":
        return False
    if _ASKS.search(turn.text) is None:
        return False
    return not _IN_GENERAL.search(turn.text) or _names_an_order(turn)


def _names_an_order(turn: Turn) -> bool:
    """Whether an order is known, other than by a number that the customer could not prove."""
    number = known_number(turn)
    return number is not None and turn.slots.get("refused") != pair(number, turn.slots.get("proof"))


async def refund_status(turn: Turn, voice: Voice, step: Step) -> None:
    """The refund of the order that is known, or the article's word and the question which order."""
    if step is Step.START and (case := await _open_case(turn)):
        await _tell_rule(turn, voice)
        tell_case(turn, voice, case)
        return
    if step is Step.START and known_number(turn) is None and not await _has_orders(turn):
        await _tell_rule(turn, voice)
        if turn.queued:
            return
    voice.remember(asks_about=TOPIC)
    order = await identify(turn, voice, "order_status_form", step)
    if order is not None:
        # "How long does that usually take?" goes on from here.
        voice.remember(asks_about=TOLD, last_question=_RULE[turn.lang])
        await tell_refund(turn, voice, order)
        voice.finish()


async def _open_case(turn: Turn) -> Case | None:
    """A request of theirs out of which money comes, unless they name another order."""
    number = turn.entities.get("order_number")
    customer_id = turn.customer.id if turn.customer else None
    found = await asyncio.to_thread(services().cases.of_thread, turn.thread, customer_id)
    about_money = (
        case
        for case in found
        if case.state != "done"
        and (case.wish == "refund" or case.kind in {"return", "cancellation"})
        and number in {None, case.order_number}
    )
    return next(about_money, None)


async def _has_orders(turn: Turn) -> bool:
    try:
        return bool(await own_orders(turn))
    except OrdersUnavailable:
        return False


async def _tell_rule(turn: Turn, voice: Voice) -> None:
    """When refunds arrive, by the article."""
    search = services().knowledge.search
    found = await asyncio.to_thread(
        search, _RULE[turn.lang], lang=turn.lang, topic="returns", top=1
    )
    if found.verdict == "answer":
        say_article(voice, found.hits[0])


async def tell_refund(turn: Turn, voice: Voice, order: Order) -> None:
    """Dates only where they are known, and late where it is late."""
    zone, hours = shop_zone(), services().playbook.hours
    paid_back = await asyncio.to_thread(services().paid_back.of_order, order.number)
    cancelled = local_day(order.cancelled_at, zone) if order.cancelled_at else None
    refund = refund_of(
        order, paid_back, turn.today, cancelled, lambda day: hours.on(day) is not None
    )
    response = f"utter_refund_{refund.state.value}"
    if refund.state is RefundState.NOT_OWED:
        response = f"{response}_{'sent' if order.state in _SENT else 'not_sent'}"
    elif refund.state is RefundState.CANCELLED and refund.on is None:
        response = f"{response}_undated"
    voice.say(
        response,
        number=order.number,
        items=item_names(order, turn.lang),
        on=day(refund.on, turn.lang, turn.today) if refund.on else "",
        cancelled=day(cancelled, turn.lang, turn.today) if cancelled else "",
        amount=money(refund.amount or order.total, turn.lang),
        way=_way_back(order, turn.lang),
    )
    voice.command("facts", facts={"order_number": order.number, "refund": refund.state.value})
    if refund.state in _LOOKED_AT_BY_A_PERSON:
        offer(turn, voice)


def _way_back(order: Order, lang: str) -> str:
    """How the money travels, by the payment; nothing where that isn't known."""
    if order.payment in {"konbini", "bank_transfer"}:
        return _BY_ACCOUNT[lang]
    return _AS_PAID[lang] if order.payment else ""
