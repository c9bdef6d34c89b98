"""Bringing a notice to those it affects before they ask.

Affected is who has an open conversation about its topic, or an order that it is about. Orders are
looked up outside any transaction; each customer is written to in one of their own, once whatever
restarts, and within the cap on all automatic contact.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from support import conversations
from support.clock import Clock
from support.hints import QUEUE
from support.orders import OrderAccess, OrderMalformed, OrderNotVisible, OrdersUnavailable
from support.outreach import notices, outreach
from support.outreach.notices import KIND, Notice, OrderFacts
from support.playbook.playbook import Playbook
from support.store import Database, Transaction
from support.store.database import StorageUnavailable
from support.store.schema import conversations as conversations_table
from support.store.schema import notices as notices_table
from support.values import Conversation, State

log = logging.getLogger(__name__)

SLOW_POLL_S = 15.0
PAGE = 50
# Whose matter is older has no order on its way any more.
LOOKED_BACK = timedelta(days=30)
ALL = ""


@dataclass(frozen=True)
class Candidate:
    thread_id: str
    conversation: Conversation
    reachable: bool


class NoticeSpreader:
    """Any number may run: a notice reaches a thread once (outreach is unique)."""

    def __init__(self, db: Database, orders: OrderAccess, playbook: Playbook, clock: Clock) -> None:
        self._db = db
        self._orders = orders
        self._playbook = playbook
        self._clock = clock

    async def run(self) -> None:
        with self._db.hints.subscribe(QUEUE) as hints:
            while True:
                try:
                    await self.spread()
                except StorageUnavailable as error:
                    log.warning("notices wait for the database: %s", error)
                except OrdersUnavailable:
                    log.warning("notices wait for the orders")
                # Only a new notice is worth a look; everything else in the queue is not.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SLOW_POLL_S):
                        while (hint := await hints.next()) is None or hint.kind != "notice":
                            continue

    async def spread(self) -> None:
        """Bring every standing notice to those who have not been looked at yet.

        Raises OrdersUnavailable once those that need no orders are spread.
        """
        found = await self._db.reading(lambda c: notices.standing(c, self._clock()))
        away: OrdersUnavailable | None = None
        for notice in found:
            cursor = notice.spread_to
            try:
                while cursor != ALL:
                    cursor = await self._page(notice, cursor)
            except OrdersUnavailable as error:
                away = error
        if away is not None:
            raise away

    async def _page(self, notice: Notice, cursor: str | None) -> str:
        page = await self._db.reading(lambda c: _candidates(c, cursor or "", self._clock()))
        affected = [one for one in page if one.reachable and await self._affects(notice, one)]
        reached = page[-1].thread_id if len(page) == PAGE else ALL
        for one in affected:
            await self._db.writing(lambda tx, one=one: self._tell(tx, notice.id, one))  # type: ignore[misc]
        await self._db.writing(
            lambda tx: tx.execute(
                update(notices_table)
                .where(notices_table.c.id == notice.id)
                .values(spread_to=reached)
            )
        )
        return reached

    async def _affects(self, notice: Notice, one: Candidate) -> bool:
        matter = one.conversation
        if notice.about_orders:
            try:
                orders = await asyncio.to_thread(self._orders_of, matter)
            except OrderMalformed:
                # Which no waiting mends: one order holds up nobody else's news.
                log.warning("notice %s passes %s over: an order is malformed", notice.id, matter.id)
                return False
            return any(notices.fits_order(notice, order) for order in orders)
        if matter.state is State.RESOLVED:
            return False
        return notice.topic is None or notice.topic == notices.topic_of(matter.topic)

    def _orders_of(self, matter: Conversation) -> list[OrderFacts]:
        found = []
        for number in matter.verified_orders:
            try:
                found.append(self._orders.find(number, verified=matter.verified_orders))
            except OrderNotVisible:
                continue
        if matter.customer_id is not None:
            found += self._orders.of_customer(matter.customer_id)
        return [notices.facts_of(order) for order in found]

    def _tell(self, tx: Transaction, notice_id: int, one: Candidate) -> None:
        now = self._clock()
        try:
            thread = conversations.lock_thread(tx, one.thread_id)
        except conversations.NotFound:
            return
        notice = notices.get(tx.connection, notice_id)
        newest = conversations.latest(tx.connection, thread.id)
        if newest is None or not notice.stands(now) or notice_id in notices.told_in(tx, newest.id):
            return
        if not outreach.may_write(tx, thread, self._playbook, now):
            return
        if outreach.record(tx, thread, "notice", str(notice_id), now):
            outreach.tell(
                tx, thread, newest, notice.text(newest.lang or thread.lang), self._playbook, now,
                kind=KIND, data={"notice": notice_id},
            )  # fmt: skip


def _candidates(connection: Connection, after: str, now: datetime) -> list[Candidate]:
    """The threads of late with their newest matter, in the order of their ids."""
    table = conversations_table
    ids = connection.execute(
        select(table.c.thread_id)
        .where(table.c.updated_at > now - LOOKED_BACK, table.c.thread_id > after)
        .distinct()
        .order_by(table.c.thread_id)
        .limit(PAGE)
    ).scalars()
    found = []
    for thread_id in ids.all():
        thread = conversations.get_thread(connection, thread_id)
        newest = conversations.latest(connection, thread_id)
        if newest is not None:
            # A page that somebody left for good, without an address, reaches nobody.
            reachable = (
                thread.address is not None
                or thread.contact is not None
                or newest.state is not State.RESOLVED
            )
            found.append(Candidate(thread_id, newest, reachable))
    return found
