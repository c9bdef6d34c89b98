"""The customer beside a conversation: their addresses on request, and the notes all share."""

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty
from sanic.response import json as json_response

from desk.access import Gate
from desk.bodies import CustomerNoteBody
from desk.changes import change
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support import conversations
from support.customers import customer_notes, customer_view
from support.store import Transaction
from support.team.agents import Login
from web.errors import ApiError, read_body


class Customers:
    def __init__(self, around: DeskSurroundings, gate: Gate) -> None:
        self._around = around
        self._gate = gate

    def routes(self, bp: Blueprint) -> None:
        notes = "/conversations/<id:str>/customer-notes"
        for method, path, handler in (
            ("POST", "/conversations/<id:str>/contact", self.contact),
            ("POST", notes, self.add_note),
            ("DELETE", f"{notes}/<note:int>", self.strike_note),
        ):
            guarded = self._gate.guarded("agent", handler)
            bp.add_route(guarded, path, methods=[method], name=handler.__name__)

    async def contact(self, request: Request, login: Login, id: str) -> HTTPResponse:
        """The full addresses. A POST: asking is a change, it is recorded."""
        around = self._around

        def show(tx: Transaction) -> dict[str, str | None]:
            conversation = conversations.get(tx.connection, id)
            return customer_view.contact(tx, conversation, login.agent, around.clock())

        return json_response(await change(around, id, show), headers=NO_STORE)

    async def add_note(self, request: Request, login: Login, id: str) -> HTTPResponse:
        body, around = read_body(request, CustomerNoteBody), self._around
        made = await change(
            around,
            id,
            lambda tx: customer_notes.add(
                tx, id, login.agent, body.text, body.client_id, around.clock()
            ),
        )
        return json_response({"id": made}, status=201)

    async def strike_note(self, request: Request, login: Login, id: str, note: int) -> HTTPResponse:
        around = self._around
        if not 0 < note < 2**31:
            raise ApiError(404, "not_found", "there is no such note")
        try:
            await change(
                around,
                id,
                lambda tx: customer_notes.strike(tx, id, note, login.agent, around.clock()),
            )
        except customer_notes.NotYourNote as error:
            raise ApiError(403, "not_allowed", str(error)) from error
        return empty()
