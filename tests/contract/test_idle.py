"""A chat in which nothing happens any more is closed kindly, and never under somebody's hands."""

from tests.harness import Server, TestClock, Visitor, answer, handover

WARN_MINUTES, CLOSE_MINUTES = 30, 15


async def test_a_chat_is_closed_after_a_warning_and_goes_on_where_it_was(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    await visitor.answers("how much is delivery?")
    clock.push(minutes=WARN_MINUTES + 1)
    await server.tick()
    page = await visitor.page()
    assert "no hurry" in page["messages"][-1]["text"]
    assert page["state"] == "bot"
    clock.push(minutes=CLOSE_MINUTES + 1)
    await server.tick()
    page = await visitor.page()
    assert page["state"] == "resolved"
    assert "Write whenever you like" in page["messages"][-1]["text"]
    assert (await visitor.answers("and to Canada?"))[-1]["author"] == "bot"
    page = await visitor.page()
    assert page["state"] == "bot"
    assert page["messages"][0]["text"] == "how much is delivery?"


async def test_who_writes_in_between_is_neither_warned_nor_closed(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    await visitor.answers("how much is delivery?")
    clock.push(minutes=WARN_MINUTES - 1)
    await visitor.answers("and to Canada?")
    clock.push(minutes=2)  # the first message's half hour is over, the second's is not
    await server.tick()
    assert {m["author"] for m in await visitor.read()} == {"customer", "bot"}


async def test_who_writes_after_the_warning_is_warned_anew_before_the_end(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    await visitor.answers("how much is delivery?")
    clock.push(minutes=WARN_MINUTES + 1)
    await server.tick()
    assert (await visitor.read())[-1]["author"] == "system"
    await visitor.answers("still here")
    clock.push(minutes=CLOSE_MINUTES + 1)
    await server.tick()
    assert (await visitor.page())["state"] == "bot"


async def test_who_waits_for_a_person_is_not_closed(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    server.brain.replies["a person please"] = handover()
    server.brain.replies["hello"] = answer("Hello", intent="greet", kind="text")
    await visitor.answers("hello")
    await visitor.answers("a person please")
    clock.push(minutes=WARN_MINUTES + CLOSE_MINUTES + 2)
    await server.tick()
    page = await visitor.page()
    assert page["state"] == "queued"
    assert not any("no hurry" in message["text"] for message in page["messages"])
