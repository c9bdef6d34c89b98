"""The way out for channels that are sent to: rows with attempts, delivered in order per address.

The website needs none of this: its visitors fetch and stream what is stored.
"""

import asyncio
import logging
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from sqlalchemy import Connection, func, insert, select, update

from support.clock import Clock
from support.hints import DESK, OUTBOX
from support.store import Database, Transaction
from support.store.database import StorageUnavailable
from support.store.schema import FAILED_PARCEL, PENDING_PARCEL, messages, outbox

log = logging.getLogger(__name__)

PUSHED = frozenset({"telegram", "webhook"})
SLOW_POLL_S = 3.0
LEASE = timedelta(seconds=60)
# An attempt is over before another server may take the parcel for left behind.
MOST_S = LEASE.total_seconds() - 10
# Twelve tries with doubling pauses of at most five minutes: more than twenty minutes of outage.
MOST_ATTEMPTS = 12
FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 300.0
# How long a server that ends lets what it is sending arrive, within what the supervisor allows.
LAST_S = 3.0


class NothingToRetry(Exception):
    """There is no such parcel, or it hasn't failed. Shown as 404."""


class DeliveryRefused(Exception):
    """The address will never take it (blocked, gone). The desk shows "undeliverable"."""


class DeliveryDelayed(Exception):
    """Try again, at the earliest after `retry_after` seconds. Doesn't count as an attempt."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"again in {retry_after} s")
        self.retry_after = retry_after


@dataclass(frozen=True)
class Parcel:
    """One thing to deliver. `data` is what the sender's channel needs."""

    id: int
    channel: str
    address: str
    thread_id: str
    message_id: int | None
    data: dict[str, Any]
    attempts: int
    lease_until: datetime


class Sender(Protocol):
    """A channel's way out."""

    async def send(self, parcel: Parcel) -> None:
        """Deliver; broken off after MOST_S. Raises DeliveryRefused, DeliveryDelayed; anything else
        is tried again."""
        ...


