"""What agents do with a conversation: claim, answer, note, pass on, return, resolve, label."""

from collections.abc import Callable
from typing import Any, TypeVar

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty
from sanic.response import json as json_response

from desk.access import Gate
from desk.bodies import (
    AbuseBody,
    LabelBody,
    PresenceBody,
    ResolveBody,
    ReturnBody,
    SnoozeBody,
    TransferBody,
    TypingBody,
    WritingBody,
)
from desk.changes import change, owner_shape
from desk.reading import checked_id, not_there
from desk.shapes import present_shape
from desk.surroundings import DeskSurroundings
from support import conversations
from support.answering import abuse, handling, labels, replies
from support.handover import handoff, presence
from support.handover.snoozing import BadTime
from support.hints import Hint, thread_topic
from support.store import Transaction
from support.team.agents import Login
from support.values import Conversation
from web.errors import ApiError, read_body

T = TypeVar("T")


class Handling:
    def __init__(self, around: DeskSurroundings, gate: Gate) -> None:
        self._around = around
        self._gate = gate

    def routes(self, bp: Blueprint) -> None:
        for what, handler in (
            ("claim", self.claim),
            ("reply", self.reply),
            ("note", self.note),
            ("transfer", self.transfer),
            ("return", self.give_back),
            ("resolve", self.resolve),
            ("snooze", self.snooze),
            ("abuse", self.abuse),
            ("reopen", self.reopen),
            ("label", self.label),
            ("typing", self.typing),
            ("presence", self.presence),
        ):
            path = f"/conversations/<id:str>/{what}"
            bp.add_route(
                self._gate.guarded("agent", handler), path, methods=["POST"], name=f"post_{what}"
            )

    async def claim(self, request: Request, login: Login, id: str) -> HTTPResponse:
        around = self._around
        return await self._move(
            id, lambda tx: handoff.claim(tx, id, login.agent, around.playbook, around.clock())
        )

    async def reply(self, request: Request, login: Login, id: str) -> HTTPResponse:
        body, around = read_body(request, WritingBody), self._around
        message_id, seq = await self._change(
            id,
            lambda tx: replies.reply(
                tx, id, login.agent, body.text, body.client_id, around.playbook, around.clock()
            ),
        )
        return json_response({"id": message_id, "seq": seq}, status=202)

    async def note(self, request: Request, login: Login, id: str) -> HTTPResponse:
        body, around = read_body(request, WritingBody), self._around
        message_id, seq = await self._change(
            id,
            lambda tx: replies.note(tx, id, login.agent, body.text, body.client_id, around.clock()),
        )
        return json_response({"id": message_id, "seq": seq}, status=202)

    async def transfer(self, request: Request, login: Login, id: str) -> HTTPResponse:
        body, around = read_body(request, TransferBody), self._around
        to = body.to if isinstance(body.to, int) else None
        team = str(body.to).removeprefix("team:") if str(body.to).startswith("team:") else None
        note = (body.note or "").strip() or None
        try:
            return await self._move(
                id,
                lambda tx: handling.transfer(
                    tx, id, login.agent, to, around.playbook, around.clock(), note, team=team
                ),
            )
        except handling.UnknownAgent as error:
            raise ApiError(422, "unknown_agent", str(error), "to") from error

    async def give_back(self, request: Request, login: Login, id: str) -> HTTPResponse:
        body, around = read_body(request, ReturnBody), self._around
        hint = (body.hint or "").strip() or None
        return await self._move(
            id,
            lambda tx: handling.give_back(
                tx, id, login.agent, hint, around.playbook, around.clock()
            ),
        )

    async def resolve(self, request: Request, login: Login, id: str) -> HTTPResponse:
        body, around = read_body(request, ResolveBody), self._around
        return await self._move(
            id,
            lambda tx: handling.resolve(
                tx, id, login.agent, body.reason, around.playbook, around.clock(), body.seen_seq
            ),
        )

    async def snooze(self, request: Request, login: Login, id: str) -> HTTPResponse:
        body, around = read_body(request, SnoozeBody), self._around
        try:
            return await self._move(
                id, lambda tx: handling.snooze(tx, id, login.agent, body.until, around.clock())
            )
        except BadTime as error:
            raise ApiError(422, "bad_time", str(error), "until") from error

    async def abuse(self, request: Request, login: Login, id: str) -> HTTPResponse:
        body, around = read_body(request, AbuseBody), self._around
        return await self._move(
            id,
            lambda tx: abuse.flag(
                tx,
                id,
                login.agent,
                around.playbook,
                around.clock(),
                hand_on=body.hand_on,
                break_minutes=body.break_minutes,
            ),
        )

    async def reopen(self, request: Request, login: Login, id: str) -> HTTPResponse:
        around = self._around
        return await self._move(
            id, lambda tx: handling.reopen(tx, id, login.agent, around.playbook, around.clock())
        )

    async def label(self, request: Request, login: Login, id: str) -> HTTPResponse:
        body = read_body(request, LabelBody)
        try:
            kept = await self._change(id, lambda tx: labels.change(tx, id, body.add, body.remove))
        except labels.TooManyLabels as error:
            raise ApiError(422, "too_many", str(error), "add") from error
        return json_response({"labels": list(kept)})

    async def typing(self, request: Request, login: Login, id: str) -> HTTPResponse:
        """Tell the customer that somebody writes; a passing thing that is not stored."""
        body, known = read_body(request, TypingBody), checked_id(id)
        try:
            conversation = await self._around.db.reading(lambda c: conversations.get(c, known))
        except conversations.NotFound as error:
            raise not_there() from error
        if conversation.agent_id == login.agent.id:
            data = {"author": "agent", "typing": body.typing}
            topic = thread_topic(conversation.thread_id)
            self._around.db.hints.publish(Hint(topic, "typing", data))
        return empty()

    async def presence(self, request: Request, login: Login, id: str) -> HTTPResponse:
        """What the agent does here just now; who else is here."""
        body, now = read_body(request, PresenceBody), self._around.clock()
        here = await self._change(
            id, lambda tx: presence.show(tx, id, login.agent.id, body.doing, now)
        )
        return json_response({"present": present_shape(here)})

    async def _move(self, id: str, what: Callable[[Transaction], Conversation]) -> HTTPResponse:
        def moved(tx: Transaction) -> dict[str, Any]:
            return owner_shape(tx.connection, what(tx))

        return json_response(await self._change(id, moved))

    async def _change(self, id: str, what: Callable[[Transaction], T]) -> T:
        return await change(self._around, id, what)
