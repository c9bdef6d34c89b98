"""Conversations at the desk: found, read, claimed, answered, passed on, ended."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from support import conversations
from support.store import Transaction
from support.team import agent_settings
from tests.contract.desk_scenes import a_shop_at_noon
from tests.harness import DeskAgent, Events, Server, TestClock, Visitor, handover

DESK = "/api/v1/desk"
NOBODYS = "0" * 24


@pytest.fixture
async def aya(server: Server) -> AsyncIterator[DeskAgent]:
    agent = await server.agent("Aya")
    yield agent
    await agent.client.aclose()


@pytest.fixture
async def ben(server: Server) -> AsyncIterator[DeskAgent]:
    agent = await server.agent("Ben")
    yield agent
    await agent.client.aclose()


@pytest.fixture
async def lena(server: Server) -> AsyncIterator[DeskAgent]:
    agent = await server.agent("Lena", "lead")
    yield agent
    await agent.client.aclose()


@pytest.fixture
async def shop(server: Server) -> dict[str, str]:
    """Conversations in all states, by name."""
    assert server.parts is not None
    playbook = server.parts.playbook
    return await server.db.writing(lambda tx: a_shop_at_noon(tx, playbook, server.clock()))


@pytest.fixture
async def waiting(server: Server, visitor: Visitor, aya: DeskAgent) -> str:
    """A conversation in the queue, with a visitor at the other end."""
    server.brain.replies["a person please"] = handover("asked")
    await visitor.answers("a person please")
    return visitor.conversation_id


async def listed(agent: DeskAgent, /, **query: Any) -> list[dict[str, Any]]:
    response = await agent.client.get(f"{DESK}/conversations", params=query)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["conversations"]
    return found


async def detail(agent: DeskAgent, id: str) -> dict[str, Any]:
    response = await agent.client.get(f"{DESK}/conversations/{id}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def said(agent: DeskAgent, id: str, after: int = 0) -> list[dict[str, Any]]:
    response = await agent.client.get(
        f"{DESK}/conversations/{id}/messages", params={"after": after}
    )
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["messages"]
    return found


class TestLists:
    async def test_the_queue_is_by_priority(self, aya: DeskAgent, shop: dict[str, str]) -> None:
        rows = await listed(aya, state="queued", sort="queue")
        names = {id: name for name, id in shop.items()}
        assert [names[row["id"]] for row in rows] == ["angry", "security", "broken", "asked"]
        first = rows[0]
        assert (first["reason"], first["anger"], first["customer"]) == ("angry", "angry", None)
        assert first["waiting_s"] > 7 * 60
        assert first["last_message"] == "Please, before Friday."
        assert first["last_customer_seq"] > 0
        # Told apart by what the customers said: the assistant says the same to all who wait.
        for row in rows:
            theirs = [m["text"] for m in await said(aya, row["id"]) if m["author"] == "customer"]
            assert row["last_message"] == theirs[-1]

    async def test_filters(self, aya: DeskAgent, shop: dict[str, str]) -> None:
        for query, number in (
            ({"state": "bot"}, 2),
            ({"state": "bot,resolved"}, 5),
            ({"state": "queued", "channel": "telegram"}, 1),
            ({"state": "queued", "lang": "ja"}, 1),
            ({"reason": "complaint"}, 1),
            ({"q": "camp fire"}, 1),
            ({"q": "急須"}, 1),
            ({"q": '"kettle" OR *'}, 0),
            ({"q": "' -- ; %"}, 0),
            ({"agent": "me"}, 0),
            ({"label": "vip"}, 0),
            ({"tier": "bloom"}, 1),
            ({"state": "queued", "waiting": 5}, 1),
            ({"snoozed": "1"}, 0),
            ({"snoozed": "0"}, 9),
            ({"from": "2026-11-18", "to": "2026-11-18"}, 6),
            ({"to": "2026-11-17"}, 3),
            ({}, 9),
        ):
            assert (query, len(await listed(aya, **query))) == (query, number)

    async def test_unknown_values_are_errors(self, aya: DeskAgent) -> None:
        naive = "MjAyNi0xMS0xOFQwMDowMDowMCBh"
        for name, value in (
            ("state", "open"), ("state", "bot,nothing"), ("channel", "fax"), ("lang", "de"),
            ("reason", "bored"), ("agent", "you"), ("agent", "9" * 30), ("sort", "random"),
            ("limit", "many"), ("limit", "0"), ("from", "yesterday"), ("to", "2026-13-01"),
            ("waiting", "long"), ("snoozed", "2"),
            ("cursor", "nonsense"), ("cursor", naive), ("q", "x" * 401), ("q", "\x00"),
        ):  # fmt: skip
            response = await aya.client.get(f"{DESK}/conversations", params={name: value})
            assert (name, value, response.status_code) == (name, value, 422)
            assert response.json()["error"]["field"] == name

    async def test_pages_join_up(self, aya: DeskAgent, shop: dict[str, str]) -> None:
        # Those that wait are told new estimates meanwhile, which makes them newer.
        settled = {"state": "bot,resolved"}
        for query in (
            {"sort": "newest", **settled},
            {"sort": "oldest", **settled},
            {"sort": "queue"},
        ):
            whole = [row["id"] for row in await listed(aya, **query)]
            joined: list[str] = []
            cursor: str | None = ""
            while cursor is not None:
                page = await aya.client.get(
                    f"{DESK}/conversations", params={**query, "limit": 2, "cursor": cursor}
                )
                joined += [row["id"] for row in page.json()["conversations"]]
                cursor = page.json()["cursor"]
            assert (query, joined) == (query, whole)

    async def test_what_is_put_aside_is_apart_until_its_time(
        self, server: Server, clock: TestClock, aya: DeskAgent, waiting: str
    ) -> None:
        await aya.do(waiting, "claim")
        until = clock() + timedelta(hours=2)

        def put_aside(tx: Transaction) -> None:
            _, conversation = conversations.lock(tx, waiting)
            conversations.note(tx, conversation, snoozed_until=until, topic="faq_returns")

        await server.db.writing(put_aside)
        assert [row["id"] for row in await listed(aya, snoozed="1")] == [waiting]
        assert [row["id"] for row in await listed(aya, topic="faq_returns")] == [waiting]
        assert await listed(aya, topic="faq_payment") == []
        assert await listed(aya, state="assigned", agent="me", snoozed="0") == []
        counts = (await aya.client.get(f"{DESK}/counts")).json()
        assert (counts["mine"], counts["snoozed"], counts["assigned"]) == (0, 1, 1)
        clock.push(hours=3)
        assert await listed(aya, snoozed="1") == []
        counts = (await aya.client.get(f"{DESK}/counts")).json()
        assert (counts["mine"], counts["snoozed"]) == (1, 0)

    async def test_counts_are_of_what_the_views_show(
        self, aya: DeskAgent, shop: dict[str, str]
    ) -> None:
        counts = (await aya.client.get(f"{DESK}/counts")).json()
        for state in ("bot", "queued", "assigned", "resolved"):
            assert (state, counts[state]) == (state, len(await listed(aya, state=state)))

    async def test_a_view_is_kept_and_shared_by_a_lead(
        self, aya: DeskAgent, ben: DeskAgent, lena: DeskAgent
    ) -> None:
        body = {"name": "Cross, in Japanese", "query": "?state=queued&lang=ja&q=secret&limit=2"}
        made = await aya.client.post(f"{DESK}/views", json=body)
        assert (made.status_code, made.json()["query"]) == (201, "state=queued&lang=ja")
        shared = {"name": "Security", "query": "reason=security", "shared": True}
        assert (await aya.client.post(f"{DESK}/views", json=shared)).status_code == 403
        assert (await lena.client.post(f"{DESK}/views", json=shared)).status_code == 201
        hers = (await aya.client.get(f"{DESK}/views")).json()["views"]
        assert [(one["name"], one["mine"]) for one in hers] == [
            ("Cross, in Japanese", True), ("Security", False),
        ]  # fmt: skip
        his = (await ben.client.get(f"{DESK}/views")).json()["views"]
        assert [one["name"] for one in his] == ["Security"]
        assert (await lena.client.get(f"{DESK}/searches")).json()["searches"] == []
        for agent, view, status in ((ben, hers[0], 404), (aya, hers[1], 404), (aya, hers[0], 204)):
            gone = await agent.client.post(f"{DESK}/views/{view['id']}/forget")
            assert (view["name"], gone.status_code) == (view["name"], status)
        for wrong in ({"name": " ", "query": "lang=ja"}, {"name": "x", "query": "q=only"}):
            assert (await aya.client.post(f"{DESK}/views", json=wrong)).status_code == 422

    async def test_personal_data_is_masked_in_previews(
        self, server: Server, visitor: Visitor, aya: DeskAgent
    ) -> None:
        await visitor.say("write to me at mary.jones@example.com")
        [row] = [r for r in await listed(aya) if r["id"] == visitor.conversation_id]
        assert "mary.jones" not in row["last_message"]


class TestReading:
    async def test_what_an_agent_needs_is_there(self, aya: DeskAgent, shop: dict[str, str]) -> None:
        found = await detail(aya, shop["angry"])
        assert (found["state"], found["reason"], found["lang"]) == ("queued", "angry", "en")
        lines = {line["line"]: line for line in found["summary"]}
        assert set(lines) == {"wish", "facts", "tried", "mood", "promise", "next"}
        assert lines["wish"]["seq"] in {message["seq"] for message in await said(aya, found["id"])}
        assert found["orders"][0]["days_late"] > 0
        assert found["orders"][0]["proven"]
        assert "email" not in found["orders"][0]
        assert "postcode" not in found["orders"][0]
        assert found["cases"][0]["wish"] == "replacement"
        assert found["queue"]["position"] == 1
        assert [event["to"] for event in found["events"]] == ["queued"]
        assert found["promises"][0]["overdue"] is False
        assert found["reviews"] == []

    async def test_the_summary_is_in_the_agents_language(
        self, aya: DeskAgent, shop: dict[str, str]
    ) -> None:
        await aya.client.post(f"{DESK}/me", json={"lang": "ja"})
        labels = [line["label"] for line in (await detail(aya, shop["angry"]))["summary"]]
        assert labels[0] == "ご用件"

    async def test_messages_carry_what_the_assistant_read(
        self, aya: DeskAgent, shop: dict[str, str]
    ) -> None:
        messages = await said(aya, shop["angry"])
        upset = next(m for m in messages if m.get("reading", {}).get("anger") == "angry")
        assert upset["reading"]["intent"] == "complaint"
        assert upset["reading"]["confidence"] == 0.95
        assert {"entity": "fault", "value": "late"} in upset["reading"]["entities"]
        later = await said(aya, shop["angry"], after=upset["seq"])
        # The assistant may have said more since.
        known = [m["seq"] for m in messages if m["seq"] > upset["seq"]]
        assert [m["seq"] for m in later][: len(known)] == known

    async def test_card_numbers_are_seen_by_nobody(
        self, aya: DeskAgent, shop: dict[str, str]
    ) -> None:
        assert "4111 1111" not in json.dumps(await said(aya, shop["security"]))
        assert "4111 1111" not in json.dumps(await detail(aya, shop["security"]))

    async def test_addresses_are_seen_only_while_the_matter_is_open(
        self, aya: DeskAgent, waiting: str, visitor: Visitor
    ) -> None:
        await visitor.say("my address is mary.jones@example.com")
        assert "mary.jones@example.com" in json.dumps(await said(aya, waiting))
        await aya.do(waiting, "claim")
        await aya.do(waiting, "resolve", reason="solved")
        assert "mary.jones" not in json.dumps(await said(aya, waiting))
        page = await aya.client.get(f"/desk/transcripts/{waiting}")
        assert "mary.jones" not in page.text

    async def test_what_is_not_there(self, aya: DeskAgent) -> None:
        for id in (NOBODYS, "x", "%2E%2E%2Fme", "%00", "' or 1=1"):
            for path in (f"conversations/{id}", f"conversations/{id}/messages"):
                response = await aya.client.get(f"{DESK}/{path}")
                assert (path, response.status_code) == (path, 404)
        assert (await aya.do(NOBODYS, "claim")).status_code == 404
        assert (await aya.client.get(f"/desk/transcripts/{NOBODYS}")).status_code == 404


class TestHandling:
    async def test_a_conversation_from_claim_to_end(
        self, server: Server, aya: DeskAgent, visitor: Visitor, waiting: str
    ) -> None:
        claimed = await aya.do(waiting, "claim")
        assert claimed.json()["agent"]["name"] == "Aya"
        assert (await aya.do(waiting, "claim")).json() == claimed.json()
        assert (await aya.reply(waiting, "Hello, this is Aya.")).status_code == 202
        message = (await visitor.read())[-1]
        assert (message["author"], message["text"]) == ("agent", "Hello, this is Aya.")
        assert (await aya.do(waiting, "resolve", reason="solved")).json()["state"] == "resolved"
        assert (await aya.do(waiting, "resolve", reason="solved")).status_code == 200
        found = await detail(aya, waiting)
        assert (found["resolve_reason"], found["agent"]) == ("solved", None)
        assert (await aya.do(waiting, "claim")).status_code == 409
        assert (await aya.do(waiting, "reopen")).json()["state"] == "assigned"

    async def test_of_two_who_claim_at_once_one_wins(
        self, aya: DeskAgent, ben: DeskAgent, waiting: str
    ) -> None:
        answers = await asyncio.gather(aya.do(waiting, "claim"), ben.do(waiting, "claim"))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        won = (await detail(aya, waiting))["agent"]["name"]
        lost = next(answer for answer in answers if answer.status_code == 409)
        assert lost.json()["error"] == {
            "code": "claimed", "message": f"{won} has taken this conversation",
        }  # fmt: skip

    async def test_only_the_holder_acts(
        self, aya: DeskAgent, ben: DeskAgent, waiting: str, visitor: Visitor
    ) -> None:
        attempts = (
            ("reply", {"client_id": "1", "text": "Hi"}),
            ("return", {}),
            ("transfer", {"to": "queue"}),
            ("resolve", {"reason": "solved"}),
        )
        await aya.do(waiting, "claim")
        seq = (await visitor.read())[-1]["seq"]
        for action, body in attempts:
            denied = await ben.do(waiting, action, **body)
            assert (action, denied.status_code) == (action, 409)
        assert await visitor.read(seq) == []
        for action, body in attempts[:2]:
            assert (await aya.do(waiting, action, **body)).status_code in (200, 202)

    async def test_a_repeated_reply_is_one_message(
        self, aya: DeskAgent, visitor: Visitor, waiting: str
    ) -> None:
        await aya.do(waiting, "claim")
        body = {"client_id": uuid4().hex, "text": "Once."}
        first, second = await asyncio.gather(
            aya.do(waiting, "reply", **body), aya.do(waiting, "reply", **body)
        )
        assert first.status_code == 202
        assert first.json() == second.json()
        assert [m["text"] for m in await visitor.read()].count("Once.") == 1

    async def test_notes_are_for_the_team(
        self, aya: DeskAgent, ben: DeskAgent, visitor: Visitor, waiting: str
    ) -> None:
        response = await ben.do(waiting, "note", client_id="n", text="She is a regular.")
        assert response.status_code == 202
        [note] = [m for m in await said(aya, waiting) if m["private"]]
        assert (note["text"], note["agent"]["name"]) == ("She is a regular.", "Ben")
        assert "regular" not in json.dumps(await visitor.read())

    async def test_passing_it_on(
        self, aya: DeskAgent, ben: DeskAgent, waiting: str, visitor: Visitor
    ) -> None:
        await aya.do(waiting, "claim")
        given = await aya.do(waiting, "transfer", to=ben.me["id"])
        assert given.json()["agent"]["name"] == "Ben"
        back = await ben.do(waiting, "transfer", to="queue")
        assert (back.json()["state"], back.json()["agent"]) == ("queued", None)
        assert (await detail(aya, waiting))["reason"] == "agent"
        for to in (10_000, "nobody", None, True):
            assert (await aya.do(waiting, "transfer", to=to)).status_code == 422

    async def test_passing_it_on_to_a_team(
        self, server: Server, aya: DeskAgent, ben: DeskAgent, waiting: str
    ) -> None:
        assert (await aya.do(waiting, "transfer", to="team:tea")).status_code == 422
        await server.db.writing(
            lambda tx: agent_settings.set_abilities(tx, ben.me["id"], team="tea")
        )
        await aya.do(waiting, "claim")
        given = await aya.do(waiting, "transfer", to="team:tea", note="The kettle, please.")
        assert given.json()["state"] == "queued"
        rows = (await ben.client.get(f"{DESK}/conversations")).json()["conversations"]
        [row] = [one for one in rows if one["id"] == waiting]
        assert row["team"] == "tea"
        assert "The kettle, please." in str(await said(ben, waiting))
        for to in ("team:", "team:a b", "team:nobody"):
            assert (await aya.do(waiting, "transfer", to=to)).status_code == 422

    async def test_a_lead_may_step_in(self, aya: DeskAgent, lena: DeskAgent, waiting: str) -> None:
        await aya.do(waiting, "claim")
        assert (await lena.do(waiting, "claim")).status_code == 409
        taken = await lena.do(waiting, "transfer", to=lena.me["id"])
        assert taken.json()["agent"]["name"] == "Lena"

    async def test_returned_the_assistant_answers_the_next_message(
        self, server: Server, aya: DeskAgent, visitor: Visitor, waiting: str
    ) -> None:
        assert (await aya.do(waiting, "return", hint="too early")).status_code == 409
        await aya.do(waiting, "claim")
        back = await aya.do(waiting, "return", hint="They only want the opening hours.")
        assert back.json()["state"] == "bot"
        assert (await detail(aya, waiting))["hint"] == "They only want the opening hours."
        assert [m["author"] for m in await visitor.answers("when are you open?")] == ["bot"]

    async def test_labels(self, aya: DeskAgent, waiting: str) -> None:
        assert (await aya.do(waiting, "label", add=["vip", "tea", "vip"])).json() == {
            "labels": ["vip", "tea"]
        }
        assert (await aya.do(waiting, "label", add=["花"], remove=["vip"])).json() == {
            "labels": ["tea", "花"]
        }
        assert [row["id"] for row in await listed(aya, label="花")] == [waiting]
        for wrong in ({"add": [""]}, {"add": ["x" * 41]}, {"add": "vip"}, {"add": ["\x00"]}):
            assert (await aya.do(waiting, "label", **wrong)).status_code == 422

    async def test_the_customer_sees_that_somebody_types(
        self, aya: DeskAgent, ben: DeskAgent, visitor: Visitor, waiting: str
    ) -> None:
        await aya.do(waiting, "claim")
        async with visitor.events() as events:
            await events.until("state")
            assert (await ben.do(waiting, "typing", typing=True)).status_code == 204
            assert (await aya.do(waiting, "typing", typing=True)).status_code == 204
            assert await events.until("typing") == {"author": "agent", "typing": True}

    async def test_bad_bodies_change_nothing(self, aya: DeskAgent, waiting: str) -> None:
        await aya.do(waiting, "claim")
        before = await detail(aya, waiting)
        bad: tuple[tuple[str, dict[str, Any]], ...] = (
            ("reply", {"client_id": "1"}),
            ("reply", {"client_id": "", "text": "Hi"}),
            ("reply", {"client_id": "1", "text": " "}),
            ("reply", {"client_id": "1", "text": "x" * 4001}),
            ("reply", {"client_id": "1", "text": "\x00"}),
            ("note", {"client_id": "1", "text": 5}),
            ("resolve", {}),
            ("resolve", {"reason": " "}),
            ("return", {"hint": 1}),
            ("typing", {"typing": "yes"}),
        )
        for action, body in bad:
            response = await aya.do(waiting, action, **body)
            assert (action, body, response.status_code) == (action, body, 422)
        after = await detail(aya, waiting)
        assert (after["epoch"], after["last_seq"]) == (before["epoch"], before["last_seq"])

    async def test_bodies_that_are_no_json(self, aya: DeskAgent, waiting: str) -> None:
        path = f"{DESK}/conversations/{waiting}/note"
        headers = {"Content-Type": "application/json"}
        for content in (b"{", b"\xff\xfe", b"NaN"):
            response = await aya.client.post(path, content=content, headers=headers)
            assert response.status_code == 400
        form = await aya.client.post(path, data={"text": "x"})
        assert form.status_code == 415


class TestLive:
    async def test_the_stream_tells_of_what_is_new(
        self, server: Server, aya: DeskAgent, visitor: Visitor, waiting: str
    ) -> None:
        async with aya.client.stream("GET", f"{DESK}/events", timeout=60) as response:
            events = Events(response)
            agents = await events.until("agents")
            assert [one["name"] for one in agents["agents"]] == ["Aya"]
            counts = await events.until("counts")
            assert (counts["queued"], counts["mine"]) == (1, 0)
            seq = await visitor.say("are you there?")
            while (told := await events.until("conversation"))["seq"] < seq:
                assert told["id"] == waiting
            assert told["id"] == waiting
            await visitor.client.post("/api/v1/visitor/typing", json={"typing": True})
            assert await events.until("typing") == {"id": waiting, "typing": True}
            await visitor.client.post("/api/v1/visitor/read", json={"seq": 1})
            assert await events.until("read") == {"id": waiting, "seq": 1}
            await aya.do(waiting, "claim")
            while (counts := await events.until("counts"))["mine"] == 0:
                pass
            assert (counts["queued"], counts["assigned"]) == (0, 1)

    async def test_signing_out_elsewhere_ends_the_stream(self, aya: DeskAgent) -> None:
        async with aya.client.stream("GET", f"{DESK}/events", timeout=60) as response:
            events = Events(response)
            await events.until("counts")
            async with httpx.AsyncClient(
                base_url=aya.client.base_url,
                cookies=aya.client.cookies,
                headers={"X-CSRF-Token": aya.client.headers["X-CSRF-Token"]},
                timeout=60,
                trust_env=False,
            ) as elsewhere:
                await elsewhere.post(f"{DESK}/logout")
            assert await events.until("ended") == {}


class TestPresence:
    """Fault 18's gentler sister: two colleagues see each other before they both answer."""

    async def test_colleagues_see_who_looks_and_who_types(
        self, server: Server, clock: TestClock, aya: DeskAgent, ben: DeskAgent, waiting: str
    ) -> None:
        # Who types is seen to for some seconds only.
        with clock.standing():
            await self._seen_and_gone(aya, ben, waiting)

    async def _seen_and_gone(self, aya: DeskAgent, ben: DeskAgent, waiting: str) -> None:
        async with ben.client.stream("GET", f"{DESK}/events", timeout=60) as response:
            events = Events(response)
            await events.until("counts")
            mine = await aya.do(waiting, "presence", doing="viewing")
            assert [one["name"] for one in mine.json()["present"]] == ["Aya"]
            told = await events.until("presence")
            assert told["id"] == waiting
            [seen] = told["present"]
            assert (seen["name"], seen["doing"]) == ("Aya", "viewing")
            assert 0 < seen["seconds"] <= 60
            await aya.do(waiting, "presence", doing="typing")
            [seen] = (await events.until("presence"))["present"]
            assert (seen["name"], seen["doing"]) == ("Aya", "typing")
            assert [one["name"] for one in (await detail(ben, waiting))["present"]] == ["Aya"]
            assert [one["present"][0]["name"] for one in await listed(ben)] == ["Aya"]
            await aya.do(waiting, "presence", doing="left")
            assert (await events.until("presence"))["present"] == []
        assert (await detail(ben, waiting))["present"] == []

    async def test_it_runs_out_by_itself(
        self, server: Server, clock: TestClock, aya: DeskAgent, ben: DeskAgent, waiting: str
    ) -> None:
        with clock.standing():
            await aya.do(waiting, "presence", doing="typing")
            clock.push(seconds=10)
            assert [one["doing"] for one in (await detail(ben, waiting))["present"]] == ["viewing"]
            clock.push(seconds=50)
            assert (await detail(ben, waiting))["present"] == []

    async def test_what_is_refused(self, aya: DeskAgent, waiting: str) -> None:
        assert (await aya.do(waiting, "presence", doing="sleeping")).status_code == 422
        assert (await aya.do(NOBODYS, "presence", doing="viewing")).status_code == 404
