"""After the end: is the customer content with what was done, and would they recommend us?

Asked once each, in opening hours, within the cap on all automatic contact, and never where tact
forbids it. Who isn't content gets the case opened again and a person.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from support import conversations
from support.cases import cases, casework
from support.cases.cases import Case
from support.handover import handoff, telling
from support.outreach import outreach, tact
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import cases as cases_table
from support.store.schema import nps
from support.timers import Handler, set_timer
from support.values import Conversation, State, Thread

FOLLOWUP = "followup:"
NPS = "nps:"
# What the buttons of these questions carry.
OURS = (FOLLOWUP, NPS)
AGAIN_AFTER = timedelta(days=1)


def handlers(playbook: Playbook) -> Mapping[str, Handler]:
    said = playbook.contact.texts

    def ask_about_case(tx: Transaction, number: str, data: dict[str, Any], now: datetime) -> None:
        found = _newest_of_case(tx, number)
        if found is None:
            return
        thread, newest, case = found
        if case.state != "done" or not tact.may_ask(tx.connection, newest, now, about=number):
            return
        if newest.state in (State.QUEUED, State.ASSIGNED):
            # Somebody is talking with them: not now.
            set_timer(tx, casework.FOLLOWUP_TIMER, number, now + AGAIN_AFTER, now)
            return
        ref = number if case.feeling is None else f"{number}:again"
        if not outreach.may_write(tx, thread, playbook, now):
            return
        if not outreach.record(tx, thread, "followup", ref, now):
            return
        lang = case.lang or newest.lang
        outreach.tell(
            tx, thread, newest, said.followup.in_lang(lang).format(number=number), playbook, now,
            buttons=[
                (said.button_good.in_lang(lang), f"{FOLLOWUP}good:{number}"),
                (said.button_bad.in_lang(lang), f"{FOLLOWUP}bad:{number}"),
            ],
        )  # fmt: skip

    def ask_for_nps(tx: Transaction, thread_id: str, data: dict[str, Any], now: datetime) -> None:
        try:
            thread = conversations.lock_thread(tx, thread_id)
        except conversations.NotFound:
            return
        newest = conversations.latest(tx.connection, thread_id)
        if newest is None or thread.customer_id is None or newest.state is not State.RESOLVED:
            return
        last = tx.execute(
            select(func.max(nps.c.asked_at)).where(nps.c.customer_id == thread.customer_id)
        ).scalar_one()
        interval = timedelta(days=playbook.contact.nps_every_days)
        if last is not None and now - last < interval:
            return
        if not tact.may_ask(tx.connection, newest, now):
            return
        if not outreach.may_write(tx, thread, playbook, now):
            return
        if not outreach.record(tx, thread, "nps", f"{now:%Y-%m-%d}", now):
            return
        asked = tx.execute(
            insert(nps)
            .values(customer_id=thread.customer_id, conversation_id=newest.id, asked_at=now)
            .returning(nps.c.id)
        ).scalar_one()
        text = said.nps.in_lang(newest.lang).format(shop=playbook.shop.name.in_lang(newest.lang))
        outreach.tell(
            tx, thread, newest, text, playbook, now, kind="nps",
            buttons=[(str(score), f"{NPS}{score}:{asked}") for score in range(11)],
        )  # fmt: skip

    return {casework.FOLLOWUP_TIMER: ask_about_case, handoff.NPS_TIMER: ask_for_nps}


def answered(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    payload: str,
    playbook: Playbook,
    now: datetime,
) -> None:
    """A button of ours was pressed. The caller holds the thread's lock."""
    said, lang = playbook.contact.texts, conversation.lang
    if payload.startswith(NPS):
        score, _, asked = payload.removeprefix(NPS).partition(":")
        tx.execute(update(nps).where(nps.c.id == int(asked)).values(score=int(score), at=now))
        telling.say(tx, conversation, said.nps_thanks.in_lang(lang), now)
        return
    feeling, _, number = payload.removeprefix(FOLLOWUP).partition(":")
    tx.execute(update(cases_table).where(cases_table.c.number == number).values(feeling=feeling))
    if feeling == "good":
        telling.say(tx, conversation, said.followup_good.in_lang(lang), now)
        return
    cases.set_state(tx, number, "open", now)
    casework.step(tx, number, "customer", "open", None, now)
    telling.say(tx, conversation, said.followup_bad.in_lang(lang).format(number=number), now)
    newest = conversations.latest(tx.connection, thread.id) or conversation
    handoff.hand_over(
        tx, thread, newest, reason="complaint", note={"case_number": number}, actor="customer",
        playbook=playbook, now=now,
    )  # fmt: skip


def _newest_of_case(tx: Transaction, number: str) -> tuple[Thread, Conversation, Case] | None:
    known = cases.by_number(tx.connection, number)
    if known is None:
        return None
    thread, conversation = conversations.lock(tx, known.conversation_id)
    case = cases.by_number(tx.connection, number)
    newest = conversations.latest(tx.connection, thread.id) or conversation
    return (thread, newest, case) if case is not None else None
