"""A person's answer that nobody has read goes to where else the customer can be reached."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from support import conversations
from support.delivery import outbox, ways_out
from support.outreach.outreach import UNREAD_TIMER
from support.store import Transaction
from support.store.schema import messages
from support.timers import Handler


def handlers(*, mail: bool) -> Mapping[str, Handler]:
    """`mail`: whether e-mail can be sent at all."""

    def unread(tx: Transaction, subject: str, data: dict[str, Any], now: datetime) -> None:
        thread_id = str(data.get("thread", subject))
        send_on(tx, thread_id, int(data["seq"]), now, mail=mail)

    return {UNREAD_TIMER: unread}


def send_on(tx: Transaction, thread_id: str, seq: int, now: datetime, *, mail: bool) -> None:
    thread = conversations.lock_thread(tx, thread_id)
    if thread.read_seq >= seq or ways_out.show_unread(tx, thread_id, seq, now):
        return
    if not mail or thread.contact is None:
        return
    message_id = tx.execute(
        select(messages.c.id).where(messages.c.thread_id == thread_id, messages.c.seq == seq)
    ).scalar_one_or_none()
    if message_id is not None:
        outbox.post(tx, "email", thread.contact, thread_id, now, message_id)
