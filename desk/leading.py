"""What only support leads see: figures, missed questions."""

from datetime import date, timedelta
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response
from sqlalchemy import Connection

from desk.access import Gate
from desk.bodies import MissedQuestionBody
from desk.filters import choice, moment
from desk.shapes import plain
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support.learning import missed_questions
from support.playbook.parts import LANGS
from support.reports import reports
from support.team.agents import Login
from web.errors import ApiError, read_body, whole_number

REPORT_DAYS = 7
LONGEST_REPORT = timedelta(days=400)


class Leading:
    def __init__(self, around: DeskSurroundings, gate: Gate) -> None:
        self._around = around
        self._gate = gate

    def routes(self, bp: Blueprint) -> None:
        for method, path, handler in (
            ("GET", "/reports/overview", self.overview),
            ("GET", "/missed-questions", self.missed_questions),
            ("POST", "/missed-questions", self.settle_question),
        ):
            bp.add_route(
                self._gate.guarded("lead", handler), path, methods=[method], name=handler.__name__
            )

    async def overview(self, request: Request, login: Login) -> HTTPResponse:
        shape = await self.overview_shape(request)
        return json_response(shape, headers=NO_STORE)

    async def overview_shape(self, request: Request) -> dict[str, Any]:
        """The figures now, and of the days `from` to `to`: the last week if nothing is said."""
        around, zone = self._around, self._around.playbook.hours.zone
        now = around.clock()

        def day(name: str) -> date | None:
            at = moment(request, name, zone)
            return at.astimezone(zone).date() if at else None

        last = day("to") or now.astimezone(zone).date()
        first = day("from") or last - timedelta(days=REPORT_DAYS - 1)
        if not first <= last < first + LONGEST_REPORT:
            raise ApiError(422, "invalid", "from must be before to, by 400 days at most", "from")

        def read(connection: Connection) -> dict[str, Any]:
            return {
                "now": reports.now_figures(connection, around.playbook, now),
                "period": {
                    "first_day": first.isoformat(),
                    "last_day": last.isoformat(),
                    **reports.period_figures(connection, first, last, zone, now),
                },
            }

        return await around.db.reading(read)

    async def missed_questions(self, request: Request, login: Login) -> HTTPResponse:
        state = choice(request, "state", missed_questions.STATES)
        lang = choice(request, "lang", LANGS)
        limit = whole_number(request, "limit", 100, 1, 500)
        before = whole_number(request, "before", 0, 0, 2**31 - 1) or None
        found = await self._around.db.reading(
            lambda c: missed_questions.listed(c, state=state, lang=lang, before=before, limit=limit)
        )
        return json_response({"questions": [plain(one) for one in found]}, headers=NO_STORE)

    async def settle_question(self, request: Request, login: Login) -> HTTPResponse:
        body = read_body(request, MissedQuestionBody)
        try:
            await self._around.db.writing(
                lambda tx: missed_questions.settle(tx, body.id, body.state)
            )
        except ValueError as error:
            raise ApiError(422, "unknown_value", str(error), "state") from error
        except missed_questions.NoSuchQuestion as error:
            raise ApiError(404, "not_found", "there is no such question", "id") from error
        return json_response({"id": body.id, "state": body.state})
