"""The conversation's mood from turn to turn: what the mood detector is told, and what it found."""

from __future__ import annotations

from typing import Any

from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

_SLOT = "tension"


def heard(tracker: DialogueStateTracker) -> dict[str, Any]:
    """How tense the conversation is, and what the customer wrote in the turns that are kept."""
    said = [
        event.text
        for event in tracker.events
        if isinstance(event, UserUttered) and event.text and not event.text.startswith("/")
    ]
    return {"tension": tracker.get_slot(_SLOT) or 0.0, "said": said}


def remember_tension(tracker: DialogueStateTracker) -> None:
    """Keep the tension after the last message for the next turn; a pressed button changes none."""
    message = tracker.latest_message
    for entity in message.entities if message is not None else ():
        if entity.get("entity") == "anger" and "tension" in entity:
            tracker.update(SlotSet(_SLOT, entity["tension"]))
