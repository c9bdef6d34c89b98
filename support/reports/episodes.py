"""What became of each conversation that was begun in a period, read for the reports.

An episode is one conversation with something in it. Everything a figure counts is told here once;
`support.reports.figures` does the counting.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from support.answering.abuse import LABEL as ABUSE
from support.learning.verdicts import FAILINGS
from support.reports.waits import REOPENED, Wait, answered, of_ticket
from support.store.schema import (
    agents,
    cases,
    conversations,
    feedback,
    messages,
    reviews,
    tickets,
    transitions,
    turns,
)
from support.values import Author, State

# Who comes back about the same within this time was not helped the first time.
AGAIN: Final = timedelta(days=7)

_Which = tuple[ColumnElement[bool], ...]


@dataclass(frozen=True, slots=True)
class Episode:
    """`agent` is whoever has it or resolved it. `resolved_s`: seconds from its beginning.

    `returned`: the same thread began another conversation about the same topic within AGAIN;
    `settled`: AGAIN is over, so that `returned` will not change any more.
    """

    id: str
    begun: datetime
    channel: str
    lang: str | None
    topic: str | None
    agent: str | None
    last_text: str
    waits: tuple[Wait, ...]
    resolved_s: float | None
    score: int | None
    last_intent: str | None
    complaint: bool
    fault: str | None
    failing: bool
    returned: bool
    settled: bool

    @property
    def handed_over(self) -> bool:
        return bool(self.waits) or self.agent is not None


def episodes(
    connection: Connection,
    since: datetime,
    until: datetime,
    now: datetime,
    only: Sequence[ColumnElement[bool]] = (),
) -> list[Episode]:
    """Those begun from `since` until before `until`, oldest first; `only` what fits all of these
    conditions about `conversations`."""
    which = _which(since, until, only)
    rows = connection.execute(_begun(which)).all()
    waits = _waits(connection, which)
    faults = _complaints(connection, which)
    returned = _returned(connection, which)
    return [_episode(row, waits.get(row.id, ()), faults, row.id in returned, now) for row in rows]


def _which(since: datetime, until: datetime, only: Sequence[ColumnElement[bool]]) -> _Which:
    begun = conversations.c.created_at
    return (begun >= since, begun < until, conversations.c.last_text.is_not(None), *only)


def _begun(which: _Which) -> Select[Any]:
    last_intent = (
        select(turns.c.intent)
        .where(turns.c.conversation_id == conversations.c.id, turns.c.intent.is_not(None))
        .order_by(turns.c.from_seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    failing = exists().where(
        reviews.c.conversation_id == conversations.c.id, reviews.c.verdict.in_(FAILINGS)
    )
    c = conversations.c
    return (
        select(
            c.id, c.created_at, c.labels, c.channel, c.lang, c.topic, c.resolved_at, c.last_text,
            agents.c.name.label("agent"), feedback.c.score,
            last_intent.label("last_intent"), failing.label("failing"),
        )
        .outerjoin(agents, agents.c.id == func.coalesce(c.agent_id, c.resolved_by))
        .outerjoin(feedback, feedback.c.conversation_id == c.id)
        .where(*which)
        .order_by(c.created_at, c.id)
    )  # fmt: skip


def _episode(
    row: Any, waits: Sequence[Wait], faults: Mapping[str, str | None], returned: bool, now: datetime
) -> Episode:
    return Episode(
        id=row.id,
        begun=row.created_at,
        channel=row.channel,
        lang=row.lang,
        topic=row.topic,
        agent=row.agent,
        last_text=row.last_text,
        waits=tuple(waits),
        resolved_s=(row.resolved_at - row.created_at).total_seconds() if row.resolved_at else None,
        # What somebody says after abuse is no measure of how they were served.
        score=None if ABUSE in (row.labels or ()) else row.score,
        last_intent=row.last_intent,
        complaint=row.id in faults or row.topic == "complaint",
        fault=faults.get(row.id),
        failing=bool(row.failing),
        returned=returned,
        settled=row.created_at + AGAIN <= now,
    )


def _waits(connection: Connection, which: _Which) -> Mapping[str, Sequence[Wait]]:
    replies: dict[str, list[datetime]] = defaultdict(list)
    spoken = (
        select(messages.c.conversation_id, messages.c.created_at)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(
            *which,
            messages.c.author == str(Author.AGENT),
            messages.c.private.is_(False),
        )
    )
    # Sorted here: asked for in order, SQLite reads all messages there are in theirs.
    for row in sorted(connection.execute(spoken), key=lambda row: row.created_at):
        replies[row.conversation_id].append(row.created_at)

    begun: dict[str, list[Wait]] = defaultdict(list)
    queued = (
        select(tickets)
        .join(conversations, conversations.c.id == tickets.c.conversation_id)
        .where(*which)
    )
    for row in connection.execute(queued):
        begun[row.conversation_id].append(of_ticket(row))
    reopened = (
        select(transitions.c.conversation_id, transitions.c.at)
        .join(conversations, conversations.c.id == transitions.c.conversation_id)
        .where(
            *which,
            transitions.c.from_state == str(State.RESOLVED),
            transitions.c.to_state == str(State.ASSIGNED),
            transitions.c.actor == str(Author.CUSTOMER),
        )
    )
    for row in connection.execute(reopened):
        # The agent who had resolved it has it at once: nothing is told of waiting.
        begun[row.conversation_id].append(Wait(REOPENED, row.at, None, None, "claimed"))
    return {id: answered(waits, replies.get(id, ())) for id, waits in begun.items()}


def _complaints(connection: Connection, which: _Which) -> Mapping[str, str | None]:
    """The fault of each complaint that became a case, by conversation."""
    query = (
        select(cases.c.conversation_id, cases.c.fault)
        .join(conversations, conversations.c.id == cases.c.conversation_id)
        .where(*which, cases.c.kind == "complaint")
        .order_by(cases.c.opened_at)
    )
    return {row.conversation_id: row.fault for row in connection.execute(query)}


def _returned(connection: Connection, which: _Which) -> frozenset[str]:
    """Conversations whose thread went on to another one about the same topic within AGAIN."""
    later = conversations.alias("later")
    query = (
        select(conversations.c.id, conversations.c.created_at, later.c.created_at.label("again"))
        .join(
            later,
            (later.c.thread_id == conversations.c.thread_id)
            & (later.c.number > conversations.c.number)
            & (later.c.topic == conversations.c.topic)
            & later.c.last_text.is_not(None),
        )
        .where(*which)
    )
    rows = connection.execute(query)
    return frozenset(row.id for row in rows if row.again <= row.created_at + AGAIN)
