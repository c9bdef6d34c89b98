"""Places in the human queue, and what those who wait are told about them.

A ticket is a place. It is opened by a handover and closed by a claim, by the customer who gives it
up, or by the end of the conversation; meanwhile the assistant may go on answering. Places are taken
and told here; who owns the conversation is decided in `support.handover.handoff`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from support import conversations, words
from support.delivery import ways_out
from support.handover.waiting import Estimate, estimate, head_start, remaining, typical_wait
from support.hints import DESK, QUEUE, thread_topic
from support.messages import Draft, append
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import customers, tickets
from support.tasks import promises
from support.team import agents
from support.timers import Handler, cancel_timer, set_timer
from support.values import Author, Conversation, State, Thread

LEARN_FROM = 50
ESTIMATE_TIMER = "estimate"
OFFERS_TIMER = "offers"


@dataclass(frozen=True)
class Place:
    """Where a waiting customer stands. `told`: the range they were told, less the time since."""

    position: int
    told: Estimate
    staffed: bool


def staff(connection: Connection, playbook: Playbook, now: datetime) -> int:
    """How many people take conversations now: none outside the opening hours."""
    if not playbook.hours.is_open(now):
        return 0
    away_after = timedelta(seconds=playbook.escalation.waiting.agent_away_s)
    return len(agents.on_duty(connection, now, away_after))


def place_of(
    connection: Connection, conversation_id: str, playbook: Playbook, now: datetime
) -> Place | None:
    """Where a conversation stands in the queue, or None when it doesn't wait."""
    ticket = _ticket(connection, conversation_id)
    if ticket is None:
        return None
    told = Estimate(ticket.low_s or 0, ticket.high_s or 0)
    return Place(
        _position(connection, ticket),
        remaining(told, ticket.estimated_at or now, now),
        staff(connection, playbook, now) > 0,
    )


def standing(
    connection: Connection, conversation: Conversation, playbook: Playbook, now: datetime
) -> str:
    """What a waiting customer who asks is told again: the place and what is left of the wait
    they were told, or until when they will hear from us. Empty where nothing told still holds."""
    ticket = _ticket(connection, conversation.id)
    if ticket is None:
        return ""
    said, lang, zone = playbook.messages, conversation.lang, playbook.hours.zone
    if ticket.callback_at is not None:
        at = words.moment(ticket.callback_at, now, zone, lang)
        return said.standing_call.in_lang(lang).format(at=at)
    place = place_of(connection, conversation.id, playbook, now)
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

    return {ESTIMATE_TIMER: ran_out, OFFERS_TIMER: offers}


def reestimate(tx: Transaction, conversation_id: str, playbook: Playbook, now: datetime) -> None:
    """The told range has run out: say so, why, and what to expect now."""
    thread, conversation = conversations.lock(tx, conversation_id)
    ticket = _ticket(tx.connection, conversation_id)
    if ticket is None or conversation.state is not State.QUEUED:
        return
    if ticket.choice in ("message", "callback"):
        # They were promised something else than this wait.
        return
    people = staff(tx.connection, playbook, now)
    if people == 0:
        tell_place(tx, thread, conversation, playbook, now)
        return
    fresh, position = _estimate(tx.connection, ticket, people, playbook, now)
    _keep_estimate(tx, conversation_id, fresh, now)
    said, lang = playbook.messages, conversation.lang
    why = said.reason_busy if position > 1 else said.reason_fewer
    text = said.wait_longer.in_lang(lang).format(
        why=why.in_lang(lang),
        wait=words.wait_range(fresh.low_s, fresh.high_s, lang),
        position=position,
    )
    say(tx, conversation, text, now, "handover", buttons=_choices(playbook, lang))


def open_ticket(
    tx: Transaction,
    conversation: Conversation,
    reason: str,
    note: dict[str, Any],
    playbook: Playbook,
    now: datetime,
    *,
    queued_at: datetime,
) -> None:
    """`queued_at`: what the place is counted from, earlier than `now` for whoever was in line."""
    start = head_start(playbook.escalation, reason, conversation.anger, _tier(tx, conversation))
    tx.execute(
        insert(tickets).values(
            conversation_id=conversation.id,
            queued_at=queued_at,
            began_at=now,
            sort_at=queued_at - start,
            reason=reason,
            note=note,
        )
    )
    tx.hint(QUEUE, "queue")


