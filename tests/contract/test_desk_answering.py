"""What makes answering easier at the desk: putting aside, notes, mentions, suggestions, silence."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from support.store.schema import audit
from tests.contract.desk_scenes import a_shop_at_noon
from tests.harness import DeskAgent, Events, Server, TestClock, Visitor, handover

DESK = "/api/v1/desk"
NOBODYS = "0" * 24


@pytest.fixture
async def aya(server: Server) -> DeskAgent:
    return await server.agent("Aya Mori")


@pytest.fixture
async def ben(server: Server) -> DeskAgent:
    return await server.agent("Ben")


@pytest.fixture
async def lena(server: Server) -> DeskAgent:
    return await server.agent("Lena", "lead")


@pytest.fixture
async def shop(server: Server) -> dict[str, str]:
    assert server.parts is not None
    playbook = server.parts.playbook
    return await server.db.writing(lambda tx: a_shop_at_noon(tx, playbook, server.clock()))


@pytest.fixture
async def held(server: Server, visitor: Visitor, aya: DeskAgent) -> str:
    """A conversation that Aya holds, with a visitor at the other end."""
    server.brain.replies["a person please"] = handover("asked")
    await visitor.answers("a person please")
    assert (await aya.do(visitor.conversation_id, "claim")).status_code == 200
    return visitor.conversation_id


async def detail(agent: DeskAgent, id: str) -> dict[str, Any]:
    response = await agent.client.get(f"{DESK}/conversations/{id}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def said(agent: DeskAgent, id: str) -> list[dict[str, Any]]:
    response = await agent.client.get(f"{DESK}/conversations/{id}/messages")
    found: list[dict[str, Any]] = response.json()["messages"]
    return found


async def happened(agent: DeskAgent, id: str) -> list[str]:
    """The private lines of what happened besides changes of owner."""
    return [m["data"]["event"] for m in await said(agent, id) if m["kind"] == "event"]


def later(clock: TestClock, **by: float) -> str:
    return (clock() + timedelta(**by)).isoformat()


class TestSnooze:
    async def test_it_comes_back_to_the_agent_when_the_time_is_up(
        self, server: Server, clock: TestClock, aya: DeskAgent, visitor: Visitor, held: str
    ) -> None:
        answer = await aya.do(held, "snooze", until=later(clock, hours=1))
        assert (answer.status_code, answer.json()["state"]) == (200, "assigned")
        assert answer.json()["snoozed_until"] is not None
        await server.pass_time(aya, minutes=59)
        await server.tick()
        assert (await detail(aya, held))["snoozed_until"] is not None
        await server.pass_time(aya, minutes=2)
        await server.tick()
        shown = await detail(aya, held)
        assert (shown["snoozed_until"], shown["agent"]["name"]) == (None, "Aya Mori")
        assert await happened(aya, held) == ["snoozed", "woke"]
        # The customer is told nothing of it.
        assert all("nooze" not in m["text"] for m in await visitor.read())

    async def test_a_printed_transcript_tells_it_in_the_readers_language(
        self, clock: TestClock, aya: DeskAgent, lena: DeskAgent, held: str
    ) -> None:
        await aya.do(held, "snooze", until=later(clock, hours=1))
        english = (await lena.client.get(f"/desk/transcripts/{held}")).text
        assert "Aya Mori snoozed this until " in english
        await lena.client.post(f"{DESK}/me", json={"lang": "ja"})
        japanese = (await lena.client.get(f"/desk/transcripts/{held}")).text
        assert "Aya Moriが" in japanese
        assert "までスヌーズしました。" in japanese
        assert "None" not in english

    async def test_it_goes_to_the_queue_when_the_agent_has_gone_home(
        self, server: Server, clock: TestClock, aya: DeskAgent, lena: DeskAgent, held: str
    ) -> None:
        await aya.do(held, "snooze", until=later(clock, hours=2))
        clock.push(hours=1)
        await server.tick()
        # An agent who is away for long loses what they hold, but not what they put aside.
        assert (await detail(lena, held))["state"] == "assigned"
        clock.push(hours=1, minutes=1)
        await server.tick()
        shown = await detail(lena, held)
        assert (shown["state"], shown["events"][-1]["why"]) == ("queued", "snooze over")

    async def test_the_customer_wakes_it(
        self, clock: TestClock, aya: DeskAgent, visitor: Visitor, held: str
    ) -> None:
        await aya.do(held, "snooze", until=later(clock, days=1))
        await visitor.say("I found the receipt")
        shown = await detail(aya, held)
        assert (shown["snoozed_until"], shown["state"]) == (None, "assigned")
        assert await happened(aya, held) == ["snoozed", "wrote"]

    async def test_it_can_be_taken_up_again_by_hand(
        self, clock: TestClock, aya: DeskAgent, held: str
    ) -> None:
        await aya.do(held, "snooze", until=later(clock, days=1))
        answer = await aya.do(held, "snooze", until=None)
        assert (answer.status_code, answer.json()["snoozed_until"]) == (200, None)
        assert (await aya.do(held, "snooze", until=None)).status_code == 200

    async def test_who_may_and_until_when(
        self, clock: TestClock, aya: DeskAgent, ben: DeskAgent, held: str, shop: dict[str, str]
    ) -> None:
        for until in (later(clock, seconds=-1), later(clock, days=91)):
            response = await aya.do(held, "snooze", until=until)
            assert (response.status_code, response.json()["error"]["field"]) == (422, "until")
        for wrong in ("tomorrow", "2026-12-01T10:00:00", 5, ["x"]):
            assert (await aya.do(held, "snooze", until=wrong)).status_code == 422
        assert (await aya.do(held, "snooze")).status_code == 422
        tomorrow = later(clock, days=1)
        assert (await ben.do(held, "snooze", until=tomorrow)).json()["error"]["code"] == "claimed"
        assert (await aya.do(shop["asked"], "snooze", until=tomorrow)).status_code == 409
        assert (await aya.do(NOBODYS, "snooze", until=tomorrow)).status_code == 404
        assert (await detail(aya, held))["snoozed_until"] is None

    async def test_a_restart_doesnt_lose_it(
        self, server: Server, clock: TestClock, aya: DeskAgent, held: str
    ) -> None:
        await aya.do(held, "snooze", until=later(clock, minutes=30))
        await server.stop()
        clock.push(minutes=31)
        await server.start()
        await server.tick()
        ben = await server.agent("Ben")
        assert (await happened(ben, held)).count("woke") == 1


class TestSilence:
    async def test_an_agent_who_doesnt_answer_is_told_and_then_loses_the_conversation(
        self, server: Server, clock: TestClock, aya: DeskAgent, visitor: Visitor, held: str
    ) -> None:
        await aya.reply(held, "Hello!")
        await visitor.say("are you still there?")
        async with aya.client.stream("GET", f"{DESK}/events", timeout=60) as response:
            events = Events(response)
            await events.until("counts")
            await self._pass_minutes(server, aya, 6)
            assert await events.until("alert") == {"id": held, "alert": "silent"}
        assert await happened(aya, held) == ["silent"]
        assert (await detail(aya, held))["state"] == "assigned"
        await self._pass_minutes(server, aya, 6)
        shown = await detail(aya, held)
        assert (shown["state"], shown["events"][-1]["why"]) == ("queued", "no answer")
        # The customer hears that somebody else will answer, once.
        await self._pass_minutes(server, aya, 6)
        told = [m["text"] for m in await visitor.read() if "had to step away" in m["text"]]
        assert len(told) == 1

    async def test_an_answer_in_time_keeps_it(
        self, server: Server, clock: TestClock, aya: DeskAgent, visitor: Visitor, held: str
    ) -> None:
        await visitor.say("are you there?")
        await self._pass_minutes(server, aya, 6)
        assert await happened(aya, held) == ["silent"]
        await aya.reply(held, "I am, sorry for the wait.")
        await self._pass_minutes(server, aya, 20)
        assert (await detail(aya, held))["state"] == "assigned"
        assert await happened(aya, held) == ["silent"]

    async def test_a_transfer_starts_anew(
        self,
        server: Server,
        clock: TestClock,
        aya: DeskAgent,
        ben: DeskAgent,
        visitor: Visitor,
        held: str,
    ) -> None:
        await visitor.say("are you there?")
        await self._pass_minutes(server, aya, 6)
        await aya.do(held, "transfer", to=ben.me["id"])
        await ben.client.get(f"{DESK}/me")
        await self._pass_minutes(server, ben, 5)
        # The timer of Aya's time finds another epoch, and Ben has had less than ten minutes.
        assert (await detail(ben, held))["agent"]["name"] == "Ben"

    async def test_snoozed_is_not_silent(
        self, server: Server, clock: TestClock, aya: DeskAgent, visitor: Visitor, held: str
    ) -> None:
        await visitor.say("take your time")
        await aya.do(held, "snooze", until=later(clock, hours=5))
        await self._pass_minutes(server, aya, 30)
        assert await happened(aya, held) == ["snoozed"]

    async def _pass_minutes(self, server: Server, agent: DeskAgent, minutes: int) -> None:
        """Time passes while the agent is at the desk."""
        await server.pass_time(agent, minutes=minutes)
        await server.tick()


class TestPassingOnAndEnding:
    async def test_a_note_goes_with_a_transfer(
        self, aya: DeskAgent, ben: DeskAgent, visitor: Visitor, held: str
    ) -> None:
        await aya.do(held, "transfer", to=ben.me["id"], note="She wants the blue one.")
        notes = [m for m in await said(ben, held) if m["private"]]
        assert [(m["text"], m["agent"]["name"]) for m in notes] == [
            ("She wants the blue one.", "Aya Mori")
        ]
        assert all("blue" not in m["text"] for m in await visitor.read())
        # Refused: the note isn't left either.
        refused = await aya.do(held, "transfer", to=aya.me["id"], note="mine again")
        assert refused.status_code == 409
        assert len([m for m in await said(ben, held) if m["private"]]) == 1

    async def test_ending_while_the_customer_writes_is_noticed(
        self, aya: DeskAgent, visitor: Visitor, held: str
    ) -> None:
        seen = (await said(aya, held))[-1]["seq"]
        await visitor.say("one more thing")
        refused = await aya.do(held, "resolve", reason="solved", seen_seq=seen)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "wrote_again")
        assert (await detail(aya, held))["state"] == "assigned"
        seen = (await said(aya, held))[-1]["seq"]
        ended = await aya.do(held, "resolve", reason="solved", seen_seq=seen)
        assert ended.json()["state"] == "resolved"


class TestMentions:
    async def test_a_colleague_is_told_and_finds_it(
        self, aya: DeskAgent, ben: DeskAgent, held: str
    ) -> None:
        async with ben.client.stream("GET", f"{DESK}/events", timeout=60) as response:
            events = Events(response)
            await events.until("counts")
            await aya.do(held, "note", text="@ben can you look? @Aya Mori", client_id="n1")
            assert await events.until("alert") == {"id": held, "alert": "mention"}
        await aya.do(held, "note", text="@ben can you look? @Aya Mori", client_id="n1")
        [mention] = (await ben.client.get(f"{DESK}/mentions")).json()["mentions"]
        assert mention["conversation"] == held
        assert mention["text"].startswith("@ben can you look?")
        assert (mention["by"], mention["seen"]) == ("Aya Mori", False)
        assert (await aya.client.get(f"{DESK}/mentions")).json()["mentions"] == []
        assert (await ben.client.post(f"{DESK}/mentions")).status_code == 204
        [mention] = (await ben.client.get(f"{DESK}/mentions")).json()["mentions"]
        assert mention["seen"] is True

    async def test_who_is_not_named_is_not_told(
        self, server: Server, aya: DeskAgent, ben: DeskAgent, held: str
    ) -> None:
        benedict = await server.agent("Benedict")
        for text in ("ben@example.com", "Ben, look", "@Benjamin"):
            await aya.do(held, "note", text=text, client_id=uuid4().hex)
        await aya.do(held, "note", text="@Benedictさん、お願いします", client_id=uuid4().hex)
        assert len((await benedict.client.get(f"{DESK}/mentions")).json()["mentions"]) == 1
        assert (await ben.client.get(f"{DESK}/mentions")).json()["mentions"] == []


class TestCustomer:
    async def test_notes_are_shared_and_struck_by_their_author_or_a_lead(
        self, aya: DeskAgent, ben: DeskAgent, lena: DeskAgent, visitor: Visitor, held: str
    ) -> None:
        body = {"text": "Prefers to be written to, not called.", "client_id": "c1"}
        first = await aya.do(held, "customer-notes", **body)
        again = await aya.do(held, "customer-notes", **body)
        assert (first.status_code, first.json()) == (201, again.json())
        [note] = (await detail(ben, held))["notes"]
        assert (note["text"], note["agent"]["name"]) == (body["text"], "Aya Mori")
        path = f"{DESK}/conversations/{held}/customer-notes/{note['id']}"
        assert (await ben.client.delete(path)).status_code == 403
        assert (await lena.client.delete(path)).status_code == 204
        assert (await lena.client.delete(path)).status_code == 404
        assert (await lena.client.delete(path + "9" * 30)).status_code == 404
        assert (await detail(ben, held))["notes"] == []
        for text in ("", "  ", "x" * 1001, "\x00", 5):
            refused = await aya.do(held, "customer-notes", text=text, client_id="c2")
            assert refused.status_code == 422

    async def test_erasing_a_customer_erases_the_notes(
        self, aya: DeskAgent, visitor: Visitor, held: str
    ) -> None:
        await aya.do(held, "customer-notes", text="likes sencha", client_id="c1")
        await aya.do(held, "note", text="@Aya Mori", client_id="n")
        assert (await visitor.client.delete("/api/v1/visitor/data")).status_code == 204
        assert (await aya.client.get(f"{DESK}/conversations/{held}")).status_code == 404

    async def test_addresses_are_masked_until_asked_for_and_asking_is_recorded(
        self, server: Server, aya: DeskAgent, shop: dict[str, str]
    ) -> None:
        id = shop["broken"]
        shown = (await detail(aya, id))["customer"]
        assert "misaki.sato@example.jp" not in str(shown)
        response = await aya.do(id, "contact")
        assert response.json()["email"] == "misaki.sato@example.jp"
        rows = await server.db.reading(
            lambda c: c.execute(
                select(audit.c.actor, audit.c.action, audit.c.subject, audit.c.detail).where(
                    audit.c.action.not_in(("sign_in", "conversation_seen"))
                )
            ).all()
        )
        assert [tuple(row) for row in rows] == [
            (f"agent:{aya.me['id']}", "contact_shown", id, None)
        ]
        del aya.client.headers["X-CSRF-Token"]
        assert (await aya.do(id, "contact")).status_code == 403


class TestSuggestions:
    async def test_articles_and_replies_for_the_last_question(
        self, server: Server, aya: DeskAgent, shop: dict[str, str]
    ) -> None:
        assert server.parts is not None
        server.parts.services.knowledge.current.wait()
        response = await aya.client.get(f"{DESK}/conversations/{shop['bot']}/suggestions")
        found = response.json()
        assert found["question"]["text"] == "送料はいくらですか？"
        best = found["articles"][0]
        assert (best["lang"], best["id"]) == ("ja", "delivery-cost")
        assert best["url"].endswith("/help/ja/delivery-cost")
        assert "円" in best["passage"]
        # Aya reads English: the same in her language, from the paired article.
        assert best["own_title"]
        assert best["own_passage"].isascii() or "¥" in best["own_passage"]
        keys = [
            one["key"]
            for one in (
                await aya.client.get(f"{DESK}/conversations/{shop['broken']}/suggestions")
            ).json()["replies"]
        ]
        assert keys[0] in ("sorry-broken", "replacement-on-its-way")

    async def test_nothing_of_a_strangers(self, aya: DeskAgent) -> None:
        for id in (NOBODYS, "x"):
            response = await aya.client.get(f"{DESK}/conversations/{id}/suggestions")
            assert response.status_code == 404
