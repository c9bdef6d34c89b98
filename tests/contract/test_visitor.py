"""The visitor interface: messages in, answers out, nothing lost, nothing twice."""

import asyncio
import json
from uuid import uuid4

import pytest

from support.cases import cases
from tests.contract.telegram_bot_api import until
from tests.harness import Server, TestClock, Visitor, answer, handover

MESSAGES = "/api/v1/visitor/messages"


async def test_a_question_is_acknowledged_and_answered(visitor: Visitor) -> None:
    said = await visitor.answers("how much is delivery?")
    assert [(m["author"], m["text"]) for m in said] == [("bot", "1: how much is delivery?")]


async def test_the_answer_reaches_the_event_stream_with_its_seq(visitor: Visitor) -> None:
    async with visitor.events() as events:
        await events.until("state")
        seq = await visitor.say("hello there, how much is delivery?")
        data, event_id = await events.message()
        assert (data["author"], event_id) == ("customer", str(seq))
        data, event_id = await events.message()
        assert (data["author"], event_id) == ("bot", str(data["seq"]))


async def test_the_stream_opens_with_the_state(visitor: Visitor) -> None:
    async with visitor.events() as events:
        event, data, _ = await events.next()
        assert event == "state"
        assert data["state"] == "bot"


async def test_resuming_gives_what_was_missed_and_nothing_else(visitor: Visitor) -> None:
    await visitor.answers("first question")
    last = (await visitor.read())[-1]["seq"]
    await visitor.answers("second question")
    async with visitor.events(**{"Last-Event-ID": str(last)}) as events:
        await events.until("state")
        seen = [(await events.message())[0]["seq"] for _ in range(2)]
        assert seen == [last + 1, last + 2]


async def test_the_same_client_id_is_one_message_with_the_same_answer(visitor: Visitor) -> None:
    first, second = await asyncio.gather(
        visitor.post("is anyone there?", "c-1"), visitor.post("is anyone there?", "c-1")
    )
    again = await visitor.post("is anyone there?", "c-1")
    assert first.json() == second.json() == again.json()
    assert [m["author"] for m in await visitor.read()].count("customer") == 1


async def test_what_a_visitor_says_of_itself_is_ignored(visitor: Visitor) -> None:
    body = {"client_id": "x", "text": "hi", "author": "agent", "seq": 99, "state": "resolved",
            "role": "admin", "kind": "notice"}  # fmt: skip
    response = await visitor.client.post(MESSAGES, json=body)
    assert response.json()["seq"] == 1
    message = (await visitor.read())[0]
    assert (message["author"], message["kind"], message["seq"]) == ("customer", "text", 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"[]", 422),
        (b"null", 422),
        (b"{", 400),
        (b'{"client_id": "a", "text": NaN}', 400),
        (b"\xff\xfe", 400),
        (b'{"client_id": "a"}', 422),
        (b'{"text": "hi"}', 422),
        (b'{"client_id": "a", "text": 7}', 422),
        (b'{"client_id": 7, "text": "hi"}', 422),
        (b'{"client_id": "", "text": "hi"}', 422),
        (b'{"client_id": "a", "text": ""}', 422),
        (b'{"client_id": "a", "text": " \\n "}', 422),
        (b'{"client_id": "a", "text": "a\\u0000b"}', 422),
        (b'{"client_id": "a", "text": "\\ud800"}', 422),
        (json.dumps({"client_id": "a", "text": "x" * 4001}).encode(), 422),
        (json.dumps({"client_id": "a", "text": "x" * 50_000}).encode(), 422),
        (b'{"client_id": "a", "text": "hi", "button": "b"}', 422),
        (b'{"client_id": "a", "button": "nothing"}', 422),
        (b"[" * 100_000, 400),
        (b'"' + b"x" * 2_000_000 + b'"', 413),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_bad_input_is_told_and_stores_nothing(
    visitor: Visitor, body: bytes, status: int
) -> None:
    response = await visitor.client.post(
        MESSAGES, content=body, headers={"Content-Type": "application/json"}
    )
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["code"]
    assert error["message"]
    assert await visitor.read() == []


async def test_4000_characters_of_any_script_are_stored_as_typed(visitor: Visitor) -> None:
    for text in (
        "x" * 4000,
        "👩‍👩‍👧‍👦" * 500,
        "\u202eright to left\u2066",
        "a\u200bb\ufeff",
        "改行\r\n\tタブ",
    ):
        seq = await visitor.say(text)
        assert (await visitor.read(seq - 1))[0]["text"] == text