def post(
    tx: Transaction,
    channel: str,
    address: str,
    thread_id: str,
    now: datetime,
    message_id: int | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    tx.execute(
        insert(outbox).values(
            channel=channel,
            address=address,
            thread_id=thread_id,
            message_id=message_id,
            data=data or {},
            state="pending",
            next_at=now,
            created_at=now,
        )
    )
    tx.hint(OUTBOX, "posted", channel=channel)


def retry(tx: Transaction, parcel_id: int, now: datetime) -> int | None:
    """Have a parcel that was given up tried again, from the first attempt on; its message's number.

    Raises NothingToRetry.
    """
    row = tx.execute(
        update(outbox)
        .where(outbox.c.id == parcel_id, FAILED_PARCEL)
        .values(state="pending", attempts=0, next_at=now, lease_until=None, error=None)
        .returning(outbox.c.channel, outbox.c.message_id)
    ).first()
    if row is None:
        raise NothingToRetry(f"no failed parcel {parcel_id}")
    tx.hint(OUTBOX, "posted", channel=row.channel)
    _tell(tx, row.message_id, "pending")
    return cast(int | None, row.message_id)


def hasten(tx: Transaction, channel: str, errors: Collection[str], now: datetime) -> None:
    """The other side of a channel is there again: what waits because of `errors`, names of types,
    is tried now."""
    tx.execute(
        update(outbox)
        .where(PENDING_PARCEL, outbox.c.channel == channel, outbox.c.error.in_(errors))
        .values(next_at=now)
    )
    tx.hint(OUTBOX, "posted", channel=channel)


@dataclass(frozen=True)
class Failed:
    """A parcel that was given up. `error`: why, in the channel's words or a type's name."""

    id: int
    channel: str
    conversation_id: str | None
    seq: int | None
    error: str | None
    at: datetime


def failed(connection: Connection, limit: int = 100) -> list[Failed]:
    """What could not be delivered and nobody had tried again, newest first."""
    query = (
        select(outbox, messages.c.conversation_id, messages.c.seq)
        .outerjoin(messages, messages.c.id == outbox.c.message_id)
        .where(FAILED_PARCEL)
        .order_by(outbox.c.id.desc())
        .limit(limit)
    )
    return [
        Failed(row.id, row.channel, row.conversation_id, row.seq, row.error, row.created_at)
        for row in connection.execute(query)
    ]


def _tell(tx: Transaction, message_id: int | None, state: str) -> None:
    if message_id is None:
        return
    conversation_id = tx.execute(
        select(messages.c.conversation_id).where(messages.c.id == message_id)
    ).scalar_one_or_none()
    tx.hint(DESK, "delivery", conversation=conversation_id, state=state)


class OutboxRunner:
    """Delivers what is pending: addresses beside each other, each address in its order."""

    def __init__(self, db: Database, senders: Mapping[str, Sender], clock: Clock) -> None:
        self._db = db
        self._senders = senders
        self._clock = clock
        self._busy: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._again: set[tuple[str, str]] = set()
        self._stopping = False

    async def run(self) -> None:
        with self._db.hints.subscribe(OUTBOX) as wake:
            while True:
                try:
                    for channel, address in await self._db.reading(self._due):
                        self._start(channel, address)
                except StorageUnavailable as error:
                    log.warning("the outbox waits for the database: %s", error)
                await wake.next(SLOW_POLL_S)

    async def stop(self) -> None:
        """Take nothing more, and let arrive what is on its way: broken off in between, it would
        have been sent, and nobody would know."""
        self._stopping = True
        if not (sending := set(self._busy.values())):
            return
        _, late = await asyncio.wait(sending, timeout=LAST_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _due(self, connection: Connection) -> list[tuple[str, str]]:
        """Addresses whose oldest parcel may go: any other one waits for it, and addresses that wait
        must not keep those that don't from being looked at."""
        now = self._clock()
        oldest = (
            select(func.min(outbox.c.id))
            .where(PENDING_PARCEL, outbox.c.channel.in_(list(self._senders)))
            .group_by(outbox.c.channel, outbox.c.address)
        )
        query = (
            select(outbox.c.channel, outbox.c.address)
            .where(
                outbox.c.id.in_(oldest),
                outbox.c.next_at <= now,
                outbox.c.lease_until.is_(None) | (outbox.c.lease_until <= now),
            )
            .limit(200)
        )
        return [(row.channel, row.address) for row in connection.execute(query)]

    def _start(self, channel: str, address: str) -> None:
        key = (channel, address)
        if key in self._busy:
            self._again.add(key)
            return
        task = asyncio.create_task(self._deliver(channel, address))
        self._busy[key] = task
        task.add_done_callback(lambda _: self._delivered(key))

    def _delivered(self, key: tuple[str, str]) -> None:
        """Something may have been posted while the last delivery was ending."""
        self._busy.pop(key, None)
        if key in self._again and not self._stopping:
            self._again.discard(key)
            self._start(*key)

    async def _deliver(self, channel: str, address: str) -> None:
        """The oldest first; stop at the first that has to wait, so that order is kept."""
        try:
            while not self._stopping and (parcel := await self._take(channel, address)):
                if not await self._attempt(parcel):
                    return
        except StorageUnavailable as error:
            log.warning("the outbox waits for the database: %s", error)

    async def _take(self, channel: str, address: str) -> Parcel | None:
        def take(tx: Transaction) -> Parcel | None:
            now = self._clock()
            row = tx.execute(
                select(outbox)
                .where(
                    outbox.c.channel == channel,
                    outbox.c.address == address,
                    PENDING_PARCEL,
                )
                .order_by(outbox.c.id)
                .limit(1)
                .with_for_update()
            ).first()
            if row is None or row.next_at > now or (row.lease_until and row.lease_until > now):
                return None
            until = now + LEASE
            # Whoever had it died or hung; it may have been sent, which only the channel knows.
            repeated = row.lease_until is not None
            tx.execute(
                update(outbox)
                .where(outbox.c.id == row.id)
                .values(lease_until=until, repeated=row.repeated or repeated)
            )
            if repeated:
                log.warning("delivery %s may be a repeated one", row.id)
            return Parcel(
                row.id,
                row.channel,
                row.address,
                row.thread_id,
                row.message_id,
                row.data,
                row.attempts,
                until,
            )

        return await self._db.writing(take)

    async def _attempt(self, parcel: Parcel) -> bool:
        """Whether the next parcel of this address may follow."""
        try:
            async with asyncio.timeout(MOST_S):
                await self._senders[parcel.channel].send(parcel)
        except DeliveryRefused as error:
            await self._mark(parcel, "failed", str(error))
            return True
        except DeliveryDelayed as error:
            await self._later(parcel, error.retry_after, parcel.attempts, str(error))
            return False
        except Exception as error:
            attempts = parcel.attempts + 1
            log.warning("delivery %s failed (%s of %s): %r", parcel.id, attempts, MOST_ATTEMPTS,
                        type(error).__name__)  # fmt: skip
            if attempts >= MOST_ATTEMPTS:
                await self._mark(parcel, "failed", type(error).__name__)
                return True
            pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (attempts - 1))
            # Jitter, so that many addresses don't come back in step.
            pause *= 0.75 + random.random() / 2  # noqa: S311 - nothing secret about a pause
            await self._later(parcel, pause, attempts, type(error).__name__)
            return False
        await self._mark(parcel, "sent", None)
        return True

    async def _later(self, parcel: Parcel, pause: float, attempts: int, error: str) -> None:
        await self._db.writing(
            lambda tx: tx.execute(
                update(outbox)
                # Unless another server took it over, because this one had stood still.
                .where(outbox.c.id == parcel.id, outbox.c.lease_until == parcel.lease_until)
                .values(
                    next_at=self._clock() + timedelta(seconds=pause),
                    lease_until=None,
                    attempts=attempts,
                    error=error[:300],
                )
            )
        )

    async def _mark(self, parcel: Parcel, state: str, error: str | None) -> None:
        def mark(tx: Transaction) -> None:
            tx.execute(
                update(outbox)
                .where(outbox.c.id == parcel.id)
                .values(
                    state=state,
                    error=error[:300] if error else None,
                    lease_until=None,
                    sent_at=self._clock() if state == "sent" else None,
                )
            )
            _tell(tx, parcel.message_id, state)

        await self._db.writing(mark)
