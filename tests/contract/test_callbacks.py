"""A call at a time that suits the customer: promised once, reminded of, kept or apologised for."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from support.store import Transaction
from support.store.schema import timers
from support.tasks import callbacks
from support.tasks import tasks as desk_tasks
from support.timers import set_timer
from tests.contract.test_handover import assigned, queued
from tests.harness import DeskAgent, Events, Server, TestClock, Visitor, answer

SLOTS = "/api/v1/visitor/callback-slots"
TICKET = "/api/v1/visitor/ticket"
PHONE = "+81 90-1234-5678"


async def slots(visitor: Visitor, tz: str = "Asia/Tokyo") -> dict[str, Any]:
    response = await visitor.client.get(SLOTS, params={"tz": tz})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def book(visitor: Visitor, at: str, expect: int = 204, **more: Any) -> dict[str, Any]:
    body = {"action": "callback", "at": at, "contact": PHONE, "tz": "Asia/Tokyo", **more}
    response = await visitor.client.post(TICKET, json=body)
    assert response.status_code == expect, response.text
    return {} if expect == 204 else dict(response.json()["error"])


async def booked(server: Server, visitor: Visitor, **more: Any) -> str:
    """The customer waits and has been promised the first free slot."""
    await queued(server, visitor)
    at = str((await slots(visitor))["slots"][0]["at"])
    await book(visitor, at, **more)
    return at


async def tasks(agent: DeskAgent, **query: str) -> list[dict[str, Any]]:
    response = await agent.client.get("/api/v1/desk/tasks", params=query)
    assert response.status_code == 200, response.text
    return list(response.json()["tasks"])


async def act(agent: DeskAgent, task: dict[str, Any], what: str, **body: Any) -> int:
    response = await agent.client.post(f"/api/v1/desk/tasks/{task['id']}/{what}", json=body)
    return response.status_code


async def texts(visitor: Visitor) -> str:
    return "\n".join(message["text"] for message in await visitor.read())


async def test_slots_are_told_in_the_customers_own_time(server: Server, visitor: Visitor) -> None:
    tokyo, berlin = await slots(visitor), await slots(visitor, "Europe/Berlin")
    assert [one["at"][-6:] for one in tokyo["slots"][:1]] == ["+09:00"]
    assert [one["at"][-6:] for one in berlin["slots"][:1]] == ["+01:00"]
    moments = [
        [datetime.fromisoformat(one["at"]) for one in found["slots"]] for found in (tokyo, berlin)
    ]
    assert moments[0] == moments[1]
    assert (await visitor.client.get(SLOTS, params={"tz": "No/Where"})).status_code == 422
    assert (await server.visitor().client.get(SLOTS)).status_code == 401


async def test_over_the_change_of_clocks_the_offset_follows(
    server: Server, clock: TestClock
) -> None:
    clock.push(days=113)  # 11 March 2027; clocks in New York go forward on the 14th
    visitor = await server.visitor().arrive(lang="en")
    found = await slots(visitor, "America/New_York")
    assert {one["at"][-6:] for one in found["slots"]} == {"-05:00", "-04:00"}
    clock.push(days=7)
    found = await slots(visitor, "America/New_York")
    assert {one["at"][-6:] for one in found["slots"]} == {"-04:00"}


async def test_a_call_is_promised_and_is_a_task_of_the_desk(
    server: Server, visitor: Visitor
) -> None:
    agent = await server.agent()
    at = await booked(server, visitor)
    page = await visitor.page()
    assert page["callback"]["tz"] == "Asia/Tokyo"
    assert datetime.fromisoformat(page["callback"]["at"]) == datetime.fromisoformat(at)
    assert page["callback"]["contact"] == PHONE
    assert PHONE in page["messages"][-1]["text"]
    assert "13:30 Japan time today" in page["messages"][-1]["text"]
    [task] = await tasks(agent)
    assert (task["kind"], task["contact"], task["owner"]) == ("callback", PHONE, None)
    assert task["conversation"] == visitor.conversation_id


async def test_the_same_again_is_one_call(server: Server, visitor: Visitor) -> None:
    agent = await server.agent()
    at = await booked(server, visitor)
    said = len(await visitor.read())
    await book(visitor, at)
    utc = datetime.fromisoformat(at).astimezone().isoformat()
    await book(visitor, utc)
    assert len(await visitor.read()) == said
    assert len(await tasks(agent)) == 1


async def test_what_cannot_be_promised_is_refused_and_nothing_is_kept(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    agent = await server.agent()
    at = (await slots(visitor))["slots"][0]["at"]
    await book(visitor, at, 409)  # nobody who isn't waiting
    await queued(server, visitor)
    said = len(await visitor.read())
    for expect, more in (
        (422, {"contact": "call me"}),
        (422, {"contact": "+81 1"}),
        (422, {"contact": "a@b@c"}),
        (422, {"tz": "Mars/Olympus"}),
        (422, {"at": "tomorrow"}),
        (422, {"at": "2026-11-19T10:00:00"}),
        (409, {"at": "2026-11-18T02:00:00+00:00"}),  # an hour ago
        (409, {"at": "2026-11-18T13:00:00+00:00"}),  # at night
        (409, {"at": "2026-11-22T02:00:00+00:00"}),  # a Sunday
        (409, {"at": "2026-11-19T02:07:00+00:00"}),  # between two slots
        (409, {"at": "2027-11-18T02:00:00+00:00"}),  # in a year
    ):
        error = await book(visitor, **{"at": at, **more}, expect=expect)
        assert error["code"] in ("invalid", "slot_taken", "unknown_zone"), more
    assert len(await visitor.read()) == said
    assert await tasks(agent) == []
    await book(visitor, at)


async def test_a_full_slot_is_promised_to_nobody_else_even_at_once(server: Server) -> None:
    await server.agent()
    people = [await server.visitor().arrive(lang="en") for _ in range(4)]
    for one in people:
        await queued(server, one)
    at = (await slots(people[0]))["slots"][0]["at"]
    body = {"action": "callback", "at": at, "contact": PHONE}
    responses = await asyncio.gather(*(one.client.post(TICKET, json=body) for one in people))
    assert sorted(one.status_code for one in responses) == [204, 204, 409, 409]
    refused = next(one for one in responses if one.status_code == 409)
    assert refused.json()["error"]["code"] == "slot_taken"
    assert at not in {one["at"] for one in (await slots(people[0]))["slots"]}


async def test_a_call_is_moved_and_its_old_slot_is_free_again(
    server: Server, visitor: Visitor
) -> None:
    agent = await server.agent()
    first = await booked(server, visitor)
    second = (await slots(visitor))["slots"][3]["at"]
    await book(visitor, second)
    [task] = await tasks(agent)
    assert datetime.fromisoformat(task["due_at"]) == datetime.fromisoformat(second)
    other = await server.visitor().arrive(lang="en")
    assert first in {one["at"] for one in (await slots(other))["slots"]}


@pytest.mark.parametrize("action", ["wait", "message", "callback_cancel", "cancel"])
async def test_a_call_is_taken_back(server: Server, visitor: Visitor, action: str) -> None:
    agent = await server.agent()
    await booked(server, visitor)
    assert (await visitor.client.post(TICKET, json={"action": action})).status_code == 204
    page = await visitor.page()
    assert "callback" not in page
    assert page["state"] == ("bot" if action == "cancel" else "queued")
    assert [task for task in await tasks(agent) if task["kind"] == "callback"] == []
    if action != "cancel":
        assert page["queue"]["position"] == 1


async def test_who_waits_is_not_behind_who_will_be_called(server: Server) -> None:
    await server.agent()
    first, second = await server.visitor().arrive(), await server.visitor().arrive()
    await queued(server, first)
    await queued(server, second)
    assert (await second.page())["queue"]["position"] == 2
    await book(first, (await slots(first))["slots"][2]["at"])
    assert (await second.page())["queue"]["position"] == 1
    low, high = (await first.page())["queue"]["estimate"]
    assert high - low == 30 * 60


async def test_a_reminder_comes_once_even_over_a_restart(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    await server.agent()
    at = datetime.fromisoformat(await booked(server, visitor))
    with clock.standing():
        clock.push(seconds=(at - clock()).total_seconds() - 16 * 60)
        await server.tick()
        assert "A reminder" not in await texts(visitor)
    await server.stop()
    clock.push(minutes=2)
    await server.start()
    visitor = server.again(visitor)
    await visitor.wait_for(lambda said: "A reminder" in said[-1]["text"])
    await server.stop()
    await server.start()
    visitor = server.again(visitor)
    await server.tick()
    assert (await texts(visitor)).count("A reminder") == 1


async def test_a_call_that_was_missed_is_apologised_for_with_new_times(
    server: Server, clock: TestClock
) -> None:
    agent = await server.agent()
    other, visitor = await server.visitor().arrive(lang="en"), await server.visitor().arrive()
    await queued(server, other)
    await booked(server, visitor)
    await server.stop()  # over the reminder, the time itself, and what comes after it
    clock.push(minutes=115)
    await server.start()
    agent, visitor, other = await server.agent(), server.again(visitor), server.again(other)
    said = await visitor.wait_for(lambda said: "our mistake" in said[-1]["text"])
    await server.tick()
    told = await texts(visitor)
    assert told.count("our mistake") == 1
    assert "A reminder" not in told
    assert "first in line" in said[-1]["text"]
    page = await visitor.page()
    assert (page["state"], page["queue"]["position"]) == ("queued", 1)
    assert (await other.page())["queue"]["position"] == 2
    assert [task["state"] for task in await tasks(agent, state="missed")] == ["missed"]
    # One of the times offered is chosen with a button.
    assert (await visitor.press(said[-1]["buttons"][0]["id"])).status_code == 202
    assert (await visitor.page())["callback"]["contact"] == "chat"


async def test_a_call_that_was_made_in_time_is_not_missed(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    agent = await server.agent()
    await booked(server, visitor)
    clock.push(minutes=91)
    [task] = await tasks(agent)
    assert task["overdue"] is True
    assert await act(agent, task, "take") == 200
    assert await act(agent, task, "done", outcome="reached") == 200
    assert await act(agent, task, "done", outcome="reached") == 409
    page = await visitor.page()
    assert (page["state"], page["agent"]) == ("assigned", {"name": "Aya"})
    clock.push(minutes=40)
    await server.tick()
    assert "our mistake" not in await texts(visitor)


async def test_who_could_not_be_reached_is_told_and_chooses_again(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    agent = await server.agent()
    await booked(server, visitor)
    clock.push(minutes=90)
    [task] = await tasks(agent)
    assert await act(agent, task, "done", outcome="unreached") == 200
    page = await visitor.page()
    assert "tried to reach you" in page["messages"][-1]["text"]
    assert page["messages"][-1]["buttons"]
    assert page["state"] == "queued"


async def test_the_desk_moves_and_cancels_and_the_customer_is_told(
    server: Server, visitor: Visitor
) -> None:
    agent = await server.agent()
    await booked(server, visitor)
    [task] = await tasks(agent)
    free = (await agent.client.get("/api/v1/desk/callback-slots")).json()["slots"]
    assert await act(agent, task, "move", at="2026-11-19T02:07:00+00:00") == 409
    assert await act(agent, task, "move", at=free[4]) == 200
    assert "have to move our call" in await texts(visitor)
    assert await act(agent, task, "cancel") == 200
    assert await act(agent, task, "cancel") == 409
    page = await visitor.page()
    assert "can't make the call" in page["messages"][-1]["text"]
    assert page["messages"][-1]["buttons"]
    assert "callback" not in page


async def test_a_task_that_a_colleague_took_is_theirs(server: Server, visitor: Visitor) -> None:
    aya, ben, lead = (
        await server.agent("Aya"),
        await server.agent("Ben"),
        await server.agent("Lena", "lead"),
    )
    await booked(server, visitor)
    [task] = await tasks(aya)
    assert await act(aya, task, "take") == 200
    for what in ("take", "done", "cancel"):
        assert await act(ben, task, what) == 409
    assert [one["owner"]["name"] for one in await tasks(ben)] == ["Aya"]
    assert await tasks(ben, owner="me") == []
    assert len(await tasks(aya, owner="me")) == 1
    assert await tasks(aya, owner="none") == []
    assert await act(lead, task, "done") == 200
    assert (await server._client().get("/api/v1/desk/tasks")).status_code == 401
    assert await act(aya, {"id": 99999}, "take") == 404


async def test_by_buttons_alone_a_time_is_chosen_in_the_chat(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    await server.agent()
    await queued(server, visitor)
    clock.push(seconds=31)
    await server.tick()
    offer = (await visitor.read())[-1]
    titles = [button["title"] for button in offer["buttons"]]
    assert titles == [
        "I'll wait",
        "Leave a message instead",
        "Call me back",
        "Carry on with the assistant",
    ]
    await visitor.press(offer["buttons"][2]["id"])
    times = (await visitor.read())[-1]
    assert "Japan time" in times["text"]
    await visitor.press(times["buttons"][-1]["id"])  # other times
    later = (await visitor.read())[-1]
    assert later["buttons"][0]["title"] > times["buttons"][0]["title"]
    await visitor.press(later["buttons"][0]["id"])
    page = await visitor.page()
    assert page["callback"]["contact"] == "chat"
    assert "someone will write to you here" in page["messages"][-1]["text"]
    # A number typed now is where they want to be called.
    number = "please call 090-1234-5678 instead"
    server.brain.replies[number] = answer("Pardon?", understood=False, kind="text")
    seq = await visitor.say(number)
    await visitor.wait_for(lambda said: any(PHONE in one["text"] for one in said), seq)
    assert (await visitor.page())["callback"]["contact"] == PHONE


async def test_a_button_of_a_time_that_is_gone_asks_anew(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    await server.agent()
    await queued(server, visitor)
    clock.push(seconds=31)
    await server.tick()
    await visitor.press((await visitor.read())[-1]["buttons"][2]["id"])
    times = (await visitor.read())[-1]
    clock.push(minutes=90)
    await visitor.press(times["buttons"][0]["id"])
    last = (await visitor.read())[-1]
    assert "has just been taken" in last["text"]
    assert last["buttons"]


async def test_offers_come_after_half_a_minute_once_and_only_to_who_still_waits(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    agent = await server.agent()
    others = [await server.visitor().arrive(lang="en") for _ in range(2)]
    for one in (visitor, *others):
        await queued(server, one)
    assert (await agent.do(others[0].conversation_id, "claim")).status_code == 200
    assert (await others[1].client.post(TICKET, json={"action": "wait"})).status_code == 204
    told = next(m for m in await visitor.read() if m["kind"] == "handover")
    waited = clock() - datetime.fromisoformat(told["created_at"])
    with clock.standing():
        clock.push(seconds=29 - waited.total_seconds())
        await server.tick()
        assert "Still nobody free" not in await texts(visitor)
        clock.push(seconds=2)
        await server.tick()
        await server.tick()
        assert (await texts(visitor)).count("Still nobody free") == 1
        for one in others:
            assert "Still nobody free" not in await texts(one)


async def test_who_left_a_message_has_a_promise_and_is_not_told_of_delays(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    agent = await server.agent()
    await queued(server, visitor)
    body = {"action": "message", "contact": "kenji@example.com"}
    assert (await visitor.client.post(TICKET, json=body)).status_code == 204
    clock.push(minutes=30)
    agent = await server.agent()  # still here
    await server.tick()
    assert "longer than I said" not in await texts(visitor)
    [promise] = await tasks(agent)
    assert (promise["kind"], promise["overdue"]) == ("promise", False)


async def test_an_estimate_changes_for_a_reason_that_is_told(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    agent = await server.agent()
    await queued(server, visitor)
    with clock.standing():
        low, high = (await visitor.page())["queue"]["estimate"]
        clock.push(seconds=60)
        later_low, later_high = (await visitor.page())["queue"]["estimate"]
        # It runs down with the time, and does nothing else by itself.
        assert 59 <= high - later_high <= 61
        assert later_low <= low
        await server.pass_time(agent, seconds=later_high - 10)
        await server.tick()
        assert "longer than I said" not in await texts(visitor)
        await server.pass_time(agent, seconds=15)
        await server.tick()
    told = [m["text"] for m in await visitor.read() if "longer than I said" in m["text"]]
    assert len(told) == 1
    assert "fewer of us" in told[0]
    assert (await visitor.page())["queue"]["estimate"][1] > 0


async def test_an_agent_settles_a_call_with_who_they_are_talking_to(
    server: Server, visitor: Visitor
) -> None:
    await assigned(server, visitor)
    await book(visitor, (await slots(visitor))["slots"][0]["at"])
    page = await visitor.page()
    assert (page["state"], page["callback"]["contact"]) == ("assigned", PHONE)
    assert (
        await visitor.client.post(TICKET, json={"action": "callback_cancel"})
    ).status_code == 204
    assert "callback" not in await visitor.page()


async def test_a_due_task_is_an_alarm_on_the_desks_stream(server: Server, visitor: Visitor) -> None:
    agent = await server.agent()
    await queued(server, visitor)
    async with agent.client.stream("GET", "/api/v1/desk/events", timeout=60) as response:
        events = Events(response)
        assert await events.until("tasks") == {"due": 0, "overdue": 0}
        await book(visitor, (await slots(visitor))["slots"][0]["at"])
        assert await events.until("tasks") == {"due": 0, "overdue": 0}


async def test_opening_hours_are_told_before_the_chat(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    # It is noon in Japan, and nobody is on duty.
    assert (await visitor.page())["hours"] == {"open": False, "next_open_at": None}
    await server.agent()
    assert (await visitor.page())["hours"] == {"open": True, "next_open_at": None}
    clock.push(hours=9)  # 21:00 in Japan
    hours = (await visitor.page())["hours"]
    assert hours["open"] is False
    # In the shop's zone: whoever reads it elsewhere is told of which zone it is.
    assert hours["next_open_at"] == "2026-11-19T09:00:00+09:00"
    opens = datetime.fromisoformat(hours["next_open_at"])
    clock.push(days=5 - 0.3)  # the holiday of 23 November
    hours = (await visitor.page())["hours"]
    assert hours["open"] is False
    assert datetime.fromisoformat(hours["next_open_at"]) - opens == timedelta(days=5)


async def test_japanese_customers_read_japanese(server: Server, clock: TestClock) -> None:
    await server.agent()
    visitor = await server.visitor().arrive(lang="ja")
    server.brain.replies["担当者お願いします"] = answer(
        "", intent="request_human", kind="text", lang="ja",
        commands=({"type": "handover", "reason": "asked"},),
    )  # fmt: skip
    await visitor.answers("担当者お願いします")
    at = (await slots(visitor))["slots"][0]["at"]
    await book(visitor, at)
    assert "本日13時30分に、+81 90-1234-5678 へお電話いたします" in await texts(visitor)
    clock.push(minutes=115)
    await server.tick()
    last = (await visitor.read())[-1]
    assert "誠に申し訳ございません" in last["text"]
    assert "！" not in last["text"]


async def test_an_erased_customers_call_is_no_strangers(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    """SQLite gives a task's number out again; a timer that stayed would close the stranger's."""
    agent = await server.agent()
    await booked(server, visitor)
    [mine] = await tasks(agent)
    stranger = await server.visitor().arrive(lang="en")
    await stranger.answers("hello")
    assert (await visitor.client.delete("/api/v1/visitor/data")).status_code == 204
    due = clock() + timedelta(days=30)
    promise = await server.db.writing(
        lambda tx: desk_tasks.make(
            tx, stranger.conversation_id, "promise", "send a card", due, "system", clock()
        )
    )
    assert promise.id == mine["id"] or not server.db.is_sqlite
    clock.push(days=8)
    await server.tick()
    again = await server.agent()  # signed in anew, days later
    assert [(one["id"], one["state"]) for one in await tasks(again)] == [(promise.id, "open")]
    assert "call" not in await texts(stranger)
    left = select(timers.c.subject).where(timers.c.kind.like("callback%"))
    assert await server.db.reading(lambda c: c.execute(left).all()) == []


async def test_a_call_that_was_left_behind_ends_no_other_task(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    agent = await server.agent()
    await visitor.answers("hello")

    def make(tx: Transaction) -> None:
        due = clock() + timedelta(days=30)
        task = desk_tasks.make(
            tx, visitor.conversation_id, "promise", "send a card", due, "system", clock()
        )
        for timer in (callbacks.REMINDER_TIMER, callbacks.MISSED_TIMER):
            set_timer(tx, timer, str(task.id), clock() + timedelta(minutes=1), clock())

    await server.db.writing(make)
    clock.push(minutes=2)
    await server.tick()
    assert [one["state"] for one in await tasks(agent)] == ["open"]
    assert "call" not in await texts(visitor)
