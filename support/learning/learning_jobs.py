"""Runs of learning and switching, one at a time over all servers, with their log."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from support import audit
from support.store import Transaction
from support.store.schema import agents, learning_jobs

KINDS = ("learn", "switch", "replay")
# A run that hasn't been heard of for so long died with its machine.
LOST_AFTER = timedelta(minutes=5)
LONGEST_LOG = 60_000


class AlreadyRunning(Exception):
    """Another run is under way. Shown as 409."""


def begin(tx: Transaction, kind: str, agent_id: int | None, now: datetime) -> int:
    """Raises AlreadyRunning."""
    tx.execute(
        update(learning_jobs)
        .where(learning_jobs.c.state == "running", learning_jobs.c.seen_at < now - LOST_AFTER)
        .values(state="failed", ended_at=now)
    )
    values = {"kind": kind, "state": "running", "agent_id": agent_id}
    try:
        with tx.connection.begin_nested():
            made: int = tx.execute(
                insert(learning_jobs)
                .values(**values, began_at=now, seen_at=now)
                .returning(learning_jobs.c.id)
            ).scalar_one()
    except IntegrityError as error:
        raise AlreadyRunning from error
    return made


def report(tx: Transaction, job_id: int, log: str, step: str | None, now: datetime) -> None:
    """The log so far, and the step it is at; that there is one says that the process lives."""
    tx.execute(
        update(learning_jobs)
        .where(learning_jobs.c.id == job_id, learning_jobs.c.state == "running")
        .values(log=log[-LONGEST_LOG:], result={"step": step} if step else {}, seen_at=now)
    )


def end(tx: Transaction, job_id: int, *, well: bool, result: dict[str, Any], now: datetime) -> None:
    job = tx.execute(
        update(learning_jobs)
        .where(learning_jobs.c.id == job_id)
        .values(state="done" if well else "failed", result=result, ended_at=now, seen_at=now)
        .returning(learning_jobs.c.kind, learning_jobs.c.agent_id)
    ).one()
    if well and job.kind == "switch":
        # Without an agent it was begun on the command line.
        actor = "omotenashi learn" if job.agent_id is None else f"agent:{job.agent_id}"
        audit.record(tx, actor, "model_switched", now, subject=result.get("new"))


def forget(tx: Transaction, conversation_ids: Sequence[str], texts: Sequence[str]) -> None:
    """Take erased conversations out of what runs have shown: whose they were, or their texts."""
    gone, said = set(conversation_ids), set(texts)
    rows = tx.execute(select(learning_jobs.c.id, learning_jobs.c.result)).all()
    for row in rows:
        kept = {
            name: [
                one
                for one in value
                if one.get("conversation") not in gone and one.get("text") not in said
            ]
            if name in ("differences", "better", "worse", "still_wrong")
            else value
            for name, value in row.result.items()
        }
        if kept != row.result:
            tx.execute(
                update(learning_jobs).where(learning_jobs.c.id == row.id).values(result=kept)
            )


def offers_switch(connection: Connection) -> bool:
    """Whether what was learned last waits to be switched to. Replays, and switches that failed,
    change nothing about that."""
    j = learning_jobs.c
    last = connection.execute(
        select(j.kind, j.state)
        .where((j.kind == "learn") | ((j.kind == "switch") & (j.state == "done")))
        .order_by(j.id.desc())
        .limit(1)
    ).first()
    return last is not None and (last.kind, last.state) == ("learn", "done")


def latest(connection: Connection, limit: int = 10) -> list[dict[str, Any]]:
    """Newest first: id, kind, state, by, log, result, began_at, ended_at."""
    rows = connection.execute(
        select(learning_jobs, agents.c.name.label("by"))
        .outerjoin(agents, agents.c.id == learning_jobs.c.agent_id)
        .order_by(learning_jobs.c.id.desc())
        .limit(limit)
    )
    names = ("id", "kind", "state", "by", "log", "result", "began_at", "ended_at")
    return [{name: getattr(row, name) for name in names} for row in rows]
