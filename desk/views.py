"""Views of the list that agents keep under a name; a lead may share one with everybody."""

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

# What the list can be narrowed by. Words to search for may be a customer's name, and are not kept.
FIELDS = (
    "state", "sort", "channel", "lang", "reason", "topic", "tier", "label", "agent", "waiting",
    "snoozed",
)  # fmt: skip


class Views:
    def __init__(self, around: DeskSurroundings, gate: Gate) -> None:
        self._around = around
        self._gate = gate

    def routes(self, bp: Blueprint) -> None:
        for method, path, handler in (
            ("GET", "/views", self.list_views),
            ("POST", "/views", self.keep_view),
            ("POST", "/views/<id:int>/forget", self.forget_view),
        ):
            guarded = self._gate.guarded("agent", handler)
            bp.add_route(guarded, path, methods=[method], name=handler.__name__)

    async def list_views(self, request: Request, login: Login) -> HTTPResponse:
        found = await self._around.db.reading(
            lambda connection: saved_searches.of_agent(connection, login.agent.id, "views")
        )
        return json_response({"views": found}, headers=NO_STORE)

    async def keep_view(self, request: Request, login: Login) -> HTTPResponse:
        body = read_body(request, SearchBody)
        if body.shared and not login.agent.is_lead:
            raise ApiError(403, "not_allowed", "only support leads share a view", "shared")
        given = dict(parse_qsl(body.query.lstrip("?")))
        query = urlencode({name: given[name] for name in FIELDS if name in given})
        if not query:
            raise ApiError(422, "invalid", "the view asks for nothing", "query")
        now = self._around.clock()
        try:
            made = await self._around.db.writing(
                lambda tx: saved_searches.keep(
                    tx, login.agent.id, body.name, query,
                    shared=body.shared, now=now, place="views",
                )
            )  # fmt: skip
        except saved_searches.TooMany as error:
            raise ApiError(409, "too_many", str(error)) from error
        return json_response({"id": made, "query": query}, status=201)

    async def forget_view(self, request: Request, login: Login, id: int) -> HTTPResponse:
        try:
            await self._around.db.writing(
                lambda tx: saved_searches.forget(tx, login.agent.id, id, "views")
            )
        except saved_searches.NoSuchSearch as error:
            raise ApiError(404, "not_found", "there is no such view", "id") from error
        return empty()
