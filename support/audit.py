"""The audit log: who saw, changed, exported or erased what. Rows are only ever added, in the
transaction of the deed."""

from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, exists, func, insert, select

from support.store import Transaction
from support.store.schema import agents, audit

SHOWN = 100
# What can be done; the desk has words for each (a test compares).
Action = Literal[
    "abuse_flagged", "agent_added", "agent_changed", "article", "contact_shown",
    "conversation_seen", "erase", "export", "model_switched", "note_struck", "notice_begun",
    "notice_ended", "password_set", "playbook", "remedy", "see_file", "sign_in", "sign_in_ended",
    "sign_in_refused", "signed_out", "two_factor_off", "two_factor_on", "two_factor_reset",
]  # fmt: skip
# Their subject is a conversation.
ABOUT_CONVERSATIONS: Final[frozenset[Action]] = frozenset(
    {"abuse_flagged", "contact_shown", "conversation_seen", "export", "note_struck", "see_file"}
)


def record(
    tx: Transaction,
    actor: str,
    action: Action,
    now: datetime,
    *,
    subject: str | None = None,
    detail: str | None = None,
) -> None:
    """`actor`: `agent:7`, `system` or a command's name. `subject` is an id, never a person's data;
    `detail` says what was done, without what was seen."""
    row = {"at": now, "actor": actor, "action": action, "subject": subject, "detail": detail}
    tx.execute(insert(audit).values(**row))


def is_recorded(
    connection: Connection,
    actor: str,
    action: Action,
    subject: str,
    *,
    detail: str | None = None,
    since: datetime | None = None,
) -> bool:
    """Whether `actor` did so with `subject` before: what is looked at often is kept once."""
    known = exists().where(
        audit.c.subject == subject, audit.c.actor == actor, audit.c.action == action
    )
    if detail is not None:
        known = known.where(audit.c.detail == detail)
    if since is not None:
        known = known.where(audit.c.at >= since)
    return bool(connection.execute(select(known)).scalar_one())


def listed(
    connection: Connection,
    *,
    action: str | None = None,
    actor: str | None = None,
    before: int | None = None,
    limit: int = SHOWN,
) -> list[dict[str, Any]]:
    """Newest first: id, at, actor (an agent's name where it is one), action, subject, detail."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if action is not None:
        query = query.where(audit.c.action == action)
    if actor is not None:
        query = query.where(audit.c.actor == actor)
    if before is not None:
        query = query.where(audit.c.id < before)
    names = {
        f"agent:{row.id}": row.name
        for row in connection.execute(select(agents.c.id, agents.c.name))
    }
    return [
        {
            "id": row.id,
            "at": row.at,
            "actor": names.get(row.actor, row.actor),
            "action": row.action,
            "subject": names.get(row.subject or "", row.subject),
            "detail": row.detail,
        }
        for row in connection.execute(query)
    ]


def actions(connection: Connection) -> list[str]:
    """What has been done so far, for choosing."""
    found: list[str] = []
    next_one = select(func.min(audit.c.action))
    # From one to the next along the index: there are a few, in a log without end.
    last = connection.execute(next_one).scalar_one()
    while last is not None:
        found.append(last)
        last = connection.execute(next_one.where(audit.c.action > last)).scalar_one()
    return found
