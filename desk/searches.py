"""Saved searches of the transcripts."""

from urllib.parse import parse_qsl, urlencode

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty
from sanic.response import json as json_response

from desk.access import Gate
from desk.bodies import SearchBody
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support.team.agents import Login
from support.transcripts import saved_searches
from web.errors import ApiError, read_body

# What the transcripts' form asks for, in its order.
FIELDS = (
    "q", "state", "channel", "lang", "reason", "topic", "label", "agent", "tier", "mood",
    "rating", "longer", "failed", "from", "to",
)  # fmt: skip


class Searches:
    def __init__(self, around: DeskSurroundings, gate: Gate) -> None:
        self._around = around
        self._gate = gate

    def routes(self, bp: Blueprint) -> None:
        for method, path, handler in (
            ("GET", "/searches", self.list_searches),
            ("POST", "/searches", self.keep_search),
            ("POST", "/searches/<id:int>/forget", self.forget_search),
        ):
            guarded = self._gate.guarded("lead", handler)
            bp.add_route(guarded, path, methods=[method], name=handler.__name__)

    async def list_searches(self, request: Request, login: Login) -> HTTPResponse:
        found = await self._around.db.reading(
            lambda connection: saved_searches.of_agent(connection, login.agent.id)
        )
        return json_response({"searches": found}, headers=NO_STORE)

    async def keep_search(self, request: Request, login: Login) -> HTTPResponse:
        body = read_body(request, SearchBody)
        query = only_known(body.query)
        if not query:
            raise ApiError(422, "invalid", "the search asks for nothing", "query")
        now = self._around.clock()
        try:
            made = await self._around.db.writing(
                lambda tx: saved_searches.keep(
                    tx, login.agent.id, body.name, query, shared=body.shared, now=now
                )
            )
        except saved_searches.TooMany as error:
            raise ApiError(409, "too_many", str(error)) from error
        return json_response({"id": made, "query": query}, status=201)

    async def forget_search(self, request: Request, login: Login, id: int) -> HTTPResponse:
        try:
            await self._around.db.writing(lambda tx: saved_searches.forget(tx, login.agent.id, id))
        except saved_searches.NoSuchSearch as error:
            raise ApiError(404, "not_found", "there is no such search", "id") from error
        return empty()


def only_known(query: str) -> str:
    """An address's query with the transcripts' own fields in it and nothing else."""
    given = dict(parse_qsl(query.lstrip("?")))
    return urlencode({name: given[name] for name in FIELDS if name in given})
