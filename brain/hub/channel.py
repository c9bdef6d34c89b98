"""The hub input channel: ready, parse and turn, below /webhooks/hub."""

from __future__ import annotations

import hmac
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.shared.core.events import SlotSet
from rasa.shared.exceptions import InvalidConfigException
from sanic import Blueprint, Request, Sanic
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from brain.dialogue import actions_link
from brain.dialogue.mood import heard, remember_tension
from brain.dialogue.state import UnreadableState, unpack
from brain.dialogue.turn import Turn, current
from brain.hub.answers import HubOutput, parse_answer, turn_answer
from brain.hub.requests import BadRequest, TurnRequest, read_body, read_text, read_turn

logger = logging.getLogger(__name__)

# A dialogue state and a gathered text fit well within it.
MAX_BODY = 512 * 1024
MAX_TURNS = int(os.environ.get("OMOTENASHI_BRAIN_TURNS", "32"))


class HubInput(InputChannel):
    """Answers whoever sends `Authorization: Bearer <secret>`; all others get 401."""

    def __init__(self, secret: str, max_turns: int = MAX_TURNS) -> None:
        self._expected = f"Bearer {secret}".encode()
        self._max_turns = max_turns
        self._busy = 0

    @classmethod
    def name(cls) -> str:
        return "hub"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> HubInput:
        secret = (credentials or {}).get("secret") or os.environ.get("OMOTENASHI_BRAIN_SECRET")
        if not secret:
            raise InvalidConfigException("The hub channel needs OMOTENASHI_BRAIN_SECRET.")
        return cls(str(secret))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        hub = Blueprint("hub")

        @hub.listener("before_server_start")
        async def bound(app: Sanic, _: Any) -> None:
            app.config.REQUEST_MAX_SIZE = MAX_BODY
            actions_link.install()

        @hub.listener("before_server_stop")
        async def close(_app: Sanic, _: Any) -> None:
            await actions_link.close()

        @hub.get("/ready")
        async def ready(request: Request) -> HTTPResponse:
            return self._refusal(request) or json_response(
                {**_model(request.app.ctx.agent), "busy": self._busy}
            )

        @hub.post("/parse")
        async def parse(request: Request) -> HTTPResponse:
            return await self._answer(request, _parse)

        @hub.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            return await self._answer(request, _turn)

        return hub

    def _refusal(self, request: Request) -> HTTPResponse | None:
        given = request.headers.get("authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._expected):
            return _error(401, "unauthorized", "the brain's secret is needed")
        agent = getattr(request.app.ctx, "agent", None)
        if agent is None or not agent.is_ready():
            return _error(503, "not_ready", "no model is loaded yet")
        return None

    async def _answer(
        self,
        request: Request,
        work: Callable[[Agent, dict[str, Any]], Awaitable[dict[str, Any]]],
    ) -> HTTPResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        if self._busy >= self._max_turns:
            return _error(503, "busy", "too many turns at once")
        self._busy += 1
        try:
            return json_response(await work(request.app.ctx.agent, read_body(request.body)))
        except BadRequest as error:
            return _error(400, "bad_request", str(error), error.field)
        except UnreadableState as error:
            return _error(400, "bad_request", str(error), "state")
        finally:
            self._busy -= 1


async def _parse(agent: Agent, body: dict[str, Any]) -> dict[str, Any]:
    text = read_text(body)
    message = UserMessage(text, metadata=body.get("metadata") or {})
    return parse_answer(str(body["text"]), await agent.processor.parse_message(message))


async def _turn(agent: Agent, body: dict[str, Any]) -> dict[str, Any]:
    asked = read_turn(body, agent.domain.intents)
    turn = Turn(unpack(asked.state, asked.sender, agent.domain))
    _seed_language(turn, asked)
    output = HubOutput()
    message = UserMessage(
        asked.text,
        output_channel=output,
        sender_id=asked.sender,
        input_channel=str(asked.metadata.get("channel") or "hub"),
        metadata={
            **asked.metadata,
            "asked": turn.tracker.get_slot("requested_slot"),
            "heard": heard(turn.tracker),
        },
    )
    token = current.set(turn)
    # Not through the agent: its lock per sender polls each second, and there is nothing to lock.
    agent.processor.on_circuit_break = _circuit_broken
    try:
        await agent.processor.handle_message(message)
    except Exception as error:
        logger.exception("turn failed")
        turn.fail(f"{type(error).__name__}: {error}"[:200])
    finally:
        current.reset(token)
    remember_tension(turn.tracker)
    return turn_answer(turn, output)


def _seed_language(turn: Turn, asked: TurnRequest) -> None:
    """The page's language until the customer shows theirs."""
    language = asked.metadata.get("lang")
    slot = turn.tracker.slots.get("language")
    if language in ("en", "ja") and slot is not None and slot.value is None:
        turn.tracker.update(SlotSet("language", language))


def _circuit_broken(*_: Any) -> None:
    turn = current.get()
    if turn is not None:
        turn.fail("the policies went round in circles")


def _model(agent: Agent) -> dict[str, Any]:
    # Rasa's own id of this very training.
    training = agent.processor.model_metadata.model_id
    return {"model": agent.processor.model_filename, "fingerprint": training}


def _error(status: int, code: str, message: str, field: str | None = None) -> HTTPResponse:
    error = {"code": code, "message": message, **({"field": field} if field else {})}
    headers = {"Retry-After": "1"} if status == 503 else {}
    return json_response({"error": error}, status=status, headers=headers)
