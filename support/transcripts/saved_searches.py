"""What somebody keeps to look at again under a name, alone or for all: searches of the transcripts
and views of the desk's list, each in its own `place`."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, delete, func, insert, or_, select

from support.store import Transaction
from support.store.schema import agents, saved_searches

MOST = 50
Place = Literal["transcripts", "views"]


class TooMany(ValueError):
    """Nobody finds anything among more. Shown as 409."""


class NoSuchSearch(LookupError):
    """Not there, or somebody else's. Shown as 404."""


def keep(
    tx: Transaction,
    agent_id: int,
    name: str,
    query: str,
    *,
    shared: bool,
    now: datetime,
    place: Place = "transcripts",
) -> int:
    """Keep `query` (as in an address); one of the same name, owner and place is replaced."""
    tx.execute(
        delete(saved_searches).where(
            saved_searches.c.agent_id == agent_id,
            saved_searches.c.place == place,
            saved_searches.c.name == name,
        )
    )
    own = select(func.count()).where(
        saved_searches.c.agent_id == agent_id, saved_searches.c.place == place
    )
    if tx.execute(own.select_from(saved_searches)).scalar_one() >= MOST:
        raise TooMany(f"{MOST} searches are kept at most")
    values = {
        "agent_id": agent_id, "name": name, "query": query, "shared": shared, "place": place,
    }  # fmt: skip
    made = insert(saved_searches).values(created_at=now, **values)
    number: int = tx.execute(made.returning(saved_searches.c.id)).scalar_one()
    return number


def forget(tx: Transaction, agent_id: int, search_id: int, place: Place = "transcripts") -> None:
    """Raises NoSuchSearch."""
    gone = tx.execute(
        delete(saved_searches).where(
            saved_searches.c.id == search_id,
            saved_searches.c.agent_id == agent_id,
            saved_searches.c.place == place,
        )
    )
    if gone.rowcount != 1:
        raise NoSuchSearch(f"no search {search_id}")


def of_agent(
    connection: Connection, agent_id: int, place: Place = "transcripts"
) -> list[dict[str, Any]]:
    """Own and shared ones by name: id, name, query, shared, mine, by."""
    rows = connection.execute(
        select(saved_searches, agents.c.name.label("by"))
        .join(agents, agents.c.id == saved_searches.c.agent_id)
        .where(
            saved_searches.c.place == place,
            or_(saved_searches.c.agent_id == agent_id, saved_searches.c.shared.is_(True)),
        )
        .order_by(saved_searches.c.name, saved_searches.c.id)
    )
    return [
        {
            "id": row.id,
            "name": row.name,
            "query": row.query,
            "shared": row.shared,
            "mine": row.agent_id == agent_id,
            "by": row.by,
        }
        for row in rows
    ]
