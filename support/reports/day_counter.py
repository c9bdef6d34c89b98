"""Keeps the tallies of days and weeks as fresh as they ought to be, in the background."""

import asyncio
import logging
import time as clock_time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from support import leases
from support.clock import Clock
from support.playbook.playbook import Playbook
from support.reports import kept
from support.store import Database, Transaction
from support.store.database import StorageUnavailable

log = logging.getLogger(__name__)

LASTING: Final = timedelta(minutes=2)
LEASE: Final = "report days"
LOOK_EVERY_S: Final = 20.0
# Counting takes this share of a processor at most.
_SHARE: Final = 0.2


class DayCounter:
    """Counts stale days anew, for all servers one at a time."""

    def __init__(self, db: Database, playbook: Playbook, clock: Clock, worker: str) -> None:
        self._db = db
        self._playbook = playbook
        self._clock = clock
        self._worker = worker

    async def run(self) -> None:
        while True:
            try:
                await self.count_stale()
            except StorageUnavailable as error:
                log.warning("daily figures wait for the database: %s", error)
            await asyncio.sleep(LOOK_EVERY_S)

    async def count_stale(self) -> None:
        zone = self._playbook.hours.zone
        stale = await self._db.reading(lambda c: kept.stale_days(c, zone, self._clock()))
        if not await self._each(stale, self._count, zone):
            return
        for length in kept.SPANS:
            due = await self._db.reading(
                partial(kept.spans_due, length=length, zone=zone, now=self._clock())
            )
            if not await self._each(due, partial(self._put_together, length), zone):
                return

    async def _each(
        self, days: list[date], do: Callable[[date, ZoneInfo], Awaitable[None]], zone: ZoneInfo
    ) -> bool:
        """False where another server does it."""
        for day in days:
            if not await self._db.writing(self._take):
                return False
            begun = clock_time.perf_counter()
            await do(day, zone)
            await asyncio.sleep((clock_time.perf_counter() - begun) * (1 / _SHARE - 1))
        return True

    async def _count(self, day: date, zone: ZoneInfo) -> None:
        now = self._clock()
        counted, number = await self._db.reading(lambda c: kept.count(c, day, zone, now))
        await self._db.writing(lambda tx: kept.keep(tx, day, zone, counted, number, now))

    async def _put_together(self, length: int, begin: date, zone: ZoneInfo) -> None:
        counted, made = await self._db.reading(lambda c: kept.span(c, begin, length, zone))
        await self._db.writing(lambda tx: kept.keep_span(tx, begin, length, zone, counted, made))

    def _take(self, tx: Transaction) -> bool:
        return leases.take(tx, LEASE, self._worker, self._clock(), LASTING)
