"""The way in: one transaction stores a customer's message, and then it is safe.

A message is acknowledged only after it is committed, once per client id, under the thread's next
seq. In the same transaction the conversation gets its pending turn, so that whatever dies next,
somebody finds the message waiting for an answer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, insert, select, update

from support import conversations
from support.attachments.records import KIND
from support.handover import snoozing
from support.hints import TURNS
from support.identifiers import new_id
from support.messages import Draft, append
from support.playbook.playbook import Playbook
from support.privacy.data_choices import ERASE
from support.store import Transaction
from support.store.schema import PENDING_TURN, buttons, messages, turns
from support.store.schema import conversations as conversations_table
from support.turns import choices
from support.values import Author, Conversation, State

LONGEST_TEXT = 4000
# Renewed every two seconds by whoever serves the turn; after so long another server takes it over.
LEASE = timedelta(seconds=12)


class TextRefused(ValueError):
    """A text that can't be stored as typed; `str()` says why. Shown as 422."""


class UnknownButton(LookupError):
    """No button of this thread has the id. Shown as 422."""


class StaleButton(Exception):
    """The button was used, or the conversation has moved on. Shown as 409."""


@dataclass(frozen=True)
class Accepted:
    """What the customer is told: the message's id and place. `lasting`: a button that can be
    pressed again; `erase`: everything is to be erased now, which is the caller's to do."""

    id: int
    seq: int
    conversation_id: str
    repeated: bool = False
    lasting: bool = False
    erase: bool = False


def checked_text(text: object) -> str:
    """`text` if it can be stored and shown faithfully. Raises TextRefused."""
    if not isinstance(text, str):
        raise TextRefused("must be a text")
    if len(text) > LONGEST_TEXT:
        raise TextRefused(f"is longer than {LONGEST_TEXT} characters")
    if "\x00" in text:
        raise TextRefused("has a NUL character")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise TextRefused("has half a surrogate pair")
    if not text.strip():
        raise TextRefused("is empty")
    return text


def accept_text(
    tx: Transaction,
    thread_id: str,
    text: str,
    client_id: str,
    now: datetime,
    worker: str | None = None,
    data: dict[str, Any] | None = None,
    channel: str | None = None,
) -> Accepted:
    """Store what a customer typed. `worker` is who will serve the turn; `channel` is where they
    wrote it, unless it is where the thread began. Raises NotFound."""
    thread = conversations.lock_thread(tx, thread_id)
    before = known(tx, thread_id, client_id)
    if before is not None:
        return before
    conversation = conversations.latest(tx.connection, thread_id) or conversations.begin(
        tx, thread, now
    )
    draft = Draft(
        Author.CUSTOMER,
        text,
        data=data or {},
        client_id=client_id,
        channel=channel or thread.channel,
    )
    return _store(tx, conversation, draft, now, worker)


def accept_button(
    tx: Transaction,
    thread_id: str,
    button_id: str,
    client_id: str,
    now: datetime,
    playbook: Playbook,
    worker: str | None = None,
    channel: str | None = None,
) -> Accepted:
    """Store a press of a button as a message with its title.

    Raises UnknownButton, StaleButton, NotFound.
    """
    thread = conversations.lock_thread(tx, thread_id)
    before = known(tx, thread_id, client_id)
    if before is not None:
        return before
    pressed = tx.execute(
        select(buttons, messages.c.seq, messages.c.conversation_id)
        .join(messages, messages.c.id == buttons.c.message_id)
        .where(buttons.c.id == button_id, messages.c.thread_id == thread_id)
    ).first()
    if pressed is None:
        raise UnknownButton("no such button")
    conversation = conversations.get(tx.connection, pressed.conversation_id)
    _check_fresh(tx, pressed, conversation)
    tx.execute(
        update(buttons).where(buttons.c.message_id == pressed.message_id).values(used_at=now)
    )
    draft = Draft(
        Author.CUSTOMER,
        pressed.title,
        kind="button",
        data={"payload": pressed.payload},
        client_id=client_id,
        channel=channel or thread.channel,
    )
    if not choices.is_ours(pressed.payload):
        return _store(tx, conversation, draft, now, worker)
    message = append(tx, conversation, draft, now)
    handled(tx, conversation, message.seq)
    choices.follow(tx, thread, conversation, pressed.payload, playbook, now, message.channel)
    return Accepted(
        message.id,
        message.seq,
        conversation.id,
        lasting=choices.may_be_repeated(pressed.payload),
        erase=pressed.payload == ERASE,
    )


