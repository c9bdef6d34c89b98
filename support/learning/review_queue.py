"""Which conversations deserve a lead's time, and why: the last days, without those reviewed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, select

from support.playbook.playbook import Playbook
from support.reports.waits import told_until
from support.store.schema import conversations, feedback, reviews, tickets, turns
from support.transcripts.transcripts import changed_at, rows_of
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
    for reason, ids in (
        ("low_rating", _low_ratings(connection, since)),
        ("angry_end", _angry_ends(connection, since)),
        ("long_wait", _long_waits(connection, since, playbook)),
        ("repeated", _repeated(connection, since)),
        ("low_confidence", _unsure(connection, since)),
        ("sampled", _sampled(connection, since)),
    ):
        for one in ids:
            found[one].add(reason)
    for known in _reviewed(connection, found):
        del found[known]
    why = {id: [one for one in REASONS if one in reasons] for id, reasons in found.items()}
    changed = changed_at(connection, list(found))
    # Only what is shown is read in full.
    first = sorted(changed, key=lambda id: (_weight(why[id]), changed[id]), reverse=True)[:limit]
    rows = rows_of(connection, first, now)
    rows.sort(key=lambda row: first.index(row["id"]))
    return [{**row, "why": why[row["id"]]} for row in rows]


def _weight(why: Sequence[str]) -> int:
    # A sample alone says nothing; a customer's own low rating says most.
    return 2 * len(why) + ("low_rating" in why) - ("sampled" in why)


def _low_ratings(connection: Connection, since: datetime) -> Iterable[str]:
    query = (
        select(feedback.c.conversation_id)
        .where(feedback.c.at >= since, feedback.c.score <= LOW_SCORE)
        .order_by(feedback.c.at.desc())
    )
    return connection.execute(query.limit(_LOOKED_AT)).scalars()


def _angry_ends(connection: Connection, since: datetime) -> Iterable[str]:
    query = (
        select(conversations.c.id)
        .where(
            conversations.c.anger == "angry",
            conversations.c.updated_at >= since,
            conversations.c.state == str(State.RESOLVED),
        )
        .order_by(conversations.c.updated_at.desc())
    )
    return connection.execute(query.limit(_LOOKED_AT)).scalars()


def _long_waits(connection: Connection, since: datetime, playbook: Playbook) -> list[str]:
    """Longer than the customer was told; where nothing was told, than the shop wants."""
    t = tickets.c
    query: Select[Any] = (
        select(
            t.conversation_id,
            t.queued_at,
            t.began_at,
            t.closed_at,
            t.high_s,
            t.estimated_at,
            t.told_until,
        )
        .where(tickets.c.outcome.in_(("claimed", "cancelled")), tickets.c.closed_at >= since)
        .order_by(tickets.c.closed_at.desc())
        .limit(_LOOKED_AT)
    )
    target = timedelta(seconds=playbook.escalation.waiting.answer_target_s)
    return [
        row.conversation_id
        for row in connection.execute(query)
        if row.closed_at > (told_until(row) or (row.began_at or row.queued_at) + target)
    ]


def _repeated(connection: Connection, since: datetime) -> list[str]:
    """The customer, or the visitor, came back about the same topic."""
    query = (
        select(
            conversations.c.id,
            conversations.c.thread_id,
            conversations.c.customer_id,
            conversations.c.topic,
            conversations.c.created_at,
            conversations.c.updated_at,
        )
        .where(
            conversations.c.updated_at >= since - AGAIN_WITHIN,
            conversations.c.topic.is_not(None),
            (conversations.c.number > 1) | conversations.c.customer_id.is_not(None),
        )
        .order_by(conversations.c.updated_at.desc())
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
    return found


def _unsure(connection: Connection, since: datetime) -> Iterable[str]:
    query = (
        select(turns.c.conversation_id)
        .where(turns.c.confidence < UNSURE, turns.c.done_at >= since)
        .order_by(turns.c.done_at.desc())
    )
    return connection.execute(query.limit(_LOOKED_AT)).scalars()


def _sampled(connection: Connection, since: datetime) -> Iterable[str]:
    query = (
        select(conversations.c.id)
        .where(
            conversations.c.id.like(_SAMPLE),
            conversations.c.updated_at >= since,
            conversations.c.state == str(State.RESOLVED),
        )
        .order_by(conversations.c.updated_at.desc())
        .limit(50)
    )
    return connection.execute(query).scalars()


def _reviewed(connection: Connection, found: Iterable[str]) -> set[str]:
    query = select(reviews.c.conversation_id).where(reviews.c.conversation_id.in_(list(found)))
    return set(connection.execute(query).scalars())
