"""Conversations as rows of lists."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, select

from support.privacy.masking import mask
from support.store.among import among
from support.store.schema import agents, conversations, customers, tickets

_c = conversations.c
# What the assistant keeps of a conversation can be large, and no list shows it.
_SHOWN: Final = (
    _c.id, _c.state, _c.channel, _c.lang, _c.customer_id, _c.reason, _c.anger, _c.topic,
    _c.agent_id, _c.labels, _c.last_text, _c.created_at, _c.updated_at,
)  # fmt: skip


def beside(query: Select[Any]) -> Select[Any]:
    """`query` about conversations, with their customers and open tickets."""
    return query.outerjoin(customers, customers.c.id == _c.customer_id).outerjoin(
        tickets, (tickets.c.conversation_id == _c.id) & tickets.c.closed_at.is_(None)
    )


def listed(*also: Any) -> Select[Any]:
    """What `row_of` needs, and `also`."""
    query = select(
        *_SHOWN,
        agents.c.name.label("agent_name"),
        customers.c.name.label("customer_name"),
        customers.c.tier,
        tickets.c.queued_at,
        tickets.c.team,
        tickets.c.choice,
        *also,
    ).select_from(conversations)
    return beside(query.outerjoin(agents, agents.c.id == _c.agent_id))


def rows_of(connection: Connection, ids: Collection[str], now: datetime) -> list[dict[str, Any]]:
    """Those of given conversations that have something in them, in no order."""
    query = listed().where(among(_c.id, ids), _c.last_text.is_not(None))
    return [row_of(row, now) for row in connection.execute(query)]


def row_of(row: Any, now: datetime) -> dict[str, Any]:
    """A row as lists show it."""
    return {
        "id": row.id,
        "state": row.state,
        "channel": row.channel,
        "lang": row.lang,
        "customer": {"id": row.customer_id, "name": row.customer_name, "tier": row.tier}
        if row.customer_id
        else None,
        "reason": row.reason,
        "anger": row.anger,
        "topic": row.topic,
        "team": row.team,
        "waiting_s": int((now - row.queued_at).total_seconds()) if row.queued_at else None,
        "choice": row.choice,
        "agent": {"id": row.agent_id, "name": row.agent_name} if row.agent_id else None,
        "labels": list(row.labels or ()),
        "last_message": mask(row.last_text or ""),
        "created_at": row.created_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
    }
