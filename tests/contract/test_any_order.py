"""Conversations under any order of events, against a simple model (hypothesis, stateful).

Customers write and repeat themselves, turns begin and end when they like, agents claim, answer,
return and resolve; what may happen happens, what may not is refused, and the books stay straight.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from omotenashi.parts import PLAYBOOK
from support import conversations, inbox
from support.answering import handling, replies
from support.conversations import TransitionRefused
from support.customers import visitors
from support.delivery.outbox import DeliveryDelayed, DeliveryRefused, OutboxRunner, Parcel, post
from support.handover import handoff
from support.playbook.playbook import load_playbook
from support.store import Database, Transaction
from support.store.schema import messages, outbox, tickets, transitions, turns
from support.team import agents
from support.team.agents import Agent
from support.turns.turn_commit import Outcome, commit_answer, skip
from support.turns.turn_work import Work, load_work
from support.values import State
from tests.harness import OPEN_TIME, PATIENCE_S, answer, handover

PLAYBOOK_READ = load_playbook(PLAYBOOK)


class Shop:
    """One database for all examples; each has a thread of its own."""

    def __init__(self, url: str) -> None:
        self.db = Database(url)
        self.now = OPEN_TIME
        self.agents: list[Agent] = self.db.write(
            lambda tx: [
                agents.add(
                    tx, email=f"{name}@example.com", name=name, role="agent",
                    password="long enough 1", now=OPEN_TIME,
                )
                for name in ("aya", "ben")
            ]
        )  # fmt: skip

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class Conversations(RuleBasedStateMachine):
    """The model: who owns the conversation, what was acknowledged, which turns are out of date."""

    shop: Shop
    works = Bundle("works")

    def __init__(self) -> None:
        super().__init__()
        self.acknowledged: dict[str, int] = {}
        self.said = 0

    @initialize()
    def arrive(self) -> None:
        now = self.shop.clock()
        thread, conversation = self.write(
            lambda tx: visitors.arrive(
                tx, channel="website", now=now, playbook=PLAYBOOK_READ, lang="en"
            )
        )
        self.thread = thread.id
        self.first = conversation.id

    def write(self, change: Callable[[Transaction], Any]) -> Any:
        return self.shop.db.write(change)

    @property
    def conversation(self) -> Any:
        return self.shop.db.read(lambda c: conversations.latest(c, self.thread))

    # What people do ---------------------------------------------------------------------------

    @rule()
    def customer_writes(self) -> None:
        self.said += 1
        self._say(f"m{self.said}")

    @precondition(lambda self: self.said)
    @rule(which=st.integers(1, 50))
    def customer_repeats(self, which: int) -> None:
        self._say(f"m{1 + which % self.said}")

    def _say(self, text: str) -> None:
        now = self.shop.clock()
        told = self.write(lambda tx: inbox.accept_text(tx, self.thread, text, text, now))
        assert told.repeated == (text in self.acknowledged)
        assert self.acknowledged.setdefault(text, told.seq) == told.seq

    @rule(target=works)
    def turn_begins(self) -> Work | None:
        id, now = self.conversation.id, self.shop.clock()
        return self.shop.db.read(lambda c: load_work(c, id, PLAYBOOK_READ, now))

    @rule(work=works, asks=st.booleans())
    def turn_ends(self, work: Work | None, asks: bool) -> None:
        """Perhaps long after it began, perhaps for the second time."""
        if work is None or not work.pending:
            return
        before = self.shop.db.read(lambda c: conversations.get(c, work.conversation.id))
        open_turn = self.shop.db.read(
            lambda c: c.execute(
                select(turns.c.id).where(turns.c.id == work.turn_id, turns.c.state == "pending")
            ).first()
        )
        now, count = self.shop.clock(), self._count()
        group = work.pending
        result = handover() if asks else answer("Here you are.")
        if work.conversation.state in (State.ASSIGNED, State.RESOLVED):
            self.write(lambda tx: skip(tx, work, now))
            return
        outcome = self.write(
            lambda tx: commit_answer(
                tx, work, group, result, group[-1].seq, PLAYBOOK_READ, now, "worker"
            )
        )
        outdated = open_turn is None or before.epoch != work.conversation.epoch
        assert (outcome is Outcome.OUTDATED) == outdated
        if outcome is not Outcome.STORED:
            assert self._count() == count

    @rule(who=st.integers(0, 1))
    def agent_claims(self, who: int) -> None:
        agent, held = self.shop.agents[who], self.conversation
        self._move(
            lambda tx: handoff.claim(tx, held.id, agent, PLAYBOOK_READ, self.shop.clock()),
            allowed=held.state in (State.BOT, State.QUEUED)
            or (held.state is State.ASSIGNED and held.agent_id == agent.id),
            to=State.ASSIGNED,
        )

    @rule(who=st.integers(0, 1))
    def agent_answers(self, who: int) -> None:
        agent, held, now = self.shop.agents[who], self.conversation, self.shop.clock()
        self.said += 1
        client_id, mine = f"a{self.said}", held.agent_id == agent.id

        def reply(tx: Transaction) -> tuple[int, int]:
            return replies.reply(tx, held.id, agent, "word", client_id, PLAYBOOK_READ, now)

        if not mine:
            with pytest.raises(TransitionRefused):
                self.write(reply)
            return
        assert self.write(reply) == self.write(reply)

    @rule(who=st.integers(0, 1), what=st.sampled_from(["return", "resolve", "queue"]))
    def agent_lets_go(self, who: int, what: str) -> None:
        agent, held, now = self.shop.agents[who], self.conversation, self.shop.clock()
        if held.state is not State.ASSIGNED:
            return
        do: Callable[[Transaction], Any]
        if what == "return":
            to = State.BOT
            do = lambda tx: handling.give_back(tx, held.id, agent, None, PLAYBOOK_READ, now)  # noqa: E731
        elif what == "resolve":
            to = State.RESOLVED
            do = lambda tx: handling.resolve(tx, held.id, agent, "done", PLAYBOOK_READ, now)  # noqa: E731
        else:
            to = State.QUEUED
            do = lambda tx: handling.transfer(tx, held.id, agent, None, PLAYBOOK_READ, now)  # noqa: E731
        self._move(do, allowed=held.agent_id == agent.id, to=to)

    @rule(action=st.sampled_from(["wait", "message", "cancel"]))
    def customer_decides(self, action: str) -> None:
        held, now = self.conversation, self.shop.clock()

        def choose(tx: Transaction) -> Any:
            thread = conversations.lock_thread(tx, self.thread)
            fresh = conversations.get(tx.connection, held.id)
            return handoff.choose(tx, thread, fresh, action, playbook=PLAYBOOK_READ, now=now)

        self._move(
            choose,
            allowed=held.state is State.QUEUED,
            to=State.BOT if action == "cancel" else State.QUEUED,
        )

    def _move(self, do: Callable[[Transaction], Any], *, allowed: bool, to: State) -> None:
        before = self.conversation
        if not allowed:
            with pytest.raises(TransitionRefused):
                self.write(do)
            assert self.conversation.epoch == before.epoch
            return
        self.write(do)
        after = self.conversation
        assert after.state is to
        assert after.epoch >= before.epoch

    # What always holds ------------------------------------------------------------------------

    def _count(self) -> int:
        query = select(messages.c.id).where(messages.c.thread_id == self.thread)
        return len(self.shop.db.read(lambda c: c.execute(query).all()))

    @invariant()
    def what_was_acknowledged_is_there_once_and_in_order(self) -> None:
        query = (
            select(messages.c.seq, messages.c.text, messages.c.author)
            .where(messages.c.thread_id == self.thread)
            .order_by(messages.c.seq)
        )
        rows = self.shop.db.read(lambda c: c.execute(query).all())
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        said = {row.text: row.seq for row in rows if row.author == "customer"}
        assert said == self.acknowledged
        assert len([row for row in rows if row.author == "customer"]) == len(said)

    @invariant()
    def ticket_owner_and_history_agree(self) -> None:
        held = self.conversation

        def read(c: Any) -> Any:
            of = tickets.c.conversation_id == held.id
            waiting = c.execute(select(tickets.c.id).where(of, tickets.c.closed_at.is_(None)))
            of = turns.c.conversation_id == held.id
            open_turns = c.execute(select(turns.c.id).where(of, turns.c.state == "pending"))
            history = c.execute(
                select(transitions)
                .where(transitions.c.conversation_id == held.id)
                .order_by(transitions.c.id)
            )
            return len(waiting.all()), len(open_turns.all()), history.all()

        waiting, open_turns, history = self.shop.db.read(read)
        assert waiting == (1 if held.state is State.QUEUED else 0)
        assert (held.agent_id is not None) == (held.state is State.ASSIGNED)
        assert open_turns <= 1
        state, epoch = "bot", 1
        for row in history:
            assert (row.from_state, row.epoch) == (state, epoch + 1)
            state, epoch = row.to_state, row.epoch
        assert (state, epoch) == (str(held.state), held.epoch)


def test_conversations_in_any_order(database_url: str) -> None:
    shop = Shop(database_url)
    machine = type("InThisShop", (Conversations,), {"shop": shop})
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=25,
                stateful_step_count=25,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        shop.db.close()


OUTCOMES = st.sampled_from(["sent", "sent", "refused", "delayed", "error", "crash"])


class Moody:
    """A channel that does what the lots say; remembers what arrived."""

    def __init__(self, lots: list[str]) -> None:
        self.lots = lots
        self.arrived: defaultdict[str, list[int]] = defaultdict(list)
        self.refused: set[int] = set()
        self.maybe_again: set[int] = set()

    async def send(self, parcel: Parcel) -> None:
        lot = self.lots.pop() if self.lots else "sent"
        if lot == "refused":
            self.refused.add(parcel.id)
            raise DeliveryRefused("no such address")
        if lot == "delayed":
            raise DeliveryDelayed(5)
        if lot == "error":
            raise OSError("away")
        self.arrived[parcel.address].append(parcel.id)
        if lot == "crash":
            # It has arrived, and we die before we could note it.
            self.maybe_again.add(parcel.id)
            raise asyncio.CancelledError


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    lots=st.lists(OUTCOMES, max_size=25), addresses=st.lists(st.sampled_from("ab"), min_size=1,
    max_size=8),
)  # fmt: skip
def test_parcels_in_any_weather(
    tmp_path_factory: Any, lots: list[str], addresses: list[str]
) -> None:
    """Each arrives once, in the order of its address; twice at most where we died in between."""
    asyncio.run(_deliver(_template(tmp_path_factory), lots, addresses))


_MADE: list[Path] = []


def _template(factory: Any) -> str:
    from omotenashi.app import prepare_database

    if not _MADE:
        path = factory.mktemp("parcels") / "parcels.sqlite3"
        db = Database(f"sqlite:///{path}")
        prepare_database(db, OPEN_TIME, demo=False)
        db.close()
        _MADE.append(path)
    return f"sqlite:///{_MADE[0]}"


async def until_nothing_may_go(db: Database, now: datetime) -> None:
    """Until each address is empty, or its oldest parcel waits for a time to come."""
    oldest = (
        select(func.min(outbox.c.id)).where(outbox.c.state == "pending").group_by(outbox.c.address)
    )
    waits = (outbox.c.next_at > now) | (outbox.c.lease_until > now)
    may_go = select(outbox.c.id).where(outbox.c.id.in_(oldest), waits.is_not(True))
    async with asyncio.timeout(PATIENCE_S):
        while await db.reading(lambda c: c.execute(may_go).first()) is not None:
            await asyncio.sleep(0.005)


async def _deliver(url: str, lots: list[str], addresses: list[str]) -> None:
    db, sender = Database(url), Moody(list(lots))
    now = OPEN_TIME

    def clock() -> datetime:
        return now

    def begin(tx: Transaction) -> list[int]:
        tx.execute(outbox.delete())
        thread, _ = visitors.arrive(tx, channel="website", now=now, playbook=PLAYBOOK_READ)
        for address in addresses:
            post(tx, "moody", address, thread.id, now)
        return list(tx.execute(select(outbox.c.id).order_by(outbox.c.id)).scalars())

    try:
        ids = await db.writing(begin)
        for _ in range(80):
            runner = OutboxRunner(db, {"moody": sender}, clock)
            running = asyncio.create_task(runner.run())
            await until_nothing_may_go(db, now)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await runner.stop()
            states = await db.reading(lambda c: list(c.execute(select(outbox.c.state)).scalars()))
            if "pending" not in states:
                break
            now += timedelta(minutes=6)  # leases and pauses run out
        assert "pending" not in states
        for address in set(addresses):
            wanted = [
                id
                for id, to in zip(ids, addresses, strict=True)
                if to == address and id not in sender.refused
            ]
            arrived = sender.arrived[address]
            once = [id for n, id in enumerate(arrived) if n == 0 or arrived[n - 1] != id]
            # Refused after it had arrived and we died: it is among those that arrived.
            assert [id for id in once if id not in sender.refused] == wanted
            again = {id for id in arrived if arrived.count(id) > 1}
            assert again <= sender.maybe_again
    finally:
        db.close()
