"""Going on elsewhere: a link to another channel, where answers go, and its end."""

from sanic import Request
from sanic.response import HTTPResponse, empty
from sanic.response import json as json_response

from channels.website.access import gone, write
from channels.website.part import Part
from channels.website.routes import Routes
from channels.website.shapes import LinkBody, PreferredBody
from support import conversations
from support.customers import links
from support.store import Transaction
from web.errors import ApiError, read_body


class GoingOn(Part):
    """The conversation on other channels."""

    def routes(self, routes: Routes) -> None:
        routes.add("POST", "/link", self._link)
        routes.add("POST", "/link/preferred", self._prefer)
        routes.add("DELETE", "/link", self._unlink)

    async def _link(self, request: Request) -> HTTPResponse:
        thread_id = await self._thread_id(request, "signal")
        channel = read_body(request, LinkBody).channel
        invitation = self._around.invitations.get(channel)
        if invitation is None:
            raise ApiError(404, "not_offered", "the conversation can't go on there", "channel")
        try:
            code, expires_at = await self._db.writing(
                lambda tx: links.invite(tx, thread_id, channel, self._around.clock())
            )
        except conversations.NotFound as error:
            raise gone() from error
        return json_response(
            {"url": invitation + code, "expires_at": expires_at.isoformat()},
            status=201,
            headers={"Cache-Control": "no-store"},
        )

    async def _prefer(self, request: Request) -> HTTPResponse:
        thread_id = await self._thread_id(request, "signal")
        channel = read_body(request, PreferredBody).channel
        around = self._around
        try:
            await write(
                self._db,
                lambda tx: links.prefer(tx, thread_id, channel, around.playbook, around.clock()),
            )
        except links.NotLinked as error:
            raise ApiError(409, "not_linked", str(error), "channel") from error
        return empty()

    async def _unlink(self, request: Request) -> HTTPResponse:
        thread_id = await self._thread_id(request, "signal")
        around = self._around

        def unlink(tx: Transaction) -> None:
            conversations.lock_thread(tx, thread_id)
            for link in links.of_thread(tx.connection, thread_id):
                links.remove(tx, thread_id, link.channel, around.playbook, around.clock())

        await write(self._db, unlink)
        return empty()
