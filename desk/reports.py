"""Reports over time for leads: the figures, their parts, and the conversations behind each."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, raw, redirect
from sanic.response import json as json_response
from sqlalchemy import Connection

from desk.access import Gate
from desk.filters import choice, moment
from desk.pages import Pages
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support.privacy.masking import mask
from support.reports import figures, voices
from support.reports.episodes import Episode, episodes
from support.reports.figures import BY_NAME, FIGURES, SLICES, Value
from support.team.agents import Login
from support.transcripts.exports import inert
from web.errors import ApiError

USUAL_DAYS: Final = 28
LONGEST: Final = timedelta(days=400)
SHOWN: Final = 200
_FIGURES: Final = tuple(BY_NAME)


@dataclass(frozen=True)
class Question:
    """What a report is about: local days, both included; `by`: how it is parted; `part`: only
    the episodes of this part (of `by`), of all if None."""

    first: date
    last: date
    by: str
    part: str | None

    def query(self, **more: str) -> str:
        part = {} if self.part is None else {"part": self.part}
        days = {"from": self.first.isoformat(), "to": self.last.isoformat()}
        return urlencode({**days, "by": self.by, **part, **more})


class Reports:
    def __init__(self, around: DeskSurroundings, gate: Gate, pages: Pages) -> None:
        self._around = around
        self._gate = gate
        self._pages = pages
        self._zone = around.playbook.hours.zone

    def routes(self, api: Blueprint, pages: Blueprint) -> None:
        guarded = self._gate.guarded("lead", self.figures)
        api.add_route(guarded, "/reports/figures", methods=["GET"], name="report_figures")
        api.add_route(
            self._gate.guarded("lead", self.voices),
            "/reports/voices",
            methods=["GET"],
            name="voices",
        )
        for path, page in (
            ("/reports", self.page),
            ("/reports/behind", self.behind),
            ("/voices", self.voices_page),
        ):
            pages.add_route(self._pages.for_leads(page), path, name=page.__name__)

    async def figures(self, request: Request, login: Login) -> HTTPResponse:
        """The figures of the whole and of each part, as JSON or CSV."""
        asked = self._asked(request)
        kind = choice(request, "format", ("json", "csv")) or "json"
        found = await self._episodes(asked)
        parts = figures.sliced(found, asked.by, self._zone)
        if kind == "csv":
            return raw(
                _as_csv(asked.by, figures.values(found), parts),
                content_type="text/csv; charset=utf-8",
                headers={
                    "Content-Disposition": f'attachment; filename="figures-by-{asked.by}.csv"',
                    "X-Content-Type-Options": "nosniff",
                    **NO_STORE,
                },
            )
        shape = {
            "from": asked.first.isoformat(),
            "to": asked.last.isoformat(),
            "figures": _shape(figures.values(found)),
            "by": asked.by,
            "parts": [{"part": name, "figures": _shape(values)} for name, values in parts],
        }
        return json_response(shape, headers=NO_STORE)

    async def page(self, request: Request, login: Login) -> HTTPResponse:
        try:
            asked = self._asked(request)
        except ApiError:
            return redirect("/desk/reports", status=303)
        found = await self._episodes(asked)
        centre, days = figures.days(found, self._zone)
        return self._pages.show(
            "reports.html",
            login,
            asked=asked,
            figures=FIGURES,
            values=figures.values(found),
            parts=figures.sliced(found, asked.by, self._zone),
            reasons=figures.reasons(found),
            causes=figures.causes(found),
            centre=centre,
            days=days,
            slices=SLICES,
        )

    async def behind(self, request: Request, login: Login) -> HTTPResponse:
        """The conversations that a figure counted, the newest first."""
        try:
            asked = self._asked(request)
            name = choice(request, "figure", _FIGURES) or _FIGURES[0]
        except ApiError:
            return redirect("/desk/reports", status=303)
        found = figures.behind(BY_NAME[name], await self._episodes(asked))
        return self._pages.show(
            "reports_behind.html",
            login,
            asked=asked,
            figure=BY_NAME[name],
            count=len(found),
            episodes=found[: -SHOWN - 1 : -1],
            mask=mask,
        )

    async def voices(self, request: Request, login: Login) -> HTTPResponse:
        """NPS, comments and ideas of a period, masked."""
        asked = self._asked(request)
        found = await self._said(asked)
        shape: dict[str, Any] = {
            "from": asked.first.isoformat(),
            "to": asked.last.isoformat(),
            "nps": {**asdict(found["nps"]), "points": found["nps"].points},
            **{
                name: [{**asdict(one), "at": one.at.isoformat()} for one in found[name]]
                for name in ("comments", "ideas")
            },
        }
        return json_response(shape, headers=NO_STORE)

    async def voices_page(self, request: Request, login: Login) -> HTTPResponse:
        try:
            asked = self._asked(request)
        except ApiError:
            return redirect("/desk/voices", status=303)
        return self._pages.show("voices.html", login, asked=asked, **await self._said(asked))

    async def _said(self, asked: Question) -> dict[str, Any]:
        since, until = self._period(asked)

        def read(connection: Connection) -> dict[str, Any]:
            return {
                "nps": voices.promoter_score(connection, since, until),
                "comments": voices.comments(connection, since, until),
                "ideas": voices.ideas(connection, since, until),
            }

        return await self._around.db.reading(read)

    def _period(self, asked: Question) -> tuple[datetime, datetime]:
        since = datetime.combine(asked.first, time(), self._zone)
        return since, datetime.combine(asked.last + timedelta(days=1), time(), self._zone)

    def _asked(self, request: Request) -> Question:
        """Raises ApiError 422."""
        today = self._around.clock().astimezone(self._zone).date()
        last = self._day(request, "to") or today
        first = self._day(request, "from") or last - timedelta(days=USUAL_DAYS - 1)
        if not first <= last < first + LONGEST:
            raise ApiError(422, "invalid", "from must be before to, by 400 days at most", "from")
        part = request.args.get("part")
        return Question(
            first, last, choice(request, "by", SLICES) or SLICES[0],
            None if part is None else str(part)[:80],
        )  # fmt: skip

    def _day(self, request: Request, name: str) -> date | None:
        at = moment(request, name, self._zone)
        return at.astimezone(self._zone).date() if at else None

    async def _episodes(self, asked: Question) -> Sequence[Episode]:
        since, until = self._period(asked)
        now = self._around.clock()
        found = await self._around.db.reading(lambda c: episodes(c, since, until, now))
        if asked.part is None:
            return found
        return [e for e in found if figures.slice_of(e, asked.by, self._zone) == asked.part]


def _shape(values: dict[str, Value]) -> dict[str, Any]:
    return {
        name: {key: None if part is None else round(part, 3) for key, part in asdict(one).items()}
        for name, one in values.items()
    }


def _as_csv(by: str, whole: dict[str, Value], parts: Sequence[tuple[str, dict[str, Value]]]) -> str:
    """A row for each part and one for all; seconds in two columns, median and 90th percentile."""
    text = io.StringIO()
    writer = csv.writer(text)
    columns = [name for f in FIGURES for name in ((f.name, f"{f.name}_p90") if f.kind == "seconds"
               else (f.name,))]  # fmt: skip
    writer.writerow([by, *columns])
    for part, values in (("", whole), *parts):
        row: list[str] = [inert(part)]
        for figure in FIGURES:
            one = values[figure.name]
            cells = (one.value, one.p90) if figure.kind == "seconds" else (one.value,)
            row += ["" if cell is None else f"{cell:.4g}" for cell in cells]
        writer.writerow(row)
    return "\ufeff" + text.getvalue()
