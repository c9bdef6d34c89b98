"""Orders put right from the desk, macros, and the way out of abuse."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from demo.orders import demo_orders
from support import conversations
from support.orders import (
    EffectKind,
    EffectRefused,
    Order,
    OrderEffect,
    OrderState,
    OrdersUnavailable,
)
from support.orders.config import HttpSource
from support.orders.http import HttpOrders
from support.store.schema import audit, order_effects
from tests.contract.orders_service import Answer, OrdersService
from tests.harness import OPEN_TIME, DeskAgent, Server, TestClock, Visitor, handover

DESK = "/api/v1/desk"


@pytest.fixture
async def aya(server: Server) -> DeskAgent:
    return await server.agent("Aya")


@pytest.fixture
async def lena(server: Server) -> DeskAgent:
    return await server.agent("Lena", "lead")


def an_order(wanted: Callable[[Order], bool]) -> Order:
    return next(one for one in demo_orders(OPEN_TIME.date()) if wanted(one))


@pytest.fixture
async def held(server: Server, visitor: Visitor, aya: DeskAgent) -> str:
    """A conversation that Aya holds."""
    server.brain.replies["a person please"] = handover("asked")
    await visitor.answers("a person please")
    await aya.do(visitor.conversation_id, "claim")
    return visitor.conversation_id


async def proven(server: Server, id: str, order: Order) -> Order:
    """The customer has shown that the order is theirs."""

    def know(tx: Any) -> None:
        conversation = conversations.get(tx.connection, id)
        conversations.note(tx, conversation, verified_orders=[order.number])

    await server.db.writing(know)
    return order


@pytest.fixture
async def small(server: Server, held: str) -> Order:
    """A delivered order below the agent's limit."""
    return await proven(
        server, held, an_order(lambda o: o.state is OrderState.DELIVERED and o.total <= 5000)
    )


@pytest.fixture
async def large(server: Server, held: str) -> Order:
    """A delivered order that only a lead may refund in full."""
    return await proven(
        server,
        held,
        an_order(
            lambda o: (
                o.state is OrderState.DELIVERED
                and sum(item.price * item.quantity for item in o.items) > 20000
            )
        ),
    )


async def remedy(agent: DeskAgent, id: str, order: Order, kind: str, **more: Any) -> Any:
    body = {"client_id": uuid4().hex, "kind": kind, "order_number": order.number, **more}
    return await agent.do(id, "remedies", **body)


async def shown(agent: DeskAgent, id: str) -> list[dict[str, Any]]:
    found = (await agent.client.get(f"{DESK}/conversations/{id}")).json()
    remedies: list[dict[str, Any]] = found["orders"][0]["remedies"]
    return remedies


async def until_done(agent: DeskAgent, id: str, state: str = "done") -> None:
    async with asyncio.timeout(60):
        while [one["state"] for one in await shown(agent, id)][-1:] != [state]:
            await asyncio.sleep(0.05)


async def in_the_shop(server: Server) -> list[Any]:
    """What the demonstration's shop was told."""
    return list(
        await server.db.reading(
            lambda c: c.execute(
                text(
                    "select order_number, kind, amount, reason from demo_order_effects order by at"
                )
            ).all()
        )
    )


