"""The webhook channel: the shop's own service posts what customers write, and is posted answers."""

from dataclasses import dataclass, field
from typing import Any

from sanic import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response
from sqlalchemy import Connection

from channels.base import Surroundings
from channels.webhook import signature
from channels.webhook.delivery import WebhookSender
from channels.webhook.intake import Intake
from channels.webhook.shapes import IncomingBody
from support import conversations, inbox
from support.attachments import records
from support.attachments.records import Attachment
from support.delivery.outbox import Sender
from web.blueprint import Blueprint
from web.errors import ApiError, read_body
from web.files import download
from web.limits import Limits


@dataclass(frozen=True)
class WebhookRules:
    """What the settings say. `url`: where answers go; `private`: even in our own network."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    private: bool


class Webhook:
    """Customers of whatever the shop connects. The service in between names the conversations."""

    name = "webhook"

    def __init__(self, around: Surroundings, rules: WebhookRules, limits: Limits) -> None:
        self._around = around
        self._rules = rules
        self._limits = limits
        self._intake = Intake(self.name, around)
        self._sender = WebhookSender(rules.url, rules.secret, around, private=rules.private)

    def sender(self) -> Sender:
        return self._sender

    async def run(self) -> None:
        return None

    def blueprint(self) -> Blueprint:
        bp = Blueprint("webhook", url_prefix="/api/v1/webhook")
        bp.add_route(self._post_message, "/messages", methods=["POST"], name="messages")
        bp.add_route(self._get_attachment, "/attachments/<id:str>", methods=["GET"], name="file")
        # After the outbox, which sends through the same connections.
        bp.after_server_stop(self._close)
        return bp

    async def _post_message(self, request: Request) -> HTTPResponse:
        self._check(request, request.body)
        body = read_body(request, IncomingBody)
        await self._limits.check("message", self.name, body.conversation)
        try:
            accepted = await self._intake.store(body)
        except inbox.UnknownButton as error:
            raise ApiError(422, "unknown_button", "there is no such button", "button") from error
        except inbox.StaleButton as error:
            raise ApiError(409, "stale_button", str(error), "button") from error
        return json_response({"id": accepted.id, "seq": accepted.seq}, status=202)

    async def _get_attachment(self, request: Request, id: str) -> HTTPResponse:
        self._check(request, request.path.encode())

        def read(connection: Connection) -> Attachment | None:
            """The file, if it was sent in a conversation of this channel."""
            found = records.with_conversation(connection, id)
            if found is None:
                return None
            attachment, conversation_id = found
            thread_id = conversations.get(connection, conversation_id).thread_id
            own = conversations.get_thread(connection, thread_id).channel == self.name
            return attachment if own else None

        found = await self._around.db.reading(read)
        content = await self._around.attachments.read(found) if found is not None else None
        if found is None or content is None:
            raise ApiError(404, "not_found", "there is no such file")
        return download(content, found.name, found.type, {})

    def _check(self, request: Request, content: bytes) -> None:
        """Raises ApiError 403."""
        try:
            signature.check(
                self._rules.secret,
                request.headers.get(signature.TIMESTAMP, ""),
                request.headers.get(signature.SIGNATURE, ""),
                content,
                self._around.clock(),
            )
        except signature.NotSigned as error:
            raise ApiError(403, "forbidden", str(error)) from error
        except signature.Stale as error:
            raise ApiError(403, "stale", str(error)) from error

    async def _close(self, *_: Any) -> None:
        await self._sender.close()
