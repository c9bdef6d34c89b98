"""What the hub is asked, checked."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from brain.hub.typed_text import is_storable, without_commands

# Several messages of a customer's, gathered into one turn, at 4,000 characters each.
MAX_TEXT = 20_000
_PAYLOAD = re.compile(r"^/(?P<intent>\w+)\s*(?P<entities>\{.*\})?\s*$", re.S)


class BadRequest(ValueError):
    """The request is wrong in `field`; the hub answers 400."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class TurnRequest:
    """`text` is what Rasa sees: typed text without slashes in front, or a payload of ours."""

    sender: str
    text: str
    state: Mapping[str, Any] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


def read_body(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`. Raises `BadRequest`."""
    try:
        found = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON in UTF-8") from None
    if not isinstance(found, dict):
        raise BadRequest("the body is not a JSON object")
    return found


def read_text(body: Mapping[str, Any]) -> str:
    """The typed text of a request. Raises `BadRequest`."""
    text = body.get("text")
    if not isinstance(text, str):
        raise BadRequest("a string is needed", "text")
    if len(text) > MAX_TEXT:
        raise BadRequest(f"longer than {MAX_TEXT} characters", "text")
    if not is_storable(text):
        raise BadRequest("holds NUL or half a surrogate pair", "text")
    return without_commands(text)


def read_turn(body: Mapping[str, Any], intents: Collection[str]) -> TurnRequest:
    """A turn; a payload may only name one of `intents`. Raises `BadRequest`."""
    sender = body.get("sender")
    if not isinstance(sender, str) or not 0 < len(sender) <= 200:
        raise BadRequest("a string of 1 to 200 characters is needed", "sender")
    metadata = {} if body.get("metadata") is None else body["metadata"]
    if not isinstance(metadata, dict):
        raise BadRequest("an object is needed", "metadata")
    state = body.get("state")
    if state is not None and not isinstance(state, dict):
        raise BadRequest("the state of the last turn, or null, is needed", "state")
    if (body.get("payload") is None) == (body.get("text") is None):
        raise BadRequest("either text or payload is needed", "text")
    text = read_text(body) if body.get("payload") is None else _payload(body["payload"], intents)
    return TurnRequest(sender, text, state, metadata)


def _payload(payload: Any, intents: Collection[str]) -> str:
    match = _PAYLOAD.match(payload) if isinstance(payload, str) else None
    if match is None or match["intent"] not in intents:
        raise BadRequest("names no intent of this model", "payload")
    try:
        json.loads(match["entities"] or "{}")
    except ValueError:
        raise BadRequest("its entities are not JSON", "payload") from None
    return str(payload).strip()
