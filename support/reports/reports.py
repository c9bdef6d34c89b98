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
from support.reports.tally import Tally, place_of_total
from support.reports.voices import SCORES
from support.store.schema import conversations, tickets
from support.team import agents
from support.values import MOODS, State

_BY_DAY: Final = (place_of_total("conversations"), place_of_total("handed_over"))
OPEN: Final = (State.BOT, State.QUEUED, State.ASSIGNED)


def now_figures(connection: Connection, playbook: Playbook, now: datetime) -> dict[str, Any]:
    """Conversations by state, the longest wait, who is on duty, open missed questions."""
    oldest = connection.execute(
        select(func.min(tickets.c.queued_at)).where(tickets.c.closed_at.is_(None))
    ).scalar_one()
    away_after = timedelta(seconds=playbook.escalation.waiting.agent_away_s)
    states, moods = _open_ones(connection)
    return {
        "states": states,
        "longest_wait_s": int((now - oldest).total_seconds()) if oldest else None,
        "target_s": playbook.escalation.waiting.answer_target_s,
        "on_duty": len(agents.on_duty(connection, now, away_after)),
        "open": playbook.hours.is_open(now),
        "moods": moods,
        "today": _today(connection, playbook.hours.zone, now),
        "missed_questions": count_open(connection),
    }


def _open_ones(connection: Connection) -> tuple[dict[str, int], dict[str, int]]:
    """Conversations with something in them in each state but resolved (those are counted by
    periods, and there is no end to them), and how those customers feel: calm, displeased, angry."""
    states: dict[str, int] = {}
    moods = dict.fromkeys(MOODS, 0)
    c = conversations.c
    query = (
        select(c.state, c.anger, func.count().label("number"))
        .where(c.state.in_([str(state) for state in OPEN]), c.last_text.is_not(None))
        .group_by(c.state, c.anger)
    )
    for row in connection.execute(query):
        states[row.state] = states.get(row.state, 0) + row.number
        moods[row.anger] += row.number
    return states, moods


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


def period_figures(
    connection: Connection, first: date, last: date, zone: ZoneInfo, now: datetime
) -> dict[str, Any]:
    """What became of the conversations that were begun on some days, both included.

    `contained`: those that no person had to touch, as a share of 1. `first_response_s`: from the
    handover to a person's first answer. `days`: local dates with begun and handed over.
    """
    period = Period(connection, first, last, zone, now)
    by_day, whole = period.numbers(_BY_DAY, ALL), period.parts(ALL).get(ALL, Tally())
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
            {"day": day.isoformat(), "begun": begun, "handed_over": handed_over}
            for day, (begun, handed_over) in by_day
        ],
    }  # fmt: skip
