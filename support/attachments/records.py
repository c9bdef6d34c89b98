"""Which file hangs on which message, and on which request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from support.hints import DESK
from support.store import Transaction
from support.store.schema import attachments, cases, messages
from support.values import Author, Conversation, Message

KIND = "attachment"
# In the data of a file's message: it answers the assistant's question.
ANSWER = "is_answer"


@dataclass(frozen=True)
class Attachment:
    """A stored file: `type` as its bytes say, `size` in bytes as stored."""

    id: str
    name: str
    type: str
    size: int

    def as_data(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "type": self.type, "size": self.size}


def message_data(attachment: Attachment) -> dict[str, Any]:
    """The `data` of the message that `attachment` hangs on."""
    return {"attachments": [attachment.as_data()]}


def keep(
    tx: Transaction, message: Message, attachment: Attachment, case: str | None, now: datetime
) -> None:
    """Note that `attachment` came with `message`, for the request `case` if there is one."""
    tx.execute(
        insert(attachments).values(
            id=attachment.id,
            thread_id=message.thread_id,
            message_id=message.id,
            case_number=case,
            name=attachment.name,
            type=attachment.type,
            size=attachment.size,
            created_at=now,
        )
    )
    if case is not None:
        tx.execute(update(cases).where(cases.c.number == case).values(updated_at=now))
        tx.hint(DESK, "case", conversation=message.conversation_id)


def join_case(tx: Transaction, conversation: Conversation, number: str) -> None:
    """What the customer sent before the request was opened belongs to it."""
    its_messages = select(messages.c.id).where(
        messages.c.conversation_id == conversation.id,
        messages.c.author == str(Author.CUSTOMER),
    )
    tx.execute(
        update(attachments)
        .where(attachments.c.case_number.is_(None), attachments.c.message_id.in_(its_messages))
        .values(case_number=number)
    )


def of_message(connection: Connection, message_id: int) -> Attachment:
    return _attachment(
        connection.execute(select(attachments).where(attachments.c.message_id == message_id)).one()
    )


def of_thread(connection: Connection, thread_id: str, id: str) -> Attachment | None:
    """A customer's own file, or None where it is absent or somebody else's."""
    row = connection.execute(
        select(attachments).where(attachments.c.id == id, attachments.c.thread_id == thread_id)
    ).first()
    return _attachment(row) if row else None


def with_conversation(connection: Connection, id: str) -> tuple[Attachment, str] | None:
    """A file and the conversation that it belongs to, for agents."""
    row = connection.execute(
        select(attachments, messages.c.conversation_id)
        .join(messages, messages.c.id == attachments.c.message_id)
        .where(attachments.c.id == id)
    ).first()
    return (_attachment(row), row.conversation_id) if row else None


def of_cases(connection: Connection, numbers: Sequence[str]) -> dict[str, list[Attachment]]:
    """The files of each request, oldest first."""
    found: dict[str, list[Attachment]] = {}
    query = select(attachments).where(attachments.c.case_number.in_(numbers))
    for row in connection.execute(query.order_by(attachments.c.message_id)):
        found.setdefault(row.case_number, []).append(_attachment(row))
    return found


def ids_of_thread(connection: Connection, thread_id: str) -> list[str]:
    query = select(attachments.c.id).where(attachments.c.thread_id == thread_id)
    return list(connection.execute(query).scalars())


def known(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Those of `ids` that a message refers to."""
    query = select(attachments.c.id).where(attachments.c.id.in_(ids))
    return set(connection.execute(query).scalars())


def _attachment(row: Row[Any]) -> Attachment:
    return Attachment(row.id, row.name, row.type, row.size)
