"""How the brain calls the actions.

Rasa offers no way to change this, so `RemoteAction.run` is replaced. The original swallows
failures (the customer hears nothing), waits up to 300 s, opens a connection for each call, checks
every answer with a JSON schema (6-10 ms), and sends the whole domain along.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import rasa
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.exceptions import RasaException
from rasa.shared.utils.common import all_subclasses

from brain.dialogue.turn import ACTION_TIMEOUT_S, current

logger = logging.getLogger(__name__)

# Below the server's own keep-alive, so that a connection isn't used while it is being closed.
_KEEP_ALIVE_S = 4.0
_EVENT_TYPES: dict[str, type[Event]] = {}
_sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}


class ActionFailed(RasaException):
    """An action couldn't be run; Rasa logs it and goes on, the hub reports it as `failed`."""


def install() -> None:
    """Makes every Rasa action call of this process go through `_run`."""
    RemoteAction.run = _run


async def close() -> None:
    """Closes the connections of the running event loop."""
    session = _sessions.pop(asyncio.get_running_loop(), None)
    if session is not None:
        await session.close()


async def _run(
    self: RemoteAction,
    output_channel: OutputChannel,
    nlg: NaturalLanguageGenerator,
    tracker: DialogueStateTracker,
    domain: Domain,
) -> list[Event]:
    turn = current.get()
    try:
        result = await _call(self, tracker, domain)
        events = [_event(fields) for fields in result["events"]]
        said = await self._utter_responses(result["responses"], output_channel, nlg, tracker)
        return [*said, *events]
    except ActionExecutionRejection:
        raise
    except Exception as error:
        what = f"{self.name()}: {str(error) or type(error).__name__}"
        logger.error("action failed: %s", what)
        if turn is not None:
            turn.fail(what)
        raise


async def _call(action: RemoteAction, tracker: DialogueStateTracker, domain: Domain) -> Any:
    body = {
        "next_action": action.name(),
        "sender_id": tracker.sender_id,
        "tracker": {
            **tracker.current_state(EventVerbosity.NONE),
            "events": _events_of_this_message(tracker),
        },
        # Only to who asks for it (`send_domain: true`): it is larger than all the rest.
        "domain": domain.as_dict()
        if domain.does_custom_action_explicitly_need_domain(action.name())
        else {},
        "version": rasa.__version__,
    }
    turn = current.get()
    left = turn.deadline - time.monotonic() if turn is not None else ACTION_TIMEOUT_S
    try:
        status, answer = await asyncio.wait_for(
            _post(_address(action), json.dumps(body, ensure_ascii=False).encode()), left
        )
    except asyncio.TimeoutError:
        raise ActionFailed(f"no answer within {ACTION_TIMEOUT_S:g} s") from None
    except aiohttp.ClientError as error:
        raise ActionFailed(f"can't reach the actions ({type(error).__name__})") from error
    if status == 400 and isinstance(answer, dict) and "action_name" in answer:
        raise ActionExecutionRejection(answer["action_name"], answer.get("error"))
    if status != 200:
        raise ActionFailed(f"the actions answered {status}")
    return _checked(answer)


def _events_of_this_message(tracker: DialogueStateTracker) -> list[dict[str, Any]]:
    """What happened since the customer wrote; slots and loop tell the rest."""
    events: list[dict[str, Any]] = []
    for event in reversed(tracker.events):
        events.append(event.as_dict())
        if isinstance(event, UserUttered):
            break
    return events[::-1]


async def _post(address: str, body: bytes) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json"}
    secret = os.environ.get("OMOTENASHI_ACTIONS_SECRET")
    if secret:
        headers["Authorization"] = f"Bearer {secret}"
    for attempt in (1, 2):
        try:
            async with (
                _session() as session,
                session.post(address, data=body, headers=headers) as response,
            ):
                try:
                    return response.status, await response.json(content_type=None)
                except ValueError:
                    return response.status, None
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            # A kept connection was closed at the other end. Actions only read: asking again
            # is safe.
            if attempt == 2:
                raise
    raise AssertionError("unreachable")


@asynccontextmanager
async def _session() -> AsyncIterator[aiohttp.ClientSession]:
    if current.get() is None:
        # `rasa shell`, which nobody tells to close anything.
        async with aiohttp.ClientSession() as once:
            yield once
        return
    loop = asyncio.get_running_loop()
    session = _sessions.get(loop)
    if session is None or session.closed:
        connector = aiohttp.TCPConnector(keepalive_timeout=_KEEP_ALIVE_S)
        session = _sessions[loop] = aiohttp.ClientSession(connector=connector)
    yield session


def _address(action: RemoteAction) -> str:
    configured: str | None = action.action_endpoint.url if action.action_endpoint else None
    address = os.environ.get("OMOTENASHI_ACTIONS_URL") or configured
    if not address:
        raise ActionFailed("no address of the actions is configured")
    return address


def _checked(answer: Any) -> dict[str, list[dict[str, Any]]]:
    """The two lists of an action's answer; raises `ActionFailed` for any other shape."""
    if not isinstance(answer, dict):
        raise ActionFailed("the actions' answer is no JSON object")
    result = {}
    for key in ("events", "responses"):
        items = answer.get(key) or []
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ActionFailed(f"the actions' answer has no list of objects `{key}`")
        result[key] = items
    return result


def _event(fields: dict[str, Any]) -> Event:
    # Rasa's own way walks the tree of all event classes for every single event.
    if not _EVENT_TYPES:
        _EVENT_TYPES.update({kind.type_name: kind for kind in all_subclasses(Event)})
    kind = _EVENT_TYPES.get(fields.get("event", ""))
    event = kind._from_parameters(fields) if kind is not None else None
    if event is None:
        raise ActionFailed(f"unknown event {fields.get('event')!r}")
    return event
