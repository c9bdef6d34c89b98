"""The audit log: who saw, changed, exported or erased what. Rows are only ever added."""

from datetime import datetime

from sqlalchemy import insert

from support.store import Transaction
from support.store.schema import audit


def record(
    tx: Transaction,
    actor: str,
    action: str,
    now: datetime,
    *,
    subject: str | None = None,
    detail: str | None = None,
) -> None:
    """`actor`: `agent:7`, `system` or a command's name. `subject` is an id, never a person's data;
    `detail` says what was done, without what was seen."""
    tx.execute(
        insert(audit).values(at=now, actor=actor, action=action, subject=subject, detail=detail)
    )
