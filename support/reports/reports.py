"""Figures for support leads: how it stands now, and how a period went.

Counted in the database where that is simple; a median is not, so waits are read, the newest first.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, exists, func, select

from support.learning.missed_questions import count_open
from support.playbook.playbook import Playbook
from support.store.schema import conversations, feedback, messages, tickets
from support.team import agents
from support.transcripts import transcripts
from support.values import Author

MOST_WAITS = 20_000


def now_figures(connection: Connection, playbook: Playbook, now: datetime) -> dict[str, Any]:
    """Conversations by state, the longest wait, who is on duty, open missed questions."""
    oldest = connection.execute(
        select(func.min(tickets.c.queued_at)).where(tickets.c.closed_at.is_(None))
    ).scalar_one()
    away_after = timedelta(seconds=playbook.escalation.waiting.agent_away_s)
    return {
        "states": transcripts.counts(connection),
        "longest_wait_s": int((now - oldest).total_seconds()) if oldest else None,
        "on_duty": len(agents.on_duty(connection, now, away_after)),
        "open": playbook.hours.is_open(now),
        "missed_questions": count_open(connection),
    }


def period_figures(
    connection: Connection, since: datetime, until: datetime, zone: ZoneInfo
) -> dict[str, Any]:
    """What became of the conversations that were begun in a period.

    `contained`: those that no person had to touch, as a share of 1. `first_response_s`: from the
    handover to a person's first answer. `days`: local dates with begun and handed over.
    """
    begun = conversations.c.created_at.between(since, until) & conversations.c.last_text.is_not(
        None
    )
    handed = exists().where(tickets.c.conversation_id == conversations.c.id)
    rows = connection.execute(
        select(conversations.c.created_at, (handed | conversations.c.agent_id.is_not(None))).where(
            begun
        )
    ).all()
    reasons = connection.execute(
        select(tickets.c.reason, func.count())
        .where(tickets.c.queued_at.between(since, until))
        .group_by(tickets.c.reason)
    )
    days: dict[str, dict[str, int]] = {}
    for created_at, to_person in rows:
        day = created_at.astimezone(zone).date().isoformat()
        figures = days.setdefault(day, {"begun": 0, "handed_over": 0})
        figures["begun"] += 1
        figures["handed_over"] += bool(to_person)
    handed_over = sum(bool(to_person) for _, to_person in rows)
    return {
        "conversations": len(rows),
        "handed_over": handed_over,
        "contained": round(1 - handed_over / len(rows), 3) if rows else None,
        "reasons": {reason: number for reason, number in reasons},
        "first_response_s": _spread(_first_responses(connection, since, until)),
        "ratings": _ratings(connection, since, until),
        "days": [{"day": day, **figures} for day, figures in sorted(days.items())],
    }


def _first_responses(connection: Connection, since: datetime, until: datetime) -> list[float]:
    answered: Select[Any] = (
        select(tickets.c.queued_at, func.min(messages.c.created_at).label("answered_at"))
        .join(messages, messages.c.conversation_id == tickets.c.conversation_id)
        .where(
            tickets.c.queued_at.between(since, until),
            messages.c.author == str(Author.AGENT),
            messages.c.private.is_(False),
            messages.c.created_at >= tickets.c.queued_at,
        )
        .group_by(tickets.c.id, tickets.c.queued_at)
        .order_by(tickets.c.queued_at.desc())
        .limit(MOST_WAITS)
    )
    rows = connection.execute(answered)
    return [(row.answered_at - row.queued_at).total_seconds() for row in rows]


def _spread(seconds: Sequence[float]) -> dict[str, int] | None:
    if not seconds:
        return None
    ninth = quantiles(seconds, n=10, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
    return {"median": round(median(seconds)), "p90": round(ninth), "answered": len(seconds)}


def _ratings(connection: Connection, since: datetime, until: datetime) -> dict[str, Any]:
    rows = connection.execute(
        select(feedback.c.score, func.count())
        .where(feedback.c.at.between(since, until))
        .group_by(feedback.c.score)
    )
    by_score = {score: number for score, number in rows}
    given = sum(by_score.values())
    total = sum(score * number for score, number in by_score.items())
    return {
        "count": given,
        "average": round(total / given, 2) if given else None,
        "by_score": {str(score): by_score.get(score, 0) for score in range(1, 6)},
    }
