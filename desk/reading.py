"""Lists, conversations and messages, as agents read them."""

import re
from datetime import datetime, timedelta
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response
from sqlalchemy import Connection

from desk import sight
from desk.access import Gate
from desk.detail import detail
from desk.filters import read_filters
from desk.orders_shown import orders_shown
from desk.shapes import colleague_shape, message_shape, present_shape, reader_for
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support import conversations, messages
from support.customers import visitors
from support.customers.customer_view import visit
from support.delivery import delivery
from support.handover import presence
from support.handover.unanswered import unanswered
from support.hints import Hint, thread_topic
from support.remedies import ledger
from support.tasks import tasks
from support.team import agents
from support.team.agents import Login
from support.transcripts.cursors import BadCursor
from support.transcripts.filters import Filters
from support.transcripts.transcripts import counts_for, list_conversations
from support.values import Conversation
from web.errors import ApiError, whole_number

_ID = re.compile(r"[0-9a-f]{24}\Z")
PAGE = 500


class Reading:
    def __init__(self, around: DeskSurroundings, gate: Gate) -> None:
        self._around = around
        self._gate = gate

    def routes(self, bp: Blueprint) -> None:
        for path, handler in (
            ("/conversations", self.conversations),
            ("/conversations/<id:str>", self.conversation),
            ("/conversations/<id:str>/messages", self.messages),
            ("/agents", self.agents),
            ("/counts", self.counts),
            ("/canned", self.canned),
        ):
            name = f"get_{handler.__name__}"
            bp.add_route(self._gate.guarded("agent", handler), path, methods=["GET"], name=name)

    async def conversations(self, request: Request, login: Login) -> HTTPResponse:
        filters = read_filters(request, login.agent, self._around.playbook.hours.zone)
        now = self._around.clock()
        try:
            rows, cursor = await self._around.db.reading(lambda c: _rows(c, filters, now))
        except BadCursor as error:
            raise ApiError(422, "invalid", str(error), "cursor") from error
        target = self._around.playbook.escalation.waiting.answer_target_s
        page = {"conversations": rows, "cursor": cursor, "target_s": target}
        return json_response(page, headers=NO_STORE)

    async def conversation(self, request: Request, login: Login, id: str) -> HTTPResponse:
        around = self._around
        known = checked_id(id)

        def read(connection: Connection) -> tuple[Conversation, dict[str, Any]]:
            conversation = conversations.get(connection, known)
            return conversation, detail(
                connection, conversation, login.agent, around.playbook, around.clock()
            )

        try:
            conversation, shape = await around.db.reading(read)
        except conversations.NotFound as error:
            raise not_there() from error
        await sight.remember(around, login, known)
        today = around.clock().astimezone(around.playbook.hours.zone).date()
        shape |= await orders_shown(around.orders, conversation, login.agent.lang, today)
        numbers = [order["number"] for order in shape["orders"]]
        asked_for = await around.db.reading(lambda c: ledger.of_orders(c, numbers))
        for order in shape["orders"]:
            order["remedies"] = asked_for.get(order["number"], [])
        return json_response(shape, headers=NO_STORE)

    async def messages(self, request: Request, login: Login, id: str) -> HTTPResponse:
        known = checked_id(id)
        after = whole_number(request, "after", 0, 0, 2**31 - 1)
        limit = whole_number(request, "limit", 200, 1, PAGE)

        def read(connection: Connection) -> tuple[Conversation, dict[str, Any]]:
            conversation = conversations.get(connection, known)
            found = messages.of_thread(
                connection,
                conversation.thread_id,
                after=after,
                limit=limit,
                private=True,
                conversation_id=known,
            )
            deliveries = delivery.of_messages(connection, [message.id for message in found])
            readable = reader_for(conversation)
            return conversation, {
                "messages": [
                    message_shape(message, readable, deliveries.get(message.id, ()))
                    for message in found
                ],
                "state": str(conversation.state),
                "epoch": conversation.epoch,
                "read_seq": visit(connection, conversation.thread_id)["read_seq"],
            }

        try:
            conversation, page = await self._around.db.reading(read)
        except conversations.NotFound as error:
            raise not_there() from error
        await sight.remember(self._around, login, known)
        if conversation.agent_id == login.agent.id and page["messages"]:
            # Whoever answers has it before their eyes now: "read" below the customer's words.
            data = {"author": "agent", "seq": page["messages"][-1]["seq"]}
            topic = thread_topic(conversation.thread_id)
            self._around.db.hints.publish(Hint(topic, "receipt", data))
        return json_response(page, headers=NO_STORE)

    async def agents(self, request: Request, login: Login) -> HTTPResponse:
        def read(connection: Connection) -> dict[str, Any]:
            return {
                "agents": colleagues(connection, self._around),
                "tiers": visitors.tiers(connection, self._around.playbook),
            }

        return json_response(await self._around.db.reading(read), headers=NO_STORE)

    async def counts(self, request: Request, login: Login) -> HTTPResponse:
        now = self._around.clock()
        soon = timedelta(minutes=self._around.playbook.contact.callbacks.remind_minutes)

        def read(connection: Connection) -> dict[str, Any]:
            found: dict[str, Any] = dict(counts_for(connection, login.agent.id, now))
            return {**found, "tasks": tasks.counts(connection, now, soon)}

        return json_response(await self._around.db.reading(read), headers=NO_STORE)

    async def canned(self, request: Request, login: Login) -> HTTPResponse:
        replies = self._around.playbook.canned.replies
        return json_response(
            {"replies": [{"key": one.key, "text": one.text.model_dump()} for one in replies]},
            headers=NO_STORE,
        )


def colleagues(connection: Connection, around: DeskSurroundings) -> list[dict[str, Any]]:
    """Everyone at the desk, and who is there now whatever their status."""
    now, away = around.clock(), around.playbook.escalation.waiting.agent_away_s
    return [
        colleague_shape(
            agent, agent.seen_at is not None and (now - agent.seen_at).total_seconds() < away
        )
        for agent in agents.everyone(connection)
    ]


def checked_id(id: str) -> str:
    """A conversation's id as it may be asked for. Raises ApiError 404."""
    if not _ID.match(id):
        raise not_there()
    return id


def not_there() -> ApiError:
    return ApiError(404, "not_found", "there is no such conversation")


def _rows(
    connection: Connection, filters: Filters, now: datetime
) -> tuple[list[dict[str, Any]], str | None]:
    rows, cursor = list_conversations(connection, filters, now)
    ids = [row["id"] for row in rows]
    waiting, present = unanswered(connection, ids), presence.of(connection, ids, now)
    for row in rows:
        open_ones = waiting.get(row["id"])
        since = open_ones.since if open_ones else None
        row["unanswered"] = open_ones.count if open_ones else 0
        row["unanswered_s"] = int((now - since).total_seconds()) if since else None
        row["last_customer_seq"] = open_ones.last_seq if open_ones else 0
        row["present"] = present_shape(present.get(row["id"], ()))
    return rows, cursor
