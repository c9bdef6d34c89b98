"""What those who wait for a person are told: where they stand, what they can do meanwhile, where
the answer will be.

Places are taken and kept in `support.handover.queue`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import Connection

from support import conversations, words
from support.delivery import ways_out
from support.handover import queue
from support.handover.waiting import Estimate, remaining
from support.messages import Draft, append
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.tasks import promises
from support.timers import Handler, set_timer
from support.values import Author, Conversation, State, Thread


def standing(
    connection: Connection, conversation: Conversation, playbook: Playbook, now: datetime
) -> str:
    """What a waiting customer who asks is told again: the place and what is left of the wait
    they were told, or until when they will hear from us. Empty where nothing told still holds."""
    ticket = queue.ticket_of(connection, conversation.id)
    if ticket is None:
        return ""
    said, lang, zone = playbook.messages, conversation.lang, playbook.hours.zone
    if ticket.callback_at is not None:
        at = words.moment(ticket.callback_at, now, zone, lang)
        return said.standing_call.in_lang(lang).format(at=at)
    place = queue.place_of(connection, conversation.id, playbook, now)
    if place is not None and place.staffed and ticket.choice != "message":
        text = said.standing_next if place.position == 1 else said.standing_in_line
        wait = words.wait_range(place.told.low_s, place.told.high_s, lang)
        return text.in_lang(lang).format(position=place.position, wait=wait)
    if ticket.told_until is not None and ticket.told_until > now:
        due = words.moment(ticket.told_until, now, zone, lang)
        return said.standing_until.in_lang(lang).format(due=due)
    return ""


def handlers(playbook: Playbook) -> Mapping[str, Handler]:
    def ran_out(tx: Transaction, conversation_id: str, data: dict[str, Any], now: datetime) -> None:
        reestimate(tx, conversation_id, playbook, now)

    def offers(tx: Transaction, conversation_id: str, data: dict[str, Any], now: datetime) -> None:
        offer_choices(tx, conversation_id, playbook, now)

    return {queue.ESTIMATE_TIMER: ran_out, queue.OFFERS_TIMER: offers}


def reestimate(tx: Transaction, conversation_id: str, playbook: Playbook, now: datetime) -> None:
    """The told range has run out: say so, why, and what to expect now."""
    thread, conversation = conversations.lock(tx, conversation_id)
    ticket = queue.ticket_of(tx.connection, conversation_id)
    if ticket is None or conversation.state is not State.QUEUED:
        return
    if ticket.choice in ("message", "callback"):
        # They were promised something else than this wait.
        return
    people = queue.staff(tx.connection, playbook, now)
    if people == 0:
        tell_place(tx, thread, conversation, playbook, now)
        return
    fresh, position = queue.fresh_estimate(tx.connection, ticket, people, playbook, now)
    queue.keep_estimate(tx, conversation_id, fresh, now)
    said, lang = playbook.messages, conversation.lang
    why = said.reason_busy if position > 1 else said.reason_fewer
    text = said.wait_longer.in_lang(lang).format(
        why=why.in_lang(lang),
        wait=words.wait_range(fresh.low_s, fresh.high_s, lang),
        position=position,
    )
    say(tx, conversation, text, now, "handover", buttons=_choices(playbook, lang))


def tell_place(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    playbook: Playbook,
    now: datetime,
) -> None:
    ticket = queue.ticket_of(tx.connection, conversation.id)
    if ticket is None:
        return
    said, lang, hours = playbook.messages, conversation.lang, playbook.hours
    people = queue.staff(tx.connection, playbook, now)
    fresh, position = queue.fresh_estimate(tx.connection, ticket, people, playbook, now)
    if people:
        queue.keep_estimate(tx, conversation.id, fresh, now)
        text = (said.queued_alone if position == 1 else said.queued).in_lang(lang)
        text = text.format(
            position=position, wait=words.wait_range(fresh.low_s, fresh.high_s, lang)
        )
        say(tx, conversation, text, now, "handover", buttons=_at_once(playbook, lang))
        offers = now + timedelta(seconds=playbook.contact.queue.offers_after_s)
        set_timer(tx, queue.OFFERS_TIMER, conversation.id, offers, now)
        return
    due = promises.an_answer(tx, conversation.id, playbook, now)
    if hours.is_open(now):
        text = said.nobody_now.in_lang(lang).format(due=words.moment(due, now, hours.zone, lang))
        estimate_until = due
    else:
        opens = hours.next_opening(now)
        text = said.closed_no_date.in_lang(lang)
        if opens is not None:
            text = said.closed_now.in_lang(lang).format(
                opens=words.moment(opens, now, hours.zone, lang)
            )
        estimate_until = due if opens is None else opens + timedelta(seconds=fresh.high_s)
    seconds = ceil((estimate_until - now).total_seconds())
    low = 0 if hours.is_open(now) else max(0, seconds - fresh.high_s)
    queue.keep_estimate(tx, conversation.id, Estimate(low, seconds), now)
    say(
        tx,
        conversation,
        text,
        now,
        "handover",
        buttons=_unstaffed(playbook, lang),
    )
    tell_where_to_answer(tx, thread, conversation, playbook, now)


def tell_where_to_answer(
    tx: Transaction, thread: Thread, conversation: Conversation, playbook: Playbook, now: datetime
) -> None:
    """Somebody who needn't wait learns where the answer will be. An address is asked for only
    where mail can go to it."""
    said, lang = playbook.messages, conversation.lang
    if not ways_out.waits_on_page(tx.connection, thread):
        return
    if "email" not in playbook.ways:
        telegram = "telegram" in playbook.ways
        text = said.answer_waits_or_telegram if telegram else said.answer_waits
        say(tx, conversation, text.in_lang(lang), now)
    elif thread.contact is None:
        say(tx, conversation, said.ask_contact.in_lang(lang), now, "contact")


def contact_kept(playbook: Playbook, contact: str, lang: str | None) -> str:
    """What is said to somebody who left an address: what it is good for here."""
    said = playbook.messages
    text = said.contact_kept if "email" in playbook.ways else said.contact_noted
    return text.in_lang(lang).format(contact=contact)


def offer_choices(tx: Transaction, conversation_id: str, playbook: Playbook, now: datetime) -> None:
    """Nobody has come within the first half minute: nobody waits in silence, or for want of a
    better way."""
    _, conversation = conversations.lock(tx, conversation_id)
    ticket = queue.ticket_of(tx.connection, conversation_id)
    if ticket is None or conversation.state is not State.QUEUED or ticket.choice is not None:
        return
    told = Estimate(ticket.low_s or 0, ticket.high_s or 0)
    if remaining(told, ticket.estimated_at or now, now).high_s == 0:
        # So late that the told range has run out, too: what is said about that has the choices.
        return
    lang = conversation.lang
    text = playbook.contact.texts.offers.in_lang(lang)
    say(tx, conversation, text, now, "handover", buttons=_choices(playbook, lang))


def _at_once(playbook: Playbook, lang: str | None) -> list[tuple[str, str]]:
    return [(playbook.messages.button_cancel.in_lang(lang), "ticket:cancel")]


def _unstaffed(playbook: Playbook, lang: str | None) -> list[tuple[str, str]]:
    call = playbook.contact.texts.button_callback.in_lang(lang)
    return [(call, "ticket:callback"), *_at_once(playbook, lang)]


def _choices(playbook: Playbook, lang: str | None) -> list[tuple[str, str]]:
    said, ours = playbook.messages, playbook.contact.texts
    return [
        (said.button_wait.in_lang(lang), "ticket:wait"),
        (said.button_message.in_lang(lang), "ticket:message"),
        (ours.button_callback.in_lang(lang), "ticket:callback"),
        (ours.button_carry_on.in_lang(lang), "ticket:cancel"),
    ]


def say(
    tx: Transaction,
    conversation: Conversation,
    text: str,
    now: datetime,
    kind: str = "notice",
    *,
    buttons: list[tuple[str, str]] | None = None,
    agent_id: int | None = None,
) -> None:
    data = {} if agent_id is None else {"agent_id": agent_id}
    draft = Draft(Author.SYSTEM, text, kind, data=data, buttons=buttons or ())
    append(tx, conversation, draft, now)
