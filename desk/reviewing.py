"""Reviews: given by leads, read by leads and by the agent they are for; what deserves one."""

from functools import partial
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty
from sanic.response import json as json_response
from sqlalchemy import Connection

from desk.access import Gate
from desk.bodies import ReviewBody
from desk.pages import Pages
from desk.reading import checked_id, not_there
from desk.shapes import plain
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support import conversations
from support.learning import review_queue, reviews
from support.team.agents import Login
from web.errors import ApiError, read_body


class Reviewing:
    def __init__(self, around: DeskSurroundings, gate: Gate) -> None:
        self._around = around
        self._gate = gate

    def routes(self, bp: Blueprint) -> None:
        leads, agents = partial(self._gate.guarded, "lead"), partial(self._gate.guarded, "agent")
        for method, path, handler in (
            ("POST", "/conversations/<id:str>/review", leads(self.review)),
            ("GET", "/review-queue", leads(self.queue)),
            ("GET", "/reviews/mine", agents(self.mine)),
            ("POST", "/reviews/<id:int>/seen", agents(self.seen)),
        ):
            bp.add_route(handler, path, methods=[method], name=f"review_{handler.__name__}")

    async def review(self, request: Request, login: Login, id: str) -> HTTPResponse:
        body, known = read_body(request, ReviewBody), checked_id(id)
        try:
            made = await self._around.db.writing(
                lambda tx: reviews.give(
                    tx, known, login.agent, now=self._around.clock(), **body.model_dump()
                )
            )
        except conversations.NotFound as error:
            raise not_there() from error
        except reviews.NoSuchMessage as error:
            raise ApiError(422, "unknown_message", str(error), "seq") from error
        except reviews.NoSuchAgent as error:
            raise ApiError(422, "unknown_agent", str(error), "to_agent") from error
        return json_response({"id": made}, status=201)

    async def seen(self, request: Request, login: Login, id: int) -> HTTPResponse:
        now = self._around.clock()
        try:
            await self._around.db.writing(lambda tx: reviews.mark_seen(tx, id, login.agent.id, now))
        except reviews.NoSuchReview as error:
            raise ApiError(404, "not_found", "there is no such review", "id") from error
        return empty()

    async def mine(self, request: Request, login: Login) -> HTTPResponse:
        found = await self._around.db.reading(lambda c: reviews.to_agent(c, login.agent.id))
        return json_response({"reviews": [plain(one) for one in found]}, headers=NO_STORE)

    async def queue(self, request: Request, login: Login) -> HTTPResponse:
        found = await self._around.db.reading(self._waiting)
        return json_response({"conversations": found}, headers=NO_STORE)

    def _waiting(self, connection: Connection) -> list[dict[str, Any]]:
        return review_queue.waiting(connection, self._around.playbook, self._around.clock())


class ReviewPages:
    def __init__(self, around: DeskSurroundings, pages: Pages) -> None:
        self._around = around
        self._pages = pages

    def routes(self, bp: Blueprint) -> None:
        bp.add_route(self._pages.for_leads(self.queue), "/review", name="review_queue")
        bp.add_route(self._pages.for_agents(self.mine), "/feedback", name="my_reviews")

    async def queue(self, request: Request, login: Login) -> HTTPResponse:
        around = self._around
        now = around.clock()
        rows = await around.db.reading(lambda c: review_queue.waiting(c, around.playbook, now))
        return self._pages.show("review_queue.html", login, rows=rows, days=review_queue.DAYS)

    async def mine(self, request: Request, login: Login) -> HTTPResponse:
        found = await self._around.db.reading(lambda c: reviews.to_agent(c, login.agent.id))
        return self._pages.show("my_reviews.html", login, given=found)
