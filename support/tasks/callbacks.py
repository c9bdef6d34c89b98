"""Call-backs: a time that suits the customer, kept as a task of the desk.

Booked, moved and cancelled here; what happens by itself as the time comes is
`support.tasks.callback_timers`. A slot's places are kept apart by the database itself.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from support import words
from support.customers import visitors
from support.customers.reachable import CHAT, ContactRefused, checked_contact, phone_in, spoken, way
from support.handover import queue, telling
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import OPEN_TASK
from support.store.schema import tasks as tasks_table
from support.tasks import promises, tasks
from support.tasks.callback_slots import free_slots, known_zone, slots
from support.tasks.tasks import Task
from support.timers import cancel_timer, set_timer
from support.values import Conversation, State, Thread

REMINDER_TIMER = "callback_reminder"
MISSED_TIMER = "callback_missed"
# So many times are offered as buttons; the widget shows them all.
OFFERED = 5


class SlotTaken(Exception):
    """The slot is full, over, or none of ours. Shown as 409."""


def free(connection: Connection, playbook: Playbook, now: datetime) -> list[datetime]:
    """The slots that can be chosen now, in UTC."""
    rows = connection.execute(
        select(tasks_table.c.due_at).where(
            tasks_table.c.kind == "callback",
            OPEN_TASK,
            tasks_table.c.due_at > now,
        )
    ).scalars()
    return free_slots(playbook.hours, playbook.contact.callbacks, now, Counter(rows))


def of(connection: Connection, conversation_id: str) -> Task | None:
    """The call-back that a conversation's customer can count on."""
    return next(iter(tasks.open_of(connection, conversation_id, "callback")), None)


def book(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    playbook: Playbook,
    now: datetime,
    *,
    at: datetime | None,
    contact: str | None,
    zone: str | None,
) -> Task:
    """Promise a call at `at` (the next free time if None), in place of one promised before.

    The same again changes nothing. The caller holds the thread's lock. Raises SlotTaken,
    UnknownZone, ContactRefused.
    """
    booked = of(tx.connection, conversation.id)
    known = known_zone(zone).key if zone is not None else booked.zone if booked else None
    region, mails = playbook.contact.callbacks.phone_region, "email" in playbook.ways
    if contact is not None:
        reach = checked_contact(contact, region)
        if way(reach) == "email" and not mails:
            raise ContactRefused("no e-mail is sent from here")
    elif booked is not None and booked.contact is not None:
        reach = booked.contact
    else:
        reach = (thread.contact if mails else None) or CHAT
    if at is None:
        at = next(iter(free(tx.connection, playbook, now)), None)
        if at is None:
            raise SlotTaken("there is no time left")
    same_time = booked is not None and booked.due_at == at
    if booked is not None and same_time and (booked.contact, booked.zone) == (reach, known):
        return booked
    if not same_time and at not in set(slots(playbook.hours, playbook.contact.callbacks, now)):
        raise SlotTaken("this time can't be chosen any more")
    values = {"contact": reach, "zone": known, "kept_by_reply": way(reach) == "chat"}
    if booked is not None and same_time:
        task = tasks.change(tx, booked, **values)
    else:
        task = _seated(tx, conversation, booked, playbook, now, at, values)
    if way(reach) == "email":
        visitors.keep_contact(tx, thread, reach)
    # A call at a time takes the place of "a person answers by", and of the place in the queue.
    promises.release(tx, conversation.id, now, but=task.id)
    arm(tx, task, playbook, now)
    queue.wait_for_call(tx, conversation, task.due_at, slot_end(task, playbook), now)
    say_booked(tx, conversation, task, playbook, now)
    return task


def _seated(
    tx: Transaction,
    conversation: Conversation,
    booked: Task | None,
    playbook: Playbook,
    now: datetime,
    at: datetime,
    values: Mapping[str, Any],
) -> Task:
    """The task on a free place of the slot. Two customers who want the last one at once are told
    apart by the index on (due_at, seat)."""
    for seat in range(playbook.contact.callbacks.per_slot):
        try:
            with tx.connection.begin_nested():
                if booked is not None:
                    return tasks.change(tx, booked, due_at=at, seat=seat, **values)
                return tasks.make(
                    tx, conversation.id, "callback", "call back", at, "customer", now,
                    seat=seat, **values,
                )  # fmt: skip
        except IntegrityError:
            continue
    raise SlotTaken("this time has just been taken")


def move(
    tx: Transaction,
    conversation: Conversation,
    task: Task,
    at: datetime,
    playbook: Playbook,
    now: datetime,
) -> Task:
    """By the desk: any free slot will do, and the customer is told. Raises SlotTaken."""
    if at == task.due_at:
        return task
    if at not in set(slots(playbook.hours, playbook.contact.callbacks, now)):
        raise SlotTaken("this is none of the times for call-backs")
    task = _seated(tx, conversation, task, playbook, now, at, {})
    arm(tx, task, playbook, now)
    queue.wait_for_call(tx, conversation, task.due_at, slot_end(task, playbook), now)
    return task


