"""Waiting for a person: the place in the queue, and times to be called back."""

from typing import Any

from sanic import Request
from sanic.response import HTTPResponse, empty
from sanic.response import json as json_response
from sqlalchemy import Connection

from channels.website.access import gone, write
from channels.website.part import Part
from channels.website.routes import Routes
from channels.website.shapes import TicketBody, slots_shape
from channels.website.stream import current
from support import conversations
from support.customers.reachable import ContactRefused
from support.handover import handoff
from support.store import Transaction
from support.tasks import callbacks
from support.tasks.callback_slots import UnknownZone, known_zone
from web.errors import ApiError, read_body


class Waiting(Part):
    """What a waiting customer decides."""

    def routes(self, routes: Routes) -> None:
        routes.add("POST", "/ticket", self._ticket)
        routes.add("GET", "/callback-slots", self._callback_slots)

    async def _ticket(self, request: Request) -> HTTPResponse:
        thread_id = await self._thread_id(request, "signal")
        body = read_body(request, TicketBody)

        def choose(tx: Transaction) -> None:
            thread = conversations.lock_thread(tx, thread_id)
            handoff.choose(
                tx,
                thread,
                current(tx.connection, thread_id),
                body.action,
                playbook=self._around.playbook,
                now=self._around.clock(),
                contact=body.contact,
                at=body.at,
                zone=body.tz,
            )

        try:
            await write(self._db, choose)
        except UnknownZone as error:
            raise ApiError(422, "unknown_zone", str(error), "tz") from error
        except ContactRefused as error:
            raise ApiError(422, "invalid", str(error), "contact") from error
        except callbacks.SlotTaken as error:
            raise ApiError(409, "slot_taken", str(error), "at") from error
        except conversations.TransitionRefused as error:
            raise ApiError(409, "not_waiting", str(error)) from error
        return empty()

    async def _callback_slots(self, request: Request) -> HTTPResponse:
        thread_id = self._door.thread_id(request)
        around = self._around
        try:
            zone = known_zone(request.args.get("tz") or around.playbook.opening.timezone)
        except UnknownZone as error:
            raise ApiError(422, "unknown_zone", str(error), "tz") from error

        def read(connection: Connection) -> dict[str, Any]:
            booked = callbacks.of(connection, current(connection, thread_id).id)
            found = callbacks.free(connection, around.playbook, around.clock())
            return slots_shape(found, zone, booked)

        try:
            shape = await self._db.reading(read)
        except conversations.NotFound as error:
            raise gone() from error
        return json_response(shape, headers={"Cache-Control": "no-store"})
