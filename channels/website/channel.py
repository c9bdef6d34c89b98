"""The visitor interface of the website (see the OpenAPI page for its shapes)."""

from collections.abc import Callable
from typing import Any

from sanic import Request
from sanic.response import HTTPResponse, empty
from sanic.response import json as json_response
from sqlalchemy import Connection, update

from channels.base import Surroundings
from channels.website.access import Door, WebsiteRules, cross_origin
from channels.website.attachments import WebsiteAttachments
from channels.website.shapes import (
    FeedbackBody,
    LinkBody,
    MessageBody,
    PreferredBody,
    ReadBody,
    SessionBody,
    TicketBody,
    TranscriptBody,
    TypingBody,
    message_shape,
    slots_shape,
)
from channels.website.stream import PAGE, current, frames, state_of
from channels.website.tokens import make_token
from channels.website.transcript import as_text
from support import conversations, inbox, messages
from support.customers import links, visitors
from support.customers.reachable import ContactRefused
from support.delivery.mail import MailAway
from support.delivery.outbox import DeliveryRefused, Sender
from support.handover import handoff
from support.hints import DESK, Hint
from support.privacy import data_choices
from support.privacy.masking import mask
from support.reports import feedback
from support.store import Transaction
from support.store.schema import threads
from support.tasks import callbacks
from support.tasks.callback_slots import UnknownZone, known_zone
from support.values import Conversation, Message
from web.blueprint import Blueprint
from web.errors import ApiError, read_body, whole_number
from web.events import stream
from web.limits import Limits
from web.origins import client_address


