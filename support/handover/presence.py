"""Who is looking at a conversation just now, and who writes in it.

Rows that run out by themselves: a browser that vanished is gone from them after a moment, and every
server sees the same. Nothing is decided by them; they spare two colleagues the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, delete, insert, select, update

from support import conversations
from support.hints import DESK
from support.store import Transaction
from support.store.schema import agents, presences

Doing = Literal["viewing", "typing", "left"]
# A page says every 20 seconds that it is still there, and every 3 that somebody types.
VIEWING_FOR = timedelta(seconds=50)
TYPING_FOR = timedelta(seconds=8)


@dataclass(frozen=True)
class Present:
    """A colleague at a conversation. `seconds`: how long this holds without another word."""

    agent_id: int
    name: str
    doing: Doing
    seconds: int


def show(
    tx: Transaction, conversation_id: str, agent_id: int, doing: Doing, now: datetime
) -> tuple[Present, ...]:
    """Note what an agent does at a conversation; who is there now. Raises NotFound."""
    conversations.get(tx.connection, conversation_id)
    mine = presences.c.agent_id == agent_id
    here = mine & (presences.c.conversation_id == conversation_id)
    # What ran out anywhere is swept by whoever left it, so that the table stays a handful.
    tx.execute(delete(presences).where(mine, presences.c.viewing_until <= now))
    if doing == "left":
        tx.execute(delete(presences).where(here))
    else:
        values = {
            "viewing_until": now + VIEWING_FOR,
            "typing_until": now + TYPING_FOR if doing == "typing" else None,
        }
        if not tx.execute(update(presences).where(here).values(**values)).rowcount:
            tx.execute(
                insert(presences).values(
                    conversation_id=conversation_id, agent_id=agent_id, **values
                )
            )
    tx.hint(DESK, "presence", conversation=conversation_id)
    return of(tx.connection, [conversation_id], now).get(conversation_id, ())


def of(
    connection: Connection, conversation_ids: Sequence[str], now: datetime
) -> dict[str, tuple[Present, ...]]:
    """Who is at each of some conversations, by name."""
    if not conversation_ids:
        return {}
    rows = connection.execute(
        select(presences, agents.c.name)
        .join(agents, agents.c.id == presences.c.agent_id)
        .where(
            presences.c.conversation_id.in_(conversation_ids),
            presences.c.viewing_until > now,
            agents.c.disabled_at.is_(None),
        )
        .order_by(agents.c.name, agents.c.id)
    )
    found: dict[str, tuple[Present, ...]] = {}
    for row in rows:
        types = row.typing_until is not None and row.typing_until > now
        until = row.typing_until if types else row.viewing_until
        one = Present(
            row.agent_id,
            row.name,
            "typing" if types else "viewing",
            max(1, round((until - now).total_seconds())),
        )
        found[row.conversation_id] = (*found.get(row.conversation_id, ()), one)
    return found
