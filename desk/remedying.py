"""Putting orders right: refund, replacement, return, credit; and a lead's word."""

import asyncio

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response
from sqlalchemy.exc import IntegrityError

from desk.access import Gate
from desk.bodies import RemedyBody
from desk.changes import change
from desk.reading import checked_id, not_there
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support import conversations
from support.conversations import TransitionRefused
from support.orders import Order, OrderNotVisible, OrdersUnavailable
from support.remedies import ledger
from support.remedies.decision import NotPossible
from support.team.agents import Login
from support.values import Conversation
from web.errors import ApiError, read_body


class Remedying:
    def __init__(self, around: DeskSurroundings, gate: Gate) -> None:
        self._around = around
        self._gate = gate

    def routes(self, bp: Blueprint) -> None:
        agent, lead = "agent", "lead"
        for role, method, path, handler in (
            (agent, "POST", "/conversations/<id:str>/remedies", self.ask),
            (lead, "GET", "/remedies", self.waiting),
            (lead, "POST", "/remedies/<id:str>/approve", self.approve),
            (lead, "POST", "/remedies/<id:str>/decline", self.decline),
        ):
            guarded = self._gate.guarded("lead" if role == lead else "agent", handler)
            bp.add_route(guarded, path, methods=[method], name=f"remedy_{handler.__name__}")

    async def ask(self, request: Request, login: Login, id: str) -> HTTPResponse:
        """202: the shop's system is asked at once (`pending`), or a lead first (`requested`)."""
        body, around, known = read_body(request, RemedyBody), self._around, checked_id(id)
        try:
            conversation = await around.db.reading(lambda c: conversations.get(c, known))
        except conversations.NotFound as error:
            raise not_there() from error
        order = await self._order(conversation, body.order_number)
        now = around.clock()
        today = now.astimezone(around.playbook.hours.zone).date()
        asked = ledger.Asked(
            body.kind, body.amount, tuple(body.items), body.reason or None, body.client_id
        )
        try:
            made, state = await change(
                around,
                id,
                lambda tx: ledger.ask(
                    tx, id, login.agent, order, asked, around.playbook, today, now
                ),
            )
        except NotPossible as error:
            raise ApiError(422, error.problem, "this can't be done about this order") from error
        except ledger.ReasonNeeded as error:
            raise ApiError(422, "reason_needed", str(error), "reason") from error
        except IntegrityError as error:
            raise ApiError(409, "raced", "a colleague was at this order just now") from error
        return json_response({"id": made, "state": state}, status=202)

    async def _order(self, conversation: Conversation, number: str) -> Order:
        """Only an order that belongs to this conversation. Raises ApiError 404, 503."""
        try:
            return await asyncio.to_thread(
                self._around.orders.find,
                number,
                customer_id=conversation.customer_id,
                verified=conversation.verified_orders,
            )
        except OrderNotVisible as error:
            raise ApiError(404, "not_found", "there is no such order here") from error
        except OrdersUnavailable as error:
            raise ApiError(
                503, "orders_unavailable", "the shop's orders can't be reached", retry_after=10
            ) from error

    async def waiting(self, request: Request, login: Login) -> HTTPResponse:
        found = await self._around.db.reading(ledger.waiting)
        return json_response({"remedies": found}, headers=NO_STORE)

    async def approve(self, request: Request, login: Login, id: str) -> HTTPResponse:
        return await self._settle(login, id, approve=True)

    async def decline(self, request: Request, login: Login, id: str) -> HTTPResponse:
        return await self._settle(login, id, approve=False)

    async def _settle(self, login: Login, id: str, *, approve: bool) -> HTTPResponse:
        around, known = self._around, checked_id(id)
        try:
            state = await around.db.writing(
                lambda tx: ledger.settle(
                    tx, known, login.agent, approve=approve, now=around.clock()
                )
            )
        except ledger.NoSuchRemedy as error:
            raise ApiError(404, "not_found", "there is no such request") from error
        except ledger.OwnRequest as error:
            raise ApiError(409, "own_request", str(error)) from error
        except TransitionRefused as error:
            raise ApiError(409, "refused", str(error)) from error
        return json_response({"id": known, "state": state})
