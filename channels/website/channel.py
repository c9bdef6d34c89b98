"""The visitor interface of the website (see the OpenAPI page for its shapes)."""

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty, file
from sanic.response import json as json_response
from sqlalchemy import Connection, update

from channels.base import Surroundings
from channels.website.shapes import (
    FeedbackBody,
    MessageBody,
    ReadBody,
    SessionBody,
    TicketBody,
    TypingBody,
    message_shape,
    state_shape,
)
from channels.website.tokens import TokenRefused, make_token, read_identity, read_token
from channels.website.transcript import as_text
from support import agents, conversations, feedback, handoff, inbox, messages, queue, visitors
from support.hints import DESK, Hint, thread_topic
from support.outbox import Sender
from support.privacy.erasure import erase_thread
from support.store import Transaction
from support.store.schema import threads
from support.values import Conversation, Message
from support.visitors import Identity
from web.errors import ApiError, read_body, whole_number
from web.events import COMMENT, HEARTBEAT_S, frame, stream
from web.limits import Limits
from web.origins import allowed_origin, client_address

STATIC = Path(__file__).parent / "static"
PAGE = 500
Handler = Callable[..., Coroutine[Any, Any, HTTPResponse | None]]


@dataclass(frozen=True)
class WebsiteRules:
    """What the settings say about visitors."""

    token_key: str
    identity_secret: str | None
    allowed_origins: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    public_url: str | None


