"""What was promised to whom by when: from opening hours, never from wishes.

A promise is a task of the desk. That a person answers is kept by any person's answer; everything
else only an agent can know, and ticks off.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, update

from support.hints import DESK
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import OPEN_TASK
from support.store.schema import tasks as tasks_table
from support.tasks import tasks

AN_ANSWER = "a person answers"


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
    tasks.make(tx, conversation_id, "promise", what, due_at, by, now)


def an_answer(tx: Transaction, conversation_id: str, playbook: Playbook, now: datetime) -> datetime:
    """Promise that a person answers; by when. A promise that stands is not put off by another."""
    for task in tasks.open_of(tx.connection, conversation_id, "promise"):
        if task.kept_by_reply and task.due_at > now:
            return task.due_at
    due_at = due(playbook, now)
    tasks.make(tx, conversation_id, "promise", AN_ANSWER, due_at, "system", now, kept_by_reply=True)
    return due_at


def keep(tx: Transaction, conversation_id: str, agent_id: int, now: datetime) -> None:
    """A person answered: what any answer keeps is kept."""
    _close_answers(tx, conversation_id, "done", f"agent:{agent_id}", now)


def release(tx: Transaction, conversation_id: str, now: datetime, but: int | None = None) -> None:
    """The customer needs no answer any more, or has been promised something else: task `but`."""
    _close_answers(tx, conversation_id, "cancelled", "customer", now, but)


def _close_answers(
    tx: Transaction,
    conversation_id: str,
    state: str,
    by: str,
    now: datetime,
    but: int | None = None,
) -> None:
    closed = tx.execute(
        update(tasks_table)
        .where(
            tasks_table.c.conversation_id == conversation_id,
            OPEN_TASK,
            tasks_table.c.kept_by_reply,
            tasks_table.c.id != (but or 0),
        )
        .values(state=state, closed_at=now, closed_by=by)
    )
    if closed.rowcount:
        tx.hint(DESK, "task", conversation=conversation_id)


def of_conversation(connection: Connection, conversation_id: str) -> list[dict[str, Any]]:
    return [
        {
            "id": task.id,
            "what": task.what,
            "made_by": task.made_by,
            "made_at": task.made_at,
            "due_at": task.due_at,
            "kept_at": task.closed_at if task.state == "done" else None,
            "state": task.state,
        }
        for task in tasks.of_conversation(connection, conversation_id, "promise")
    ]
