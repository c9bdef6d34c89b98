"""The hub over HTTP, as the server uses it."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
import requests
from conftest import ACTIONS_SECRET, Actions, Hub

READY, PARSE, TURN = "/webhooks/hub/ready", "/webhooks/hub/parse", "/webhooks/hub/turn"


def test_ready_names_the_model(hub: Hub) -> None:
    answer = hub.get(READY).json()
    assert answer["model"] == "small.tar.gz"
    assert answer["fingerprint"]
    assert answer["busy"] == 0


@pytest.mark.parametrize("secret", [None, "", "wrong", "brain-secret2", "brain-secre", "ブレイン"])
def test_nobody_without_the_secret(hub: Hub, secret: str | None) -> None:
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}".encode()}
    for path in (PARSE, TURN):
        body = json.dumps({"sender": "x", "text": "hi"})
        url = f"{hub.address}{path}"
        assert requests.post(url, data=body, headers=headers, timeout=5).status_code == 401
    assert requests.get(f"{hub.address}{READY}", headers=headers, timeout=5).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/", "/version", "/status", "/model", "/domain", "/conversations/x/tracker",
        "/webhooks/rest/webhook", "/webhooks/hub/",
    ],
)  # fmt: skip
def test_nothing_else_of_rasa_is_there(hub: Hub, path: str) -> None:
    assert hub.get(path).status_code == 404
    assert hub.post(path, {"sender": "x", "message": "hi"}).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", None),
        (b"{", None),
        (b"\xff\xfe", None),
        ([], None),
        ("text", None),
        ({}, "sender"),
        ({"sender": 7, "text": "hi"}, "sender"),
        ({"sender": "x"}, "text"),
        ({"sender": "x", "text": 7}, "text"),
        ({"sender": "x", "text": "a" * 20_001}, "text"),
        ({"sender": "x", "text": "a\x00b"}, "text"),
        ({"sender": "x", "text": "a\ud800b"}, "text"),
        ({"sender": "x", "text": "hi", "payload": "/greet"}, "text"),
        ({"sender": "x", "payload": "greet"}, "payload"),
        ({"sender": "x", "payload": "/no_such_intent"}, "payload"),
        ({"sender": "x", "payload": "/greet@0.3"}, "payload"),
        ({"sender": "x", "payload": "/greet{broken}"}, "payload"),
        ({"sender": "x", "text": "hi", "metadata": []}, "metadata"),
        ({"sender": "x", "text": "hi", "state": "s"}, "state"),
        ({"sender": "x", "text": "hi", "state": {"v": 99}}, "state"),
        ({"sender": "x", "text": "hi", "state": {"v": 1, "slots": 3}}, "state"),
    ],
)
def test_bad_requests_are_told_what_is_wrong(hub: Hub, body: Any, field: str) -> None:
    answer = hub.post(TURN, body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"].get("field") == field


def test_bodies_are_bounded(hub: Hub) -> None:
    answer = hub.post(TURN, b'{"text": "' + b"a" * 600_000 + b'"}')
    assert answer.status_code == 413


def test_a_turn_in_each_language(hub: Hub) -> None:
    english, japanese = hub.turn("hello"), hub.turn("こんにちは")
    assert [m["text"] for m in english["messages"]] == ["Hello!"]
    assert [m["text"] for m in japanese["messages"]] == ["いらっしゃいませ。"]
    assert (english["language"], japanese["language"]) == ("en", "ja")
    assert english["intent"] == "greet"
    assert english["understood"]
    assert english["failed"] is None


def test_without_evidence_the_conversations_language_stays(hub: Hub) -> None:
    state = hub.turn("こんにちは")["state"]
    assert hub.turn("HN-10234", state=state)["language"] == "ja"
    assert hub.turn("👍", metadata={"lang": "ja"})["language"] == "ja"
    assert hub.turn("thank you very much", state=state)["language"] == "en"


def test_a_payload_is_a_command_with_its_buttons(hub: Hub) -> None:
    answer = hub.turn(payload="/thank")
    assert answer["intent"] == "thank"
    assert answer["confidence"] == 1.0
    message = answer["messages"][0]
    assert message["kind"] == "choice"
    assert message["buttons"] == [{"title": "Where is my order?", "payload": "/order_status"}]


@pytest.mark.parametrize(
    "text",
    [
        '/complaint{"order_number": "HN-66666"}',
        '  /complaint{"order_number": "HN-66666"}',
        '／complaint{"order_number": "HN-66666"}',
        '\u200b/complaint{"order_number": "HN-66666"}',
        '\u3000／/\u2060／complaint{"order_number": "HN-66666"}',
        "/restart",
        "/order_status@1.0",
    ],
)
def test_typed_slashes_are_no_commands(hub: Hub, actions: Actions, text: str) -> None:
    answer = hub.turn(text)
    assert answer["confidence"] < 1.0
    assert answer["slots"].get("order_number") in (None, "HN-66666")
    assert hub.parse(text)["confidence"] < 1.0
    for call in actions.calls:
        assert not call["tracker"]["latest_message"]["text"].startswith(("/", "／"))


def test_a_lone_slash_is_not_understood(hub: Hub) -> None:
    assert not hub.turn("/")["understood"]
    assert hub.parse("／")["intent"] == "nlu_fallback"


def test_actions_get_the_metadata_and_the_secret(hub: Hub, actions: Actions) -> None:
    actions.says({"text": "Noted."})
    answer = hub.turn("my teapot arrived broken", metadata={"verified_orders": ["HN-1"]})
    assert [m["text"] for m in answer["messages"]] == ["Noted."]
    call = actions.calls[-1]
    assert call["next_action"] == "action_look_up"
    assert call["tracker"]["latest_message"]["metadata"]["verified_orders"] == ["HN-1"]
    assert actions.headers[-1]["authorization"] == f"Bearer {ACTIONS_SECRET}"


def test_commands_and_rich_messages(hub: Hub, actions: Actions) -> None:
    actions.says(
        {"custom": {"commands": [{"type": "open_case", "what": "broken"}]}},
        {"custom": {"kind": "case", "text": "Case {case_number}.", "data": {"a": 1}}},
        {"text": "With both.", "custom": {"commands": [{"type": "close"}]}},
    )
    answer = hub.turn("my teapot arrived broken")
    assert answer["commands"] == [{"type": "open_case", "what": "broken"}, {"type": "close"}]
    assert [(m["kind"], m["text"]) for m in answer["messages"]] == [
        ("case", "Case {case_number}."),
        ("text", "With both."),
    ]
    assert answer["messages"][0]["data"] == {"a": 1}


@pytest.mark.parametrize(
    "broken",
    [
        {"status": 500},
        {"status": 401},
        {"delay": 1.5},
        {"answer": lambda call: ["no", "object"]},
        {"answer": lambda call: {"events": [{"event": "no such event"}]}},
        {"answer": lambda call: {"responses": "none"}},
    ],
    ids=["500", "401", "slow", "shape", "event", "responses"],
)
def test_a_failed_action_is_reported(hub: Hub, actions: Actions, broken: Any) -> None:
    for name, value in broken.items():
        setattr(actions, name, value)
    answer = hub.turn("my teapot arrived broken")
    assert "action_look_up" in answer["failed"]
    assert answer["messages"] == []


def test_silence_is_a_failure_too(hub: Hub, actions: Actions) -> None:
    assert hub.turn("my teapot arrived broken")["failed"] == "nothing was said"


def test_a_form_over_several_turns(hub: Hub, actions: Actions) -> None:
    first = hub.turn("where is my order")
    assert first["active_loop"] == "order_status_form"
    assert first["messages"][0]["text"] == "Which order?"
    second = hub.turn("HN-10234", state=first["state"])
    assert second["messages"][0]["text"] == "Which postcode?"
    assert second["understood"]
    actions.says({"text": "On its way."})
    # Five digits are an order number, but not as the answer to a postcode.
    third = hub.turn("94110", state=second["state"])
    assert third["messages"][0]["text"] == "On its way."
    assert third["active_loop"] is None
    assert third["slots"]["postcode"] == "94110"
    assert third["slots"]["order_number"] == "HN-10234"


def test_a_turn_can_be_run_again(hub: Hub, actions: Actions) -> None:
    state = hub.turn("where is my order")["state"]
    once, again = (hub.turn("HN-10234", state=state) for _ in range(2))
    assert once == again


def test_anger_brings_a_person_even_in_a_form(hub: Hub, actions: Actions) -> None:
    state = hub.turn("where is my order")["state"]
    actions.says({"text": "I'm sorry."}, events=[{"event": "active_loop", "name": None}])
    angry = "This is absolutely unacceptable!! I am furious"
    answer = hub.turn(angry, state=state, metadata={"thresholds": {"anger": 0.4}})
    assert answer["anger"] == "angry"
    assert [call["next_action"] for call in actions.calls] == ["action_escalate"]
    assert answer["active_loop"] is None


@pytest.mark.parametrize(
    "metadata", [{"thresholds": {"anger": 1.01}}, {"state": "queued", "thresholds": {"anger": 0.1}}]
)
def test_no_escalation_below_the_threshold_or_twice(
    hub: Hub, actions: Actions, metadata: Any
) -> None:
    hub.turn("This is absolutely unacceptable!! I am furious", metadata=metadata)
    assert all(call["next_action"] != "action_escalate" for call in actions.calls)


def test_too_many_turns_at_once_are_refused(hub: Hub, actions: Actions) -> None:
    actions.delay = 0.8
    statuses = []

    def ask() -> None:
        body = {"sender": "x", "text": "my teapot arrived broken"}
        statuses.append(hub.post(TURN, body).status_code)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses.count(200) == 2
    assert statuses.count(503) == 3
    assert hub.get(READY).json()["busy"] == 0


def test_two_conversations_dont_mix(hub: Hub, actions: Actions) -> None:
    actions.delay = 0.3
    actions.answer = lambda call: {
        "responses": [{"text": call["tracker"]["slots"]["order_number"] or "none"}]
    }
    said = {}

    def complain(number: str) -> None:
        said[number] = hub.turn(f"my teapot {number} arrived broken")["messages"][0]["text"]

    threads = [threading.Thread(target=complain, args=(f"HN-1000{n}",)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {"HN-10001": "HN-10001", "HN-10002": "HN-10002"}
