"""One conversation on several channels: a thread that began in one place and goes on in another.

A link makes an address of another channel (a Telegram chat) speak into a thread. Nothing is merged:
what the address had exchanged before stays in its own thread, as history of the same customer, and
is where it goes on once the link is gone.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from support import conversations
from support.customers.joining import join
from support.delivery import outbox
from support.hints import DESK, thread_topic
from support.messages import Draft, append
from support.playbook.parts import Words
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import link_codes, links, messages, threads
from support.values import Author, Conversation, Message, Thread

CODE_LIFETIME = timedelta(minutes=10)
# What a new address is shown of the conversation so far.
RECAP = 6


class CodeRefused(Exception):
    """The code is unknown, used or old; nothing was linked. The channel says so kindly."""


class NotLinked(LookupError):
    """There is no link to change. Shown as 409."""


@dataclass(frozen=True)
class Link:
    """`preferred`: the customer wants answers there wherever they write."""

    channel: str
    address: str
    preferred: bool


# Built once, as in support.conversations.
_LINKED = select(links.c.thread_id).where(
    links.c.channel == bindparam("channel"), links.c.address == bindparam("address")
)
_HOME = select(threads.c.id).where(
    threads.c.channel == bindparam("channel"), threads.c.address == bindparam("address")
)


def invite(tx: Transaction, thread_id: str, channel: str, now: datetime) -> tuple[str, datetime]:
    """A code with which one address of `channel` joins the thread, and until when.

    Only its hash is kept; a new code takes the place of the one before. Raises NotFound.
    """
    conversations.lock_thread(tx, thread_id)
    tx.execute(
        delete(link_codes).where(
            (link_codes.c.thread_id == thread_id) | (link_codes.c.expires_at < now)
        )
    )
    code = secrets.token_urlsafe(24)
    expires_at = now + CODE_LIFETIME
    tx.execute(
        insert(link_codes).values(
            code_hash=_hash(code), thread_id=thread_id, channel=channel, expires_at=expires_at
        )
    )
    return code, expires_at


def accept(
    tx: Transaction, channel: str, address: str, code: str, playbook: Playbook, now: datetime
) -> Conversation:
    """Let `address` go on with the thread that `code` was made for. Raises CodeRefused."""
    # Taken and gone in one statement: of two that come at once one finds it.
    thread_id = tx.execute(
        delete(link_codes)
        .where(
            link_codes.c.code_hash == _hash(code),
            link_codes.c.channel == channel,
            link_codes.c.expires_at >= now,
        )
        .returning(link_codes.c.thread_id)
    ).scalar_one_or_none()
    if thread_id is None:
        raise CodeRefused("unknown, used or old")
    before = tx.execute(_LINKED, {"channel": channel, "address": address}).scalar_one_or_none()
    if before == thread_id:
        _remove(tx, channel, address)
    elif before is not None:
        _leave(tx, before, channel, playbook, now, tell_address=False)
    if any(link.channel == channel for link in of_thread(tx.connection, thread_id)):
        _leave(tx, thread_id, channel, playbook, now, tell_address=True)
    thread = conversations.lock_thread(tx, thread_id)
    home = tx.execute(_HOME, {"channel": channel, "address": address}).scalar_one_or_none()
    if home is not None:
        join(tx, conversations.lock_thread(tx, home), thread, playbook, now)
    tx.execute(
        insert(links).values(
            channel=channel,
            address=address,
            thread_id=thread_id,
            shown_seq=_recap_from(tx.connection, thread_id),
            created_at=now,
        )
    )
    tx.execute(update(threads).where(threads.c.id == thread_id).values(used_channel=channel))
    conversation = _current(tx, thread, now)
    said = playbook.messages
    _tell(
        tx,
        conversation,
        said.linked,
        now,
        (said.button_prefer, f"link:prefer:{channel}"),
        (said.button_unlink, f"link:remove:{channel}"),
    )
    return conversation


def prefer(
    tx: Transaction, thread_id: str, channel: str | None, playbook: Playbook, now: datetime
) -> None:
    """Bring answers to `channel` wherever the customer writes; None: where they wrote last.

    Raises NotLinked, NotFound.
    """
    thread = conversations.lock_thread(tx, thread_id)
    if channel is not None and not any(
        link.channel == channel for link in of_thread(tx.connection, thread_id)
    ):
        raise NotLinked(f"not linked to {channel}")
    changed = tx.execute(
        update(threads)
        .where(threads.c.id == thread_id, threads.c.preferred_channel.is_distinct_from(channel))
        .values(preferred_channel=channel)
    )
    tx.hint(thread_topic(thread_id), "state")
    if not changed.rowcount:
        return
    said = playbook.messages
    conversation = _current(tx, thread, now)
    if channel is None:
        _tell(tx, conversation, said.preferred_no_more, now)
        return
    _tell(
        tx,
        conversation,
        said.preferred,
        now,
        (said.button_prefer_no_more, f"link:anywhere:{channel}"),
        (said.button_unlink, f"link:remove:{channel}"),
    )


def remove(
    tx: Transaction, thread_id: str, channel: str, playbook: Playbook, now: datetime
) -> bool:
    """End the link, and tell both sides; whether there was one. Raises NotFound."""
    conversations.lock_thread(tx, thread_id)
    if not any(link.channel == channel for link in of_thread(tx.connection, thread_id)):
        return False
    _leave(tx, thread_id, channel, playbook, now, tell_address=True)
    return True


def lose(tx: Transaction, channel: str, address: str, playbook: Playbook, now: datetime) -> None:
    """The address takes nothing any more: answers go elsewhere from now on."""
    thread_id = tx.execute(_LINKED, {"channel": channel, "address": address}).scalar_one_or_none()
    if thread_id is not None:
        _leave(tx, thread_id, channel, playbook, now, tell_address=False)


def of_thread(connection: Connection, thread_id: str) -> list[Link]:
    """Where else the thread goes on."""
    rows = connection.execute(
        select(links.c.channel, links.c.address, threads.c.preferred_channel)
        .join(threads, threads.c.id == links.c.thread_id)
        .where(links.c.thread_id == thread_id)
        .order_by(links.c.channel)
    )
    return [Link(r.channel, r.address, r.preferred_channel == r.channel) for r in rows]


def thread_of(connection: Connection, channel: str, address: str) -> str | None:
    """The thread into which an address speaks: the linked one, else its own."""
    asked = {"channel": channel, "address": address}
    linked: str | None = connection.execute(_LINKED, asked).scalar_one_or_none()
    return linked or connection.execute(_HOME, asked).scalar_one_or_none()


def _leave(
    tx: Transaction,
    thread_id: str,
    channel: str,
    playbook: Playbook,
    now: datetime,
    *,
    tell_address: bool,
) -> None:
    thread = conversations.lock_thread(tx, thread_id)
    address: str = tx.execute(
        select(links.c.address).where(links.c.thread_id == thread_id, links.c.channel == channel)
    ).scalar_one()
    _remove(tx, channel, address)
    told = _tell(tx, _current(tx, thread, now), playbook.messages.unlinked, now)
    if tell_address:
        outbox.post(tx, channel, address, thread_id, now, told.id)


def _remove(tx: Transaction, channel: str, address: str) -> None:
    thread_id: str = tx.execute(
        delete(links)
        .where(links.c.channel == channel, links.c.address == address)
        .returning(links.c.thread_id)
    ).scalar_one()
    tx.execute(
        update(threads)
        .where(threads.c.channel == channel, threads.c.address == address)
        .values(joined_to=None)
    )
    for column in (threads.c.used_channel, threads.c.preferred_channel):
        tx.execute(
            update(threads)
            .where(threads.c.id == thread_id, column == channel)
            .values({column: None})
        )


def _recap_from(connection: Connection, thread_id: str) -> int:
    """The seq after which the last RECAP messages stand that the customer may see."""
    recent = connection.execute(
        select(messages.c.seq)
        .where(messages.c.thread_id == thread_id, messages.c.private.is_(False))
        .order_by(messages.c.seq.desc())
        .limit(RECAP)
        .subquery()
        .select()
        .with_only_columns(func.min(messages.c.seq))
    ).scalar_one()
    return int(recent or 1) - 1


def _current(tx: Transaction, thread: Thread, now: datetime) -> Conversation:
    found = conversations.latest(tx.connection, thread.id)
    return found or conversations.begin(tx, thread, now)


def _tell(
    tx: Transaction,
    conversation: Conversation,
    words: Words,
    now: datetime,
    *buttons: tuple[Words, str],
) -> Message:
    lang = conversation.lang
    draft = Draft(
        Author.SYSTEM,
        words.in_lang(lang),
        "notice",
        buttons=[(title.in_lang(lang), payload) for title, payload in buttons],
    )
    told = append(tx, conversation, draft, now)
    tx.hint(thread_topic(conversation.thread_id), "state")
    tx.hint(DESK, "state", conversation=conversation.id)
    return told


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