class Website:
    """Customers on web pages: they post, fetch and stream; nothing is pushed to them."""

    name = "website"

    def __init__(self, around: Surroundings, rules: WebsiteRules, limits: Limits) -> None:
        self._around = around
        self._db = around.db
        self._rules = rules
        self._door = Door(rules)
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
            ("POST", "/link", self._link),
            ("POST", "/link/preferred", self._prefer),
            ("DELETE", "/link", self._unlink),
            ("GET", "/callback-slots", self._callback_slots),
            ("GET", "/transcript", self._transcript),
            ("POST", "/transcript", self._mail_transcript),
            ("DELETE", "/data", self._erase),
        ):
            name = f"{method} {path}".lower().replace(" /", "_")
            bp.add_route(self._door.open_to(handler), path, methods=[method], name=name)
        WebsiteAttachments(self._around, self._door, self._limits).routes(bp)
        bp.add_route(
            self._door.open_to(_preflight), "/<path:path>", methods=["OPTIONS"], name="preflight"
        )
        return bp

    # Talking ---------------------------------------------------------------------------------

    async def _session(self, request: Request) -> HTTPResponse:
        address = client_address(request, self._rules.trusted_proxies)
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
                channel=self.name,
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
                "token": make_token(thread.id, self._rules.token_key, now),
                "conversation_id": conversation.id,
                "seq": thread.last_seq,
            },
            status=201,
            headers={"Cache-Control": "no-store"},
        )

    async def _post_message(self, request: Request) -> HTTPResponse:
        thread_id = self._door.thread_id(request)
        await self._limits.check("message", thread_id)
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
            raise _gone() from error
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
            raise _gone() from error
        return json_response(page, headers={"Cache-Control": "no-store"})

    # Streaming -------------------------------------------------------------------------------

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
            raise _gone() from error
        await stream(request, frames(self._around, thread_id, after), cross_origin(request))

    # Signals and choices ---------------------------------------------------------------------

    async def _typing(self, request: Request) -> HTTPResponse:
        thread_id = self._door.thread_id(request)
        await self._limits.check("signal", thread_id)
        body = read_body(request, TypingBody)
        self._around.typing.note(thread_id, body.typing, self._around.clock())
        data = {"thread": thread_id, "typing": body.typing}
        self._db.hints.publish(Hint(DESK, "typing", data))
        return empty()

    async def _read(self, request: Request) -> HTTPResponse:
        thread_id = self._door.thread_id(request)
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
        thread_id = self._door.thread_id(request)
        await self._limits.check("signal", thread_id)
        body = read_body(request, FeedbackBody)

        def rate(tx: Transaction) -> None:
            conversations.lock_thread(tx, thread_id)
            conversation = current(tx.connection, thread_id)
            feedback.give(tx, conversation, body.score, body.comment, self._around.clock())

        await self._write(rate)
        return empty()

    async def _ticket(self, request: Request) -> HTTPResponse:
        thread_id = self._door.thread_id(request)
        await self._limits.check("signal", thread_id)
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
            await self._write(choose)
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
            raise _gone() from error
        return json_response(shape, headers={"Cache-Control": "no-store"})

    # Going on elsewhere ----------------------------------------------------------------------

    async def _link(self, request: Request) -> HTTPResponse:
        thread_id = self._door.thread_id(request)
        await self._limits.check("signal", thread_id)
        channel = read_body(request, LinkBody).channel
        invitation = self._around.invitations.get(channel)
        if invitation is None:
            raise ApiError(404, "not_offered", "the conversation can't go on there", "channel")
        try:
            code, expires_at = await self._db.writing(
                lambda tx: links.invite(tx, thread_id, channel, self._around.clock())
            )
        except conversations.NotFound as error:
            raise _gone() from error
        return json_response(
            {"url": invitation + code, "expires_at": expires_at.isoformat()},
            status=201,
            headers={"Cache-Control": "no-store"},
        )

    async def _prefer(self, request: Request) -> HTTPResponse:
        thread_id = self._door.thread_id(request)
        await self._limits.check("signal", thread_id)
        channel = read_body(request, PreferredBody).channel
        around = self._around
        try:
            await self._write(
                lambda tx: links.prefer(tx, thread_id, channel, around.playbook, around.clock())
            )
        except links.NotLinked as error:
            raise ApiError(409, "not_linked", str(error), "channel") from error
        return empty()

    async def _unlink(self, request: Request) -> HTTPResponse:
        thread_id = self._door.thread_id(request)
        await self._limits.check("signal", thread_id)
        around = self._around

        def unlink(tx: Transaction) -> None:
            conversations.lock_thread(tx, thread_id)
            for link in links.of_thread(tx.connection, thread_id):
                links.remove(tx, thread_id, link.channel, around.playbook, around.clock())

        await self._write(unlink)
        return empty()

    async def _said(self, thread_id: str) -> tuple[list[Message], Conversation]:
        """All of a thread, and its present matter."""

        def read(connection: Connection) -> tuple[list[Message], Conversation]:
            found: list[Message] = []
            while page := messages.of_thread(
                connection, thread_id, after=found[-1].seq if found else 0, limit=PAGE
            ):
                found += page
            return found, current(connection, thread_id)

        try:
            return await self._db.reading(read)
        except conversations.NotFound as error:
            raise _gone() from error

    async def _mail_transcript(self, request: Request) -> HTTPResponse:
        thread_id = self._door.thread_id(request)
        mail, playbook = self._around.mail, self._around.playbook
        if mail is None:
            raise ApiError(404, "not_offered", "this shop sends no e-mail")
        body = read_body(request, TranscriptBody)
        # Nobody has their words sent to somebody else's mailbox again and again.
        address = client_address(request, self._rules.trusted_proxies)
        for key in (thread_id, address, body.email.lower()):
            await self._limits.check("transcript", key)
        found, conversation = await self._said(thread_id)
        lang, shop = conversation.lang, playbook.shop.name
        subject = playbook.contact.texts.transcript_subject.in_lang(lang)
        text = mask(as_text(found, lang, playbook.hours.zone, shop))
        try:
            await mail.write(body.email, subject.format(shop=shop.in_lang(lang)), text)
        except DeliveryRefused as error:
            raise ApiError(422, "invalid", str(error), "email") from error
        except MailAway as error:
            raise ApiError(503, "mail_away", "the mail server is away", retry_after=60) from error
        return empty()

    async def _transcript(self, request: Request) -> HTTPResponse:
        thread_id = self._door.thread_id(request)
        found, conversation = await self._said(thread_id)
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
        thread_id = self._door.thread_id(request)

        def erase(tx: Transaction) -> None:
            conversations.lock_thread(tx, thread_id)
            files = self._around.attachments.files
            data_choices.erase(tx, thread_id, files, self._around.clock())

        await self._write(erase)
        return empty()

    async def _write(self, change: Callable[[Transaction], None]) -> None:
        try:
            await self._db.writing(change)
        except conversations.NotFound as error:
            raise _gone() from error


async def _preflight(request: Request, path: str) -> HTTPResponse:
    return empty()


def _gone() -> ApiError:
    # Erased, or a token of another installation: the widget begins anew.
    return ApiError(401, "expired", "the visitor token is not valid any more")
