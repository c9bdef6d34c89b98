"""The dialogue state: survives, stays small, costs the same at every turn."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Actions, Hub
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    DefinePrevUserUtteredFeaturization,
    Event,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from brain.dialogue.state import MAX_BYTES, MAX_TURNS, UnreadableState, pack, unpack

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
intents: [greet, order_status]
entities: [order_number]
slots:
  order_number: {type: text, mappings: [{type: from_entity, entity: order_number}]}
  note: {type: any, mappings: [{type: custom}]}
forms:
  order_form: {required_slots: [order_number]}
actions: [action_look_up]
responses: {utter_hello: [{text: hi}]}
"""
)


def turn_events(text: str, *events: Event) -> list[Event]:
    return [
        UserUttered(text, {"name": "greet", "confidence": 0.9}),
        DefinePrevUserUtteredFeaturization(False),
        *events,
        ActionExecuted("utter_hello", "RulePolicy", 1.0),
        BotUttered("hi"),
        ActionExecuted("action_listen", "RulePolicy", 1.0),
    ]


def after(*turns: list[Event]) -> DialogueStateTracker:
    tracker = unpack(None, "x", DOMAIN)
    for events in turns:
        for event in events:
            tracker.update(event)
    return tracker


def size(state: dict[str, Any]) -> int:
    return len(json.dumps(state, ensure_ascii=False).encode())


def test_round_trip_keeps_what_the_policies_see() -> None:
    tracker = after(
        turn_events("one", SlotSet("order_number", "HN-1"), ActiveLoop("order_form")),
        turn_events("two", SlotSet("note", {"deep": [1, None, "ä"]})),
    )
    state = json.loads(json.dumps(pack(tracker)))
    again = unpack(state, "x", DOMAIN)
    assert again.current_slot_values() == tracker.current_slot_values()
    assert again.active_loop_name == "order_form"
    assert again.latest_action_name == "action_listen"
    assert again.past_states(DOMAIN) == tracker.past_states(DOMAIN)
    assert pack(again) == state


def test_only_the_last_turns_travel_and_early_slots_survive() -> None:
    early = turn_events("first", SlotSet("order_number", "HN-1"), ActiveLoop("order_form"))
    later = [turn_events(f"turn {number}") for number in range(20)]
    state = pack(after(early, *later))
    spoken = [short[1] for short in state["events"] if short[0] == "u"]
    assert spoken == [f"turn {number}" for number in range(20 - MAX_TURNS, 20)]
    again = unpack(state, "x", DOMAIN)
    assert again.get_slot("order_number") == "HN-1"
    assert again.active_loop_name == "order_form"


def test_a_slot_emptied_later_stays_empty() -> None:
    state = pack(
        after(
            turn_events("first", SlotSet("order_number", "HN-1")),
            turn_events("second", SlotSet("order_number", None)),
            *[turn_events("more")] * 10,
        )
    )
    assert unpack(state, "x", DOMAIN).get_slot("order_number") is None


@pytest.mark.parametrize(
    "event",
    [
        SlotSet("note", "長い" * 20_000),
        SlotSet("note", ["x" * 300] * 300),
        SlotSet("note", {str(number): number for number in range(5000)}),
    ],
    ids=["text", "list", "object"],
)
def test_the_state_is_bounded(event: SlotSet) -> None:
    turns = [turn_events("長い話" * 6000, SlotSet("order_number", "HN-1"), event)] * 8
    state = pack(after(*turns))
    assert size(state) <= MAX_BYTES + 200  # blanks between items don't count
    assert unpack(state, "x", DOMAIN).get_slot("order_number") == "HN-1"


def test_what_a_newer_model_lacks_is_left_out() -> None:
    state = pack(after(turn_events("one")))
    state["slots"] = {"gone": 1, "order_number": "HN-1"}
    state["loop"] = "gone_form"
    again = unpack(state, "x", DOMAIN)
    assert again.get_slot("order_number") == "HN-1"
    assert again.active_loop is None


def test_a_turn_that_broke_off_leaves_a_listening_assistant() -> None:
    broken = unpack(pack(after(turn_events("one")[:2])), "x", DOMAIN)
    assert broken.latest_action_name == "action_listen"


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"v": 2},
        {"v": 1},
        {"v": 1, "slots": [], "loop": None, "events": []},
        {"v": 1, "slots": {}, "loop": None, "events": [["?"]]},
        {"v": 1, "slots": {}, "loop": None, "events": [[]]},
        {"v": 1, "slots": {}, "loop": None, "events": [["u"]]},
        {"v": 1, "slots": {}, "loop": None, "events": 5},
    ],
)
def test_foreign_states_are_refused(state: Any) -> None:
    with pytest.raises(UnreadableState):
        unpack(state, "x", DOMAIN)


def test_turn_200_carries_no_more_than_turn_10(hub: Hub, actions: Actions) -> None:
    state = hub.turn("hello, it's about HN-10234")["state"]
    carried: dict[int, int] = {}
    seen: dict[int, int] = {}
    actions.says({"text": "Noted."})
    for number in range(2, 201):
        answer = hub.turn(payload="/complaint" if number % 10 == 0 else "/thank", state=state)
        assert answer["failed"] is None
        state = answer["state"]
        carried[number] = len(state["events"])
        if number % 10 == 0:
            seen[number] = len(actions.calls[-1]["tracker"]["events"])
    assert carried[200] == carried[10]
    assert seen[200] == seen[20]
    assert size(state) <= MAX_BYTES
    assert answer["slots"]["order_number"] == "HN-10234"
