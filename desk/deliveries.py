"""What a channel would not take: shown to agents, who may have it tried again."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from desk.access import Gate
from desk.surroundings import DeskSurroundings
from support.delivery import outbox
from support.delivery.outbox import NothingToRetry
from support.team.agents import Login
from web.errors import ApiError


class Deliveries:
    def __init__(self, around: DeskSurroundings, gate: Gate) -> None:
        self._around = around
        self._gate = gate

    def routes(self, bp: Blueprint) -> None:
        listed = self._gate.guarded("agent", self.failed)
        bp.add_route(listed, "/outbox", methods=["GET"], name="outbox")
        again = self._gate.guarded("agent", self.retry)
        bp.add_route(again, "/outbox/<id:int>/retry", methods=["POST"], name="outbox_retry")

    async def failed(self, request: Request, login: Login) -> HTTPResponse:
        found = await self._around.db.reading(outbox.failed)
        shown = [
            {
                "id": one.id,
                "channel": one.channel,
                "conversation": one.conversation_id,
                "seq": one.seq,
                "error": one.error,
                "at": one.at.isoformat(),
            }
            for one in found
        ]
        return json_response({"failed": shown})

    async def retry(self, request: Request, login: Login, id: int) -> HTTPResponse:
        now = self._around.clock()
        try:
            await self._around.db.writing(lambda tx: outbox.retry(tx, id, now))
        except NothingToRetry as error:
            raise ApiError(
                404, "not_found", "there is no failed delivery of this number"
            ) from error
        return json_response({"id": id, "state": "pending"}, status=202)