def _tier(tx: Transaction, conversation: Conversation) -> str | None:
    if conversation.customer_id is None:
        return None
    query = select(customers.c.tier).where(customers.c.id == conversation.customer_id)
    return tx.execute(query).scalar_one_or_none()


def raise_ticket(
    tx: Transaction,
    conversation: Conversation,
    reason: str,
    note: dict[str, Any],
    playbook: Playbook,
) -> None:
    ticket = _ticket(tx.connection, conversation.id)
    if ticket is None:
        return
    start = head_start(playbook.escalation, reason, conversation.anger, _tier(tx, conversation))
    sort_at = ticket.queued_at - start
    values: dict[str, Any] = {"note": {**ticket.note, **note}}
    if sort_at < ticket.sort_at:
        values |= {"sort_at": sort_at, "reason": reason}
        conversations.note(tx, conversation, reason=reason)
    tx.execute(update(tickets).where(tickets.c.id == ticket.id).values(**values))
    tx.hint(DESK, "state", conversation=conversation.id)
    tx.hint(QUEUE, "queue")


def give_to_team(tx: Transaction, conversation_id: str, team: str) -> None:
    """Let a waiting conversation wait for a team. Its place stays what it is."""
    tx.execute(
        update(tickets)
        .where(tickets.c.conversation_id == conversation_id, tickets.c.closed_at.is_(None))
        .values(team=team)
    )
    tx.hint(DESK, "state", conversation=conversation_id)


def close_ticket(tx: Transaction, conversation_id: str, outcome: str, now: datetime) -> None:
    tx.execute(
        update(tickets)
        .where(tickets.c.conversation_id == conversation_id, tickets.c.closed_at.is_(None))
        .values(closed_at=now, outcome=outcome)
    )
    _stop_telling(tx, conversation_id)
    tx.hint(QUEUE, "queue")


def _ticket(connection: Connection, conversation_id: str) -> Row[Any] | None:
    return connection.execute(
        select(tickets).where(
            tickets.c.conversation_id == conversation_id, tickets.c.closed_at.is_(None)
        )
    ).first()


def _position(connection: Connection, ticket: Row[Any]) -> int:
    ahead: int = connection.execute(
        select(func.count())
        .select_from(tickets)
        .where(
            tickets.c.closed_at.is_(None),
            or_(
                tickets.c.sort_at < ticket.sort_at,
                (tickets.c.sort_at == ticket.sort_at) & (tickets.c.id < ticket.id),
            ),
        )
    ).scalar_one()
    return ahead + 1


def _estimate(
    connection: Connection, ticket: Row[Any], people: int, playbook: Playbook, now: datetime
) -> tuple[Estimate, int]:
    accepted = connection.execute(
        select(tickets.c.began_at, tickets.c.queued_at, tickets.c.closed_at)
        .where(
            tickets.c.outcome == "claimed",
            # Who asked for a call or left a message doesn't wait in line.
            or_(tickets.c.choice.is_(None), tickets.c.choice == "wait"),
        )
        .order_by(tickets.c.closed_at.desc())
        .limit(LEARN_FROM)
    ).all()
    # A night between asking and being answered says nothing of the day, nor does one at work then.
    hours = [
        # Without a beginning: made by a server of before, while they are restarted one by one.
        playbook.hours.open_s(row.began_at or row.queued_at, row.closed_at)
        for row in reversed(accepted)
    ]
    waits = [wait for wait in hours if wait > 0]
    typical = typical_wait(waits, playbook.escalation.waiting.first_guess_s)
    position = _position(connection, ticket)
    return estimate(position, people, typical), position


def _keep_estimate(tx: Transaction, conversation_id: str, fresh: Estimate, now: datetime) -> None:
    due = now + timedelta(seconds=fresh.high_s)
    tx.execute(
        update(tickets)
        .where(tickets.c.conversation_id == conversation_id, tickets.c.closed_at.is_(None))
        .values(
            low_s=fresh.low_s,
            high_s=fresh.high_s,
            estimated_at=now,
            told_until=func.coalesce(tickets.c.told_until, due),
        )
    )
    set_timer(tx, ESTIMATE_TIMER, conversation_id, due, now)


