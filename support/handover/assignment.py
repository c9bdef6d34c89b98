"""Who is given which conversation, where the playbook says that they are given out.

The queue's order holds: the first place that somebody on duty can take goes first. A place is given
in one transaction that holds its thread and the agent's row, so that any number of servers may
try: none gives a conversation twice, and nobody gets more than they have room for.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from support import conversations
from support.clock import Clock
from support.handover import capacity, handoff
from support.hints import DESK, MISSED, QUEUE, Subscription
from support.playbook.playbook import Assignment, Playbook
from support.store import Database, Transaction
from support.store.database import StorageUnavailable
from support.store.schema import conversations as conversations_table
from support.store.schema import tickets
from support.team import agents
from support.values import Conversation, State

log = logging.getLogger(__name__)

SLOW_POLL_S = 5.0
# Farther back in line nobody looks for somebody to take it.
LOOKED_AT = 200
_WAKING = frozenset({"queue", "state", "agents", MISSED})
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Outrun(Exception):
    """Another server was first; handled here, by looking again."""


@dataclass(frozen=True)
class Wanted:
    """What a waiting conversation asks of a person."""

    lang: str | None
    skills: frozenset[str]
    team: str | None


@dataclass(frozen=True)
class Candidate:
    """An agent on duty. `holds`: conversations now; `room`: how many more."""

    agent_id: int
    skills: frozenset[str]
    langs: frozenset[str]
    team: str | None
    holds: int
    room: int
    assigned_at: datetime | None


def wanted_skills(rules: Assignment, reason: str, topic: str | None) -> frozenset[str]:
    found = (
        {str(k): v for k, v in rules.skills.reasons.items()}.get(reason),
        rules.skills.topics.get(topic or ""),
    )
    return frozenset(skill for skill in found if skill)


def suitable(wanted: Wanted, people: Sequence[Candidate]) -> list[Candidate]:
    """Those who could take it, with or without room for it just now.

    A team is meant as said. A language or a skill that nobody there has holds no customer up; one
    that a busy colleague has is waited for.
    """
    found = [one for one in people if wanted.team is None or one.team == wanted.team]
    if wanted.lang is not None:
        speaking = [one for one in found if not one.langs or wanted.lang in one.langs]
        found = speaking or found
    for skill in sorted(wanted.skills):
        skilled = [one for one in found if skill in one.skills]
        found = skilled or found
    return found


def choose(mode: str, wanted: Wanted, people: Sequence[Candidate]) -> Candidate | None:
    """Who gets it: the longest without a new one, or the one who holds the fewest."""
    free = [one for one in suitable(wanted, people) if one.room > 0]
    if not free or mode == "manual":
        return None
    if mode == "least_busy":
        return min(free, key=lambda one: (one.holds, one.assigned_at or _NEVER, one.agent_id))
    return min(free, key=lambda one: (one.assigned_at or _NEVER, one.agent_id))


def next_match(
    connection: Connection, playbook: Playbook, now: datetime
) -> tuple[str, Candidate] | None:
    """The first conversation in line that somebody can take now, and who takes it."""
    rules = playbook.assignment
    if rules.mode == "manual" or not playbook.hours.is_open(now):
        return None
    people = _people(connection, playbook, now)
    if not any(one.room > 0 for one in people):
        return None
    waiting = connection.execute(
        select(
            tickets.c.conversation_id,
            tickets.c.reason,
            tickets.c.team,
            conversations_table.c.lang,
            conversations_table.c.topic,
        )
        .join(conversations_table, conversations_table.c.id == tickets.c.conversation_id)
        .where(
            tickets.c.closed_at.is_(None),
            conversations_table.c.state == str(State.QUEUED),
            # Who wants to be called at a time of their own waits for that time.
            tickets.c.choice.is_distinct_from("callback"),
        )
        .order_by(tickets.c.sort_at, tickets.c.id)
        .limit(LOOKED_AT)
    )
    for row in waiting:
        wanted = Wanted(row.lang, wanted_skills(rules, row.reason, row.topic), row.team)
        chosen = choose(rules.mode, wanted, people)
        if chosen is not None:
            return row.conversation_id, chosen
    return None


def assign_next(tx: Transaction, playbook: Playbook, now: datetime) -> Conversation | None:
    """Give the first place that somebody can take to them; None where there is none.

    Raises Outrun where what was read has changed before it could be held.
    """
    match = next_match(tx.connection, playbook, now)
    if match is None:
        return None
    conversation_id, chosen = match
    try:
        _, conversation = conversations.lock(tx, conversation_id)
    except conversations.NotFound:
        raise Outrun from None  # erased in between
    # The order of all who lock both: first the thread, then the agent.
    agents.lock(tx, chosen.agent_id)
    if conversation.state is not State.QUEUED or next_match(tx.connection, playbook, now) != match:
        raise Outrun
    agent = agents.get(tx.connection, chosen.agent_id)
    agents.note_assigned(tx, agent.id, now)
    return handoff.assign(
        tx, conversation, agent, playbook, now, why="assigned automatically", actor="system"
    )


def _people(connection: Connection, playbook: Playbook, now: datetime) -> list[Candidate]:
    away_after = timedelta(seconds=playbook.escalation.waiting.agent_away_s)
    duty = agents.on_duty(connection, now, away_after)
    held = capacity.held(connection, [one.id for one in duty], now)
    return [
        Candidate(
            agent_id=one.id,
            skills=frozenset(one.skills),
            langs=frozenset(one.langs),
            team=one.team,
            holds=held.get(one.id, 0),
            room=capacity.limit_of(one, playbook) - held.get(one.id, 0),
            assigned_at=one.assigned_at,
        )
        for one in duty
    ]


class AssignmentRunner:
    """Gives out the queue whenever it, or who is there, has changed. Any number may run."""

    def __init__(self, db: Database, playbook: Playbook, clock: Clock) -> None:
        self._db = db
        self._playbook = playbook
        self._clock = clock

    async def run(self) -> None:
        with self._db.hints.subscribe(QUEUE, DESK) as wake:
            while True:
                try:
                    await self.assign_all()
                except StorageUnavailable as error:
                    log.warning("the assignment waits for the database: %s", error)
                await _woken(wake)

    async def assign_all(self) -> None:
        """Give out all that can be given now."""
        if self._playbook.assignment.mode == "manual":
            return
        # Looked at before it is written: most wake-ups have nothing to give.
        while await self._db.reading(lambda c: next_match(c, self._playbook, self._clock())):
            try:
                await self._db.writing(lambda tx: assign_next(tx, self._playbook, self._clock()))
            except Outrun:
                await asyncio.sleep(0)


async def _woken(wake: Subscription) -> None:
    """Wait for something that may change who can be given what, or for the slow look."""
    while (hint := await wake.next(SLOW_POLL_S)) is not None:
        if hint.kind in _WAKING:
            return
