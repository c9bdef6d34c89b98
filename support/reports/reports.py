"""Figures for support leads: how it stands now, and how a period went."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from support.learning.missed_questions import count_open
from support.playbook.playbook import Playbook
from support.reports.figures import BY_NAME
from support.reports.kept import ALL
from support.reports.period import Period
from support.reports.tally import Tally
from support.reports.voices import SCORES
from support.store.schema import conversations, tickets
from support.team import agents
from support.values import MOODS, State

OPEN: Final = (State.BOT, State.QUEUED, State.ASSIGNED)


def now_figures(connection: Connection, playbook: Playbook, now: datetime) -> dict[str, Any]:
    """Conversations by state, the longest wait, who is on duty, open missed questions."""
    oldest = connection.execute(
        select(func.min(tickets.c.queued_at)).where(tickets.c.closed_at.is_(None))
    ).scalar_one()
    away_after = timedelta(seconds=playbook.escalation.waiting.agent_away_s)
    return {
        "states": _open_ones(connection),
        "longest_wait_s": int((now - oldest).total_seconds()) if oldest else None,
        "target_s": playbook.escalation.waiting.answer_target_s,
        "on_duty": len(agents.on_duty(connection, now, away_after)),
        "open": playbook.hours.is_open(now),
        "moods": _moods(connection),
        "today": _today(connection, playbook.hours.zone, now),
        "missed_questions": count_open(connection),
    }


def _moods(connection: Connection) -> dict[str, int]:
    """How those feel whose conversations are open; calm, displeased, angry."""
    found = dict.fromkeys(MOODS, 0)
    for state in OPEN:
        here = (conversations.c.state == str(state)) & conversations.c.last_text.is_not(None)
        query = select(conversations.c.anger, func.count()).where(here)
        for anger, number in connection.execute(query.group_by(conversations.c.anger)):
            found[anger] += number
    return found


def _today(connection: Connection, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """What was begun today, and the share of it that the assistant has answered by itself."""
    day = now.astimezone(zone).date()
    whole = Period(connection, day, day, zone, now).parts(ALL).get(ALL, Tally())
    contained = whole.value(BY_NAME["contained"]).value
    return {
        "day": day.isoformat(),
        "conversations": whole.total("conversations"),
        "contained": None if contained is None else round(contained, 3),
    }


def _open_ones(connection: Connection) -> dict[str, int]:
    """Conversations with something in them in each state but resolved: those are counted by
    periods, and there is no end to them."""
    found = {}
    for state in OPEN:
        here = (conversations.c.state == str(state)) & conversations.c.last_text.is_not(None)
        if number := connection.execute(select(func.count()).where(here)).scalar_one():
            found[str(state)] = number
    return found


def period_figures(
    connection: Connection, first: date, last: date, zone: ZoneInfo, now: datetime
) -> dict[str, Any]:
    """What became of the conversations that were begun on some days, both included.

    `contained`: those that no person had to touch, as a share of 1. `first_response_s`: from the
    handover to a person's first answer. `days`: local dates with begun and handed over.
    """
    period = Period(connection, first, last, zone, now)
    by_day, whole = period.numbers(ALL), period.parts(ALL).get(ALL, Tally())
    number, handed_over = whole.total("conversations"), whole.total("handed_over")
    response = whole.value(BY_NAME["first_response"])
    rating = whole.value(BY_NAME["rating"])
    return {
        "conversations": number,
        "handed_over": handed_over,
        "contained": round(1 - handed_over / number, 3) if number else None,
        "reasons": dict(whole.reasons),
        "first_response_s": {
            "median": round(response.value), "p90": round(response.p90 or 0),
            "answered": response.counted,
        }
        if response.value is not None
        else None,
        "ratings": {
            "count": rating.counted,
            "average": None if rating.value is None else round(rating.value, 2),
            "by_score": {str(score): whole.scores.get(str(score), 0) for score in SCORES},
        },
        "days": [
            {
                "day": day.isoformat(), "begun": tally.total("conversations"),
                "handed_over": tally.total("handed_over"),
            }
            for day, tally in by_day
        ],
    }  # fmt: skip