def tell_place(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    playbook: Playbook,
    now: datetime,
) -> None:
    ticket = _ticket(tx.connection, conversation.id)
    if ticket is None:
        return
    said, lang, hours = playbook.messages, conversation.lang, playbook.hours
    people = staff(tx.connection, playbook, now)
    fresh, position = _estimate(tx.connection, ticket, people, playbook, now)
    if people:
        _keep_estimate(tx, conversation.id, fresh, now)
        text = (said.queued_alone if position == 1 else said.queued).in_lang(lang)
        text = text.format(
            position=position, wait=words.wait_range(fresh.low_s, fresh.high_s, lang)
        )
        say(tx, conversation, text, now, "handover", buttons=_at_once(playbook, lang))
        offers = now + timedelta(seconds=playbook.contact.queue.offers_after_s)
        set_timer(tx, OFFERS_TIMER, conversation.id, offers, now)
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
    _keep_estimate(tx, conversation.id, Estimate(low, seconds), now)
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
    ticket = _ticket(tx.connection, conversation_id)
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


def promised(tx: Transaction, conversation_id: str, until: datetime | None) -> None:
    """Until when the customer chose to wait, instead of what was told at first."""
    tx.execute(
        update(tickets)
        .where(tickets.c.conversation_id == conversation_id, tickets.c.closed_at.is_(None))
        .values(told_until=until)
    )


def wait_for_call(
    tx: Transaction, conversation: Conversation, at: datetime, until: datetime, now: datetime
) -> None:
    """A call at `at` instead of a wait: the place comes when its time comes, and nobody who is
    here now stands behind it."""
    tx.execute(
        update(tickets)
        .where(tickets.c.conversation_id == conversation.id, tickets.c.closed_at.is_(None))
        .values(
            choice="callback",
            callback_at=at,
            sort_at=at,
            low_s=int((at - now).total_seconds()),
            high_s=int((until - now).total_seconds()),
            estimated_at=now,
            told_until=until,
        )
    )
    _stop_telling(tx, conversation.id)
    tx.hint(DESK, "state", conversation=conversation.id)
    tx.hint(thread_topic(conversation.thread_id), "state")
    tx.hint(QUEUE, "queue")


def back_in_line(
    tx: Transaction, conversation: Conversation, playbook: Playbook, now: datetime
) -> None:
    """The call is off: the place is the one that was taken on arrival."""
    ticket = _ticket(tx.connection, conversation.id)
    if ticket is None:
        return
    tier = _tier(tx, conversation)
    start = head_start(playbook.escalation, ticket.reason, conversation.anger, tier)
    promised(tx, conversation.id, None)
    _place_at(tx, conversation, ticket.queued_at - start, playbook, now)


def first_in_line(
    tx: Transaction, conversation: Conversation, playbook: Playbook, now: datetime
) -> None:
    """We failed somebody: they go before everybody who waits."""
    ticket = _ticket(tx.connection, conversation.id)
    if ticket is None:
        return
    first = tx.execute(
        select(func.min(tickets.c.sort_at)).where(tickets.c.closed_at.is_(None))
    ).scalar_one()
    _place_at(tx, conversation, first - timedelta(seconds=1), playbook, now)


def _place_at(
    tx: Transaction,
    conversation: Conversation,
    sort_at: datetime,
    playbook: Playbook,
    now: datetime,
) -> None:
    tx.execute(
        update(tickets)
        .where(tickets.c.conversation_id == conversation.id, tickets.c.closed_at.is_(None))
        .values(choice=None, callback_at=None, sort_at=sort_at)
    )
    ticket = _ticket(tx.connection, conversation.id)
    people = staff(tx.connection, playbook, now)
    if ticket is not None and people:
        fresh, _ = _estimate(tx.connection, ticket, people, playbook, now)
        _keep_estimate(tx, conversation.id, fresh, now)
    tx.hint(QUEUE, "queue")
    tx.hint(DESK, "state", conversation=conversation.id)
    tx.hint(thread_topic(conversation.thread_id), "state")


def _stop_telling(tx: Transaction, conversation_id: str) -> None:
    for timer in (ESTIMATE_TIMER, OFFERS_TIMER):
        cancel_timer(tx, timer, conversation_id)


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
