"""A visitor whom the shop vouches for: of their threads one goes on, the others are its history.

The one in which the customer wrote last goes on, wherever they sign in next; what was said without
being signed in joins the account. Nothing is merged.
"""

from datetime import datetime

from sqlalchemy import func, select, update

from support import conversations
from support.customers.joining import join
from support.hints import thread_topic
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import conversations as conversations_table
from support.store.schema import messages, threads
from support.values import Author, Thread


def thread_of_customer(
    tx: Transaction,
    customer_id: str,
    own: Thread | None,
    channel: str,
    playbook: Playbook,
    now: datetime,
) -> Thread | None:
    """The thread in which the customer goes on; None if there is none yet.

    `own` is what this browser had so far; another customer's is left alone.
    """
    theirs = (threads.c.customer_id == customer_id) & threads.c.joined_to.is_(None)
    if own is not None and own.customer_id is None:
        theirs |= threads.c.id == own.id
    ids = tx.execute(select(threads.c.id).where(threads.c.channel == channel, theirs)).scalars()
    # In one order, so that two who sign in at once don't wait for each other.
    held = [conversations.lock_thread(tx, thread_id) for thread_id in sorted(ids)]
    held = [thread for thread in held if thread.customer_id in (None, customer_id)]
    if not held:
        return None
    spoken = _last_words(tx, held)
    on = max(held, key=lambda thread: (spoken.get(thread.id, ""), thread == own, thread.id))
    for history in held:
        if history != on:
            _belongs_to(tx, history, customer_id)
            join(tx, history, on, playbook, now)
            # Who still looks at it is taken along.
            tx.hint(thread_topic(history.id), "state")
    return on


def _last_words(tx: Transaction, of: list[Thread]) -> dict[str, str]:
    """When the customer last wrote in each, in a form that sorts; without those who never did."""
    rows = tx.execute(
        select(messages.c.thread_id, func.max(messages.c.created_at).label("at"))
        .where(
            messages.c.thread_id.in_([thread.id for thread in of]),
            messages.c.author == str(Author.CUSTOMER),
        )
        .group_by(messages.c.thread_id)
    )
    return {row.thread_id: row.at.isoformat() for row in rows}


def _belongs_to(tx: Transaction, thread: Thread, customer_id: str) -> None:
    """Its matters are the customer's from now on, and are shown and erased with theirs."""
    tx.execute(update(threads).where(threads.c.id == thread.id).values(customer_id=customer_id))
    tx.execute(
        update(conversations_table)
        .where(
            conversations_table.c.thread_id == thread.id,
            conversations_table.c.customer_id.is_(None),
        )
        .values(customer_id=customer_id)
    )
