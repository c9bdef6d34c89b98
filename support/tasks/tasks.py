"""What somebody at the desk has to do by a time: call back, keep a promise, send a card.

A task belongs to a conversation. It is open until it is done, cancelled, or (a call-back) missed;
who has taken it owns it. Whoever changes one holds the lock of its thread.
"""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, insert, select, update

from support import conversations
from support.hints import DESK
from support.store import Transaction
from support.store.schema import OPEN_TASK, agents, customers, tasks
from support.store.schema import conversations as conversations_table
from support.team.agents import Agent
from support.values import Conversation, Thread

Kind = Literal["callback", "promise", "card", "followup"]
KINDS: tuple[Kind, ...] = ("callback", "promise", "card", "followup")
STATES = ("open", "done", "cancelled", "missed")
MOST_LISTED = 200


class NoSuchTask(LookupError):
    """No task has this number. Shown as 404."""


class TaskRefused(Exception):
    """The task is closed, or a colleague's. Shown as 409."""


@dataclass(frozen=True)
class Task:
    id: int
    kind: str
    conversation_id: str
    what: str
    made_by: str
    made_at: datetime
    due_at: datetime
    owner_id: int | None
    state: str
    closed_at: datetime | None
    closed_by: str | None
    kept_by_reply: bool
    contact: str | None
    zone: str | None
    seat: int | None


def make(
    tx: Transaction,
    conversation_id: str,
    kind: Kind,
    what: str,
    due_at: datetime,
    by: str,
    now: datetime,
    **values: Any,
) -> Task:
    row = tx.execute(
        insert(tasks)
        .values(
            kind=kind,
            conversation_id=conversation_id,
            what=what,
            made_by=by,
            made_at=now,
            due_at=due_at,
            state="open",
            **values,
        )
        .returning(*tasks.c)
    ).one()
    tx.hint(DESK, "task", conversation=conversation_id)
    return _task(row)


def find(connection: Connection, task_id: int) -> Task | None:
    row = connection.execute(select(tasks).where(tasks.c.id == task_id)).first()
    return _task(row) if row else None


def lock(tx: Transaction, task_id: int) -> tuple[Thread, Conversation, Task]:
    """A task with its conversation and thread, which is locked. Raises NoSuchTask."""
    known = find(tx.connection, task_id)
    if known is None:
        raise NoSuchTask(f"no task {task_id}")
    thread, conversation = conversations.lock(tx, known.conversation_id)
    # Read anew: it may have changed while the lock was waited for.
    return thread, conversation, _task(tx.execute(select(tasks).where(tasks.c.id == task_id)).one())


def lock_open(tx: Transaction, task_id: int, agent: Agent) -> tuple[Thread, Conversation, Task]:
    """The same for `agent` to change it. Raises TaskRefused where it is closed, or taken by a
    colleague (a lead may step in)."""
    thread, conversation, task = lock(tx, task_id)
    if task.state != "open":
        raise TaskRefused(f"the task is {task.state}")
    if task.owner_id not in (None, agent.id) and not agent.is_lead:
        raise TaskRefused("a colleague has taken this task")
    return thread, conversation, task


def take(tx: Transaction, task_id: int, agent: Agent) -> Task:
    """Make `agent` the owner; once more changes nothing. Raises NoSuchTask, TaskRefused."""
    _, _, task = lock_open(tx, task_id, agent)
    return change(tx, task, owner_id=agent.id)


def close(tx: Transaction, task: Task, state: str, by: str, now: datetime) -> Task:
    return change(tx, task, state=state, closed_at=now, closed_by=by)


def change(tx: Transaction, task: Task, **values: Any) -> Task:
    row = tx.execute(
        update(tasks).where(tasks.c.id == task.id).values(**values).returning(*tasks.c)
    ).one()
    tx.hint(DESK, "task", conversation=task.conversation_id)
    return _task(row)


def open_of(connection: Connection, conversation_id: str, kind: Kind | None = None) -> list[Task]:
    """What is still to be done about a conversation, the most urgent first."""
    query = select(tasks).where(tasks.c.conversation_id == conversation_id, OPEN_TASK)
    if kind is not None:
        query = query.where(tasks.c.kind == kind)
    return [_task(row) for row in connection.execute(query.order_by(tasks.c.due_at, tasks.c.id))]


def of_conversation(connection: Connection, conversation_id: str, kind: Kind) -> list[Task]:
    """All of a kind, open and closed, in the order they were made."""
    rows = connection.execute(
        select(tasks)
        .where(tasks.c.conversation_id == conversation_id, tasks.c.kind == kind)
        .order_by(tasks.c.id)
    )
    return [_task(row) for row in rows]


@dataclass(frozen=True)
class Listed:
    """A task as the desk lists it."""

    task: Task
    owner: str | None
    channel: str
    lang: str | None
    customer_id: str | None
    customer: str | None


def listed(
    connection: Connection,
    *,
    state: str = "open",
    owner: int | Literal["none"] | None = None,
    limit: int = MOST_LISTED,
) -> list[Listed]:
    """Open ones by what is due first, so that the overdue are on top; closed ones newest first."""
    query = (
        select(
            tasks,
            agents.c.name.label("owner_name"),
            conversations_table.c.channel,
            conversations_table.c.lang,
            conversations_table.c.customer_id,
            customers.c.name.label("customer_name"),
        )
        .join(conversations_table, conversations_table.c.id == tasks.c.conversation_id)
        .outerjoin(customers, customers.c.id == conversations_table.c.customer_id)
        .outerjoin(agents, agents.c.id == tasks.c.owner_id)
        .where(OPEN_TASK if state == "open" else tasks.c.state == state)
        .limit(limit)
    )
    if owner == "none":
        query = query.where(tasks.c.owner_id.is_(None))
    elif owner is not None:
        query = query.where(tasks.c.owner_id == owner)
    order = (tasks.c.due_at, tasks.c.id) if state == "open" else (tasks.c.id.desc(),)
    return [
        Listed(
            _task(row), row.owner_name, row.channel, row.lang, row.customer_id, row.customer_name
        )
        for row in connection.execute(query.order_by(*order))
    ]


def counts(connection: Connection, now: datetime, soon: timedelta) -> dict[str, int]:
    """`due`: within `soon`, the overdue among them; `overdue`."""
    open_until = select(func.count()).select_from(tasks).where(OPEN_TASK)
    return {
        "due": connection.execute(open_until.where(tasks.c.due_at <= now + soon)).scalar_one(),
        "overdue": connection.execute(open_until.where(tasks.c.due_at < now)).scalar_one(),
    }


_FIELDS = [field.name for field in fields(Task)]


def _task(row: Row[Any]) -> Task:
    return Task(**{name: getattr(row, name) for name in _FIELDS})
