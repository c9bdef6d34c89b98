"""Turns: from a customer's stored messages to the assistant's stored answer.

One turn at a time per conversation. The assistant keeps nothing, so a turn can be run again at any
point; only the transaction at its end has effects, and only while the conversation's epoch is the
one that the turn began with.
"""

import asyncio
import contextlib
import logging
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select, update

from support.attachments.records import KIND
from support.brain import Brain, BrainUnavailable, TurnRequest, TurnResult
from support.clock import Clock
from support.ending import end
from support.hints import MISSED, TURNS, thread_topic
from support.inbox import LEASE
from support.playbook.playbook import Playbook
from support.store import Database, Transaction
from support.store.database import StorageUnavailable
from support.store.schema import PENDING_PARCEL, PENDING_TURN, outbox, turns
from support.turns import gathering
from support.turns.at_work import at_work
from support.turns.turn_commit import (
    Outcome,
    commit_answer,
    commit_apology,
    commit_resolved,
    skip,
    tell_starting,
)
from support.turns.turn_work import Work, load_work, metadata
from support.typing_state import Typing
from support.values import Message, State

log = logging.getLogger(__name__)

SLOW_POLL_S = 2.0
# How long customers wait for a brain that has never been ready before a person is asked.
STARTING_LIMIT_S = 90.0
MOST_REDONE = 4
# A press or a file is an answer by itself.
ALONE = frozenset({"button", KIND})
# What one server takes over at a time of what others left behind.
MOST_TAKEN = 100
MOST_FAILURES = 3


