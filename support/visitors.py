"""Customers as they arrive: an anonymous visitor's thread, or a signed-in customer's."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from support import conversations, links
from support.identifiers import new_id
from support.store import Transaction
from support.store.schema import customers, threads
from support.values import Conversation, Thread


@dataclass(frozen=True)
class Identity:
    """A customer that the shop's own server vouches for."""

    customer_id: str
    name: str | None = None
    email: str | None = None
    tier: str | None = None


def arrive(
    tx: Transaction,
    *,
    channel: str,
    now: datetime,
    thread_id: str | None = None,
    address: str | None = None,
    lang: str | None = None,
    page: str | None = None,
    identity: Identity | None = None,
) -> tuple[Thread, Conversation]:
    """The visitor's thread and its present conversation, made when there is none.

    A known `thread_id` is continued, unless it belongs to another customer than `identity`. An
    anonymous thread whose visitor signs in becomes the customer's; where the customer already has
    a thread and the visitor has none, theirs goes on.
    """
    if identity is not None:
        _know(tx, identity, lang, now)
    thread = _known_thread(tx, channel, thread_id, address, identity)
    if thread is None:
        new = new_id()
        tx.execute(
            insert(threads).values(
                id=new,
                channel=channel,
                address=address,
                customer_id=identity.customer_id if identity else None,
                contact=identity.email if identity else None,
                lang=lang,
                page=page,
                created_at=now,
                seen_at=now,
            )
        )
        thread = conversations.lock_thread(tx, new)
    else:
        thread = conversations.lock_thread(tx, thread.id)
        values: dict[str, object] = {"seen_at": now}
        if address is not None and thread.channel != channel:
            values["used_channel"] = channel
        if lang is not None:
            values["lang"] = lang
        if page is not None:
            values["page"] = page
        if identity is not None and thread.customer_id is None:
            values["customer_id"] = identity.customer_id
            values["contact"] = thread.contact or identity.email
        tx.execute(update(threads).where(threads.c.id == thread.id).values(**values))
        thread = conversations.lock_thread(tx, thread.id)
    conversation = conversations.latest(tx.connection, thread.id)
    if conversation is None:
        conversation = conversations.begin(tx, thread, now, lang)
    elif conversation.customer_id != thread.customer_id:
        conversation = conversations.note(tx, conversation, customer_id=thread.customer_id)
    return thread, conversation


def keep_contact(tx: Transaction, thread: Thread, contact: str) -> None:
    """Remember where answers go that nobody is there to read."""
    tx.execute(update(threads).where(threads.c.id == thread.id).values(contact=contact))


def customer_of(connection: Connection, thread: Thread) -> Identity | None:
    """Who is signed in on this thread."""
    if thread.customer_id is None:
        return None
    row = connection.execute(select(customers).where(customers.c.id == thread.customer_id)).first()
    return Identity(row.id, row.name, row.email, row.tier) if row else None


def _know(tx: Transaction, identity: Identity, lang: str | None, now: datetime) -> None:
    told = {
        name: value
        for name, value in (
            ("name", identity.name),
            ("email", identity.email),
            ("tier", identity.tier),
            ("lang", lang),
        )
        if value is not None
    }
    known = tx.execute(select(customers.c.id).where(customers.c.id == identity.customer_id)).first()
    if known is None:
        tx.execute(insert(customers).values(id=identity.customer_id, created_at=now, **told))
    elif told:
        tx.execute(update(customers).where(customers.c.id == identity.customer_id).values(**told))


def _known_thread(
    tx: Transaction,
    channel: str,
    thread_id: str | None,
    address: str | None,
    identity: Identity | None,
) -> Thread | None:
    if address is not None:
        found = links.thread_of(tx.connection, channel, address)
        return conversations.get_thread(tx.connection, found) if found else None
    if thread_id is not None:
        try:
            thread = conversations.get_thread(tx.connection, thread_id)
        except conversations.NotFound:
            thread = None
        if thread is not None and (
            identity is None or thread.customer_id in (None, identity.customer_id)
        ):
            return thread
    if identity is not None:
        newest = tx.execute(
            select(threads.c.id)
            .where(threads.c.customer_id == identity.customer_id, threads.c.channel == channel)
            .order_by(threads.c.seen_at.desc())
            .limit(1)
        ).scalar_one_or_none()
        return conversations.get_thread(tx.connection, newest) if newest else None
    return None
