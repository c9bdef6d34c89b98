"""From the assistant to a person and back: who owns a conversation, and what the customer hears."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from support import conversations
from support.brain import TurnRequest
from support.messages import Draft, append
from support.store import Transaction
from support.turns import turns
from support.values import Author
from tests.harness import DeskAgent, Server, TestClock, Visitor, answer, handover


async def queued(server: Server, visitor: Visitor, reason: str = "asked") -> None:
    server.brain.replies["a person please"] = handover(reason)
    await visitor.answers("a person please")
    assert (await visitor.page())["state"] == "queued"


async def assigned(server: Server, visitor: Visitor, name: str = "Aya") -> DeskAgent:
    agent = await server.agent(name)
    await queued(server, visitor)
    response = await agent.do(visitor.conversation_id, "claim")
    assert response.status_code == 200, response.text
    return agent


async def test_an_agent_answers_and_the_customer_reads_it_with_the_name(
    server: Server, visitor: Visitor
) -> None:
    agent = await assigned(server, visitor)
    async with visitor.events() as events:
        await events.until("state")
        response = await agent.reply(visitor.conversation_id, "Good morning, how can I help?")
        assert response.status_code == 202, response.text
        while (message := await events.until("message"))["author"] != "agent":
            pass
    assert message["text"] == "Good morning, how can I help?"
    assert message["agent"] == {"name": "Aya"}


async def test_the_customer_sees_that_who_answers_has_read_it(
    server: Server, visitor: Visitor
) -> None:
    agent = await assigned(server, visitor)
    other = await server.agent("Ben")
    address = f"/api/v1/desk/conversations/{visitor.conversation_id}/messages"
    async with visitor.events() as events:
        await events.until("state")
        seq = await visitor.say("are you there?")
        for one in (other, agent):  # a colleague who looks in has not read it for the customer
            assert (await one.client.get(address)).status_code == 200
        receipt = await events.until("receipt")
    assert receipt == {"author": "agent", "seq": seq}


async def test_the_customer_is_told_who_is_there(server: Server, visitor: Visitor) -> None:
    await assigned(server, visitor)
    page = await visitor.page()
    assert page["state"] == "assigned"
    assert page["agent"] == {"name": "Aya"}
    assert "Aya" in page["messages"][-1]["text"]
    assert "queue" not in page


async def test_two_agents_claim_at_once_and_one_is_told(server: Server, visitor: Visitor) -> None:
    aya, ben = await server.agent("Aya"), await server.agent("Ben")
    await queued(server, visitor)
    responses = await asyncio.gather(
        aya.do(visitor.conversation_id, "claim"), ben.do(visitor.conversation_id, "claim")
    )
    assert sorted(r.status_code for r in responses) == [200, 409]
    loser = next(r for r in responses if r.status_code == 409)
    winner = "Aya" if responses[0].status_code == 200 else "Ben"
    assert winner in loser.json()["error"]["message"]


async def test_the_assistant_is_silent_while_a_person_has_the_conversation(
    server: Server, visitor: Visitor
) -> None:
    await assigned(server, visitor)
    asked = len(server.brain.requests)
    seq = await visitor.say("how much is delivery?")
    await asyncio.sleep(0.5)
    assert [m["author"] for m in await visitor.read(seq - 1)] == ["customer"]
    assert len(server.brain.requests) == asked


async def test_an_answer_that_comes_after_the_claim_is_dropped(
    server: Server, visitor: Visitor
) -> None:
    agent = await server.agent()
    thinking, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(request: TurnRequest) -> None:
        thinking.set()
        await go_on.wait()

    server.brain.before = slowly
    await visitor.say("how much is delivery?")
    await thinking.wait()
    assert (await agent.do(visitor.conversation_id, "claim")).status_code == 200
    go_on.set()
    await asyncio.sleep(0.5)
    assert "bot" not in {m["author"] for m in await visitor.read()}


async def test_returned_to_the_assistant_it_answers_with_its_memory(
    server: Server, visitor: Visitor
) -> None:
    assert (await visitor.answers("first question"))[0]["text"].startswith("1: ")
    agent = await assigned(server, visitor)
    await visitor.say("only for the agent")
    response = await agent.do(visitor.conversation_id, "return", hint="was about tea")
    assert response.status_code == 200
    said = await visitor.answers("another question")
    assert [m["author"] for m in said] == ["bot"]
    assert said[0]["text"].startswith("2: ")
    assert server.brain.requests[-1].metadata["hint"] == "was about tea"


async def test_who_waits_may_ask_on_without_losing_the_place(
    server: Server, visitor: Visitor
) -> None:
    await server.agent()
    await queued(server, visitor)
    said = await visitor.answers("how much is delivery?")
    assert said[0]["author"] == "bot"
    server.brain.replies["my name is Kenji"] = answer("Pardon?", understood=False, kind="text")
    said = await visitor.answers("my name is Kenji")
    assert [m["author"] for m in said] == ["system"]
    assert said[0]["text"] == "I've added that to what the team will read."
    # The words change; what says "as well" is never the first.
    heard = [said[0]["text"]]
    for _ in range(2):
        heard.append((await visitor.answers("my name is Kenji"))[0]["text"])
    assert "stands with your message now" in heard[1]
    assert "as well" in heard[2]
    page = await visitor.page()
    assert (page["state"], page["queue"]["position"]) == ("queued", 1)


async def test_who_waits_gets_no_guess_of_the_assistants(server: Server, visitor: Visitor) -> None:
    await server.agent()
    await queued(server, visitor)
    unsure, sure = "it is for the 5th of december", "where is my order"
    for text, confidence in ((unsure, 0.42), (sure, 0.9)):
        server.brain.replies[text] = answer(
            "Which order?",
            intent="order_status",
            kind="text",
            confidence=confidence,
            active_loop="order_status_form",
        )
    [told] = await visitor.answers(unsure)
    assert (told["author"], told["kind"]) == ("system", "notice")
    said = await visitor.answers(sure)
    assert [(m["author"], m["text"]) for m in said] == [("bot", "Which order?")]


async def test_asking_for_a_person_twice_tells_of_the_place(
    server: Server, visitor: Visitor
) -> None:
    await server.agent()
    await queued(server, visitor)
    server.brain.replies["hello? a person!"] = answer(
        "Your place in line is kept.", intent="request_human", kind="text"
    )
    said = await visitor.answers("hello? a person!")
    assert [m["text"] for m in said] == ["Your place in line is kept."]
    page = await visitor.page()
    assert (page["state"], page["queue"]["position"]) == ("queued", 1)


async def test_who_waits_and_asks_hears_where_they_stand(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    server.brain.replies["how long?"] = answer(
        "Your place is kept. {standing}", intent="request_human", kind="text"
    )

    async def told() -> str:
        (message,) = await visitor.answers("how long?")
        return str(message["text"])

    await queued(server, visitor)
    until = next(m["text"] for m in await visitor.read() if m["kind"] == "handover")
    due = until.split("answer you by ")[1].split(", and you")[0]
    assert await told() == f"Your place is kept. Someone will answer you by {due}."
    await server.agent()
    assert "You're next in line, with " in await told()
    call = {"action": "callback", "contact": "+81 90 1234 5678"}
    assert (await visitor.client.post("/api/v1/visitor/ticket", json=call)).status_code == 204
    assert "We'll be in touch at " in await told()
    assert (
        await visitor.client.post("/api/v1/visitor/ticket", json={"action": "cancel"})
    ).status_code == 204
    # Nobody waits any more: there is nothing to stand in.
    assert await told() == "Your place is kept."


async def test_a_private_note_leaves_no_gap_in_the_customers_stream(
    server: Server, visitor: Visitor
) -> None:
    agent = await assigned(server, visitor)
    async with visitor.events() as events:
        seen = [(await events.until("message"))["seq"] for _ in await visitor.read()]
        note = {"client_id": "n1", "text": "seems tired, be kind"}
        assert (await agent.do(visitor.conversation_id, "note", **note)).status_code == 202
        for text in ("Good morning.", "I have found it."):
            assert (await agent.reply(visitor.conversation_id, text)).status_code == 202
        seen += [(await events.until("message"))["seq"] for _ in range(2)]
    told = await visitor.read()
    assert seen == [message["seq"] for message in told]
    assert [message["text"] for message in told[-2:]] == ["Good morning.", "I have found it."]


async def test_a_waiting_customer_decides(server: Server, visitor: Visitor) -> None:
    await server.agent()
    await queued(server, visitor)
    ticket = "/api/v1/visitor/ticket"
    for body, status in (
        ({"action": "dance"}, 422),
        ({"action": "message", "contact": "not an address"}, 422),
        ({"action": "callback", "contact": "my office"}, 422),
        ({"action": "wait"}, 204),
        ({"action": "message", "contact": "kenji@example.com"}, 204),
        ({"action": "callback", "contact": "+81 90 1234 5678"}, 204),
        ({"action": "cancel"}, 204),
        ({"action": "wait"}, 409),
    ):
        response = await visitor.client.post(ticket, json=body)
        assert response.status_code == status, (body, response.text)
    assert (await visitor.page())["state"] == "bot"
    assert any("kenji@example.com" in m["text"] for m in await visitor.read())


async def test_the_choices_are_buttons_too(server: Server, visitor: Visitor) -> None:
    await server.agent()
    await queued(server, visitor)
    told = next(m for m in await visitor.read() if m["kind"] == "handover")
    cancel = told["buttons"][-1]
    assert (await visitor.press(cancel["id"])).status_code == 202
    assert (await visitor.page())["state"] == "bot"
    assert (await visitor.press(cancel["id"])).status_code == 409


async def test_the_gravest_goes_first(server: Server) -> None:
    agent = await server.agent()
    calm, angry = await server.visitor().arrive(), await server.visitor().arrive()
    await queued(server, calm)
    await queued(server, angry, "angry")
    assert (await calm.page())["queue"]["position"] == 2
    assert (await angry.page())["queue"]["position"] == 1
    response = await agent.client.get("/api/v1/desk/conversations?state=queued&sort=queue")
    listed = [c["id"] for c in response.json()["conversations"]]
    assert listed == [angry.conversation_id, calm.conversation_id]


async def test_nobody_on_duty_is_said_with_the_time(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    clock.push(hours=9)  # 21:00 in Japan
    await queued(server, visitor)
    page = await visitor.page()
    text = "\n".join(m["text"] for m in page["messages"] if m["author"] == "system")
    assert "09:00 Japan time tomorrow" in text
    assert "The answer will wait for you here" in text
    seq = await visitor.say("please write to kenji@example.com")
    server.brain.replies["please write to kenji@example.com"] = answer("", understood=False)
    said = await visitor.wait_for(lambda found: len(found) > 0, seq)
    assert "kenji@example.com" in said[0]["text"]
    low, high = page["queue"]["estimate"]
    assert low >= timedelta(hours=11).total_seconds()


async def test_nobody_at_the_desk_in_opening_hours_is_said_with_a_promise(
    server: Server, visitor: Visitor
) -> None:
    await queued(server, visitor)
    told = next(m for m in await visitor.read() if m["kind"] == "handover")
    assert "Nobody is free" in told["text"]
    assert "Japan time" in told["text"]


async def test_japanese_customers_are_told_in_japanese(server: Server, visitor: Visitor) -> None:
    server.brain.replies["担当者お願いします"] = answer(
        "", intent="request_human", kind="text", lang="ja",
        commands=({"type": "handover", "reason": "asked"},),
    )  # fmt: skip
    said = await visitor.answers("担当者お願いします")
    assert all(any(c > "\u3040" for c in m["text"]) for m in said)


async def test_without_a_brain_the_customer_gets_an_apology_and_a_place(
    server: Server, visitor: Visitor
) -> None:
    await server.agent()
    server.brain.down = True
    said = await visitor.answers("how much is delivery?")
    assert said[0]["author"] == "bot"
    assert "sorry" in said[0]["text"]
    page = await visitor.page()
    assert page["state"] == "queued"
    server.brain.down = False
    assert (await visitor.answers("and to Canada?"))[0]["author"] == "bot"


async def test_a_brain_that_was_never_ready_is_starting(server: Server, visitor: Visitor) -> None:
    server.brain.ever_ready = False
    said = await visitor.answers("how much is delivery?")
    assert said[0]["author"] == "system"
    assert "starting" in said[0]["text"]
    server.brain.ever_ready = True
    found = await visitor.wait_for(lambda found: any(m["author"] == "bot" for m in found))
    assert [m["author"] for m in found] == ["customer", "system", "bot"]


async def test_a_brain_that_never_starts_gives_way_to_people_after_90_s(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    await server.agent()
    server.brain.ever_ready = False
    await visitor.answers("how much is delivery?")
    clock.push(seconds=95)
    await server.stop()
    await server.start()
    visitor = server.again(visitor)
    found = await visitor.wait_for(lambda found: any(m["kind"] == "handover" for m in found))
    assert "sorry" in next(m for m in found if m["author"] == "bot")["text"]
    assert (await visitor.page())["state"] == "queued"


async def test_thanks_after_the_end_reopen_nothing_and_a_matter_goes_on(
    server: Server, visitor: Visitor
) -> None:
    agent = await assigned(server, visitor)
    await agent.reply(visitor.conversation_id, "Done.")
    response = await agent.do(visitor.conversation_id, "resolve", reason="answered")
    assert response.status_code == 200, response.text
    assert (await visitor.page())["state"] == "resolved"
    server.brain.replies["thank you!"] = answer("My pleasure.", intent="thank", kind="text")
    said = await visitor.answers("thank you!")
    assert said[0]["text"] == "My pleasure."
    assert (await visitor.page())["state"] == "resolved"
    server.brain.replies["it is broken again"] = answer("Oh.", intent="complaint", kind="text")
    await visitor.say("it is broken again")
    await visitor.wait_for(lambda found: "reopened" in found[-1]["text"])
    page = await visitor.page()
    assert (page["state"], page["agent"]) == ("assigned", {"name": "Aya"})


async def test_a_new_question_after_the_end_is_a_new_conversation(
    server: Server, visitor: Visitor
) -> None:
    agent = await assigned(server, visitor)
    await agent.do(visitor.conversation_id, "resolve", reason="answered")
    said = await visitor.answers("how much is delivery?")
    assert said[-1]["author"] == "bot"
    page = await visitor.page()
    assert page["state"] == "bot"
    assert page["conversation_id"] != visitor.conversation_id


async def test_the_same_question_after_the_end_is_the_same_matter(
    server: Server, visitor: Visitor
) -> None:
    for asked in ("where is my order?", "and where is it today?"):
        server.brain.replies[asked] = answer("On its way.", intent="order_status", kind="text")
    await visitor.answers("where is my order?")
    agent = await assigned(server, visitor)
    await agent.do(visitor.conversation_id, "resolve", reason="answered")
    await visitor.say("and where is it today?")
    await visitor.wait_for(lambda found: "reopened" in found[-1]["text"])
    page = await visitor.page()
    assert (page["state"], page["agent"]) == ("assigned", {"name": "Aya"})
    assert page["conversation_id"] == visitor.conversation_id


async def test_only_the_holder_answers(server: Server, visitor: Visitor) -> None:
    await assigned(server, visitor)
    ben = await server.agent("Ben")
    assert (await ben.reply(visitor.conversation_id, "Hello")).status_code == 409
    note = await ben.do(visitor.conversation_id, "note", text="I know them", client_id="n1")
    assert note.status_code == 202
    assert "I know them" not in {m["text"] for m in await visitor.read()}


@pytest.mark.parametrize("asked", [1, 3])
async def test_a_repeated_reply_is_one_message(
    server: Server, visitor: Visitor, asked: int
) -> None:
    agent = await assigned(server, visitor)
    for _ in range(asked):
        response = await agent.do(visitor.conversation_id, "reply", text="Hello", client_id="same")
        assert response.status_code == 202
    assert [m["author"] for m in await visitor.read()].count("agent") == 1


async def test_a_passed_estimate_is_renewed_with_a_reason_once(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    agent = await server.agent()
    await queued(server, visitor)
    seq = (await visitor.read())[-1]["seq"]
    await server.pass_time(agent, minutes=10)
    said = await visitor.wait_for(lambda found: len(found) > 0, seq)
    assert "longer than I said" in said[0]["text"]
    await asyncio.sleep(0.5)
    assert len(await visitor.read(seq)) == 1
    assert agent.me["name"] == "Aya"


async def test_a_night_and_a_matter_taken_up_again_do_not_lengthen_what_is_told(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    clock.push(hours=9)  # 21:00 in Japan
    await queued(server, visitor)
    clock.push(hours=12, minutes=4)  # four minutes after the opening
    agent = await server.agent()
    assert (await agent.do(visitor.conversation_id, "claim")).status_code == 200
    await agent.do(visitor.conversation_id, "resolve", reason="solved")
    clock.push(hours=24)
    await agent.do(visitor.conversation_id, "reopen")
    agent = await server.agent("Ben")
    await agent.do(visitor.conversation_id, "claim")
    next_one = await server.visitor().arrive()
    await queued(server, next_one)
    low, high = (await next_one.page())["queue"]["estimate"]
    assert high <= 15 * 60


async def test_what_is_written_during_a_farewell_is_answered(
    server: Server, visitor: Visitor
) -> None:
    agent = await assigned(server, visitor)
    await agent.do(visitor.conversation_id, "resolve", reason="solved")
    thinking, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(request: TurnRequest) -> None:
        thinking.set()
        await go_on.wait()

    server.brain.before = slowly
    server.brain.replies["thank you!"] = answer("You're welcome.", intent="thank")
    await visitor.say("thank you!")
    await thinking.wait()
    seq = await visitor.say("one more thing: is the lid included?")
    go_on.set()
    said = await visitor.wait_for(
        lambda found: any("is the lid included?" in m["text"] for m in found), seq
    )
    texts = [m["text"] for m in said if m["author"] == "bot"]
    assert texts == ["You're welcome.", "1: one more thing: is the lid included?"]


async def test_what_an_agent_has_read_before_resolving_reopens_nothing(
    server: Server, visitor: Visitor
) -> None:
    agent = await server.agent()
    await queued(server, visitor)
    stuck = asyncio.Event()

    async def never(request: TurnRequest) -> None:
        await stuck.wait()

    server.brain.before = never
    seq = await visitor.say("I found it myself")
    response = await agent.do(visitor.conversation_id, "resolve", reason="solved", seen_seq=seq)
    assert response.status_code == 200, response.text
    stuck.set()
    await asyncio.sleep(0.5)
    assert (await visitor.page())["state"] == "resolved"


async def test_a_turn_that_cannot_be_stored_ends_with_an_apology_and_a_person(
    server: Server, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "SLOW_POLL_S", 0.1)
    broken = answer("x", commands=({"type": "from another version"},))
    server.brain.replies["hello there"] = broken
    await visitor.say("hello there")
    await visitor.wait_for(lambda found: any("sorry" in m["text"].lower() for m in found), 0)
    assert (await visitor.page())["state"] == "queued"


async def test_who_gives_up_the_place_and_leaves_is_asked_and_the_chat_closed(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    await queued(server, visitor)
    ticket = {"action": "cancel"}
    await visitor.client.post("/api/v1/visitor/ticket", json=ticket)
    clock.push(minutes=60)
    await server.tick()
    clock.push(minutes=60)
    await server.tick()
    assert (await visitor.page())["state"] == "resolved"


async def test_the_place_is_kept_up_to_date_on_the_stream(server: Server) -> None:
    agent = await server.agent()
    first, second = await server.visitor().arrive(), await server.visitor().arrive()
    await queued(server, first)
    await queued(server, second)
    async with second.events() as events:
        assert (await events.until("state"))["queue"]["position"] == 2
        await agent.do(first.conversation_id, "claim")
        assert (await events.until("state"))["queue"]["position"] == 1


async def test_a_timer_that_was_due_while_the_server_was_down_fires_once(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    await server.agent()
    await queued(server, visitor)
    seq = (await visitor.read())[-1]["seq"]
    await server.stop()
    clock.push(minutes=10)
    await server.start()
    await server.agent()
    visitor = server.again(visitor)
    await visitor.wait_for(lambda said: any(m["kind"] == "handover" for m in said), seq)
    await asyncio.sleep(0.5)
    assert [m["kind"] for m in await visitor.read(seq)].count("handover") == 1


async def test_what_it_is_about_outlasts_thanks_and_the_wish_for_a_person(
    server: Server, visitor: Visitor
) -> None:
    agent = await server.agent("Aya")
    server.brain.replies["can I send it back?"] = answer(intent="faq_returns")
    server.brain.replies["thanks"] = answer("With pleasure.", intent="thank")
    server.brain.replies["a person please"] = handover()

    async def about() -> str | None:
        path = f"/api/v1/desk/conversations?id={visitor.conversation_id}"
        found = (await agent.client.get(path)).json()["conversations"]
        topic: str | None = found[0]["topic"]
        return topic

    await visitor.answers("thanks")
    assert await about() is None
    await visitor.answers("can I send it back?")
    await visitor.answers("thanks")
    await visitor.answers("a person please")
    assert await about() == "faq_returns"


async def test_whoever_only_asks_for_a_person_is_about_that(
    server: Server, visitor: Visitor
) -> None:
    await queued(server, visitor)
    agent = await server.agent("Aya")
    path = f"/api/v1/desk/conversations?id={visitor.conversation_id}"
    found = (await agent.client.get(path)).json()["conversations"]
    assert found[0]["topic"] == "request_human"


@pytest.mark.parametrize(
    ("text", "entity", "wish"),
    [
        ("a person please", {"entity": "wish", "value": "person"}, []),
        (
            "can somebody look at my teapot",
            {"entity": "item", "value": "teapot"},
            ["“can somebody look at my teapot”"],
        ),
    ],
)
async def test_who_asks_for_a_person_is_quoted_where_it_is_about_something(
    server: Server, visitor: Visitor, text: str, entity: dict[str, str], wish: list[str]
) -> None:
    asked = handover()
    reading = {**(asked.reading or {}), "entities": [entity]}
    server.brain.replies[text] = replace(asked, reading=reading)
    await visitor.answers(text)
    agent = await server.agent("Aya")
    found = await agent.client.get(f"/api/v1/desk/conversations/{visitor.conversation_id}")
    told = [line["text"] for line in found.json()["summary"] if line["line"] == "wish"]
    assert told == wish


async def test_a_long_conversation_is_summed_up_by_its_newest_words(
    server: Server, visitor: Visitor
) -> None:
    def talk(tx: Transaction) -> None:
        _, conversation = conversations.lock(tx, visitor.conversation_id)
        for number in range(510):
            append(tx, conversation, Draft(Author.BOT, f"line {number}"), server.clock())

    await server.db.writing(talk)
    command = {"type": "handover", "reason": "complaint"}
    leaks = answer("", intent="complaint", commands=(command,), kind="text")
    server.brain.replies["my kettle leaks"] = leaks
    await visitor.answers("my kettle leaks")
    agent = await server.agent("Aya")
    found = await agent.client.get(f"/api/v1/desk/conversations/{visitor.conversation_id}")
    wish = [line["text"] for line in found.json()["summary"] if line["line"] == "wish"]
    assert wish == ["“my kettle leaks”"]