def cancel(tx: Transaction, conversation: Conversation, by: str, now: datetime) -> Task | None:
    """Take back the call that was promised; None where there was none."""
    task = of(tx.connection, conversation.id)
    if task is not None:
        task = end(tx, task, "cancelled", by, now)
    return task


def end(tx: Transaction, task: Task, state: str, by: str, now: datetime) -> Task:
    for timer in (REMINDER_TIMER, MISSED_TIMER):
        cancel_timer(tx, timer, str(task.id))
    return tasks.close(tx, task, state, by, now)


def arm(tx: Transaction, task: Task, playbook: Playbook, now: datetime) -> None:
    rules = playbook.contact.callbacks
    remind = task.due_at - timedelta(minutes=rules.remind_minutes)
    cancel_timer(tx, REMINDER_TIMER, str(task.id))
    if remind > now:
        set_timer(tx, REMINDER_TIMER, str(task.id), remind, now)
    missed = task.due_at + timedelta(minutes=rules.missed_after_minutes)
    set_timer(tx, MISSED_TIMER, str(task.id), missed, now)


def slot_end(task: Task, playbook: Playbook) -> datetime:
    return task.due_at + timedelta(minutes=playbook.contact.callbacks.slot_minutes)


# Words -------------------------------------------------------------------------------------------


def when(task: Task, now: datetime, playbook: Playbook, lang: str | None) -> str:
    """The time of a call as its customer reads it: in their own zone, or else in the shop's."""
    return words.moment(task.due_at, now, _zone_of(task, playbook), lang)


def _zone_of(task: Task | None, playbook: Playbook) -> ZoneInfo:
    return ZoneInfo(task.zone) if task is not None and task.zone else playbook.hours.zone


def say_booked(
    tx: Transaction, conversation: Conversation, task: Task, playbook: Playbook, now: datetime
) -> None:
    said, lang = playbook.contact.texts, conversation.lang
    reach = task.contact or CHAT
    text = {"phone": said.booked_phone, "email": said.booked_email, "chat": said.booked_chat}
    told = (
        text[way(reach)]
        .in_lang(lang)
        .format(at=when(task, now, playbook, lang), contact=spoken(reach))
    )
    telling.say(tx, conversation, told, now, "notice", buttons=[
        (said.button_more_times.in_lang(lang), "ticket:callback"),
        (said.button_cancel_call.in_lang(lang), "ticket:callback_cancel"),
    ])  # fmt: skip


def time_buttons(
    tx: Transaction,
    conversation: Conversation,
    playbook: Playbook,
    now: datetime,
    after: datetime | None = None,
) -> list[tuple[str, str]]:
    """The next free times as buttons, and one for those that come later."""
    said, lang = playbook.contact.texts, conversation.lang
    times = [at for at in free(tx.connection, playbook, now) if after is None or at > after]
    zone = _zone_of(of(tx.connection, conversation.id), playbook)
    buttons = [
        (words.moment(at, now, zone, lang), f"ticket:callback:{at.isoformat()}")
        for at in times[:OFFERED]
    ]
    if len(times) > OFFERED:
        last = times[OFFERED - 1].isoformat()
        buttons.append((said.button_more_times.in_lang(lang), f"ticket:callback_after:{last}"))
    return buttons


def offer_times(
    tx: Transaction,
    conversation: Conversation,
    playbook: Playbook,
    now: datetime,
    *,
    after: datetime | None = None,
    lead: str | None = None,
) -> None:
    """Ask which time suits. `lead` goes before the question."""
    said, lang = playbook.contact.texts, conversation.lang
    buttons = time_buttons(tx, conversation, playbook, now, after)
    text = (said.choose_time if buttons else said.no_times).in_lang(lang)
    zone = _zone_of(of(tx.connection, conversation.id), playbook)
    text = text.format(zone=words.zone_name(now.astimezone(zone), lang))
    telling.say(
        tx, conversation, f"{lead} {text}" if lead else text, now, "notice", buttons=buttons
    )


def correct_number(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    text: str,
    playbook: Playbook,
    now: datetime,
) -> bool:
    """Somebody with a call before them types a number: that is where they want to be called."""
    booked = of(tx.connection, conversation.id)
    number = phone_in(text, playbook.contact.callbacks.phone_region)
    if booked is None or number is None or conversation.state is not State.QUEUED:
        return False
    book(
        tx, thread, conversation, playbook, now,
        at=booked.due_at, contact=number, zone=booked.zone,
    )  # fmt: skip
    return True
