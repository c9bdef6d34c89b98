"""Who looked at a customer's file without dealing with the matter: kept, once each.

Masking doesn't reach into pictures, so looking is what can be answered for.
"""

from datetime import datetime

from sqlalchemy import Connection

from support import audit, conversations
from support.attachments.records import Attachment
from support.store import Transaction
from support.team.agents import Agent
from support.values import State


def is_news(
    connection: Connection, agent: Agent, attachment: Attachment, conversation_id: str
) -> bool:
    """Whether this is somebody else's matter, or a closed one, and not in the audit yet."""
    conversation = conversations.get(connection, conversation_id)
    if conversation.state is State.ASSIGNED and conversation.agent_id == agent.id:
        return False
    return not audit.is_recorded(
        connection, f"agent:{agent.id}", "see_file", conversation_id, detail=attachment.id
    )


def record(
    tx: Transaction, agent: Agent, attachment: Attachment, conversation_id: str, now: datetime
) -> None:
    audit.record(
        tx, f"agent:{agent.id}", "see_file", now, subject=conversation_id, detail=attachment.id
    )
