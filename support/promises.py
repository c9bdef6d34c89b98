"""What was promised to whom by when: from opening hours, never from wishes."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from support.playbook import Playbook
from support.store import Transaction
from support.store.schema import promises


def due(playbook: Playbook, now: datetime, working_hours: float | None = None) -> datetime:
    """When a promise made at `now` can be kept: after so many hours of opening."""
    hours = playbook.opening.promise_working_hours if working_hours is None else working_hours
    exact = playbook.hours.after(now, timedelta(hours=hours)) or now + timedelta(days=7)
    # "By 12:30", not "by 12:01": rounded up, as people say it.
    past = timedelta(
        minutes=exact.minute % 30, seconds=exact.second, microseconds=exact.microsecond
    )
    return exact - past + (timedelta(minutes=30) if past else timedelta())


def make(
    tx: Transaction, conversation_id: str, what: str, due_at: datetime, by: str, now: datetime
) -> None:
    tx.execute(
        insert(promises).values(
            conversation_id=conversation_id, what=what, made_by=by, made_at=now, due_at=due_at
        )
    )


def keep(tx: Transaction, conversation_id: str, now: datetime) -> None:
    """A person answered: what was promised in this conversation is kept."""
    tx.execute(
        update(promises)
        .where(promises.c.conversation_id == conversation_id, promises.c.kept_at.is_(None))
        .values(kept_at=now)
    )


def of_conversation(connection: Connection, conversation_id: str) -> list[dict[str, Any]]:
    rows = connection.execute(
        select(promises)
        .where(promises.c.conversation_id == conversation_id)
        .order_by(promises.c.id)
    )
    return [
        {
            "what": row.what,
            "made_by": row.made_by,
            "made_at": row.made_at,
            "due_at": row.due_at,
            "kept_at": row.kept_at,
        }
        for row in rows
    ]
