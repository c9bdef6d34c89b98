"""A visitor's own data: the conversation to keep, by download or e-mail, and erasing it all."""

from collections.abc import Callable
from dataclasses import replace

from sanic import Request
from sanic.response import HTTPResponse, empty
from sanic.response import json as json_response
from sqlalchemy import Connection

from channels.website.access import gone, write
from channels.website.part import Part
from channels.website.routes import Routes
from channels.website.shapes import TranscriptBody, message_shape
from channels.website.stream import PAGE, current
from channels.website.transcript import as_text
from support import conversations, messages
from support.delivery.mail import MailAway
from support.delivery.outbox import DeliveryRefused
from support.privacy import data_choices
from support.privacy.masking import mask, mask_secrets
from support.store import Transaction
from support.values import Conversation, Message
from web.errors import ApiError, read_body


class OwnData(Part):
    """Transcripts and erasure."""

    def routes(self, routes: Routes) -> None:
        routes.add("GET", "/transcript", self._transcript)
        routes.add("POST", "/transcript", self._mail_transcript)
        routes.add("DELETE", "/data", self._erase)

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
            raise gone() from error

    async def _mail_transcript(self, request: Request) -> HTTPResponse:
        thread_id = self._door.thread_id(request)
        mail, playbook = self._around.mail, self._around.playbook
        if mail is None:
            raise ApiError(404, "not_offered", "this shop sends no e-mail")
        body = read_body(request, TranscriptBody)
        # Nobody has their words sent to somebody else's mailbox again and again.
        address = self._door.address(request)
        for key in (thread_id, address, body.email.lower()):
            await self._limits.check("transcript", key)
        found, conversation = await self._said(thread_id)
        lang, shop = conversation.lang, playbook.shop.name
        subject = playbook.contact.texts.transcript_subject.in_lang(lang)
        # A mailbox is read by more eyes than the chat.
        text = as_text(_hiding(mask, found), lang, playbook.hours.zone, shop)
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
        zone, shop = self._around.playbook.hours.zone, self._around.playbook.shop.name
        # A file lies about: what was told of addresses is of use in it, a card's number is not.
        return HTTPResponse(
            as_text(_hiding(mask_secrets, found), conversation.lang, zone, shop),
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

        await write(self._db, erase)
        return empty()


def _hiding(hide: Callable[[str], str], said: list[Message]) -> list[Message]:
    return [replace(message, text=hide(message.text)) for message in said]
