"""Writing to customers without being asked: where it reaches them, and not too often."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from support.messages import Draft, append
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import outreach
from support.timers import set_timer
from support.values import Author, Conversation, Thread

UNREAD_TIMER = "unread"


def tell(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    text: str,
    playbook: Playbook,
    now: datetime,
    *,
    kind: str = "notice",
    data: dict[str, Any] | None = None,
    buttons: Sequence[tuple[str, str]] = (),
) -> None:
    """Say something in a conversation that the customer may have left: where it is not read, it
    goes to the address they gave."""
    draft = Draft(Author.SYSTEM, text, kind, data=data or {}, buttons=buttons)
    message = append(tx, conversation, draft, now)
    if thread.answers_on == "website":
        due = now + timedelta(seconds=playbook.escalation.waiting.unread_to_contact_s)
        watch_reading(tx, thread.id, message.seq, due, now)


def watch_reading(tx: Transaction, thread_id: str, seq: int, due: datetime, now: datetime) -> None:
    """Look at `due` whether the message was read; each is looked after by itself."""
    set_timer(tx, UNREAD_TIMER, f"{thread_id}:{seq}", due, now, thread=thread_id, seq=seq)


def record(tx: Transaction, thread: Thread, kind: str, ref: str, now: datetime) -> bool:
    """Note that we write first; False where this very thing was written already."""
    try:
        with tx.connection.begin_nested():
            tx.execute(
                insert(outreach).values(
                    thread_id=thread.id,
                    customer_id=thread.customer_id,
                    kind=kind,
                    ref=ref,
                    at=now,
                )
            )
    except IntegrityError:
        return False
    return True


def may_write(tx: Transaction, thread: Thread, playbook: Playbook, now: datetime) -> bool:
    """Whether the cap on all automatic contact leaves room for this customer.

    What a customer asked for themselves (a reminder of their call) counts, and always goes.
    """
    cap = playbook.contact.automatic
    theirs = outreach.c.thread_id == thread.id
    if thread.customer_id is not None:
        theirs = or_(theirs, outreach.c.customer_id == thread.customer_id)
    written: int = tx.execute(
        select(func.count())
        .select_from(outreach)
        .where(theirs, outreach.c.at > now - timedelta(days=cap.per_days))
    ).scalar_one()
    return written < cap.most
