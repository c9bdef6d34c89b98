"""A lead's notice: before the chat, to whoever asks, and first to those it affects."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from demo.orders import demo_orders
from demo.tables import orders as demo_table
from omotenashi.parts import demo_today
from support.brain import Reply
from support.orders import Order
from support.outreach.notice_spread import NoticeSpreader
from support.store.schema import outreach
from tests.contract.test_handover import queued
from tests.harness import OPEN_TIME, DeskAgent, Server, TestClock, Visitor, answer

NOTICES = "/api/v1/desk/notices"
EN, JA = "Parcels to the north are a day late.", "北の地域へのお届けが1日遅れております。"


async def notice(lead: DeskAgent, expect: int = 201, **more: Any) -> dict[str, Any]:
    body = {
        "text": {"en": EN, "ja": JA},
        "until": "2026-11-20T00:00:00+09:00",
        **more,
    }
    response = await lead.client.post(NOTICES, json=body)
    assert response.status_code == expect, response.text
    made: dict[str, Any] = response.json()
    return made


def announced(said: list[dict[str, Any]]) -> list[str]:
    return [one["text"] for one in said if one["kind"] == "announcement"]


async def test_a_notice_is_seen_before_the_chat_until_it_ends(server: Server) -> None:
    lead = await server.agent("Lena", "lead")
    english, japanese = (
        await server.visitor().arrive(lang="en"),
        await server.visitor().arrive(lang="ja"),
    )
    async with english.events() as events:
        assert "notice" not in await events.until("state")
        made = await notice(lead)
        assert (await events.until("state"))["notice"] == {"id": made["id"], "text": EN}
        assert (await japanese.page())["notice"]["text"] == JA
        address = f"{NOTICES}/{made['id']}/end"
        assert (await lead.client.post(address)).status_code == 200
        assert (await lead.client.post(address)).status_code == 200
        assert "notice" not in await events.until("state")


async def test_a_notice_holds_from_and_until(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    lead = await server.agent("Lena", "lead")
    await notice(lead, **{"from": "2026-11-18T13:00:00+09:00"})
    assert "notice" not in await visitor.page()
    clock.push(minutes=61)
    assert (await visitor.page())["notice"]["text"] == EN
    clock.push(hours=36)
    assert "notice" not in await visitor.page()
    lead = await server.agent("Lena", "lead")  # signed in anew, days later
    [listed] = (await lead.client.get(NOTICES)).json()["notices"]
    assert (listed["standing"], listed["by"]) == (False, "Lena")


async def test_only_leads_make_notices(server: Server) -> None:
    agent, lead = await server.agent(), await server.agent("Lena", "lead")
    await notice(agent, 403)
    made = await notice(lead)
    assert (await agent.client.post(f"{NOTICES}/{made['id']}/end")).status_code == 403
    assert len((await agent.client.get(NOTICES)).json()["notices"]) == 1
    assert (await server._client().get(NOTICES)).status_code == 401
    assert (await lead.client.post(f"{NOTICES}/4711/end")).status_code == 404
    for _ in range(2):
        assert (await lead.client.post(f"{NOTICES}/{made['id']}/end")).status_code == 200
    done = (await lead.client.get("/api/v1/desk/audit")).json()["audit"]
    told = [(row["actor"], row["action"], row["subject"]) for row in done]
    assert [one for one in told if one[1].startswith("notice")] == [
        ("Lena", "notice_ended", f"notice:{made['id']}"),
        ("Lena", "notice_begun", f"notice:{made['id']}"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": {"en": EN, "ja": " "}},
        {"text": {"en": EN}},
        {"topic": "weather"},
        {"order_state": "lost"},
        {"region": "Hokkaido"},
        {"region": "0601"},
        {"until": "2026-11-18T02:00:00+00:00"},
        {"until": "2026-11-19"},
        {"from": "2026-11-21T00:00:00+09:00"},
    ],
)
async def test_a_wrong_notice_is_refused(server: Server, wrong: dict[str, Any]) -> None:
    lead = await server.agent("Lena", "lead")
    await notice(lead, 422, **wrong)
    assert (await lead.client.get(NOTICES)).json()["notices"] == []


async def test_who_asks_about_its_topic_is_told_first_and_once(
    server: Server, visitor: Visitor
) -> None:
    lead = await server.agent("Lena", "lead")
    await notice(lead, topic="delivery")
    server.brain.replies["can I pay cash"] = answer("At the door.", intent="faq_payment")
    assert announced(await visitor.answers("can I pay cash")) == []
    said = await visitor.answers("how long is delivery")
    assert announced(said) == [EN]
    assert [one["kind"] for one in said] == ["announcement", "article"]
    assert announced(await visitor.answers("and to Kyoto")) == []


async def test_who_asks_about_an_order_is_told_where_it_fits(
    server: Server, visitor: Visitor
) -> None:
    lead = await server.agent("Lena", "lead")
    await notice(lead, order_state="shipped", region="06")
    for text, data in (
        ("where is it", {"state": "shipped", "regions": ["JP", "100"]}),
        ("and the other", {"state": "preparing", "regions": ["JP", "060"]}),
        ("and the third", {"state": "shipped", "regions": ["JP", "060"]}),
    ):
        found = answer("It is on its way.", intent="order_status")
        replies = (Reply("It is on its way.", "order", data, ()),)
        server.brain.replies[text] = replace(found, replies=replies)
    assert announced(await visitor.answers("where is it")) == []
    assert announced(await visitor.answers("and the other")) == []
    assert announced(await visitor.answers("and the third")) == [EN]
    assert "notice" not in await visitor.page()


def the_order(state: str) -> Order:
    return next(
        order
        for order in demo_orders(demo_today(OPEN_TIME))
        if str(order.state) == state and order.customer_id is not None
    )


async def bring(server: Server) -> None:
    assert server.parts is not None
    parts = server.parts
    await NoticeSpreader(parts.db, parts.services.orders, parts.playbook, parts.clock).spread()


async def shown(server: Server, visitor: Visitor, number: str) -> None:
    server.brain.replies["my order"] = answer(
        "Here it is.", intent="order_status", kind="text",
        commands=({"type": "order_shown", "order_number": number},),
    )  # fmt: skip
    await visitor.answers("my order")


async def test_it_goes_to_those_whose_order_it_is_about_and_to_nobody_else(
    server: Server,
) -> None:
    lead = await server.agent("Lena", "lead")
    affected, other, stranger = [await server.visitor().arrive(lang="en") for _ in range(3)]
    await shown(server, affected, the_order("shipped").number)
    await shown(server, other, the_order("delivered").number)
    await stranger.answers("how long is delivery")
    await notice(lead, order_state="shipped")
    await affected.wait_for(lambda said: bool(announced(said)))
    await bring(server)
    await bring(server)
    assert announced(await affected.read()) == [EN]
    assert announced(await other.read()) == announced(await stranger.read()) == []


async def test_a_malformed_order_keeps_nobody_else_from_being_told(server: Server) -> None:
    lead = await server.agent("Lena", "lead")
    broken, *affected = [await server.visitor().arrive(lang="en") for _ in range(4)]
    shipped = [one for one in demo_orders(demo_today(OPEN_TIME)) if str(one.state) == "shipped"]
    for visitor, order in zip((broken, *affected), shipped, strict=False):
        await shown(server, visitor, order.number)
    spoil = update(demo_table).where(demo_table.c.number == shipped[0].number)
    await server.db.writing(lambda tx: tx.execute(spoil.values(total=-1)))
    await notice(lead, order_state="shipped")
    await notice(lead, topic="payment")
    await bring(server)
    for visitor in affected:
        assert announced(await visitor.read()) == [EN]
    assert announced(await broken.read()) == []


async def test_it_goes_to_open_conversations_about_its_topic_once_over_restarts(
    server: Server,
) -> None:
    lead = await server.agent("Lena", "lead")
    delivery, payment = [await server.visitor().arrive(lang="en") for _ in range(2)]
    server.brain.replies["can I pay cash"] = answer("At the door.", intent="faq_payment")
    await delivery.answers("how long is delivery")
    await payment.answers("can I pay cash")
    await notice(lead, topic="delivery")
    await delivery.wait_for(lambda said: bool(announced(said)))
    await server.stop()
    await server.start()
    delivery, payment = server.again(delivery), server.again(payment)
    await bring(server)
    assert announced(await delivery.read()) == [EN]
    assert announced(await payment.read()) == []


async def test_one_cap_limits_all_that_is_written_unasked(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    lead = await server.agent("Lena", "lead")
    await visitor.answers("how long is delivery")
    for number in range(4):
        await notice(lead, topic="delivery", text={"en": f"{EN} {number}", "ja": JA})
    await bring(server)
    assert len(announced(await visitor.read())) == 2
    written = await server.db.reading(lambda c: c.execute(select(outreach.c.kind)).scalars().all())
    assert written == ["notice", "notice"]


async def test_who_waits_for_a_person_is_reached_too(server: Server, visitor: Visitor) -> None:
    lead = await server.agent("Lena", "lead")
    await queued(server, visitor)
    await notice(lead)
    found = await visitor.wait_for(lambda said: bool(announced(said)))
    assert announced(found) == [EN]
    assert (await visitor.page())["state"] == "queued"
