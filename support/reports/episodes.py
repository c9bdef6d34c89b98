"""What became of each conversation that was begun in a period, read for the reports.

An episode is one conversation with something in it. Everything a figure counts is told here once;
`support.reports.figures` does the counting.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, func, select

from support.answering.abuse import LABEL as ABUSE
from support.learning.verdicts import FAILINGS
from support.reports.waits import REOPENED, Wait, answered, of_ticket
from support.store.among import among
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

# What comes of so many conversations is asked for at once.
_PIECE: Final = 5000


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
    rows = connection.execute(_begun(since, until, only)).all()
    found: list[Episode] = []
    for at in range(0, len(rows), _PIECE):
        piece = rows[at : at + _PIECE]
        ids = [row.id for row in piece]
        waits = _waits(connection, ids)
        faults = _complaints(connection, ids)
        again = _returned(connection, ids)
        found += [
            _episode(row, waits.get(row.id, ()), faults, row.id in again, now) for row in piece
        ]
    return found


def _begun(since: datetime, until: datetime, only: Sequence[ColumnElement[bool]]) -> Select[Any]:
    last_intent = (
        select(turns.c.intent)
        .where(turns.c.conversation_id == conversations.c.id, turns.c.intent.is_not(None))
        .order_by(turns.c.from_seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    # Neither is joined: PostgreSQL would read all ratings and reviews for a page of conversations.
    score = _of(feedback.c.score, feedback.c.conversation_id)
    failing = _of(reviews.c.id, reviews.c.conversation_id, reviews.c.verdict.in_(FAILINGS))
    c = conversations.c
    return (
        select(
            c.id, c.created_at, c.labels, c.channel, c.lang, c.topic, c.resolved_at, c.last_text,
            agents.c.name.label("agent"), score.label("score"),
            last_intent.label("last_intent"), failing.is_not(None).label("failing"),
        )
        .outerjoin(agents, agents.c.id == func.coalesce(c.agent_id, c.resolved_by))
        .where(c.created_at >= since, c.created_at < until, c.last_text.is_not(None), *only)
        .order_by(c.created_at, c.id)
    )  # fmt: skip


def _of(
    what: ColumnElement[Any], conversation_id: ColumnElement[str], *also: ColumnElement[bool]
) -> ScalarSelect[Any]:
    query = select(what).where(conversation_id == conversations.c.id, *also)
    return query.limit(1).correlate(conversations).scalar_subquery()


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


def _waits(connection: Connection, ids: Sequence[str]) -> Mapping[str, Sequence[Wait]]:
    replies: dict[str, list[datetime]] = defaultdict(list)
    spoken = select(messages.c.conversation_id, messages.c.created_at).where(
        among(messages.c.conversation_id, ids),
        messages.c.author == str(Author.AGENT),
        messages.c.private.is_(False),
    )
    # Sorted here: asked for in order, SQLite reads all messages there are in theirs.
    for row in sorted(connection.execute(spoken), key=lambda row: row.created_at):
        replies[row.conversation_id].append(row.created_at)

    begun: dict[str, list[Wait]] = defaultdict(list)
    t = tickets.c
    queued = select(
        t.conversation_id, t.reason, t.began_at, t.queued_at, t.told_until, t.estimated_at,
        t.high_s, t.outcome,
    ).where(among(t.conversation_id, ids))  # fmt: skip
    for ticket in connection.execute(queued):
        begun[ticket.conversation_id].append(of_ticket(ticket))
    reopened = select(transitions.c.conversation_id, transitions.c.at).where(
        among(transitions.c.conversation_id, ids),
        transitions.c.from_state == str(State.RESOLVED),
        transitions.c.to_state == str(State.ASSIGNED),
        transitions.c.actor == str(Author.CUSTOMER),
    )
    for row in connection.execute(reopened):
        # The agent who had resolved it has it at once: nothing is told of waiting.
        begun[row.conversation_id].append(Wait(REOPENED, row.at, None, None, "claimed"))
    return {id: answered(waits, replies.get(id, ())) for id, waits in begun.items()}


def _complaints(connection: Connection, ids: Sequence[str]) -> Mapping[str, str | None]:
    """The fault of each complaint that became a case, by conversation."""
    query = (
        select(cases.c.conversation_id, cases.c.fault)
        .where(among(cases.c.conversation_id, ids), cases.c.kind == "complaint")
        .order_by(cases.c.opened_at)
    )
    return {row.conversation_id: row.fault for row in connection.execute(query)}


def _returned(connection: Connection, ids: Sequence[str]) -> frozenset[str]:
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
        .where(among(conversations.c.id, ids))
    )
    rows = connection.execute(query)
    return frozenset(row.id for row in rows if row.again <= row.created_at + AGAIN)