class TurnRunner:
    """Serves the pending turns of this process, and those that another left behind."""

    def __init__(
        self,
        db: Database,
        brain: Brain,
        playbook: Playbook,
        typing: Typing,
        clock: Clock,
        worker: str,
    ) -> None:
        self._db = db
        self._brain = brain
        self._playbook = playbook
        self._typing = typing
        self._clock = clock
        self._worker = worker
        self._serving: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._failures: dict[str, int] = {}
        self._stopping = False

    async def run(self) -> None:
        """Serve for ever: woken by hints, and by a slow poll that finds what a lost hint missed."""
        with self._db.hints.subscribe(TURNS) as wake:
            while True:
                try:
                    if self._serving:
                        await self._db.writing(self._renew_leases)
                    mine, others = await self._db.reading(self._to_do)
                    if others:
                        mine += await self._db.writing(self._take_left_behind)
                    for conversation_id in mine:
                        if conversation_id not in self._serving:
                            self._serve_soon(conversation_id)
                except StorageUnavailable as error:
                    log.warning("turns wait for the database: %s", error)
                until = asyncio.get_running_loop().time() + SLOW_POLL_S
                while (left := until - asyncio.get_running_loop().time()) > 0:
                    hint = await wake.next(left)
                    if hint is not None and hint.kind == MISSED:
                        break
                    if hint is not None:
                        self._serve_soon(hint.data["conversation"])

    async def stop(self) -> None:
        """Leave what is not done yet to other servers, at once."""
        self._stopping = True
        await end(tuple(self._serving.values()))
        with contextlib.suppress(StorageUnavailable):
            await self._db.writing(
                lambda tx: tx.execute(
                    update(turns)
                    .where(PENDING_TURN, turns.c.lease_by == self._worker)
                    .values(lease_until=None)
                )
            )

    def _renew_leases(self, tx: Transaction) -> None:
        tx.execute(
            update(turns)
            .where(PENDING_TURN, turns.c.lease_by == self._worker)
            .values(lease_until=self._clock() + LEASE)
        )

    def _to_do(self, connection: Connection) -> tuple[list[str], bool]:
        """Our own turns, a hint about which may have got lost; whether nobody serves another."""
        mine = select(turns.c.conversation_id).where(PENDING_TURN, turns.c.lease_by == self._worker)
        others = connection.execute(_nobodys(self._clock()).limit(1)).first()
        return list(connection.execute(mine.limit(500)).scalars()), others is not None

    def _take_left_behind(self, tx: Transaction) -> list[str]:
        """Conversations whose turn nobody serves, now ours; those that another server is just
        taking are left to it."""
        now = self._clock()
        query = _nobodys(now).limit(MOST_TAKEN).with_for_update(skip_locked=True)
        taken = tx.execute(query).all()
        if taken:
            tx.execute(
                update(turns)
                .where(turns.c.id.in_([row.id for row in taken]))
                .values(lease_by=self._worker, lease_until=now + LEASE)
            )
        return [row.conversation_id for row in taken]

    def _serve_soon(self, conversation_id: str) -> None:
        if conversation_id in self._serving:
            self._again.add(conversation_id)
            return
        task = asyncio.create_task(self._serve(conversation_id))
        self._serving[conversation_id] = task
        task.add_done_callback(lambda _: self._served(conversation_id))

    def _served(self, conversation_id: str) -> None:
        self._serving.pop(conversation_id, None)
        if conversation_id in self._again and not self._stopping:
            self._again.discard(conversation_id)
            self._serve_soon(conversation_id)

    async def _serve(self, conversation_id: str) -> None:
        try:
            while True:
                self._again.discard(conversation_id)
                work = await self._load(conversation_id)
                if work is None:
                    return
                await self._turn(work)
                self._failures.pop(conversation_id, None)
        except StorageUnavailable as error:
            log.warning("turn of %s waits for the database: %s", conversation_id, error)
        except Exception:
            log.exception("turn of %s failed", conversation_id)
            await self._after_failure(conversation_id)

    async def _after_failure(self, conversation_id: str) -> None:
        """Again in a while; what fails time and again is left to a person, with an apology."""
        failures = self._failures.pop(conversation_id, 0) + 1
        if failures < MOST_FAILURES:
            self._failures[conversation_id] = failures
            await asyncio.sleep(SLOW_POLL_S)
            return
        work = await self._load(conversation_id)
        if work is not None:
            await self._db.writing(
                lambda tx: commit_apology(tx, work, self._playbook, self._clock(), self._worker)
            )

    async def _load(self, conversation_id: str) -> Work | None:
        work = await self._db.reading(
            lambda connection: load_work(connection, conversation_id, self._playbook, self._clock())
        )
        if work is None or work.lease_by == self._worker:
            return work
        if work.lease_until is not None and work.lease_until > self._clock():
            return None

        def take(tx: Transaction) -> bool:
            now = self._clock()
            query = (
                update(turns)
                .where(
                    turns.c.id == work.turn_id,
                    PENDING_TURN,
                    turns.c.lease_until.is_(None) | (turns.c.lease_until < now),
                )
                .values(lease_by=self._worker, lease_until=now + LEASE)
            )
            return tx.execute(query).rowcount == 1

        return work if await self._db.writing(take) else None

    async def _turn(self, work: Work) -> None:
        if not work.pending or work.conversation.state is State.ASSIGNED:
            await self._db.writing(lambda tx: skip(tx, work, self._clock()))
            return
        try:
            async with at_work(self._db, work.conversation):
                if work.conversation.state is State.RESOLVED:
                    await self._resolved(work)
                else:
                    await self._answer(work, [work.pending[0]])
        except BrainUnavailable as error:
            await self._without_brain(work, error)

    async def _resolved(self, work: Work) -> None:
        """Thanks reopen nothing; anything else goes on with the matter or begins a new one."""
        text = "\n".join(message.text for message in work.pending)
        try:
            reading: dict[str, Any] | None = await self._brain.parse(text)
        except BrainUnavailable:
            reading = None
        result: TurnResult | None = None
        if reading is not None and reading.get("intent") in ("thank", "goodbye"):
            result = await self._ask(work, list(work.pending))
        await self._db.writing(
            lambda tx: commit_resolved(
                tx, work, reading, result, self._playbook, self._clock(), self._worker
            )
        )

    async def _answer(self, work: Work, group: list[Message]) -> None:
        """Gather what belongs together, ask, and store the answer unless more has come."""
        pending = list(work.pending)
        in_form = work.in_form
        redone = 0
        separate = False
        while True:
            result = await self._ask(work, group)
            more = pending[len(group) :]
            if more and redone < MOST_REDONE and not separate:
                if await self._joins(result, more[0], in_form, group):
                    group.append(more[0])
                    redone += 1
                    continue
                separate = True
            if not more and redone < MOST_REDONE and self._waits(result, group, in_form):
                arrived = await self._next_message(work, group)
                if arrived:
                    pending = arrived
                    group.append(pending[len(group)])
                    redone += 1
                    continue
            expected = None if separate or redone >= MOST_REDONE else group[-1].seq
            outcome = await self._db.writing(
                lambda tx, result=result, expected=expected: commit_answer(  # type: ignore[misc]
                    tx, work, group, result, expected, self._playbook, self._clock(), self._worker
                )
            )
            if outcome is not Outcome.NEWER:
                return
            fresh = await self._reload(work)
            if fresh is None:
                return
            pending = list(fresh.pending)
            redone += 1

    async def _joins(
        self, result: TurnResult, newer: Message, in_form: bool, group: list[Message]
    ) -> bool:
        if {newer.kind, group[-1].kind} & ALONE:
            return False
        if gathering.is_fragment(result, in_form=in_form):
            return True
        reading = await self._brain.parse(newer.text)
        return gathering.continues(
            str(reading.get("intent")), float(reading.get("confidence") or 0)
        )

    def _waits(self, result: TurnResult, group: list[Message], in_form: bool) -> bool:
        if group[-1].kind in ALONE or not gathering.is_fragment(result, in_form=in_form):
            return False
        return self._clock() < self._deadline(group)

    def _deadline(self, group: list[Message]) -> datetime:
        thread_id = group[0].thread_id
        typing = self._typing.is_typing(thread_id, self._clock())
        return gathering.wait_until(group[0].created_at, group[-1].created_at, typing)

    async def _next_message(self, work: Work, group: list[Message]) -> list[Message] | None:
        """The pending messages as soon as there are more than `group`, or None in time."""
        with self._db.hints.subscribe(thread_topic(work.thread.id)) as wake:
            while True:
                fresh = await self._reload(work)
                if fresh is None:
                    return None
                if len(fresh.pending) > len(group):
                    return list(fresh.pending)
                left = (self._deadline(group) - self._clock()).total_seconds()
                if left <= 0:
                    return None
                await wake.next(min(left, 1.0))

    async def _reload(self, work: Work) -> Work | None:
        fresh = await self._db.reading(
            lambda connection: load_work(
                connection, work.conversation.id, self._playbook, self._clock()
            )
        )
        if fresh is None or fresh.turn_id != work.turn_id:
            return None
        return fresh if fresh.conversation.epoch == work.conversation.epoch else None

    async def _ask(self, work: Work, group: list[Message]) -> TurnResult:
        first = group[0]
        payload = first.data.get("payload") if first.kind == "button" else None
        told = metadata(work, self._playbook, self._clock())
        if first.kind == KIND:
            payload, told["file"] = "/inform", first.text
        return await self._brain.turn(
            TurnRequest(
                sender=work.conversation.id,
                text="\n".join(message.text for message in group),
                payload=payload,
                metadata=told,
                state=(work.conversation.dialogue or {}).get("state"),
            )
        )

    async def _without_brain(self, work: Work, error: BrainUnavailable) -> None:
        waited = (self._clock() - work.created_at).total_seconds()
        if not self._brain.ever_ready and waited < STARTING_LIMIT_S:
            if not work.told_starting:
                await self._db.writing(
                    lambda tx: tell_starting(tx, work, self._playbook, self._clock())
                )
            await self._brain_or_time(STARTING_LIMIT_S - waited, work)
            return
        log.warning("no answer for %s: %s", work.conversation.id, error)
        await self._db.writing(
            lambda tx: commit_apology(tx, work, self._playbook, self._clock(), self._worker)
        )

    async def _brain_or_time(self, seconds: float, work: Work) -> None:
        until = asyncio.get_running_loop().time() + seconds
        while not self._brain.ever_ready and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.2)
            if await self._reload(work) is None:
                return


def _nobodys(now: datetime) -> Select[tuple[str, str]]:
    """Pending turns without a living server."""
    return select(turns.c.id, turns.c.conversation_id).where(
        PENDING_TURN, turns.c.lease_until.is_(None) | (turns.c.lease_until < now)
    )


def release_leases(tx: Transaction) -> None:
    """Where no other server can be running, whoever held a turn or a delivery is dead."""
    tx.execute(update(turns).where(PENDING_TURN).values(lease_until=None))
    in_hand = PENDING_PARCEL & outbox.c.lease_until.is_not(None)
    tx.execute(update(outbox).where(in_hand).values(lease_until=None, repeated=True))
