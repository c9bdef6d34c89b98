"""Notes about a customer that everybody who answers them reads, whatever the matter."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select

from support import audit, conversations
from support.hints import DESK
from support.store import Transaction
from support.store.schema import agents, customer_notes
from support.team.agents import Agent
from support.values import Conversation

LONGEST = 1000
MOST_SHOWN = 50


class NotYourNote(Exception):
    """Notes are struck by whoever wrote them, or by a lead. Shown as 403."""


def add(
    tx: Transaction, conversation_id: str, agent: Agent, text: str, client_id: str, now: datetime
) -> int:
    """Keep a note, once per client id; its id. Raises NotFound."""
    thread, conversation = conversations.lock(tx, conversation_id)
    known = tx.execute(
        select(customer_notes.c.id).where(
            customer_notes.c.thread_id == thread.id,
            customer_notes.c.agent_id == agent.id,
            customer_notes.c.client_id == client_id,
        )
    ).scalar_one_or_none()
    if known is not None:
        return int(known)
    made: int = tx.execute(
        insert(customer_notes)
        .values(
            thread_id=thread.id,
            customer_id=conversation.customer_id,
            agent_id=agent.id,
            client_id=client_id,
            text=text,
            at=now,
        )
        .returning(customer_notes.c.id)
    ).scalar_one()
    tx.hint(DESK, "state", conversation=conversation_id)
    return made


def strike(
    tx: Transaction, conversation_id: str, note_id: int, agent: Agent, now: datetime
) -> None:
    """Delete a note for good; that it was there is recorded. Raises NotYourNote, NotFound."""
    _, conversation = conversations.lock(tx, conversation_id)
    row = tx.execute(
        select(customer_notes.c.agent_id).where(
            customer_notes.c.id == note_id, _about(conversation)
        )
    ).first()
    if row is None:
        raise conversations.NotFound(f"no note {note_id}")
    if row.agent_id != agent.id and not agent.is_lead:
        raise NotYourNote("only its author or a lead may strike a note")
    tx.execute(delete(customer_notes).where(customer_notes.c.id == note_id))
    audit.record(tx, f"agent:{agent.id}", "note_struck", now, subject=conversation.id)
    tx.hint(DESK, "state", conversation=conversation_id)


def of_conversation(connection: Connection, conversation: Conversation) -> list[dict[str, Any]]:
    """id, text, at, agent {id, name}: the newest first."""
    rows = connection.execute(
        select(customer_notes, agents.c.name)
        .join(agents, agents.c.id == customer_notes.c.agent_id)
        .where(_about(conversation))
        .order_by(customer_notes.c.id.desc())
        .limit(MOST_SHOWN)
    )
    return [
        {
            "id": row.id,
            "text": row.text,
            "at": row.at.isoformat(),
            "agent": {"id": row.agent_id, "name": row.name},
        }
        for row in rows
    ]


def _about(conversation: Conversation) -> Any:
    theirs = customer_notes.c.thread_id == conversation.thread_id
    if conversation.customer_id is None:
        return theirs
    return or_(theirs, customer_notes.c.customer_id == conversation.customer_id)
