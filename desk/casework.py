"""Cases at the desk: their state, and what was done."""

from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response
from sqlalchemy import Connection

from desk.access import Gate
from desk.bodies import CaseBody
from desk.shapes import case_shape, plain
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support.attachments import records
from support.cases import cases, casework
from support.store import Transaction
from support.team.agents import Login
from web.errors import ApiError, read_body


class Casework:
    def __init__(self, around: DeskSurroundings, gate: Gate) -> None:
        self._around = around
        self._gate = gate

    def routes(self, bp: Blueprint) -> None:
        for method, handler in (("GET", self.read), ("POST", self.work)):
            bp.add_route(
                self._gate.guarded("agent", handler),
                "/cases/<number:str>",
                methods=[method],
                name=f"{method.lower()}_case",
            )

    async def read(self, request: Request, login: Login, number: str) -> HTTPResponse:
        try:
            shape = await self._around.db.reading(lambda c: _shape(c, number))
        except casework.NoSuchCase as error:
            raise _no_case() from error
        return json_response(shape, headers=NO_STORE)

    async def work(self, request: Request, login: Login, number: str) -> HTTPResponse:
        body, around = read_body(request, CaseBody), self._around

        def worked(tx: Transaction) -> dict[str, Any]:
            casework.work(
                tx, number, login.agent, body.state, body.note, around.playbook, around.clock()
            )
            return _shape(tx.connection, number)

        try:
            shape = await around.db.writing(worked)
        except casework.NoSuchCase as error:
            raise _no_case() from error
        except casework.NothingSaid as error:
            raise ApiError(422, "empty", str(error), "note") from error
        return json_response(shape, headers=NO_STORE)


def _shape(connection: Connection, number: str) -> dict[str, Any]:
    """The case with its files and what was done so far. Raises NoSuchCase."""
    case = cases.by_number(connection, number)
    if case is None:
        raise casework.NoSuchCase(number)
    files = records.of_cases(connection, [number]).get(number, ())
    return {
        **case_shape(case, files),
        "conversation": case.conversation_id,
        "steps": [plain(one) for one in casework.steps(connection, number)],
    }


def _no_case() -> ApiError:
    return ApiError(404, "not_found", "there is no such case")
