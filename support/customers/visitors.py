"""Customers as they arrive: an anonymous visitor's thread, or a signed-in customer's."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from support import conversations
from support.customers import links
from support.customers.signing_in import thread_of_customer
from support.identifiers import new_id
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import customers, threads
from support.values import Conversation, Thread

# What the shop calls its tiers is cut to what the database holds.
LONGEST_TIER = 16
MOST_TIERS = 50


@dataclass(frozen=True)
class Identity:
    """A customer that the shop's own server vouches for."""

    customer_id: str
    name: str | None = None
    email: str | None = None
    tier: str | None = None


def tiers(connection: Connection, playbook: Playbook) -> tuple[str, ...]:
    """The shop's tiers, to choose from: the playbook's, and others that customers have."""
    named = list(playbook.escalation.tier_minutes)
    other = select(customers.c.tier).where(customers.c.tier.not_in(["", *named])).distinct()
    found = connection.execute(other.order_by(customers.c.tier).limit(MOST_TIERS)).scalars()
    return (*named, *found)


def arrive(
    tx: Transaction,
    *,
    channel: str,
    now: datetime,
    playbook: Playbook,
    thread_id: str | None = None,
    address: str | None = None,
    lang: str | None = None,
    page: str | None = None,
    identity: Identity | None = None,
) -> tuple[Thread, Conversation]:
    """The visitor's thread and its present conversation, made when there is none.

    A known `thread_id` is continued, unless it belongs to another customer than `identity` or goes
    on in another thread of the same one. Who signs in goes on where they wrote last
    (`support.customers.signing_in`).
    """
    if identity is not None:
        _know(tx, identity, lang, now)
    thread = _known_thread(tx, channel, thread_id, address, identity, playbook, now)
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


def going_on(connection: Connection, thread_id: str) -> Thread:
    """The thread, or the one of the same customer in which it goes on. Raises NotFound."""
    thread = conversations.get_thread(connection, thread_id)
    if thread.joined_to is None or thread.customer_id is None:
        return thread
    on = conversations.get_thread(connection, thread.joined_to)
    return on if on.customer_id == thread.customer_id else thread


def customer_of(connection: Connection, thread: Thread) -> Identity | None:
    """Who is signed in on this thread."""
    if thread.customer_id is None:
        return None
    row = connection.execute(select(customers).where(customers.c.id == thread.customer_id)).first()
    return Identity(row.id, row.name, row.email, row.tier) if row else None


def _know(tx: Transaction, identity: Identity, lang: str | None, now: datetime) -> None:
    """Keep what the shop says of the customer, and hold their row: of several devices that sign in
    at once, each finds what the one before it made."""
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
    them = customers.c.id == identity.customer_id
    held = select(customers.c.id).where(them).with_for_update(key_share=True)
    if tx.execute(held).first() is None:
        with suppress(IntegrityError), tx.connection.begin_nested():
            # Fails where another device was first.
            tx.execute(insert(customers).values(id=identity.customer_id, created_at=now, **told))
        tx.execute(held)
    if told:
        tx.execute(update(customers).where(them).values(**told))


def _known_thread(
    tx: Transaction,
    channel: str,
    thread_id: str | None,
    address: str | None,
    identity: Identity | None,
    playbook: Playbook,
    now: datetime,
) -> Thread | None:
    if address is not None:
        found = links.thread_of(tx.connection, channel, address)
        return conversations.get_thread(tx.connection, found) if found else None
    own = None
    if thread_id is not None:
        try:
            own = going_on(tx.connection, thread_id)
        except conversations.NotFound:
            own = None
    if identity is None:
        return own
    return thread_of_customer(tx, identity.customer_id, own, channel, playbook, now)
