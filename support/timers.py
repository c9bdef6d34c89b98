"""Things to do later, kept as rows: they fire once, whatever restarts in between."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from support.clock import Clock
from support.hints import TIMERS
from support.store import Database, Transaction
from support.store.database import StorageUnavailable
from support.store.schema import timers

log = logging.getLogger(__name__)

# What happens when a timer fires: in the same transaction that marks it as fired.
Handler = Callable[[Transaction, str, dict[str, Any], datetime], None]
SLOW_POLL_S = 5.0
BUSY_POLL_S = 0.2
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
MOST_DOUBLED = 20  # far beyond the longest pause, and a number that still is one

_ARM_AGAIN = (
    update(timers)
    .where(
        timers.c.kind == bindparam("of"),
        timers.c.subject == bindparam("whose"),
        timers.c.fired_at.is_(None),
    )
    .values(due_at=bindparam("due_at"), data=bindparam("data"))
)


def set_timer(
    tx: Transaction, kind: str, subject: str, due_at: datetime, now: datetime, **data: Any
) -> None:
    """Arm the timer `kind` of `subject`, in place of one that is pending."""
    timer = {"due_at": due_at, "data": data}
    if not tx.execute(_ARM_AGAIN, {"of": kind, "whose": subject, **timer}).rowcount:
        tx.execute(insert(timers), {"kind": kind, "subject": subject, **timer})
    if due_at - now < timedelta(seconds=SLOW_POLL_S):
        # Later ones are found by the slow poll; waking the runner every turn costs the turn.
        tx.hint(TIMERS, "set")


def cancel_timer(tx: Transaction, kind: str, subject: str) -> None:
    tx.execute(
        delete(timers).where(
            timers.c.kind == kind, timers.c.subject == subject, timers.c.fired_at.is_(None)
        )
    )


class TimerRunner:
    """Fires what is due. Any number may run: a timer is taken by the transaction that fires it."""

    def __init__(self, db: Database, handlers: Mapping[str, Handler], clock: Clock) -> None:
        self._db = db
        self._handlers = handlers
        self._clock = clock

    async def run(self) -> None:
        with self._db.hints.subscribe(TIMERS) as wake:
            while True:
                try:
                    wait = await self.fire_due()
                except StorageUnavailable as error:
                    log.warning("timers wait for the database: %s", error)
                    wait = SLOW_POLL_S
                await wake.next(wait)

    async def fire_due(self) -> float:
        """Fire all that is due; seconds until the next look."""
        while True:
            next_due = await self._db.reading(_next_due)
            if next_due is None:
                return SLOW_POLL_S
            wait = (next_due - self._clock()).total_seconds()
            if wait > 0:
                return float(min(SLOW_POLL_S, max(0.01, wait)))
            if not await self._fire_one():
                # Another server is firing what is due.
                return BUSY_POLL_S

    async def _fire_one(self) -> bool:
        """Whether there was one to fire that no other server is firing."""
        failing: _Taken | None = None

        def fire(tx: Transaction) -> bool:
            nonlocal failing
            now = self._clock()
            row = tx.execute(_TAKE, {"now": now}).first()
            if row is None:
                return False
            failing = _Taken(row.id, row.data)
            tx.execute(update(timers).where(timers.c.id == row.id).values(fired_at=now))
            self._handlers[row.kind](tx, row.subject, row.data, now)
            return True

        try:
            return await self._db.writing(fire)
        except StorageUnavailable:
            raise
        except Exception:
            if failing is None:
                raise
            await self._put_off(failing)
            return True

    async def _put_off(self, timer: "_Taken") -> None:
        """What went wrong was undone: it is tried again later, and holds up nothing else."""
        failures = int(timer.data.get("failures", 0)) + 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, MOST_DOUBLED))
        log.exception("timer %s failed; again in %s", timer.id, pause)
        await self._db.writing(
            lambda tx: tx.execute(
                update(timers)
                .where(timers.c.id == timer.id, timers.c.fired_at.is_(None))
                .values(due_at=self._clock() + pause, data={**timer.data, "failures": failures})
            )
        )


@dataclass(frozen=True)
class _Taken:
    id: int
    data: dict[str, Any]


_PENDING = timers.c.fired_at.is_(None)
_TAKE = (
    select(timers.c.id, timers.c.kind, timers.c.subject, timers.c.data)
    .where(_PENDING, timers.c.due_at <= bindparam("now", type_=timers.c.due_at.type))
    .order_by(timers.c.due_at, timers.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)


def _next_due(connection: Connection) -> datetime | None:
    due: datetime | None = connection.execute(
        select(func.min(timers.c.due_at)).where(_PENDING)
    ).scalar_one()
    return due