class TestRemedies:
    async def test_within_the_limit_it_is_done_once_and_the_customer_is_told(
        self, server: Server, aya: DeskAgent, visitor: Visitor, held: str, small: Order
    ) -> None:
        body = {"client_id": "r1", "kind": "refund", "order_number": small.number}
        first = await aya.do(held, "remedies", **body)
        again = await aya.do(held, "remedies", **body)
        assert (first.status_code, first.json()["id"]) == (202, again.json()["id"])
        await until_done(aya, held)
        assert [tuple(row) for row in await in_the_shop(server)] == [
            (small.number, "refund", small.total, None)
        ]
        told = [m for m in await visitor.read() if m["kind"] == "remedy"]
        assert [m["author"] for m in told] == ["system"]
        assert f"¥{small.total:,}" in told[0]["text"]
        rows = await server.db.reading(
            lambda c: c.execute(
                select(audit.c.actor, audit.c.detail)
                .where(audit.c.action == "remedy")
                .order_by(audit.c.id)
            ).all()
        )
        assert [row.actor for row in rows] == [f"agent:{aya.me['id']}", "system"]

    async def test_not_more_than_was_paid_however_it_is_asked(
        self, server: Server, aya: DeskAgent, held: str, small: Order
    ) -> None:
        answers = await asyncio.gather(*(remedy(aya, held, small, "refund") for _ in range(4)))
        assert sorted(one.status_code for one in answers)[0] == 202
        assert [one.status_code for one in answers].count(202) == 1
        await until_done(aya, held)
        assert len(await in_the_shop(server)) == 1

    async def test_above_the_limit_a_reason_above_the_second_a_lead(
        self,
        server: Server,
        aya: DeskAgent,
        lena: DeskAgent,
        visitor: Visitor,
        held: str,
        large: Order,
    ) -> None:
        bare = await remedy(aya, held, large, "refund")
        assert (bare.status_code, bare.json()["error"]["code"]) == (422, "reason_needed")
        assert await shown(aya, held) == []
        part = await remedy(aya, held, large, "refund", amount=6000, reason="late")
        assert part.json()["state"] == "pending"
        await until_done(aya, held)
        rest = await remedy(aya, held, large, "replacement", reason="all of it broken")
        assert rest.json()["state"] == "requested"
        path = f"{DESK}/remedies/{rest.json()['id']}"
        assert (await aya.client.post(f"{path}/approve")).status_code == 403
        assert (await aya.client.get(f"{DESK}/remedies")).status_code == 403
        assert len(await in_the_shop(server)) == 1
        [waiting] = (await lena.client.get(f"{DESK}/remedies")).json()["remedies"]
        assert (waiting["reason"], waiting["worth"] > 20000) == ("all of it broken", True)
        assert (await lena.client.post(f"{path}/approve")).json()["state"] == "pending"
        assert (await lena.client.post(f"{path}/decline")).status_code == 409
        await until_done(aya, held)
        assert [row.kind for row in await in_the_shop(server)] == ["refund", "replacement"]

    async def test_in_pieces_it_is_not_less(
        self, server: Server, aya: DeskAgent, held: str, large: Order
    ) -> None:
        assert (await remedy(aya, held, large, "refund", amount=4000)).status_code == 202
        second = await remedy(aya, held, large, "refund", amount=4000)
        assert (second.status_code, second.json()["error"]["code"]) == (422, "reason_needed")

    async def test_what_a_lead_turns_down_is_not_done(
        self, server: Server, aya: DeskAgent, lena: DeskAgent, held: str, large: Order
    ) -> None:
        asked = await remedy(aya, held, large, "refund", reason="asked nicely")
        path = f"{DESK}/remedies/{asked.json()['id']}"
        assert (await lena.client.post(f"{path}/decline")).json()["state"] == "declined"
        assert await in_the_shop(server) == []
        # What was declined doesn't stand in the way of something smaller.
        assert (await remedy(aya, held, large, "refund", amount=4000)).status_code == 202

    async def test_a_lead_asks_another_lead(
        self, server: Server, aya: DeskAgent, lena: DeskAgent, held: str, large: Order
    ) -> None:
        await aya.do(held, "transfer", to=lena.me["id"])
        body = {"amount": 300_000, "reason": "a very loyal customer"}
        asked = await remedy(lena, held, large, "credit", **body)
        assert asked.json()["state"] == "requested"
        path = f"{DESK}/remedies/{asked.json()['id']}/approve"
        own = await lena.client.post(path)
        assert (own.status_code, own.json()["error"]["code"]) == (409, "own_request")
        mia = await server.agent("Mia", "admin")
        assert (await mia.client.post(path)).json()["state"] == "pending"

    async def test_only_orders_of_this_conversation_and_only_who_holds_it(
        self, server: Server, aya: DeskAgent, lena: DeskAgent, held: str, small: Order
    ) -> None:
        strangers = an_order(lambda o: o.number != small.number)
        assert (await remedy(aya, held, strangers, "refund")).status_code == 404
        refused = await remedy(lena, held, small, "refund")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "refused")
        for wrong in ({"kind": "gift"}, {"amount": 0}, {"amount": "1"}, {"items": [1]}):
            bad = await remedy(aya, held, small, **{"kind": "refund", **wrong})
            assert (wrong, bad.status_code) == (wrong, 422)
        assert await in_the_shop(server) == []
        for unknown in ("0" * 24, "x"):
            answer = await lena.client.post(f"{DESK}/remedies/{unknown}/approve")
            assert answer.status_code == 404

    async def test_a_shop_that_is_away_is_asked_again_and_one_that_refuses_is_heard(
        self,
        server: Server,
        clock: TestClock,
        aya: DeskAgent,
        visitor: Visitor,
        held: str,
        small: Order,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        assert server.parts is not None
        access, keys = server.parts.services.orders, []
        real = access.apply

        def lost(effect: OrderEffect) -> None:
            # The shop did it, and the answer was lost on its way.
            keys.append(effect.key)
            real(effect)
            if len(keys) == 1:
                raise OrdersUnavailable("cut")

        monkeypatch.setattr(access, "apply", lost)
        with clock.standing():
            await remedy(aya, held, small, "refund", amount=1000)
            tried = select(order_effects.c.attempts)
            async with asyncio.timeout(60):
                while not await server.db.reading(lambda c: c.execute(tried).scalar()):
                    await asyncio.sleep(0.05)
            assert [m for m in await visitor.read() if m["kind"] == "remedy"] == []
            clock.push(seconds=30)
        await until_done(aya, held)
        assert (len(keys), len(set(keys)), len(await in_the_shop(server))) == (2, 1, 1)

        def refuses(effect: OrderEffect) -> None:
            raise EffectRefused("the shop's system answered 409")

        monkeypatch.setattr(access, "apply", refuses)
        await remedy(aya, held, small, "refund", amount=500)
        await until_done(aya, held, "refused")
        assert len([m for m in await visitor.read() if m["kind"] == "remedy"]) == 1

    async def test_a_restart_in_between_loses_nothing(
        self, server: Server, aya: DeskAgent, visitor: Visitor, held: str, small: Order,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        assert server.parts is not None

        def dies(effect: OrderEffect) -> None:
            raise OrdersUnavailable("the server died")

        monkeypatch.setattr(server.parts.services.orders, "apply", dies)
        await remedy(aya, held, small, "refund", amount=700)
        await server.stop()
        await server.start()
        server.clock.push(minutes=5)  # type: ignore[attr-defined]
        ben = await server.agent("Ben")
        await until_done(ben, held)
        assert len(await in_the_shop(server)) == 1

    async def test_erasing_keeps_the_figure_without_the_words(
        self, server: Server, aya: DeskAgent, visitor: Visitor, held: str, small: Order
    ) -> None:
        await remedy(aya, held, small, "credit", amount=500, reason="Mrs Sato was upset")
        await until_done(aya, held)
        assert (await visitor.client.delete("/api/v1/visitor/data")).status_code == 204
        row = await server.db.reading(lambda c: c.execute(select(order_effects)).one())
        assert (row.conversation_id, row.amount, row.reason) == (None, 500, None)


EFFECT = OrderEffect("k1", EffectKind.REFUND, "A/1", 300, ("pot",), "broken", OPEN_TIME)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, None), (201, None), (204, None), (409, EffectRefused), (404, EffectRefused),
     (422, EffectRefused), (500, OrdersUnavailable), (429, OrdersUnavailable),
     (401, OrdersUnavailable), (302, OrdersUnavailable)],
)  # fmt: skip
def test_a_json_service_is_asked_under_a_key(status: int, outcome: type[Exception] | None) -> None:
    with OrdersService(lambda path, asked: Answer(status, {})) as service:
        orders = HttpOrders(HttpSource.model_validate({"base_url": service.url}), token="s3cret")
        if outcome is None:
            orders.apply(EFFECT)
        else:
            with pytest.raises(outcome):
                orders.apply(EFFECT)
        orders.close()
    assert service.paths == ["/orders/A%2F1/effects"]
    assert service.authorizations == ["Bearer s3cret"]
    body = {"kind": "refund", "amount": 300, "items": ["pot"], "reason": "broken",
            "at": OPEN_TIME.isoformat()}  # fmt: skip
    assert service.effects == [("k1", body)]


