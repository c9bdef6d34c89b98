"""Things to do later, kept as rows: they fire once, whatever restarts in between."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from support.clock import Clock
from support.hints import TIMERS
from support.store import Database, Transaction
from support.store.database import StorageUnavailable
from support.store.schema import timers

log = logging.getLogger(__name__)

# What happens when a timer fires: in the same transaction that marks it as fired.
Handler = Callable[[Transaction, str, dict[str, Any], datetime], None]
SLOW_POLL_S = 5.0

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
            due = await self._db.reading(
                lambda connection: (
                    connection.execute(
                        select(timers.c.id)
                        .where(timers.c.fired_at.is_(None), timers.c.due_at <= self._clock())
                        .order_by(timers.c.due_at)
                        .limit(50)
                    )
                    .scalars()
                    .all()
                )
            )
            if not due:
                break
            for timer_id in due:
                await self._fire(timer_id)
        next_due = await self._db.reading(
            lambda connection: connection.execute(
                select(func.min(timers.c.due_at)).where(timers.c.fired_at.is_(None))
            ).scalar_one()
        )
        if next_due is None:
            return SLOW_POLL_S
        return float(min(SLOW_POLL_S, max(0.01, (next_due - self._clock()).total_seconds())))

    async def _fire(self, timer_id: int) -> None:
        def fire(tx: Transaction) -> None:
            now = self._clock()
            row = tx.execute(
                update(timers)
                .where(timers.c.id == timer_id, timers.c.fired_at.is_(None))
                .values(fired_at=now)
                .returning(timers.c.kind, timers.c.subject, timers.c.data)
            ).first()
            if row is not None:
                self._handlers[row.kind](tx, row.subject, row.data, now)

        try:
            await self._db.writing(fire)
        except StorageUnavailable:
            raise
        except Exception:
            log.exception("timer %s failed and is given up", timer_id)
            await asyncio.sleep(0)
            await self._db.writing(
                lambda tx: tx.execute(
                    update(timers).where(timers.c.id == timer_id).values(fired_at=self._clock())
                )
            )
