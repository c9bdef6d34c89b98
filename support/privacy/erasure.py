"""A customer's own data: shown, and erased for good."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, cast, delete, or_, select, update

from support import audit
from support.attachments import records
from support.attachments.files import AttachmentFiles
from support.cases.casework import FOLLOWUP_TIMER
from support.learning import learning_jobs
from support.store import Transaction
from support.store.schema import (
    cases,
    conversations,
    customers,
    lessons,
    lookup_failures,
    messages,
    order_effects,
    outbox,
    reviews,
    tasks,
    threads,
    timers,
)
from support.tasks.callbacks import MISSED_TIMER, REMINDER_TIMER
from support.transcripts.search import unindex_thread


def erase_thread(
    tx: Transaction, thread_id: str, actor: str, now: datetime, files: AttachmentFiles
) -> bool:
    """Delete a thread with everything in it, its files too; whether there was one.

    What remains is one line in the audit that something was erased, without what.
    """
    found = tx.execute(select(threads.c.id).where(threads.c.id == thread_id)).first()
    if found is None:
        return False
    for joined in tx.execute(
        select(threads.c.id).where(threads.c.joined_to == thread_id)
    ).scalars():
        erase_thread(tx, joined, actor, now, files)
    its_conversations = select(conversations.c.id).where(conversations.c.thread_id == thread_id)
    unindex_thread(tx, thread_id)
    its_files = records.ids_of_thread(tx.connection, thread_id)
    tx.after_commit(lambda: files.remove(its_files))
    # That money moved is remembered; why, in whoever's words, is not.
    tx.execute(
        update(order_effects)
        .where(order_effects.c.conversation_id.in_(its_conversations))
        .values(reason=None)
    )
    taught = select(lessons.c.text).join(reviews, reviews.c.id == lessons.c.review_id)
    learning_jobs.forget(
        tx,
        tx.execute(its_conversations).scalars().all(),
        tx.execute(taught.where(reviews.c.conversation_id.in_(its_conversations))).scalars().all(),
    )
    tx.execute(delete(outbox).where(outbox.c.thread_id == thread_id))
    tx.execute(delete(lookup_failures).where(lookup_failures.c.thread_id == thread_id))
    # Before what they are about: SQLite gives its numbers out again, to a stranger's next task.
    its_tasks = select(cast(tasks.c.id, String)).where(
        tasks.c.conversation_id.in_(its_conversations)
    )
    its_cases = select(cases.c.number).where(cases.c.thread_id == thread_id)
    for kinds, subjects in (
        ((REMINDER_TIMER, MISSED_TIMER), its_tasks),
        ((FOLLOWUP_TIMER,), its_cases),
    ):
        tx.execute(delete(timers).where(timers.c.kind.in_(kinds), timers.c.subject.in_(subjects)))
    tx.execute(delete(cases).where(cases.c.thread_id == thread_id))
    tx.execute(delete(timers).where(timers.c.subject.in_(its_conversations)))
    # A thread's own, and those of its messages.
    theirs = or_(timers.c.subject == thread_id, timers.c.subject.startswith(f"{thread_id}:"))
    tx.execute(delete(timers).where(theirs))
    tx.execute(delete(messages).where(messages.c.thread_id == thread_id))
    tx.execute(delete(threads).where(threads.c.id == thread_id))
    audit.record(tx, actor, "erase", now)
    return True


def erase_customer(
    tx: Transaction, customer: str, actor: str, now: datetime, files: AttachmentFiles
) -> int:
    """Erase every thread of a customer number or e-mail address; how many there were."""
    ids = threads_of(tx.connection, customer)
    for thread_id in ids:
        erase_thread(tx, thread_id, actor, now, files)
    tx.execute(
        delete(customers).where((customers.c.id == customer) | (customers.c.email == customer))
    )
    return len(ids)


def threads_of(connection: Connection, customer: str) -> list[str]:
    """The threads of a customer number, an e-mail address or a thread's own id."""
    known = select(customers.c.id).where(
        (customers.c.id == customer) | (customers.c.email == customer)
    )
    rows = connection.execute(
        select(threads.c.id).where(
            (threads.c.customer_id.in_(known))
            | (threads.c.contact == customer)
            | (threads.c.id == customer)
        )
    )
    found = list(rows.scalars())
    # What was exchanged elsewhere before the customer went on here is theirs too.
    joined = select(threads.c.id).where(threads.c.joined_to.in_(found), threads.c.id.not_in(found))
    return found + list(connection.execute(joined).scalars())


def data_of_thread(connection: Connection, thread_id: str) -> dict[str, Any]:
    """What is kept of a thread, for its customer: contact, messages with the files they
    brought, cases."""
    thread = connection.execute(select(threads).where(threads.c.id == thread_id)).one()
    said = connection.execute(
        select(messages)
        .where(messages.c.thread_id == thread_id, messages.c.private.is_(False))
        .order_by(messages.c.seq)
    )
    made = connection.execute(select(cases).where(cases.c.thread_id == thread_id))
    return {
        "customer": thread.customer_id,
        "contact": thread.contact,
        "since": thread.created_at.isoformat(),
        "messages": [
            {
                "seq": row.seq,
                "author": row.author,
                "text": row.text,
                "created_at": row.created_at.isoformat(),
                **_files_of(row.data),
            }
            for row in said
        ],
        "cases": [
            {"number": row.number, "kind": row.kind, "state": row.state, "wish": row.wish}
            for row in made
        ],
    }


def _files_of(data: dict[str, Any]) -> dict[str, Any]:
    """A message's files by name, type and size, where it has any."""
    named = [
        {"name": one["name"], "type": one["type"], "size": one["size"]}
        for one in data.get("attachments") or ()
    ]
    return {"attachments": named} if named else {}
