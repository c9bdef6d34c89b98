"""Files at the desk: an agent sends one to the customer, and sees those of a conversation."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from desk.access import Gate
from desk.bodies import AttachmentBody
from desk.reading import checked_id, not_there
from desk.shapes import attachment_shape
from desk.surroundings import DeskSurroundings
from support import conversations
from support.answering import replies
from support.attachments import records, seeing
from support.attachments.checking import LARGEST
from support.attachments.records import Attachment
from support.attachments.refusals import FileRefused
from support.conversations import TransitionRefused
from support.store import Transaction
from support.team.agents import Login
from web.errors import ApiError, checked
from web.files import download, read_upload, receiving, refused
from web.limits import Limits


class DeskAttachments:
    def __init__(self, around: DeskSurroundings, gate: Gate, limits: Limits) -> None:
        self._around = around
        self._gate = gate
        self._limits = limits

    def routes(self, bp: Blueprint) -> None:
        bp.add_route(
            receiving(self._gate.guarded("agent", self.send)),
            "/conversations/<id:str>/attachments",
            methods=["POST"],
            name="post_attachments",
            stream=True,
        )
        bp.add_route(
            self._gate.guarded("agent", self.see),
            "/attachments/<id:str>",
            methods=["GET"],
            name="get_attachment",
        )

    async def send(self, request: Request, login: Login, id: str) -> HTTPResponse:
        known, around = checked_id(id), self._around
        await self._limits.check("attachment_desk", str(login.agent.id))
        upload = await read_upload(request, LARGEST)
        body = checked(dict(upload.fields), AttachmentBody)
        try:
            stored = await around.attachments.store(upload.name, upload.content)
        except FileRefused as error:
            raise refused(error.code, str(error)) from error

        def answer(tx: Transaction) -> tuple[int, int, Attachment]:
            return replies.send_file(
                tx, known, login.agent, stored, body.client_id, around.playbook, around.clock()
            )

        try:
            async with around.attachments.kept_by_message(around.db, stored):
                message_id, seq, attachment = await around.db.writing(answer)
        except conversations.NotFound as error:
            raise not_there() from error
        except TransitionRefused as error:
            raise ApiError(409, "refused", str(error)) from error
        shape = {
            "id": message_id,
            "seq": seq,
            "attachment": attachment_shape(attachment.as_data(), str),
        }
        return json_response(shape, status=201)

    async def see(self, request: Request, login: Login, id: str) -> HTTPResponse:
        around = self._around
        found = await around.db.reading(lambda c: records.with_conversation(c, id))
        content = await around.attachments.read(found[0]) if found is not None else None
        if found is None or content is None:
            raise ApiError(404, "not_found", "there is no such file")
        attachment, conversation_id = found
        if await around.db.reading(
            lambda c: seeing.is_news(c, login.agent, attachment, conversation_id)
        ):
            await around.db.writing(
                lambda tx: seeing.record(
                    tx, login.agent, attachment, conversation_id, around.clock()
                )
            )
        return download(content, attachment.name, attachment.type, {})