class TestMacros:
    async def test_reply_labels_and_end_are_one(
        self, aya: DeskAgent, visitor: Visitor, held: str
    ) -> None:
        known = (await aya.client.get(f"{DESK}/macros")).json()["macros"]
        assert {"solved", "late-parcel"} <= {one["key"] for one in known}
        body = {"client_id": "m1", "key": "solved"}
        first = await aya.do(held, "macro", **body)
        assert (first.status_code, first.json()["state"]) == (200, "resolved")
        assert (await aya.do(held, "macro", **body)).json()["state"] == "resolved"
        said = [m["text"] for m in await visitor.read() if m["author"] == "agent"]
        assert said == ["Thank you for writing, there. Whenever you need us, we're here."]

    async def test_all_or_nothing(self, aya: DeskAgent, visitor: Visitor, held: str) -> None:
        # The order isn't known: nothing is sent, labelled or put aside.
        refused = await aya.do(held, "macro", client_id="m1", key="late-parcel")
        assert (refused.status_code, refused.json()["error"]["field"]) == (422, "order")
        await visitor.say("wait")
        late = await aya.do(held, "macro", client_id="m2", key="solved", seen_seq=1)
        assert late.json()["error"]["code"] == "wrote_again"
        assert [m for m in await visitor.read() if m["author"] == "agent"] == []
        found = (await aya.client.get(f"{DESK}/conversations/{held}")).json()
        assert (found["labels"], found["state"], found["snoozed_until"]) == ([], "assigned", None)
        said = "I'm looking for your parcel."
        done = await aya.do(held, "macro", client_id="m3", key="late-parcel", text=said)
        assert done.json()["snoozed_until"] is not None
        found = (await aya.client.get(f"{DESK}/conversations/{held}")).json()
        assert found["labels"] == ["late parcel"]
        unknown = await aya.do(held, "macro", client_id="m4", key="nothing")
        assert unknown.status_code == 422

    async def test_only_who_holds_it(self, lena: DeskAgent, held: str) -> None:
        refused = await lena.do(held, "macro", client_id="m1", key="solved")
        assert refused.status_code == 409


