"""What the hub answers: Rasa's results in the terms of the contract."""

from __future__ import annotations

from typing import Any

from rasa.core.channels.channel import OutputChannel
from rasa.shared.core.constants import SESSION_START_METADATA_SLOT
from rasa.shared.core.events import ActionExecuted, ActionExecutionRejected, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from brain.dialogue.escalation import anger_of
from brain.dialogue.state import pack
from brain.dialogue.turn import Turn

NOT_UNDERSTOOD = ("nlu_fallback", "out_of_scope")
_OWN_FIELDS = ("language", "foreign", "anger")


class HubOutput(OutputChannel):
    """Collects what is said, apart from the commands that actions attach to it."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.commands: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        return "hub"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        custom = message.get("custom") or {}
        self.commands += [c for c in custom.get("commands") or [] if isinstance(c, dict)]
        text = custom.get("text") or message.get("text")
        buttons = custom.get("buttons") or message.get("buttons") or []
        if not text and not custom.get("data") and not buttons:
            return
        self.messages.append(
            {
                "text": text or "",
                "buttons": [
                    {"title": button["title"], "payload": button["payload"]} for button in buttons
                ],
                "kind": custom.get("kind") or ("choice" if buttons else "text"),
                "data": custom.get("data") or {},
            }
        )


def parse_answer(text: str, parse: dict[str, Any]) -> dict[str, Any]:
    """Intent, entities, language (null if not clear) and mood of `parse`, Rasa's parse data."""
    entities = parse.get("entities") or []
    mood, score = anger_of(entities)
    intent = (parse.get("intent") or {}).get("name") or "nlu_fallback"
    ranking = [
        {"name": guess["name"], "confidence": round(float(guess["confidence"]), 4)}
        for guess in parse.get("intent_ranking") or []
        if guess["name"] != "nlu_fallback"
    ]
    own = float((parse.get("intent") or {}).get("confidence") or 0.0)
    # What isn't understood has the confidence of the best guess, not Rasa's threshold.
    guessed = ranking[0]["confidence"] if ranking else 0.0
    return {
        "text": text,
        "intent": intent,
        "confidence": guessed if intent == "nlu_fallback" else round(own, 4),
        "ranking": ranking,
        "entities": [
            {key: entity.get(key) for key in ("entity", "value", "start", "end")}
            for entity in entities
            if entity.get("entity") not in _OWN_FIELDS
        ],
        "language": next((e["value"] for e in entities if e.get("entity") == "language"), None),
        "anger": mood,
        "anger_score": round(score, 4),
    }


def turn_answer(turn: Turn, output: HubOutput) -> dict[str, Any]:
    """The answer to a turn, with the dialogue state after it."""
    tracker = turn.tracker
    message = tracker.latest_message
    answer = parse_answer("", message.parse_data if message is not None else {})
    del answer["text"]
    slots = {
        name: slot.value
        for name, slot in tracker.slots.items()
        if slot.value is not None and name != SESSION_START_METADATA_SLOT
    }
    known = answer["language"] or slots.get("language")
    answer["language"] = known if known in ("en", "ja") else "en"
    if not output.messages and not output.commands:
        # So looks a turn whose action was lost; silence is never meant.
        turn.fail("nothing was said")
    return {
        "messages": output.messages,
        "commands": output.commands,
        **answer,
        "understood": answer["intent"] not in NOT_UNDERSTOOD or _taken_by_form(tracker),
        "active_loop": tracker.active_loop_name,
        "slots": slots,
        "state": pack(tracker),
        "failed": turn.failed,
    }


def _taken_by_form(tracker: DialogueStateTracker) -> bool:
    """Whether the form that was active when the last message came ran on it unrejected."""
    events = list(tracker.events)
    start = max((i for i, e in enumerate(events) if isinstance(e, UserUttered)), default=None)
    if start is None:
        return False
    loop = _loop_before(events[:start])
    for event in events[start:]:
        if isinstance(event, ActionExecutionRejected) and event.action_name == loop:
            return False
        if isinstance(event, ActionExecuted) and event.action_name == loop:
            return True
    return False


def _loop_before(events: list[Any]) -> str | None:
    for event in reversed(events):
        if event.type_name == "active_loop":
            return event.name
    return None