async def test_without_a_good_token_there_is_nothing(server: Server, visitor: Visitor) -> None:
    for token in ("", "Bearer", "Bearer x.y.z", "Basic abc"):
        response = await visitor.client.get(MESSAGES, headers={"Authorization": token})
        assert response.status_code == 401
        assert response.json()["error"]["code"]


async def test_a_visitor_sees_their_own_thread_only(server: Server, visitor: Visitor) -> None:
    await visitor.answers("my secret question")
    other = await server.visitor().arrive()
    assert await other.read() == []


async def test_a_known_token_keeps_the_thread(visitor: Visitor) -> None:
    await visitor.answers("first question")
    before = visitor.conversation_id
    await visitor.arrive()
    assert visitor.conversation_id == before
    assert len(await visitor.read()) == 2


async def test_a_token_lives_for_ninety_days_from_the_last_visit(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    known = visitor.conversation_id
    for _ in range(2):
        clock.push(days=60)
        await visitor.arrive()
        assert visitor.conversation_id == known
    clock.push(days=91)
    assert (await visitor.client.get(MESSAGES)).status_code == 401
    await visitor.arrive()
    assert visitor.conversation_id != known


async def test_unknown_origins_are_refused(server: Server, visitor: Visitor) -> None:
    for origin in ("https://evil.example", "null", f"{server.url}.evil.example"):
        response = await visitor.client.get(MESSAGES, headers={"Origin": origin})
        assert response.status_code == 403
    response = await visitor.client.get(MESSAGES, headers={"Origin": server.url})
    assert response.status_code == 200


# Buttons ------------------------------------------------------------------------------------------


async def with_buttons(server: Server, visitor: Visitor) -> list[dict[str, str]]:
    server.brain.replies["choose"] = answer(
        "Which one?", buttons=(("Left", "/affirm"), ("Right", "/deny"))
    )
    said = await visitor.answers("choose")
    buttons: list[dict[str, str]] = said[0]["buttons"]
    return buttons


async def test_a_button_is_pressed_once_with_its_payload(server: Server, visitor: Visitor) -> None:
    left, right = await with_buttons(server, visitor)
    assert len(left["id"].encode()) <= 64
    assert (await visitor.press(left["id"], "p1")).status_code == 202
    assert (await visitor.press(left["id"], "p1")).status_code == 202
    assert (await visitor.press(left["id"])).status_code == 409
    assert (await visitor.press(right["id"])).status_code == 409
    await visitor.wait_for(lambda said: len(said) == 4)
    assert [r.payload for r in server.brain.requests] == [None, "/affirm"]
    assert (await visitor.read())[2]["text"] == "Left"


async def test_a_button_is_stale_once_the_customer_wrote_on(
    server: Server, visitor: Visitor
) -> None:
    left, _ = await with_buttons(server, visitor)
    await visitor.answers("something else entirely")
    assert (await visitor.press(left["id"])).status_code == 409


async def test_buttons_of_others_do_not_exist(server: Server, visitor: Visitor) -> None:
    left, _ = await with_buttons(server, visitor)
    other = await server.visitor().arrive()
    assert (await other.press(left["id"])).status_code == 422


# Gathering ----------------------------------------------------------------------------------------


async def test_a_fragment_waits_for_its_continuation(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    server.brain.replies["hi"] = answer("Hello!", intent="greet")
    server.brain.replies["hi\nwhere is my order"] = answer("On its way.", intent="order_status")
    with clock.standing():
        await visitor.say("hi")
        await until(lambda: bool(server.brain.requests))
        await visitor.say("where is my order")
        said = await visitor.wait_for(lambda found: any(m["author"] == "bot" for m in found))
    assert [m["text"] for m in said if m["author"] == "bot"] == ["On its way."]


async def test_a_greeting_alone_is_answered_after_a_moment(
    server: Server, visitor: Visitor
) -> None:
    server.brain.replies["hi"] = answer("Hello!", intent="greet")
    said = await visitor.answers("hi")
    assert said[0]["text"] == "Hello!"


async def test_two_complete_questions_get_two_answers(server: Server, visitor: Visitor) -> None:
    await asyncio.gather(
        visitor.post("how much is delivery"), visitor.post("do you ship to Canada")
    )
    said = await visitor.wait_for(lambda found: len(found) == 4)
    assert sorted(m["text"] for m in said if m["author"] == "bot")[0].startswith("1: ")


async def test_forty_messages_at_once_are_all_answered_in_order(visitor: Visitor) -> None:
    texts = [f"question number {number}" for number in range(40)]
    responses = await asyncio.gather(*(visitor.post(text) for text in texts))
    assert {r.status_code for r in responses} == {202}
    said = await visitor.wait_for(lambda found: len(found) >= 80)
    asked = [m["text"] for m in said if m["author"] == "customer"]
    answered = [m["text"].split(": ")[1] for m in said if m["author"] == "bot"]
    assert answered == asked
    assert [m["seq"] for m in said] == list(range(1, len(said) + 1))


# Memory and language ------------------------------------------------------------------------------


async def test_the_dialogue_state_travels_with_the_conversation(
    server: Server, visitor: Visitor
) -> None:
    assert (await visitor.answers("one question"))[0]["text"].startswith("1: ")
    assert (await visitor.answers("another question"))[0]["text"].startswith("2: ")


# After the end ------------------------------------------------------------------------------------


async def test_a_download_shows_no_card_and_no_password(visitor: Visitor) -> None:
    for said in ("my card is 4111 1111 1111 1111", "my password is hunter2", "I'm mei@example.com"):
        await visitor.answers(said)
    text = (await visitor.client.get("/api/v1/visitor/transcript")).text
    assert "4111" not in text
    assert "hunter2" not in text
    assert "I'm mei@example.com" in text


async def test_feedback_transcript_and_erasure(server: Server, visitor: Visitor) -> None:
    await visitor.answers("how much is delivery?")
    for score, status in ((5, 204), (0, 422), (6, 422), ("5", 422)):
        response = await visitor.client.post("/api/v1/visitor/feedback", json={"score": score})
        assert response.status_code == status
    transcript = await visitor.client.get("/api/v1/visitor/transcript")
    assert "how much is delivery?" in transcript.text
    assert (await visitor.client.delete("/api/v1/visitor/data")).status_code == 204
    assert (await visitor.client.get(MESSAGES)).status_code == 401
    again = await visitor.client.post("/api/v1/visitor/session", json={})
    assert again.status_code == 201
    assert again.json()["conversation_id"] != visitor.conversation_id


async def test_the_limit_says_when_to_come_back(tmp_path, clock, articles_cache) -> None:  # type: ignore[no-untyped-def]
    from tests.harness import ScriptedBrain, settings_for

    settings = settings_for(tmp_path).model_copy(update={"limits": "on"})
    running = Server(settings, ScriptedBrain(), clock)
    await running.start()
    try:
        eager, calm = await running.visitor().arrive(), await running.visitor().arrive()
        # At once: it is counted for ten seconds.
        posting = (eager.post(f"message {n}", uuid4().hex) for n in range(40))
        responses = await asyncio.gather(*posting)
        refused = [r for r in responses if r.status_code == 429]
        assert refused
        assert int(refused[0].headers["Retry-After"]) >= 1
        assert (await calm.post("one message")).status_code == 202
    finally:
        await running.stop()


async def test_a_handover_is_one_place_however_often_it_is_asked_for(
    server: Server, visitor: Visitor
) -> None:
    server.brain.replies["human please"] = handover()
    await server.agent()
    for _ in range(3):
        await visitor.answers("human please")
    page = await visitor.page()
    assert page["state"] == "queued"
    assert page["queue"]["position"] == 1
    low, high = page["queue"]["estimate"]
    assert 0 <= low <= high
    told = [m for m in page["messages"] if m["kind"] == "handover"]
    assert len(told) == 1


async def test_second_thoughts_are_written_on_top_of_the_newest_request(
    server: Server, visitor: Visitor
) -> None:
    server.brain.replies["cancel it"] = answer(
        "Filed as {case_number}.",
        commands=({"type": "open_case", "kind": "cancellation", "what": "cancel it"},),
    )
    server.brain.replies["no wait, keep it"] = answer(
        "Added.",
        intent="deny",
        kind="text",
        commands=({"type": "amend_case", "what": "no wait, keep it"},),
    )
    number = (await visitor.answers("cancel it"))[-1]["text"].removeprefix("Filed as ").rstrip(".")
    await visitor.answers("no wait, keep it")
    found = await server.db.reading(
        lambda connection: cases.of_conversation(connection, visitor.conversation_id)
    )
    assert [(case.number, case.what) for case in found] == [
        (number, "no wait, keep it / cancel it")
    ]
