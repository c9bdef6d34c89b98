"""Files on the website: a visitor sends one, and gets those of the own thread back, and sees
who answers."""

from sanic import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from channels.website.access import gone
from channels.website.part import Part
from channels.website.routes import Routes
from channels.website.shapes import AttachmentBody, attachment_shape
from support import conversations
from support.attachments import records
from support.attachments.checking import LARGEST
from support.attachments.receiving import Received, accept_attachment
from support.attachments.refusals import FileRefused
from support.store import Transaction
from support.team import pictures
from web.errors import ApiError, checked
from web.files import download, read_upload, refused


class WebsiteAttachments(Part):
    def routes(self, routes: Routes) -> None:
        routes.add("POST", "/attachments", self._post, upload=True)
        routes.add("GET", "/attachments/<id:str>", self._get)
        routes.add("GET", "/agents/<id:str>", self._picture)

    async def _post(self, request: Request) -> HTTPResponse:
        thread_id = await self._thread_id(request, "attachment")
        upload = await read_upload(request, LARGEST)
        body = checked(dict(upload.fields), AttachmentBody)
        around = self._around
        try:
            stored = await around.attachments.store(upload.name, upload.content)
        except FileRefused as error:
            raise refused(error.code, str(error)) from error

        def accept(tx: Transaction) -> Received:
            return accept_attachment(
                tx, thread_id, stored, body.client_id, around.clock(), around.playbook
            )

        try:
            async with around.attachments.kept_by_message(self._db, stored):
                received = await self._db.writing(accept)
        except conversations.NotFound as error:
            raise gone() from error
        around.typing.note(thread_id, False, around.clock())
        shape = {
            "id": received.id,
            "seq": received.seq,
            "attachment": attachment_shape(received.attachment.as_data()),
        }
        return json_response(shape, status=201, headers={"Cache-Control": "no-store"})

    async def _get(self, request: Request, id: str) -> HTTPResponse:
        thread_id = self._door.thread_id(request)
        around = self._around
        found = await self._db.reading(lambda c: records.of_thread(c, thread_id, id))
        content = await around.attachments.read(found) if found is not None else None
        if found is None or content is None:
            raise ApiError(404, "not_found", "there is no such file")
        return download(content, found.name, found.type, {})

    async def _picture(self, request: Request, id: str) -> HTTPResponse:
        self._door.thread_id(request)
        found = await self._db.reading(lambda c: pictures.read(c, id))
        if found is None:
            raise ApiError(404, "not_found", "there is no such picture")
        return download(found, f"{id}.webp", "image/webp", pictures.KEPT)