class TestAbuse:
    async def test_one_warning_a_lead_who_knows_and_a_way_out(
        self,
        server: Server,
        clock: TestClock,
        aya: DeskAgent,
        lena: DeskAgent,
        visitor: Visitor,
        held: str,
    ) -> None:
        await visitor.say("you useless idiot")
        assert (await aya.do(held, "abuse")).json()["state"] == "assigned"
        again = await aya.do(held, "abuse", hand_on=True, break_minutes=10)
        assert again.json()["state"] == "queued"
        warned = [m for m in await visitor.read() if "without insults" in m["text"]]
        assert len(warned) == 1
        found = (await lena.client.get(f"{DESK}/conversations/{held}")).json()
        assert (found["labels"], found["events"][-1]["why"]) == (["abuse"], "abuse")
        assert (await aya.client.get(f"{DESK}/me")).json()["agent"]["status"] == "away"
        clock.push(minutes=11)
        await server.tick()
        assert (await aya.client.get(f"{DESK}/me")).json()["agent"]["status"] == "available"

    async def test_ending_for_abuse_needs_a_lead(
        self, aya: DeskAgent, lena: DeskAgent, held: str
    ) -> None:
        denied = await aya.do(held, "resolve", reason="abuse")
        assert (denied.status_code, denied.json()["error"]["code"]) == (403, "not_allowed")
        allowed = await lena.do(held, "resolve", reason="abuse")
        assert (allowed.status_code, allowed.json()["state"]) == (200, "resolved")
