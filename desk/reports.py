"""Reports over time for leads: the figures, their parts, and the conversations behind each."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final, get_args
from urllib.parse import urlencode

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, raw, redirect
from sanic.response import json as json_response
from sqlalchemy import Connection

from desk.access import Gate
from desk.filters import choice, moment
from desk.pages import Pages, duration
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support.playbook.parts import Reason
from support.privacy.masking import mask
from support.reports import charts, voices
from support.reports.behind import Behind, newest_behind
from support.reports.figures import BY_NAME, FIGURES, SLICES, Figure, Value, of_fault, of_reason
from support.reports.kept import ALL, bounds
from support.reports.period import Period
from support.reports.tally import Tally, in_order, place_behind
from support.reports.trend import Step, line, step_for
from support.reports.waits import REOPENED
from support.team.agents import Login
from support.transcripts.exports import inert
from web.errors import ApiError

USUAL_DAYS: Final = 28
LONGEST: Final = timedelta(days=400)
SHOWN: Final = 100
_FIGURES: Final = tuple(BY_NAME)
_REASONS: Final = (*get_args(Reason), REOPENED)
_STEPS: Final = get_args(Step)


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


@dataclass(frozen=True)
class Looked:
    """What a list is behind of: a figure, or of one of two figures those with a reason or fault."""

    figure: Figure
    reason: str | None = None
    fault: str | None = None

    @property
    def query(self) -> dict[str, str]:
        if self.reason is not None:
            return {"reason": self.reason}
        return {"figure": self.figure.name} if self.fault is None else {"fault": self.fault}


Values = dict[str, Value]


@dataclass(frozen=True)
class Read:
    """What there is about a question. `steps`: days or weeks, if asked for; `days`: the numbers
    that the chart is made of, where something began; `as_of`: None where all was counted just
    now."""

    whole: Tally
    values: Values
    parts: Sequence[tuple[str, Values]]
    steps: Sequence[tuple[date, Values]]
    days: Sequence[tuple[date, Sequence[int]]]
    as_of: datetime | None


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
        """The figures of the whole and of each part, or of each day or week, as JSON or CSV."""
        asked = self._asked(request)
        kind = choice(request, "format", ("json", "csv")) or "json"
        every = choice(request, "every", _STEPS)
        step: Step | None = None if every is None else ("week" if every == "week" else "day")
        found = await self._read(asked, step)
        by, parts = asked.by, found.parts
        if step is not None:
            by, parts = step, [(day.isoformat(), values) for day, values in found.steps]
        if kind == "csv":
            return raw(
                _as_csv(by, found.values, parts),
                content_type="text/csv; charset=utf-8",
                headers={
                    "Content-Disposition": f'attachment; filename="figures-by-{by}.csv"',
                    "X-Content-Type-Options": "nosniff",
                    **NO_STORE,
                },
            )
        shape = {
            "from": asked.first.isoformat(),
            "to": asked.last.isoformat(),
            "as_of": (found.as_of or self._around.clock()).isoformat(),
            "figures": _shape(found.values),
            "by": by,
            "parts": [{"part": name, "figures": _shape(values)} for name, values in parts],
        }
        return json_response(shape, headers=NO_STORE)

    async def page(self, request: Request, login: Login) -> HTTPResponse:
        try:
            asked = self._asked(request)
        except ApiError:
            return redirect("/desk/reports", status=303)
        step = step_for(asked.first, asked.last)
        found = await self._read(asked, step)
        whole, lang = found.whole, login.agent.lang
        centre, days = charts.days(found.days)
        return self._pages.show(
            "reports.html",
            login,
            asked=asked,
            figures=FIGURES,
            as_of=found.as_of,
            values=found.values,
            parts=[(part, _cells(values, lang)) for part, values in found.parts],
            reasons=Counter(whole.reasons).most_common(),
            causes=charts.causes(whole),
            step=step,
            steps=[(day, _cells(values, lang)) for day, values in found.steps],
            lines={
                figure.name: line(figure.kind, [one[figure.name].value for _, one in found.steps])
                for figure in FIGURES
            },
            centre=centre,
            days=days,
            drawing=charts.drawn(centre, days) if days else None,
            # Hundreds of days are read in the chart; in words only what deserves a look.
            listed=days if step == "day" else [day for day in days if day.signal],
            slices=SLICES,
            shown=partial(shown, lang=lang),
        )

    async def behind(self, request: Request, login: Login) -> HTTPResponse:
        """The conversations that a figure, a reason or a fault counted, the newest first."""
        try:
            asked = self._asked(request)
            behind = self._behind(request)
            before = moment(request, "before", self._zone)
        except ApiError:
            return redirect("/desk/reports", status=303)
        now = self._around.clock()

        def read(connection: Connection) -> tuple[int | None, Behind]:
            period = Period(connection, asked.first, asked.last, self._zone, now)
            among = BY_NAME[behind.figure.name]
            numbers = period.numbers((place_behind(among),), asked.by, asked.part)
            found = [(day, number) for day, (number,) in numbers if number]
            page = newest_behind(
                connection, behind.figure, found, asked.by, asked.part, self._zone, now, before,
                SHOWN,
            )  # fmt: skip
            whole = behind.figure is among
            return sum(number for _, number in found) if whole else None, page

        count, page = await self._around.db.reading(read)
        return self._pages.show(
            "reports_behind.html",
            login,
            asked=asked,
            figure=behind.figure,
            behind=behind,
            count=count,
            episodes=page.episodes,
            before=page.before.isoformat() if page.before else None,
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
        since, until = bounds(asked.first, asked.last, self._zone)

        def read(connection: Connection) -> dict[str, Any]:
            return {
                "nps": voices.promoter_score(connection, since, until),
                "comments": voices.comments(connection, since, until),
                "ideas": voices.ideas(connection, since, until),
            }

        return await self._around.db.reading(read)

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

    def _behind(self, request: Request) -> Looked:
        """Raises ApiError 422."""
        reason = choice(request, "reason", _REASONS)
        if reason is not None:
            return Looked(of_reason(reason), reason=reason)
        if "fault" in request.get_args(keep_blank_values=True):
            fault = str(request.get_args(keep_blank_values=True).get("fault") or "")[:64]
            return Looked(of_fault(fault), fault=fault)
        return Looked(BY_NAME[choice(request, "figure", _FIGURES) or _FIGURES[0]])

    def _day(self, request: Request, name: str) -> date | None:
        at = moment(request, name, self._zone)
        return at.astimezone(self._zone).date() if at else None

    async def _read(self, asked: Question, step: Step | None) -> Read:
        now = self._around.clock()

        def read(connection: Connection) -> Read:
            period = Period(connection, asked.first, asked.last, self._zone, now)
            parts = period.parts(asked.by, asked.part)
            if asked.part is None:
                whole = period.parts(ALL).get(ALL, Tally())
            else:
                whole = parts.get(asked.part, Tally())
            steps = period.steps(step, asked.by, asked.part) if step is not None else []
            # Told as values here, not on the loop: of a year that is some time.
            return Read(
                whole=whole,
                values=whole.values(),
                parts=[(name, tally.values()) for name, tally in in_order(parts, asked.by)],
                steps=[(day, tally.values()) for day, tally in steps],
                days=period.numbers(charts.COUNTED, asked.by, asked.part),
                as_of=period.as_of,
            )

        return await self._around.db.reading(read)


def _cells(values: Values, lang: str) -> list[str]:
    """The row of a table. Made here: a template takes several times as long to call something,
    and of a year and forty agents there are more than a thousand cells."""
    return [shown(figure, values[figure.name], lang=lang) for figure in FIGURES]


def shown(figure: Figure, one: Value, *, lang: str) -> str:
    """A figure as the page tells it."""
    if one.value is None:
        return "–"
    if figure.kind == "share":
        return f"{round(one.value * 100)} %"
    if figure.kind == "seconds":
        return duration(one.value, lang)
    return f"{one.value:.1f}" if figure.kind == "score" else str(int(one.value))


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
