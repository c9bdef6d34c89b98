"""Talking with a visitor: the session, messages both ways, and the stream of what happens."""

from typing import Any

from sanic import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response
from sqlalchemy import Connection

from channels.base import Surroundings
from channels.website.access import Door, gone
from channels.website.part import Part
from channels.website.routes import Routes
from channels.website.shapes import MessageBody, SessionBody, message_shape
from channels.website.stream import PAGE, current, frames, state_of
from support import conversations, inbox, messages
from support.customers import visitors
from support.privacy import data_choices
from support.store import Transaction
from web.errors import ApiError, read_body, whole_number
from web.events import stream
from web.limits import Limits


class Talking(Part):
    """`channel` is the name under which threads begin here."""

    def __init__(self, channel: str, around: Surroundings, door: Door, limits: Limits) -> None:
        super().__init__(around, door, limits)
        self._channel = channel

    def routes(self, routes: Routes) -> None:
        routes.add("POST", "/session", self._session)
        routes.add("POST", "/messages", self._post_message)
        routes.add("GET", "/messages", self._get_messages)
        routes.add("GET", "/events", self._events)

    async def _session(self, request: Request) -> HTTPResponse:
        address = self._door.address(request)
        body = read_body(request, SessionBody)
        identity = self._door.identity(body.identity)
        known: str | None = None
        if "authorization" in request.headers:
            try:
                known = self._door.thread_id(request)
            except ApiError:
                known = None
        if known is None:
            await self._limits.check("session", address)
        lang = (body.lang or "").lower().partition("-")[0]
        now = self._around.clock()
        thread, conversation = await self._db.writing(
            lambda tx: visitors.arrive(
                tx,
                channel=self._channel,
                now=now,
                thread_id=known,
                lang=lang if lang in ("en", "ja") else None,
                page=body.page,
                identity=identity,
                playbook=self._around.playbook,
            )
        )
        return json_response(
            {
                "token": self._door.token(thread.id, now),
                "conversation_id": conversation.id,
                "seq": thread.last_seq,
            },
            status=201,
            headers={"Cache-Control": "no-store"},
        )

    async def _post_message(self, request: Request) -> HTTPResponse:
        thread_id = await self._thread_id(request, "message")
        body = read_body(request, MessageBody)
        around = self._around

        def accept(tx: Transaction) -> inbox.Accepted:
            now = around.clock()
            if body.button is not None:
                pressed = inbox.accept_button(
                    tx, thread_id, body.button, body.client_id, now, around.playbook, around.worker
                )
                if pressed.erase:
                    data_choices.erase(tx, thread_id, around.attachments.files, now)
                return pressed
            # Whoever still has an earlier thread open writes where the customer goes on.
            going_on = visitors.going_on(tx.connection, thread_id).id
            return inbox.accept_text(
                tx, going_on, body.text or "", body.client_id, now, around.worker
            )

        try:
            accepted = await self._db.writing(accept)
        except inbox.UnknownButton as error:
            raise ApiError(422, "unknown_button", "there is no such button", "button") from error
        except inbox.StaleButton as error:
            raise ApiError(409, "stale_button", str(error), "button") from error
        except conversations.NotFound as error:
            raise gone() from error
        around.typing.note(thread_id, False, around.clock())
        return json_response({"id": accepted.id, "seq": accepted.seq}, status=202)

    async def _get_messages(self, request: Request) -> HTTPResponse:
        thread_id = self._door.thread_id(request)
        after = whole_number(request, "after", 0, 0, 2**31 - 1)
        limit = whole_number(request, "limit", 200, 1, PAGE)

        def read(connection: Connection) -> dict[str, Any]:
            found = messages.of_thread(connection, thread_id, after=after, limit=limit)
            shape = state_of(
                connection,
                thread_id,
                self._around.playbook,
                self._around.clock(),
                self._around.invitations,
                mail=self._around.mail is not None,
            )
            return {"messages": [message_shape(message) for message in found], **shape}

        try:
            page = await self._db.reading(read)
        except conversations.NotFound as error:
            raise gone() from error
        return json_response(page, headers={"Cache-Control": "no-store"})

    async def _events(self, request: Request) -> None:
        thread_id = self._door.thread_id(request)
        if "last-event-id" in request.headers:
            try:
                after = max(0, int(request.headers["last-event-id"]))
            except ValueError as error:
                raise ApiError(422, "wrong_type", "Last-Event-ID must be a number") from error
        else:
            after = whole_number(request, "after", 0, 0, 2**31 - 1)
        try:
            await self._db.reading(lambda connection: current(connection, thread_id))
        except conversations.NotFound as error:
            raise gone() from error
        await stream(request, frames(self._around, thread_id, after))
