"""A conversation's dialogue state as it travels with each turn: bounded, and cheap to rebuild.

It is a snapshot of slots and active loop, followed by the events of the last turns in a short
form. Opaque to whoever keeps it; `VERSION` is raised when an older brain couldn't read it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME, SESSION_START_METADATA_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    AllSlotsReset,
    DefinePrevUserUtteredFeaturization,
    Event,
    FollowupAction,
    LoopInterrupted,
    Restarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

VERSION = 1
MAX_BYTES = 15_000
MAX_TURNS = 4
# Enough to know what was said; the transcript itself is the server's.
_USER_TEXT, _SHORT = 1000, 300

# An event in short: its letter, then what it needs.
Short = list[Any]


class UnreadableState(ValueError):
    """The state isn't one of ours; the hub answers 400."""


def pack(tracker: DialogueStateTracker) -> dict[str, Any]:
    """The state of `tracker`: at most `MAX_TURNS` user turns and `MAX_BYTES` as UTF-8 JSON."""
    events = _shortened(tracker.events)
    state: dict[str, Any] = {"v": VERSION, "slots": {}, "loop": None, "events": events}
    _fold_turns(state, keep=MAX_TURNS)
    while _size(state) > MAX_BYTES and _shrink(state):
        pass
    return state


def unpack(state: Mapping[str, Any] | None, sender: str, domain: Domain) -> DialogueStateTracker:
    """A listening tracker in `state` (a new conversation for None). Raises `UnreadableState`.

    Slots, loops and actions that a newer model no longer knows are left out.
    """
    events: list[Event] = []
    if state is not None:
        if not isinstance(state, Mapping) or state.get("v") != VERSION:
            raise UnreadableState("not a dialogue state of this version")
        try:
            events += [SlotSet(name, value) for name, value in state["slots"].items()]
            if state["loop"]:
                events.append(ActiveLoop(state["loop"]))
            events.append(ActionExecuted(ACTION_LISTEN_NAME))
            events += [_EXPAND[short[0]](*short[1:]) for short in state["events"]]
        except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
            raise UnreadableState(f"a broken dialogue state: {error!r}") from error
    tracker = DialogueStateTracker(sender, domain.slots)
    for event in events:
        if _known(event, tracker, domain):
            tracker.update(event)
    # Also after a turn that broke off: the next thing to come is a message.
    if tracker.latest_action_name != ACTION_LISTEN_NAME:
        tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
    return tracker


def _shortened(events: Iterable[Event]) -> list[Short]:
    """Only what the policies will read again: each event is replayed several times a turn."""
    shorts: list[Short] = []
    values: dict[str, Any] = {}
    for event in events:
        if isinstance(event, DefinePrevUserUtteredFeaturization):
            _tell_message(shorts, event.use_text_for_featurization)
            continue
        if isinstance(event, SlotSet):
            if event.key in values and values[event.key] == event.value:
                continue  # the language of each message, mostly
            values[event.key] = event.value
        elif isinstance(event, (AllSlotsReset, Restarted)):
            values.clear()
        short = _shorten(event)
        if short is not None:
            shorts.append(short)
    return shorts


def _tell_message(shorts: list[Short], by_text: bool | None) -> None:
    for short in reversed(shorts):
        if short[0] == "u":
            short[5] = by_text
            return


def _shorten(event: Event) -> Short | None:
    if isinstance(event, UserUttered):
        entities = [
            {key: value for key, value in entity.items() if key in _ENTITY_KEYS}
            for entity in event.entities
        ]
        confidence = round(event.intent.get("confidence") or 0.0, 3)
        text = (event.text or "")[:_USER_TEXT]
        by_text = event.use_text_for_featurization
        return ["u", text, event.intent_name, confidence, entities, by_text]
    if isinstance(event, SlotSet):
        return None if event.key == SESSION_START_METADATA_SLOT else ["s", event.key, event.value]
    if isinstance(event, ActionExecuted):
        return ["a", event.action_name, event.policy, bool(event.hide_rule_turn)]
    if isinstance(event, ActiveLoop):
        return ["l", event.name]
    if isinstance(event, LoopInterrupted):
        return ["i", event.is_interrupted]
    if isinstance(event, ActionExecutionRejected):
        return ["r", event.action_name]
    if isinstance(event, FollowupAction):
        return ["f", event.action_name]
    if isinstance(event, (AllSlotsReset, Restarted)):
        return ["z"] if isinstance(event, AllSlotsReset) else ["x"]
    # What was said is in the transcript; session starts mean nothing here, reminders and the rest
    # aren't used in this project.
    return None


_ENTITY_KEYS = ("entity", "value", "start", "end", "role", "group", "score")


def _user(
    text: str,
    intent: str | None,
    confidence: float,
    entities: list[Any],
    by_text: bool | None,
) -> Event:
    found = {"name": intent, "confidence": confidence}
    return UserUttered(text, found, entities, message_id="", use_text_for_featurization=by_text)


_EXPAND: dict[str, Callable[..., Event]] = {
    "u": _user,
    "s": SlotSet,
    "a": lambda name, policy, hide: ActionExecuted(name, policy, hide_rule_turn=hide),
    "l": ActiveLoop,
    "i": LoopInterrupted,
    "r": ActionExecutionRejected,
    "f": FollowupAction,
    "z": AllSlotsReset,
    "x": Restarted,
}


def _known(event: Event, tracker: DialogueStateTracker, domain: Domain) -> bool:
    if isinstance(event, SlotSet):
        return event.key in tracker.slots
    if isinstance(event, ActiveLoop):
        return event.name is None or event.name in domain.form_names
    if isinstance(event, FollowupAction):
        return event.action_name in domain.action_names_or_texts
    return True


def _fold_turns(state: dict[str, Any], keep: int) -> None:
    """Moves what all but the last `keep` turns did to slots and loop into the snapshot."""
    events: list[Short] = state["events"]
    starts = [index for index, short in enumerate(events) if short[0] == "u"]
    cut = starts[-keep] if len(starts) >= keep else (starts[0] if starts else len(events))
    for short in events[:cut]:
        if short[0] == "s":
            state["slots"][short[1]] = short[2]
        elif short[0] == "l":
            state["loop"] = short[1]
        elif short[0] in "zx":
            state["slots"].clear()
            state["loop"] = None if short[0] == "x" else state["loop"]
    state["events"] = events[cut:]
    state["slots"] = {name: value for name, value in state["slots"].items() if value is not None}


def _shrink(state: dict[str, Any]) -> bool:
    """One step towards the bound, least loss first; False when nothing is left to take."""
    events: list[Short] = state["events"]
    turns = sum(short[0] == "u" for short in events)
    if turns > 1:
        _fold_turns(state, keep=turns - 1)
        return True
    longest, place = 0, None
    for holder, key in _places(state):
        length = len(json.dumps(holder[key], ensure_ascii=False).encode())
        if length > max(longest, _SHORT * 4):
            longest, place = length, (holder, key)
    if place is None:
        return False
    holder, key = place
    # A text is cut; any other oversized value is given up.
    holder[key] = holder[key][:_SHORT] if isinstance(holder[key], str) else None
    return True


def _places(state: dict[str, Any]) -> Iterable[Any]:
    yield from ((state["slots"], name) for name in list(state["slots"]))
    for short in state["events"]:
        if short[0] == "s":
            yield short, 2
        elif short[0] == "u":
            yield short, 1


def _size(state: Mapping[str, Any]) -> int:
    return len(json.dumps(state, ensure_ascii=False, separators=(",", ":"), default=str).encode())
