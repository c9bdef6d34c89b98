"""Telegram's limits: for one chat a message a second, with a short burst allowed; over all chats
thirty a second.

One server keeps the second by the library's own means (AIORateLimiter). Several keep it together
by the database, which they share in any case: each message takes the next free moment.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from aiolimiter import AsyncLimiter
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from telegram.error import RetryAfter
from telegram.ext import AIORateLimiter

from support.clock import Clock
from support.store import Database, Transaction
from support.store.schema import channel_pace

BURST = 5
# Who has been silent for long starts afresh; it only bounds what is remembered.
MOST_CHATS = 5000
STEP = timedelta(seconds=1) / 30
# What would have to wait longer comes back to the outbox, and holds nothing up.
LONGEST = timedelta(seconds=10)


class Pace:
    """Waits until the next message to a chat may go."""

    def __init__(self) -> None:
        self._chats: OrderedDict[int, AsyncLimiter] = OrderedDict()

    async def wait(self, chat_id: int) -> None:
        limiter = self._chats.pop(chat_id, None) or AsyncLimiter(BURST, BURST)
        self._chats[chat_id] = limiter
        if len(self._chats) > MOST_CHATS:
            self._chats.popitem(last=False)
        await limiter.acquire()


class SharedPace:
    """Moments for messages over `channel`, given out once for all servers at a database."""

    def __init__(self, channel: str, db: Database, clock: Clock) -> None:
        self._channel = channel
        self._db = db
        self._clock = clock

    async def wait(self) -> None:
        """Raises RetryAfter where too many wait already, StorageUnavailable."""
        moment = await self.take()
        await asyncio.sleep(max(0.0, (moment - self._clock()).total_seconds()))

    async def take(self) -> datetime:
        """The next free moment, now taken. Raises RetryAfter, StorageUnavailable."""
        return await self._db.writing(self._take)

    def _take(self, tx: Transaction) -> datetime:
        now = self._clock()
        here = channel_pace.c.channel == self._channel
        held = select(channel_pace.c.free_at).where(here).with_for_update()
        free_at: datetime | None = tx.execute(held).scalar_one_or_none()
        if free_at is None:
            with suppress(IntegrityError), tx.connection.begin_nested():
                # Fails where another server was first.
                tx.execute(insert(channel_pace).values(channel=self._channel, free_at=now))
            free_at = tx.execute(held).scalar_one()
        moment = max(free_at, now)
        if moment - now > LONGEST:
            raise RetryAfter(moment - now)
        tx.execute(update(channel_pace).where(here).values(free_at=moment + STEP))
        return moment


class SharedLimiter(AIORateLimiter):
    """The library's limits within this server, and the shared one over all of them."""

    def __init__(self, pace: SharedPace) -> None:
        super().__init__()
        self._pace = pace

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Any:
        # As the library does: what goes to a chat counts.
        if data.get("chat_id") is not None:
            await self._pace.wait()
        return await super().process_request(
            callback, args, kwargs, endpoint, data, rate_limit_args
        )