def _check_fresh(tx: Transaction, pressed: Row[Any], conversation: Conversation) -> None:
    used = tx.execute(
        select(
            exists().where(
                buttons.c.message_id == pressed.message_id, buttons.c.used_at.is_not(None)
            )
        )
    ).scalar_one()
    if used and not choices.may_be_repeated(pressed.payload):
        raise StaleButton("that choice has been made")
    if choices.is_ours(pressed.payload):
        why = choices.stale(tx.connection, conversation, pressed.payload)
        if why is not None:
            raise StaleButton(why)
        return
    newer = tx.execute(
        select(
            exists().where(
                messages.c.thread_id == conversation.thread_id,
                messages.c.seq > pressed.seq,
                messages.c.author == str(Author.CUSTOMER),
                # A picture to a question leaves the choice as open as it was.
                messages.c.kind != KIND,
            )
        )
    ).scalar_one()
    if newer or conversation.state in (State.ASSIGNED, State.RESOLVED):
        raise StaleButton("the conversation has moved on")


_KNOWN = select(messages.c.id, messages.c.seq, messages.c.conversation_id).where(
    messages.c.thread_id == bindparam("thread"),
    messages.c.sender == str(Author.CUSTOMER),
    messages.c.client_id == bindparam("client"),
)
_PENDING = select(turns.c.id).where(
    turns.c.conversation_id == bindparam("conversation"), PENDING_TURN
)


def known(tx: Transaction, thread_id: str, client_id: str) -> Accepted | None:
    """What was answered to this client id before."""
    row = tx.execute(_KNOWN, {"thread": thread_id, "client": client_id}).first()
    return Accepted(row.id, row.seq, row.conversation_id, repeated=True) if row else None


def _store(
    tx: Transaction,
    conversation: Conversation,
    draft: Draft,
    now: datetime,
    worker: str | None,
) -> Accepted:
    message = append(tx, conversation, draft, now)
    if conversation.state is State.ASSIGNED:
        handled(tx, conversation, message.seq)
        snoozing.wake(tx, conversation, now, "wrote")
    else:
        want_turn(tx, conversation.id, message.seq, now, worker)
    return Accepted(message.id, message.seq, conversation.id)


def is_answering(connection: Connection, conversation_id: str) -> bool:
    """Whether something that the customer wrote waits for the assistant's answer."""
    return connection.execute(_PENDING, {"conversation": conversation_id}).first() is not None


def handled(tx: Transaction, conversation: Conversation, seq: int) -> None:
    """The assistant has nothing to say to `seq`, nor to anything before it that isn't pending."""
    if not is_answering(tx.connection, conversation.id):
        tx.execute(
            update(conversations_table)
            .where(conversations_table.c.id == conversation.id)
            .values(handled_seq=seq)
        )


def want_turn(
    tx: Transaction, conversation_id: str, from_seq: int, now: datetime, worker: str | None
) -> None:
    """Make sure that a turn is pending. `worker` holds its lease from the start, which saves the
    transaction that would claim it."""
    if not is_answering(tx.connection, conversation_id):
        tx.execute(
            insert(turns),
            {
                "id": new_id(),
                "conversation_id": conversation_id,
                "state": "pending",
                "from_seq": from_seq,
                "lease_by": worker,
                "lease_until": now + LEASE if worker else None,
                "created_at": now,
            },
        )
    tx.hint(TURNS, "wanted", conversation=conversation_id)
