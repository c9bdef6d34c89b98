"""Which conversations deserve a lead's time, and why: the last days, without those reviewed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, literal_column, select

from support.playbook.playbook import Playbook
from support.reports.waits import told_until
from support.store.among import among
from support.store.schema import conversations, feedback, reviews, tickets, turns
from support.transcripts.rows import rows_of
from support.values import State

DAYS: Final = 14
REASONS: Final = (
    "low_rating", "angry_end", "long_wait", "repeated", "low_confidence", "sampled",
)  # fmt: skip
LOW_SCORE: Final = 2
# The same as in the index that finds them (schema, ix_turns_unsure).
UNSURE: Final = 0.45
# A matter that comes up again within so long wasn't settled.
AGAIN_WITHIN: Final = timedelta(days=7)
# Ids are random: one last digit of sixteen is a sample of a sixteenth, the same for everybody.
_SAMPLE: Final = "%7"
# Of each kind so many are looked at, the newest.
_LOOKED_AT: Final = 1000


def waiting(
    connection: Connection, playbook: Playbook, now: datetime, limit: int = 50
) -> list[dict[str, Any]]:
    """Most reasons first, then the newest: rows as in lists, with `why`, a list of REASONS."""
    since = now - timedelta(days=DAYS)
    found: dict[str, set[str]] = defaultdict(set)
    changed: dict[str, datetime] = {}
    for reason, rows in (
        ("low_rating", _low_ratings(connection, since)),
        ("angry_end", _angry_ends(connection, since)),
        ("long_wait", _long_waits(connection, since, playbook)),
        ("repeated", _repeated(connection, since)),
        ("low_confidence", _unsure(connection, since)),
        ("sampled", _sampled(connection, since)),
    ):
        for row in rows:
            found[row.id].add(reason)
            changed[row.id] = row.updated_at
    why = {id: [one for one in REASONS if one in reasons] for id, reasons in found.items()}
    # Only what is shown is read in full.
    first = sorted(found, key=lambda id: (_weight(why[id]), changed[id]), reverse=True)[:limit]
    shown = {row["id"]: row for row in rows_of(connection, first, now)}
    return [{**shown[id], "why": why[id]} for id in first if id in shown]


def _weight(why: Sequence[str]) -> int:
    # A sample alone says nothing; a customer's own low rating says most.
    return 2 * len(why) + ("low_rating" in why) - ("sampled" in why)


# Nobody has looked at it yet. Not as EXISTS: PostgreSQL would read all reviews for it.
_REVIEW: Final = (
    select(reviews.c.id).where(reviews.c.conversation_id == conversations.c.id).limit(1)
)
_WAITING: Final = (
    conversations.c.last_text.is_not(None),
    _REVIEW.correlate(conversations).scalar_subquery().is_(None),
)
_OF_IT: Final = (conversations.c.id, conversations.c.updated_at)
_Rows = Iterable[Row[*tuple[Any, ...]]]


def _low_ratings(connection: Connection, since: datetime) -> _Rows:
    query = (
        select(*_OF_IT)
        .join(feedback, feedback.c.conversation_id == conversations.c.id)
        .where(feedback.c.at >= since, feedback.c.score <= LOW_SCORE, *_WAITING)
        .order_by(feedback.c.at.desc())
    )
    return connection.execute(query.limit(_LOOKED_AT))


def _angry_ends(connection: Connection, since: datetime) -> _Rows:
    query = (
        select(*_OF_IT)
        .where(
            # Written out, so that SQLite sees that the partial index fits.
            conversations.c.anger == literal_column("'angry'"),
            conversations.c.updated_at >= since,
            conversations.c.state == str(State.RESOLVED),
            *_WAITING,
        )
        .order_by(conversations.c.updated_at.desc())
    )
    return connection.execute(query.limit(_LOOKED_AT))


def _long_waits(connection: Connection, since: datetime, playbook: Playbook) -> _Rows:
    """Longer than the customer was told; where nothing was told, than the shop wants."""
    t = tickets.c
    target = timedelta(seconds=playbook.escalation.waiting.answer_target_s)
    found: set[str] = set()
    # Each outcome apart: so they are read in the order of their index, and only the newest.
    for outcome in ("claimed", "cancelled"):
        query = (
            select(
                t.conversation_id, t.queued_at, t.began_at, t.closed_at, t.high_s, t.estimated_at,
                t.told_until,
            )
            .where(t.outcome == outcome, t.closed_at >= since)
            .order_by(t.closed_at.desc())
            .limit(_LOOKED_AT)
        )  # fmt: skip
        found |= {
            row.conversation_id
            for row in connection.execute(query)
            if row.closed_at > (told_until(row) or (row.began_at or row.queued_at) + target)
        }
    return _waiting_of(connection, found)


def _waiting_of(connection: Connection, ids: Collection[str]) -> _Rows:
    query = select(*_OF_IT).where(among(conversations.c.id, ids), *_WAITING)
    return connection.execute(query)


def _repeated(connection: Connection, since: datetime) -> _Rows:
    """The customer, or the visitor, came back about the same topic."""
    c = conversations.c
    query = (
        select(c.id, c.updated_at, c.thread_id, c.customer_id, c.topic, c.created_at)
        .where(
            c.updated_at >= since - AGAIN_WITHIN,
            c.topic.is_not(None),
            (c.number > 1) | c.customer_id.is_not(None),
        )
        .order_by(c.updated_at.desc())
        .limit(_LOOKED_AT)
    )
    rows = sorted(connection.execute(query).all(), key=lambda row: row.created_at)
    last: dict[tuple[str, str], datetime] = {}
    found: list[str] = []
    for row in rows:
        key = (row.customer_id or row.thread_id, row.topic)
        if key in last and row.created_at - last[key] <= AGAIN_WITHIN and row.updated_at >= since:
            found.append(row.id)
        last[key] = max(row.updated_at, last.get(key, row.updated_at))
    return _waiting_of(connection, found)


def _unsure(connection: Connection, since: datetime) -> _Rows:
    query = (
        select(*_OF_IT)
        .join(turns, turns.c.conversation_id == conversations.c.id)
        .where(turns.c.confidence < UNSURE, turns.c.done_at >= since, *_WAITING)
        .order_by(turns.c.done_at.desc())
    )
    return connection.execute(query.limit(_LOOKED_AT))


def _sampled(connection: Connection, since: datetime) -> _Rows:
    query = (
        select(*_OF_IT)
        .where(
            conversations.c.id.like(_SAMPLE),
            conversations.c.updated_at >= since,
            conversations.c.state == str(State.RESOLVED),
            *_WAITING,
        )
        .order_by(conversations.c.updated_at.desc())
        .limit(50)
    )
    return connection.execute(query)
