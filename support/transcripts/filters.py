"""What lists of conversations are filtered by, as conditions for the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, Table, false, func, literal_column, select

from support.learning.verdicts import FAILINGS
from support.store.schema import (
    conversation_labels,
    conversations,
    customers,
    feedback,
    messages,
    missed_questions,
    reviews,
    tickets,
)
from support.values import State

Sort = Literal["queue", "newest", "oldest"]
RARE_LABEL = 2000
# What lists of resolved conversations have an index for, the most telling first.
INDEXED = ("agent", "topic", "reason", "channel", "lang")


@dataclass(frozen=True)
class Filters:
    """What to list; None means all. `q`: words of messages, see `support.transcripts.searched`.

    `mood`: the strongest so far. `scores`: of customers' ratings. `longer`: this many messages at
    least. `failed`: only where the assistant failed, see `assistant_failed`. `waiting`: in line for
    so many minutes at least.
    """

    states: tuple[str, ...] = ()
    channel: str | None = None
    lang: str | None = None
    reason: str | None = None
    agent_id: int | None = None
    label: str | None = None
    topic: str | None = None
    tier: str | None = None
    mood: str | None = None
    scores: tuple[int, ...] = ()
    longer: int | None = None
    failed: bool = False
    id: str | None = None
    q: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    waiting: int | None = None
    snoozed: bool | None = None
    sort: Sort = "newest"
    limit: int = 50
    cursor: str | None = None


def awake(now: datetime) -> ColumnElement[bool]:
    return conversations.c.snoozed_until.is_(None) | (conversations.c.snoozed_until <= now)


def in_state(state: State) -> ColumnElement[bool]:
    # Written out, so that SQLite sees that a partial index fits.
    return conversations.c.state == literal_column(f"'{state}'")


def order_of(sort: Sort) -> tuple[ColumnElement[Any], bool]:
    if sort == "queue":
        return tickets.c.sort_at, False
    return conversations.c.updated_at, sort == "newest"


def conditions(
    connection: Connection, filters: Filters, now: datetime
) -> list[ColumnElement[bool]]:
    """All but the words of `q`, about conversations beside their customers and open tickets."""
    found: list[ColumnElement[bool]] = []
    if len(filters.states) == 1:
        found.append(in_state(State(filters.states[0])))
    elif filters.states:
        found.append(conversations.c.state.in_(filters.states))
    found += equal(filters, (*INDEXED, "id"))
    found += span(filters)
    if filters.label is not None:
        found.append(_labelled(connection, filters.label))
    if filters.tier is not None:
        found.append(customers.c.tier == filters.tier)
    if filters.mood is not None:
        found.append(conversations.c.anger == filters.mood)
    if filters.waiting is not None:
        found.append(tickets.c.queued_at <= now - timedelta(minutes=filters.waiting))
    if filters.snoozed is True:
        found.append(conversations.c.snoozed_until > now)
    if filters.snoozed is False:
        found.append(awake(now))
    if filters.scores:
        found.append(_of(feedback).where(feedback.c.score.in_(filters.scores)).exists())
    if filters.longer is not None:
        # Not counted: whether there is one that is the n-th.
        nth = _of(messages).where(messages.c.private.is_(False)).order_by(messages.c.seq)
        found.append(nth.offset(max(0, filters.longer - 1)).limit(1).exists())
    if filters.failed:
        found.append(assistant_failed())
    return found


def equal(filters: Filters, names: Sequence[str]) -> list[ColumnElement[bool]]:
    """What a column has to be, of those filters of `names` that are given."""
    c, agent = conversations.c, filters.agent_id
    # Whoever resolved it doesn't hold it any more.
    if filters.states == (str(State.RESOLVED),):
        theirs = c.resolved_by == agent
    elif len(filters.states) == 1:
        theirs = c.agent_id == agent
    else:
        theirs = func.coalesce(c.agent_id, c.resolved_by) == agent
    found = []
    for name in names:
        if name == "agent":
            found += [] if agent is None else [theirs]
        elif (wanted := getattr(filters, name)) is not None:
            found.append(c[name] == wanted)
    return found


def span(filters: Filters) -> list[ColumnElement[bool]]:
    """From when to when they were last changed."""
    found, changed = [], conversations.c.updated_at
    if filters.since is not None:
        found.append(changed >= filters.since)
    if filters.until is not None:
        found.append(changed < filters.until)
    return found


def _labelled(connection: Connection, label: str) -> ColumnElement[bool]:
    """A rare label is looked up by its conversations; of a common one the newest come soon enough
    while the list is read in its order. Which is better, no database knows without being told."""
    its = conversation_labels.c.label == label
    ids = connection.execute(
        select(conversation_labels.c.conversation_id).where(its).limit(RARE_LABEL + 1)
    ).scalars()
    known = list(ids)
    if not known:
        return false()
    if len(known) <= RARE_LABEL:
        return conversations.c.id.in_(known)
    return _of(conversation_labels).where(its).exists()


def assistant_failed() -> ColumnElement[bool]:
    """It was stuck or down, had no answer to a question, or a lead says that it went wrong."""
    return (
        conversations.c.reason.in_(("stuck", "brain_down"))
        | _any(_of(missed_questions))
        | _any(_of(reviews).where(reviews.c.verdict.in_(FAILINGS)))
    )


def _of(its: Table) -> Select[Any]:
    return select(its.c.conversation_id).where(its.c.conversation_id == conversations.c.id)


def _any(its: Select[Any]) -> ColumnElement[bool]:
    """Whether there is one. Not as EXISTS: beside an OR, PostgreSQL would read all of them for
    it."""
    return its.limit(1).scalar_subquery().is_not(None)
