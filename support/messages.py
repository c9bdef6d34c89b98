"""The messages of a thread: appended under the next `seq`, read in its order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, String, bindparam, func, insert, select, update

from support.delivery import ways_out
from support.delivery.ways_out import Reach
from support.hints import DESK, thread_topic
from support.identifiers import new_button_id
from support.store import Transaction
from support.store.schema import agents, buttons, conversations, messages, threads
from support.transcripts.search import index_message
from support.values import Author, Button, Conversation, Message

PREVIEW = 140

# Built once, as in support.conversations.
_NEXT_SEQ = (
    update(threads)
    .where(threads.c.id == bindparam("thread"))
    .values(last_seq=threads.c.last_seq + 1)
    .returning(
        threads.c.last_seq,
        threads.c.channel,
        threads.c.address,
        threads.c.used_channel,
        threads.c.preferred_channel,
    )
)
# Who writes has been here just now.
_NEXT_SEQ_SEEN = _NEXT_SEQ.values(
    seen_at=bindparam("now"),
    used_channel=func.coalesce(bindparam("used", type_=String(16)), threads.c.used_channel),
)
_INSERT = insert(messages).returning(messages.c.id)
_TOUCH = (
    update(conversations)
    .where(conversations.c.id == bindparam("conversation"))
    .values(updated_at=bindparam("now"))
)
_TOUCH_TEXT = _TOUCH.values(last_text=bindparam("preview"))
# By what people said a conversation is known among others: the assistant's words are the same in
# many, that it is fetching somebody in all that wait.
_TOUCH_FIRST = _TOUCH.values(
    last_text=func.coalesce(conversations.c.last_text, bindparam("preview"))
)
# A conversation is where its customer is.
_TOUCH_CUSTOMER = _TOUCH_TEXT.values(channel=bindparam("used"))


@dataclass(frozen=True)
class Draft:
    """A message about to be appended. `buttons` are (title, payload) pairs; `channel` is where a
    customer wrote it."""

    author: Author
    text: str
    kind: str = "text"
    data: dict[str, Any] = field(default_factory=dict)
    buttons: Sequence[tuple[str, str]] = ()
    agent_id: int | None = None
    client_id: str | None = None
    private: bool = False
    reading: dict[str, Any] | None = None
    channel: str | None = None

    @property
    def sender(self) -> str:
        """Whose client ids these are: unique by (thread, sender, client id)."""
        return f"agent:{self.agent_id}" if self.agent_id is not None else str(self.author)


def append(tx: Transaction, conversation: Conversation, draft: Draft, now: datetime) -> Message:
    """Store `draft` under the thread's next seq. The caller holds the thread's lock."""
    seen = draft.author is Author.CUSTOMER
    row = tx.execute(
        _NEXT_SEQ_SEEN if seen else _NEXT_SEQ,
        {
            "thread": conversation.thread_id,
            **({"now": now, "used": draft.channel} if seen else {}),
        },
    ).one()
    seq: int = row.last_seq
    reach = Reach(
        conversation.thread_id,
        row.channel,
        row.address,
        row.used_channel,
        row.preferred_channel,
    )
    channel = (row.used_channel or row.channel) if seen else reach.now
    message_id: int = tx.execute(
        _INSERT,
        {
            "thread_id": conversation.thread_id,
            "conversation_id": conversation.id,
            "seq": seq,
            "author": str(draft.author),
            "sender": draft.sender,
            "agent_id": draft.agent_id,
            "client_id": draft.client_id,
            "channel": channel,
            "kind": draft.kind,
            "text": draft.text,
            "data": draft.data,
            "private": draft.private,
            "epoch": conversation.epoch,
            "reading": draft.reading,
            "created_at": now,
        },
    ).scalar_one()
    if draft.author is not Author.SYSTEM:
        index_message(tx, message_id, draft.text)
    made = tuple(Button(new_button_id(), title) for title, _ in draft.buttons)
    if made:
        tx.execute(
            insert(buttons),
            [
                {
                    "id": button.id,
                    "message_id": message_id,
                    "ordinal": ordinal,
                    "title": button.title,
                    "payload": payload,
                }
                for ordinal, (button, (_, payload)) in enumerate(
                    zip(made, draft.buttons, strict=True)
                )
            ],
        )
    touched: dict[str, Any] = {"conversation": conversation.id, "now": now}
    if not draft.private and draft.author is not Author.SYSTEM:
        touched["preview"] = draft.text[:PREVIEW]
        if seen:
            touched["used"] = channel
        said = _TOUCH_FIRST if draft.author is Author.BOT else _TOUCH_TEXT
        tx.execute(_TOUCH_CUSTOMER if seen else said, touched)
    else:
        tx.execute(_TOUCH, touched)
    if not draft.private:
        ways_out.carry(tx, reach, message_id, seq, draft.author, now)
    message = Message(
        id=message_id,
        seq=seq,
        thread_id=conversation.thread_id,
        conversation_id=conversation.id,
        author=draft.author,
        kind=draft.kind,
        text=draft.text,
        created_at=now,
        data=draft.data,
        buttons=made,
        agent_id=draft.agent_id,
        private=draft.private,
        reading=draft.reading,
        channel=channel,
    )
    # An agent's name isn't known here, and a private note is nothing for the thread.
    whole = draft.agent_id is None and not draft.private
    topic = thread_topic(conversation.thread_id)
    tx.hint(topic, "message", message if whole else None, seq=seq)
    tx.hint(DESK, "message", conversation=conversation.id, seq=seq)
    return message


_AGENT = (agents.c.name.label("agent_name"), agents.c.picture.label("agent_picture"))


def of_thread(
    connection: Connection,
    thread_id: str,
    *,
    after: int = 0,
    limit: int = 200,
    private: bool = False,
    conversation_id: str | None = None,
    newest: bool = False,
) -> list[Message]:
    """Messages with `seq` over `after`, oldest first. Private notes only when asked for. Of more
    than `limit` the oldest, or the newest."""
    query = (
        select(messages, *_AGENT)
        .outerjoin(agents, agents.c.id == messages.c.agent_id)
        .where(messages.c.thread_id == thread_id, messages.c.seq > after)
        .order_by(messages.c.seq.desc() if newest else messages.c.seq)
        .limit(limit)
    )
    if not private:
        query = query.where(messages.c.private.is_(False))
    if conversation_id is not None:
        query = query.where(messages.c.conversation_id == conversation_id)
    rows = list(connection.execute(query))
    return _with_buttons(connection, rows[::-1] if newest else rows)


def by_id(connection: Connection, message_id: int) -> Message | None:
    row = connection.execute(
        select(messages, *_AGENT)
        .outerjoin(agents, agents.c.id == messages.c.agent_id)
        .where(messages.c.id == message_id)
    ).first()
    return _with_buttons(connection, [row])[0] if row else None


def _with_buttons(connection: Connection, rows: Sequence[Row[Any]]) -> list[Message]:
    ids = [row.id for row in rows if row.author in (Author.BOT, Author.SYSTEM)]
    made: dict[int, list[Button]] = {}
    if ids:
        query = (
            select(buttons.c.message_id, buttons.c.id, buttons.c.title)
            .where(buttons.c.message_id.in_(ids))
            .order_by(buttons.c.message_id, buttons.c.ordinal)
        )
        for row in connection.execute(query):
            made.setdefault(row.message_id, []).append(Button(row.id, row.title))
    return [_message(row, tuple(made.get(row.id, ()))) for row in rows]


def _message(row: Row[Any], its_buttons: tuple[Button, ...]) -> Message:
    return Message(
        id=row.id,
        seq=row.seq,
        thread_id=row.thread_id,
        conversation_id=row.conversation_id,
        author=Author(row.author),
        kind=row.kind,
        text=row.text,
        created_at=row.created_at,
        data=row.data,
        buttons=its_buttons,
        agent_id=row.agent_id,
        agent_name=row.agent_name,
        agent_picture=row.agent_picture,
        private=row.private,
        reading=row.reading,
        channel=row.channel,
    )