class Website:
    """Customers on web pages: they post, fetch and stream; nothing is pushed to them."""

    name = "website"

    def __init__(self, around: Surroundings, rules: WebsiteRules, limits: Limits) -> None:
        self._around = around
        self._db = around.db
        self._rules = rules
        self._limits = limits

    def sender(self) -> Sender | None:
        return None

    async def run(self) -> None:
        return None

    def blueprint(self) -> Blueprint:
        bp = Blueprint("visitor", url_prefix="/api/v1/visitor")
        for method, path, handler in (
            ("POST", "/session", self._session),
            ("POST", "/messages", self._post_message),
            ("GET", "/messages", self._get_messages),
            ("GET", "/events", self._events),
            ("POST", "/typing", self._typing),
            ("POST", "/read", self._read),
            ("POST", "/feedback", self._feedback),
            ("POST", "/ticket", self._ticket),
            ("GET", "/transcript", self._transcript),
            ("DELETE", "/data", self._erase),
        ):
            name = f"{method} {path}".lower().replace(" /", "_")
            bp.add_route(self._open_to(handler), path, methods=[method], name=name)
        bp.add_route(
            self._open_to(_preflight), "/<path:path>", methods=["OPTIONS"], name="preflight"
        )
        return bp

    # Who asks --------------------------------------------------------------------------------

    def _open_to(self, handler: Handler) -> Handler:
        """`handler` for the pages that may use the chat, with the headers that browsers want."""
        rules = self._rules

        async def answered(request: Request, **parameters: str) -> HTTPResponse | None:
            if not allowed_origin(request, rules.allowed_origins, rules.public_url):
                raise ApiError(403, "origin", "this page may not use the chat")
            try:
                response = await handler(request, **parameters)
            except ApiError as error:
                response = error.response()
            if response is not None:
                response.headers.update(cross_origin(request))
            return response

        return answered

    def _thread_id(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ApiError(401, "not_signed_in", "a visitor token is needed")
        try:
            return read_token(token.strip(), self._rules.token_key)
        except TokenRefused as error:
            raise ApiError(401, "expired", "the visitor token is not valid any more") from error

    def _identity(self, signed: str | None) -> Identity | None:
        if signed is None:
            return None
        if self._rules.identity_secret is None:
            raise ApiError(401, "identity", "this shop has no customer sign-in", "identity")
        try:
            return read_identity(signed, self._rules.identity_secret)
        except TokenRefused as error:
            raise ApiError(401, "identity", "the identity is not valid", "identity") from error

    # Talking ---------------------------------------------------------------------------------

    async def _session(self, request: Request) -> HTTPResponse:
        address = client_address(request, self._rules.trusted_proxies)
        body = read_body(request, SessionBody)
        identity = self._identity(body.identity)
        known: str | None = None
        if "authorization" in request.headers:
            try:
                known = self._thread_id(request)
            except ApiError:
                known = None
        if known is None:
            await self._limits.check("session", address)
        lang = (body.lang or "").lower().partition("-")[0]
        now = self._around.clock()
        thread, conversation = await self._db.writing(
            lambda tx: visitors.arrive(
                tx,
                channel=self.name,
                now=now,
                thread_id=known,
                lang=lang if lang in ("en", "ja") else None,
                page=body.page,
                identity=identity,
            )
        )
        return json_response(
            {
                "token": make_token(thread.id, self._rules.token_key, now),
                "conversation_id": conversation.id,
                "seq": thread.last_seq,
            },
            status=201,
            headers={"Cache-Control": "no-store"},
        )

    async def _post_message(self, request: Request) -> HTTPResponse:
        thread_id = self._thread_id(request)
        await self._limits.check("message", thread_id)
        body = read_body(request, MessageBody)
        around = self._around

        def accept(tx: Transaction) -> inbox.Accepted:
            now = around.clock()
            if body.button is not None:
                return inbox.accept_button(
                    tx, thread_id, body.button, body.client_id, now, around.playbook, around.worker
                )
            return inbox.accept_text(
                tx, thread_id, body.text or "", body.client_id, now, around.worker
            )

        try:
            accepted = await self._db.writing(accept)
        except inbox.UnknownButton as error:
            raise ApiError(422, "unknown_button", "there is no such button", "button") from error
        except inbox.StaleButton as error:
            raise ApiError(409, "stale_button", str(error), "button") from error
        except conversations.NotFound as error:
            raise _gone() from error
        around.typing.note(thread_id, False, around.clock())
        return json_response({"id": accepted.id, "seq": accepted.seq}, status=202)

    async def _get_messages(self, request: Request) -> HTTPResponse:
        thread_id = self._thread_id(request)
        after = whole_number(request, "after", 0, 0, 2**31 - 1)
        limit = whole_number(request, "limit", 200, 1, PAGE)

        def read(connection: Connection) -> dict[str, Any]:
            found = messages.of_thread(connection, thread_id, after=after, limit=limit)
            shape = self._state(connection, thread_id)
            return {"messages": [message_shape(message) for message in found], **shape}

        try:
            page = await self._db.reading(read)
        except conversations.NotFound as error:
            raise _gone() from error
        return json_response(page, headers={"Cache-Control": "no-store"})

    def _state(self, connection: Connection, thread_id: str) -> dict[str, Any]:
        conversation = self._current(connection, thread_id)
        now = self._around.clock()
        place = queue.place_of(connection, conversation.id, self._around.playbook, now)
        agent = None
        if conversation.agent_id is not None:
            agent = agents.get(connection, conversation.agent_id).name
        return state_shape(conversation, place, agent)

    def _current(self, connection: Connection, thread_id: str) -> Conversation:
        conversation = conversations.latest(connection, thread_id)
        if conversation is None:
            raise conversations.NotFound(thread_id)
        return conversation

    # Streaming -------------------------------------------------------------------------------

    async def _events(self, request: Request) -> None:
        thread_id = self._thread_id(request)
        if "last-event-id" in request.headers:
            try:
                after = max(0, int(request.headers["last-event-id"]))
            except ValueError as error:
                raise ApiError(422, "wrong_type", "Last-Event-ID must be a number") from error
        else:
            after = whole_number(request, "after", 0, 0, 2**31 - 1)
        try:
            state = await self._db.reading(lambda c: self._state(c, thread_id))
        except conversations.NotFound as error:
            raise _gone() from error
        await stream(request, self._frames(thread_id, after, state), cross_origin(request))

    async def _frames(
        self, thread_id: str, after: int, state: dict[str, Any]
    ) -> AsyncIterator[str]:
        """The state, what is new since `after`, and then whatever comes."""
        cursor = after

        def look(connection: Connection) -> list[Message]:
            return messages.of_thread(connection, thread_id, after=cursor, limit=PAGE)

        with self._db.hints.subscribe(thread_topic(thread_id)) as hints:
            yield frame("state", state)
            while True:
                while found := await self._db.reading(look):
                    for message in found:
                        yield frame("message", message_shape(message), message.seq)
                    cursor = found[-1].seq
                    if len(found) < PAGE:
                        break
                hint = await hints.next(HEARTBEAT_S)
                if hint is None:
                    # The look that follows finds what a lost hint missed.
                    yield COMMENT
                    continue
                arrived = [hint, *hints.drain()]
                for one in arrived:
                    if one.kind in ("typing", "receipt"):
                        yield frame(one.kind, one.data)
                kinds = {one.kind for one in arrived}
                if "erased" in kinds:
                    return
                if "state" in kinds:
                    # Messages first: "someone is here" must not come before they said so.
                    for message in await self._db.reading(look):
                        yield frame("message", message_shape(message), message.seq)
                        cursor = message.seq
                    try:
                        state = await self._db.reading(lambda c: self._state(c, thread_id))
                    except conversations.NotFound:
                        return
                    yield frame("state", state)

    # Signals and choices ---------------------------------------------------------------------

    async def _typing(self, request: Request) -> HTTPResponse:
        thread_id = self._thread_id(request)
        await self._limits.check("signal", thread_id)
        body = read_body(request, TypingBody)
        self._around.typing.note(thread_id, body.typing, self._around.clock())
        data = {"thread": thread_id, "typing": body.typing}
        self._db.hints.publish(Hint(DESK, "typing", data))
        return empty()

    async def _read(self, request: Request) -> HTTPResponse:
        thread_id = self._thread_id(request)
        await self._limits.check("signal", thread_id)
        body = read_body(request, ReadBody)

        def mark(tx: Transaction) -> None:
            thread = conversations.lock_thread(tx, thread_id)
            seq = min(body.seq, thread.last_seq)
            if seq > thread.read_seq:
                query = update(threads).where(threads.c.id == thread_id)
                tx.execute(query.values(read_seq=seq, seen_at=self._around.clock()))
                tx.hint(DESK, "read", thread=thread_id, seq=seq)

        await self._write(mark)
        return empty()

    async def _feedback(self, request: Request) -> HTTPResponse:
        thread_id = self._thread_id(request)
        await self._limits.check("signal", thread_id)
        body = read_body(request, FeedbackBody)

        def rate(tx: Transaction) -> None:
            conversations.lock_thread(tx, thread_id)
            conversation = self._current(tx.connection, thread_id)
            feedback.give(tx, conversation, body.score, body.comment, self._around.clock())

        await self._write(rate)
        return empty()

    async def _ticket(self, request: Request) -> HTTPResponse:
        thread_id = self._thread_id(request)
        await self._limits.check("signal", thread_id)
        body = read_body(request, TicketBody)
        if body.action == "callback" and body.contact is None:
            raise ApiError(422, "invalid", "a call-back needs a contact", "contact")

        def choose(tx: Transaction) -> None:
            thread = conversations.lock_thread(tx, thread_id)
            handoff.choose(
                tx,
                thread,
                self._current(tx.connection, thread_id),
                body.action,
                playbook=self._around.playbook,
                now=self._around.clock(),
                contact=body.contact,
                at=body.at,
            )

        try:
            await self._write(choose)
        except conversations.TransitionRefused as error:
            raise ApiError(409, "not_waiting", str(error)) from error
        return empty()

    async def _transcript(self, request: Request) -> HTTPResponse:
        thread_id = self._thread_id(request)

        def read(connection: Connection) -> tuple[list[Message], Conversation]:
            found: list[Message] = []
            while page := messages.of_thread(
                connection, thread_id, after=found[-1].seq if found else 0, limit=PAGE
            ):
                found += page
            return found, self._current(connection, thread_id)

        try:
            found, conversation = await self._db.reading(read)
        except conversations.NotFound as error:
            raise _gone() from error
        if "application/json" in request.headers.get("accept", ""):
            return json_response({"messages": [message_shape(message) for message in found]})
        zone = self._around.playbook.hours.zone
        return HTTPResponse(
            as_text(found, conversation.lang, zone, self._around.playbook.shop.name),
            content_type="text/plain; charset=utf-8",
            headers={
                "Content-Disposition": 'attachment; filename="transcript.txt"',
                "Cache-Control": "no-store",
            },
        )

    async def _erase(self, request: Request) -> HTTPResponse:
        thread_id = self._thread_id(request)

        def erase(tx: Transaction) -> None:
            conversations.lock_thread(tx, thread_id)
            erase_thread(tx, thread_id, "customer", self._around.clock())
            tx.hint(thread_topic(thread_id), "erased")
            tx.hint(DESK, "state")

        await self._write(erase)
        return empty()

    async def _write(self, change: Callable[[Transaction], None]) -> None:
        try:
            await self._db.writing(change)
        except conversations.NotFound as error:
            raise _gone() from error


def widget_script() -> Blueprint:
    """`/widget.js`, the one line a shop's page embeds."""
    bp = Blueprint("widget")

    @bp.get("/widget.js")
    async def script(request: Request) -> HTTPResponse:
        return await file(
            STATIC / "widget.js",
            mime_type="text/javascript; charset=utf-8",
            headers={"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"},
        )

    return bp


def cross_origin(request: Request) -> dict[str, str]:
    """What lets a page on another, allowed origin read the answer."""
    origin = request.headers.get("origin")
    if origin is None:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Headers": "authorization, content-type, last-event-id",
        "Access-Control-Allow-Methods": "GET, POST, DELETE",
        "Access-Control-Expose-Headers": "retry-after",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }


async def _preflight(request: Request, path: str) -> HTTPResponse:
    return empty()


def _gone() -> ApiError:
    # Erased, or a token of another installation: the widget begins anew.
    return ApiError(401, "expired", "the visitor token is not valid any more")
