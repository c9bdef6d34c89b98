"""What customers say of the shop in their own words and figures: NPS, ratings' comments, ideas.

NPS is the share of promoters (9 and 10) minus that of detractors (0 to 6) of those who answered,
in points (Reichheld, "The One Number You Need to Grow", 2003).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from support.privacy.masking import mask
from support.store.schema import COMMENTED, IDEA, cases, feedback, nps

PROMOTER: Final = 9
DETRACTOR: Final = 6
SHOWN: Final = 100
SCORES: Final = range(1, 6)


@dataclass(frozen=True)
class Nps:
    """`points`: -100 to 100, None where nobody answered. `asked` counts those who didn't, too."""

    asked: int
    answered: int
    promoters: int
    detractors: int

    @property
    def points(self) -> int | None:
        if not self.answered:
            return None
        return round(100 * (self.promoters - self.detractors) / self.answered)


@dataclass(frozen=True)
class Voice:
    """Something a customer wrote, masked. `score`: the rating it came with; `case`: its number."""

    text: str
    at: datetime
    conversation_id: str
    lang: str | None = None
    score: int | None = None
    case: str | None = None


def promoter_score(connection: Connection, since: datetime, until: datetime) -> Nps:
    """Of the questions asked in the period."""
    asked = (nps.c.asked_at >= since) & (nps.c.asked_at < until)
    rows = connection.execute(select(nps.c.score, func.count()).where(asked).group_by(nps.c.score))
    counts: dict[int | None, int] = {score: number for score, number in rows}
    given = {score: number for score, number in counts.items() if score is not None}
    return Nps(
        asked=sum(counts.values()),
        answered=sum(given.values()),
        promoters=sum(number for score, number in given.items() if score >= PROMOTER),
        detractors=sum(number for score, number in given.items() if score <= DETRACTOR),
    )


def comments(connection: Connection, since: datetime, until: datetime) -> list[Voice]:
    """What came with ratings, the worst first: they can still be put right."""
    rows: list[Row[Any]] = []
    for score in SCORES:
        # One after the other: each is in the order of its index.
        rows += connection.execute(
            select(feedback)
            .where(COMMENTED, feedback.c.score == score)
            .where(feedback.c.at >= since, feedback.c.at < until)
            .order_by(feedback.c.at.desc())
            .limit(SHOWN - len(rows))
        )
        if len(rows) == SHOWN:
            break
    return [Voice(mask(row.comment), row.at, row.conversation_id, score=row.score) for row in rows]


def ideas(connection: Connection, since: datetime, until: datetime) -> list[Voice]:
    """Ideas and wishes for the shop, the newest first."""
    rows = connection.execute(
        select(cases)
        .where(IDEA, cases.c.opened_at >= since, cases.c.opened_at < until)
        .order_by(cases.c.opened_at.desc())
        .limit(SHOWN)
    )
    return [
        Voice(
            mask(row.what or ""), row.opened_at, row.conversation_id, lang=row.lang, case=row.number
        )
        for row in rows
    ]
