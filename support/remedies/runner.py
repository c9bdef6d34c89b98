"""Has what was asked for done by the shop's system: again until it answers, and never twice.

The row is the truth. Whoever takes it holds a lease; a server that dies leaves the row pending, and
the next attempt goes out under the same key.
"""

import asyncio
import logging
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select, update

from support.clock import Clock
from support.hints import REMEDIES
from support.orders import EffectRefused, OrderAccess, OrdersUnavailable
from support.playbook.playbook import Playbook
from support.remedies import ledger
from support.store import Database, Transaction
from support.store.database import StorageUnavailable
from support.store.schema import PENDING_EFFECT, order_effects

log = logging.getLogger(__name__)

SLOW_POLL_S = 5.0
LEASE = timedelta(seconds=60)
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 600.0


class RemedyRunner:
    """Any number may run, on any number of servers."""

    def __init__(self, db: Database, orders: OrderAccess, playbook: Playbook, clock: Clock) -> None:
        self._db = db
        self._orders = orders
        self._playbook = playbook
        self._clock = clock

    async def run(self) -> None:
        with self._db.hints.subscribe(REMEDIES) as wake:
            while True:
                try:
                    await self.work_off()
                except StorageUnavailable as error:
                    log.warning("remedies wait for the database: %s", error)
                await wake.next(SLOW_POLL_S)

    async def work_off(self) -> None:
        """All that is due now, one after the other."""
        while (row := await self._db.writing(self._take)) is not None:
            await self._attempt(row)

    def _take(self, tx: Transaction) -> Row[Any] | None:
        now = self._clock()
        row = tx.execute(
            select(order_effects)
            .where(
                PENDING_EFFECT,
                order_effects.c.next_at <= now,
                order_effects.c.lease_until.is_(None) | (order_effects.c.lease_until <= now),
            )
            .order_by(order_effects.c.next_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if row is not None:
            tx.execute(
                update(order_effects)
                .where(order_effects.c.id == row.id)
                .values(lease_until=now + LEASE)
            )
        return row

    async def _attempt(self, row: Row[Any]) -> None:
        effect = ledger.effect_of(row)
        try:
            await asyncio.to_thread(self._orders.apply, effect)
        except EffectRefused as refusal:
            # Bound here: `except` forgets its name at the end of the block.
            error = refusal
            await self._db.writing(lambda tx: ledger.refused(tx, row.id, error, self._clock()))
        except OrdersUnavailable as error:
            log.warning("remedy %s is tried again: %s", row.id, error)
            await self._later(row, str(error))
        else:
            await self._db.writing(
                lambda tx: ledger.done(tx, row.id, self._playbook, self._clock())
            )

    async def _later(self, row: Row[Any], error: str) -> None:
        pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(row.attempts, 20))
        await self._db.writing(
            lambda tx: tx.execute(
                update(order_effects)
                .where(order_effects.c.id == row.id, PENDING_EFFECT)
                .values(
                    attempts=row.attempts + 1,
                    next_at=self._clock() + timedelta(seconds=pause),
                    lease_until=None,
                    error=error[:300],
                )
            )
        )
