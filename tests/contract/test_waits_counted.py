"""How long customers waited for a person, as the reports count it, over HTTP from end to end."""

from typing import Any

import pytest

from tests.harness import DeskAgent, Server, TestClock, Visitor, answer, handover

DESK = "/api/v1/desk"


async def in_line(server: Server, visitor: Visitor) -> None:
    server.brain.replies["a person please"] = handover("asked")
    await visitor.answers("a person please")
    assert (await visitor.page())["state"] == "queued"


async def answered(agent: DeskAgent, visitor: Visitor, *, claim: bool = True) -> None:
    if claim:
        claimed = await agent.do(visitor.conversation_id, "claim")
        assert claimed.status_code == 200, claimed.text
    assert (await agent.reply(visitor.conversation_id, "Hello!")).status_code == 202


async def figures(server: Server) -> dict[str, Any]:
    lena = await server.agent("Lena", "lead")
    found = (await lena.client.get(f"{DESK}/reports/figures")).json()["figures"]
    assert isinstance(found, dict)
    return found


async def test_a_second_wait_is_not_answered_by_the_first_reply(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    aya, ben = await server.agent("Aya"), await server.agent("Ben")
    await in_line(server, visitor)
    clock.push(seconds=60)
    await answered(aya, visitor)
    put_back = await aya.do(visitor.conversation_id, "transfer", to="queue")
    assert put_back.status_code == 200, put_back.text
    clock.push(seconds=600)
    ben = await server.agent("Ben")
    await answered(ben, visitor)
    found = (await figures(server))["first_response"]
    assert found["counted"] == 2
    # The mean of a minute and ten; not of a minute and a minute.
    assert found["value"] == pytest.approx(330, abs=25)


async def test_whoever_writes_again_after_the_end_waits_anew(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    aya = await server.agent("Aya")
    await in_line(server, visitor)
    await answered(aya, visitor)
    await aya.do(visitor.conversation_id, "resolve", reason="answered")
    clock.push(hours=2)
    aya = await server.agent("Aya")
    server.brain.replies["it is broken again"] = answer("Oh.", intent="complaint", kind="text")
    await visitor.say("it is broken again")
    await visitor.wait_for(lambda found: "reopened" in found[-1]["text"])
    clock.push(seconds=50)
    await answered(aya, visitor, claim=False)
    found = (await figures(server))["first_response"]
    assert found["counted"] == 2
    assert found["p90"] == pytest.approx(46, abs=15)


async def test_into_line_again_after_the_end_counts_from_then(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    aya = await server.agent("Aya")
    await in_line(server, visitor)
    await answered(aya, visitor)
    await aya.do(visitor.conversation_id, "resolve", reason="answered")
    await aya.client.post(f"{DESK}/me", json={"status": "away"})
    clock.push(hours=2)
    ben = await server.agent("Ben")
    server.brain.replies["it is broken again"] = answer("Oh.", intent="complaint", kind="text")
    await visitor.say("it is broken again")
    await visitor.wait_for(lambda found: "reopened" in str([m["text"] for m in found]))
    assert (await visitor.page())["state"] == "queued"
    clock.push(seconds=50)
    await answered(ben, visitor)
    found = (await figures(server))["first_response"]
    assert found["counted"] == 2
    assert found["p90"] == pytest.approx(46, abs=15)


async def test_a_range_told_anew_keeps_no_promise(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    aya = await server.agent("Aya")
    await in_line(server, visitor)
    seq = (await visitor.read())[-1]["seq"]
    clock.push(minutes=10)
    aya = await server.agent("Aya")
    # That it takes longer, or that nobody is there just now: told anew in any case.
    await visitor.wait_for(lambda said: len(said) > 0, seq)
    await answered(aya, visitor)
    # Within the second range, and not within what was promised.
    assert (await figures(server))["within_range"] == {"value": 0, "p90": None, "counted": 1}
    punctual = await server.visitor().arrive(lang="en")
    await in_line(server, punctual)
    await answered(aya, punctual)
    assert (await figures(server))["within_range"]["value"] == 0.5
    # What was late deserves a lead's time; what was not doesn't.
    lena = await server.agent("Lena", "lead")
    queue = (await lena.client.get(f"{DESK}/review-queue")).json()["conversations"]
    late = [one["id"] for one in queue if "long_wait" in one["why"]]
    assert late == [visitor.conversation_id]
