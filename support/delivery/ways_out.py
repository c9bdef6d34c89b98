"""Where a stored message is brought: the address that a thread began at, and linked ones.

Website visitors fetch and stream what is stored. Other channels are sent to: answers go to the
channel that the customer wrote from last, and to the one they prefer. An address that comes into
use again is first shown what it missed, so that the conversation is whole wherever it is read.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from support.delivery import outbox
from support.store import Transaction
from support.store.schema import links, messages
from support.values import Author, Thread

# Who comes back after long is shown the newest of what was missed.
MOST_MISSED = 10

# Built once, as in support.conversations.
_LINKS = select(links).where(links.c.thread_id == bindparam("thread"))
_MISSED = (
    select(messages.c.id, messages.c.author, messages.c.channel)
    .where(
        messages.c.thread_id == bindparam("thread"),
        messages.c.seq > bindparam("after"),
        messages.c.seq <= bindparam("seq"),
        messages.c.private.is_(False),
    )
    .order_by(messages.c.seq.desc())
    .limit(MOST_MISSED)
)


@dataclass(frozen=True)
class Reach:
    """How a thread's customer is reached: where it began, was used last, and is preferred."""

    thread_id: str
    channel: str
    address: str | None
    used: str | None
    preferred: str | None

    @property
    def now(self) -> str:
        """The channel that answers are meant for."""
        return self.preferred or self.used or self.channel


def carry(
    tx: Transaction, reach: Reach, message_id: int, seq: int, author: Author, now: datetime
) -> None:
    """Bring a message that customers may see to whoever is sent to."""
    own = reach.address if reach.channel in outbox.PUSHED else None
    if own is not None and author is not Author.CUSTOMER:
        outbox.post(tx, reach.channel, own, reach.thread_id, now, message_id)
    wanted = {reach.used, reach.preferred} & outbox.PUSHED - {reach.channel}
    if wanted:
        for link in tx.execute(_LINKS, {"thread": reach.thread_id}).all():
            if link.channel in wanted:
                show(tx, link.channel, link.address, reach.thread_id, link.shown_seq, seq, now)


def show_unread(tx: Transaction, thread_id: str, seq: int, now: datetime) -> bool:
    """Bring what nobody has read on the website to a linked address; whether there is one."""
    found = tx.execute(_LINKS, {"thread": thread_id}).all()
    for link in found:
        show(tx, link.channel, link.address, thread_id, link.shown_seq, seq, now)
    return bool(found)


def address_on(connection: Connection, thread: Thread, channel: str) -> str | None:
    """Where the thread's customer is sent to on `channel`."""
    if channel not in outbox.PUSHED:
        return None
    if thread.channel == channel:
        return thread.address
    found = connection.execute(_LINKS, {"thread": thread.id}).all()
    return next((link.address for link in found if link.channel == channel), None)


def waits_on_page(connection: Connection, thread: Thread) -> bool:
    """Whether an answer reaches the customer nowhere but on the website."""
    if thread.channel != "website":
        return False
    return connection.execute(_LINKS, {"thread": thread.id}).first() is None


def show(
    tx: Transaction,
    channel: str,
    address: str,
    thread_id: str,
    after: int,
    seq: int,
    now: datetime,
) -> None:
    """Post all that was said after `after` up to `seq`, but what was written there itself."""
    if seq <= after:
        return
    missed = tx.execute(_MISSED, {"thread": thread_id, "after": after, "seq": seq}).all()
    for row in reversed(missed):
        if row.author != str(Author.CUSTOMER) or row.channel != channel:
            outbox.post(tx, channel, address, thread_id, now, row.id)
    tx.execute(
        update(links)
        .where(links.c.channel == channel, links.c.address == address)
        .values(shown_seq=seq)
    )
