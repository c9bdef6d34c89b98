"""What happens by itself as time passes: the handlers of the timers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from support import conversations
from support.answering import abuse
from support.delivery import outbox, ways_out
from support.handover import handoff, queue, silence, snoozing, vanished
from support.messages import Draft, append
from support.outreach import aftercare
from support.outreach.outreach import UNREAD_TIMER
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import messages
from support.tasks import callback_timers
from support.timers import Handler, set_timer
from support.values import Author, State

IDLE_TIMER = "idle"
VANISHED_TIMER = "vanished"
VANISHED_EVERY = timedelta(seconds=30)


def handlers(playbook: Playbook, *, mail: bool) -> Mapping[str, Handler]:
    """`mail`: whether e-mail can be sent at all."""

    def estimate_ran_out(
        tx: Transaction, conversation_id: str, data: dict[str, Any], now: datetime
    ) -> None:
        queue.reestimate(tx, conversation_id, playbook, now)

    def idle(tx: Transaction, conversation_id: str, data: dict[str, Any], now: datetime) -> None:
        """A chat with the assistant in which nothing happens is closed after a warning."""
        _, conversation = conversations.lock(tx, conversation_id)
        if conversation.state is not State.BOT:
            return
        closing = playbook.escalation.closing
        warn_after = timedelta(minutes=closing.warn_after_minutes)
        close_after = timedelta(minutes=closing.close_after_minutes)
        warned = bool(data.get("warned"))
        if now < conversation.updated_at + (close_after if warned else warn_after):
            # Somebody wrote meanwhile; messages don't cancel the timer, which spares them the work.
            due = conversation.updated_at + warn_after
            set_timer(tx, IDLE_TIMER, conversation_id, due, now)
            return
        if not warned:
            text = playbook.messages.idle_warning.in_lang(conversation.lang)
            append(tx, conversation, Draft(Author.SYSTEM, text, "notice"), now)
            set_timer(tx, IDLE_TIMER, conversation_id, now + close_after, now, warned=True)
            return
        handoff.resolve(
            tx,
            conversation,
            actor="system",
            why="idle",
            agent_id=None,
            playbook=playbook,
            now=now,
            text=playbook.messages.idle_closed,
        )

    def unread(tx: Transaction, subject: str, data: dict[str, Any], now: datetime) -> None:
        """A person's answer that nobody has read goes to where else the customer can be reached."""
        thread_id = str(data.get("thread", subject))
        thread = conversations.lock_thread(tx, thread_id)
        seq = int(data["seq"])
        if thread.read_seq >= seq or ways_out.show_unread(tx, thread_id, seq, now):
            return
        if not mail or thread.contact is None:
            return
        message_id = tx.execute(
            select(messages.c.id).where(messages.c.thread_id == thread_id, messages.c.seq == seq)
        ).scalar_one_or_none()
        if message_id is not None:
            outbox.post(tx, "email", thread.contact, thread_id, now, message_id)

    def look_for_vanished(
        tx: Transaction, subject: str, data: dict[str, Any], now: datetime
    ) -> None:
        """Conversations of agents who have not been seen for long return to the queue."""
        vanished.sweep(tx, playbook, now)
        set_timer(tx, VANISHED_TIMER, "", now + VANISHED_EVERY, now)

    def offers(tx: Transaction, conversation_id: str, data: dict[str, Any], now: datetime) -> None:
        queue.offer_choices(tx, conversation_id, playbook, now)

    return {
        **callback_timers.handlers(playbook),
        **aftercare.handlers(playbook),
        **silence.handlers(playbook),
        **snoozing.handlers(playbook),
        abuse.BREAK_TIMER: abuse.break_over,
        queue.ESTIMATE_TIMER: estimate_ran_out,
        queue.OFFERS_TIMER: offers,
        IDLE_TIMER: idle,
        UNREAD_TIMER: unread,
        VANISHED_TIMER: look_for_vanished,
    }


def start_recurring(tx: Transaction, now: datetime) -> None:
    set_timer(tx, VANISHED_TIMER, "", now + VANISHED_EVERY, now)
    set_timer(tx, silence.SWEEP_TIMER, "", now + silence.EVERY, now)
