"""Notices: what leads tell customers before they ask. Every agent sees them; leads make them."""

from datetime import datetime
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from desk.access import Gate
from desk.bodies import NoticeBody
from desk.pages import Pages
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support.outreach import notices
from support.outreach.notices import Notice
from support.team.agents import Login
from web.errors import ApiError, read_body


class Notices:
    def __init__(self, around: DeskSurroundings, gate: Gate, pages: Pages) -> None:
        self._around = around
        self._gate = gate
        self._pages = pages

    def routes(self, bp: Blueprint, pages: Blueprint) -> None:
        page = self._pages.for_leads(self.page)
        pages.add_route(page, "/notices", methods=["GET"], name="notices")
        for method, path, role, handler, name in (
            ("GET", "/notices", "agent", self.list, "notices"),
            ("POST", "/notices", "lead", self.create, "create_notice"),
            ("POST", "/notices/<id:int>/end", "lead", self.end, "end_notice"),
        ):
            guarded = self._gate.guarded("lead" if role == "lead" else "agent", handler)
            bp.add_route(guarded, path, methods=[method], name=name)

    async def page(self, request: Request, login: Login) -> HTTPResponse:
        found = await self._around.db.reading(notices.listed)
        return self._pages.show(
            "notices.html",
            login,
            notices=found,
            now=self._around.clock(),
            topics=notices.TOPICS,
            order_states=notices.ORDER_STATES,
        )

    async def list(self, request: Request, login: Login) -> HTTPResponse:
        found, now = await self._around.db.reading(notices.listed), self._around.clock()
        shape = {"notices": [notice_shape(one, now) for one in found]}
        return json_response(shape, headers=NO_STORE)

    async def create(self, request: Request, login: Login) -> HTTPResponse:
        body, now = read_body(request, NoticeBody), self._around.clock()
        if body.until <= now:
            raise ApiError(422, "invalid", "until must be in the future", "until")
        made = await self._around.db.writing(
            lambda tx: notices.create(
                tx,
                login.agent,
                now,
                text_en=body.text.en,
                text_ja=body.text.ja,
                topic=body.topic,
                region=body.region,
                order_state=body.order_state,
                from_at=body.from_,
                until_at=body.until,
            )
        )
        return json_response(notice_shape(made, now), status=201, headers=NO_STORE)

    async def end(self, request: Request, login: Login, id: int) -> HTTPResponse:
        now = self._around.clock()
        try:
            ended = await self._around.db.writing(lambda tx: notices.end(tx, id, login.agent, now))
        except notices.NoSuchNotice as error:
            raise ApiError(404, "not_found", "there is no such notice") from error
        return json_response(notice_shape(ended, now), headers=NO_STORE)


def notice_shape(notice: Notice, now: datetime) -> dict[str, Any]:
    ended = notice.ended_at or (notice.until_at if notice.until_at <= now else None)
    return {
        "id": notice.id,
        "text": {"en": notice.text_en, "ja": notice.text_ja},
        "topic": notice.topic,
        "region": notice.region,
        "order_state": notice.order_state,
        "from": notice.from_at.isoformat(),
        "until": notice.until_at.isoformat(),
        "ended_at": ended.isoformat() if ended else None,
        "standing": notice.stands(now),
        "by": notice.author,
    }
