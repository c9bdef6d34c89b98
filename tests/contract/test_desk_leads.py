"""What support leads do at the desk: reviews, exports, figures, missed questions."""

import base64
import csv
import html
import io
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from support import conversations
from support.store import Transaction
from support.store.schema import customers, nps
from support.transcripts.exports import inert
from tests.contract.desk_scenes import Scene, a_shop_at_noon
from tests.harness import DeskAgent, Server, Visitor, answer

DESK = "/api/v1/desk"


@pytest.fixture
async def aya(server: Server) -> AsyncIterator[DeskAgent]:
    agent = await server.agent("Aya")
    yield agent
    await agent.client.aclose()


@pytest.fixture
async def lena(server: Server) -> AsyncIterator[DeskAgent]:
    agent = await server.agent("Lena", "lead")
    yield agent
    await agent.client.aclose()


@pytest.fixture
async def shop(server: Server) -> dict[str, str]:
    assert server.parts is not None
    playbook = server.parts.playbook
    return await server.db.writing(lambda tx: a_shop_at_noon(tx, playbook, server.clock()))


async def exported(agent: DeskAgent, **query: str) -> str:
    response = await agent.client.get(f"{DESK}/export", params=query)
    assert response.status_code == 200, response.text
    return response.text


async def test_reviews_are_given_and_read_by_leads(
    aya: DeskAgent, lena: DeskAgent, shop: dict[str, str]
) -> None:
    review = {"verdict": "wrong_intent", "seq": 1, "intent": "faq_products", "score": 2,
              "comment": "camping gear"}  # fmt: skip
    assert (await aya.do(shop["puzzled"], "review", **review)).status_code == 403
    assert (await lena.do(shop["puzzled"], "review", **review)).status_code == 201
    found = await lena.client.get(f"{DESK}/conversations/{shop['puzzled']}")
    [kept] = found.json()["reviews"]
    assert {name: kept[name] for name in review} == review
    assert kept["by"] == "Lena"
    page = await lena.client.get(f"/desk/transcripts/{shop['puzzled']}")
    assert "camping gear" in page.text
    page = await aya.client.get(f"/desk/transcripts/{shop['puzzled']}")
    assert page.status_code == 200
    assert "camping gear" not in page.text


async def test_wrong_reviews(lena: DeskAgent, shop: dict[str, str]) -> None:
    bad: tuple[dict[str, Any], ...] = (
        {}, {"verdict": "meh"}, {"verdict": "good", "score": 6}, {"verdict": "good", "seq": 10_000},
        {"verdict": "good", "score": "5"}, {"verdict": "good", "comment": "x" * 2001},
        {"verdict": "good", "to_agent": 999}, {"verdict": "good", "scorecard": {"warm": 3}},
        {"verdict": "good", "scorecard": {"cold": 1}},
    )  # fmt: skip
    for body in bad:
        response = await lena.do(shop["bot"], "review", **body)
        assert (body, response.status_code) == (body, 422)


async def test_an_agent_reads_what_was_written_to_them_and_nothing_else(
    server: Server, aya: DeskAgent, lena: DeskAgent, shop: dict[str, str]
) -> None:
    other = await server.agent("Kenji")
    told = {"verdict": "tone", "scorecard": {"understood": 2, "warm": 0}, "comment": "too curt"}
    made = await lena.do(shop["asked"], "review", **told, to_agent=aya.me["id"])
    await lena.do(shop["asked"], "review", verdict="other", comment="among leads")

    async def mine(agent: DeskAgent) -> list[dict[str, Any]]:
        found = (await agent.client.get(f"{DESK}/reviews/mine")).json()
        return list(found["reviews"])

    [kept] = await mine(aya)
    assert {name: kept[name] for name in told} == told
    assert (kept["by"], kept["seen_at"]) == ("Lena", None)
    assert await mine(other) == []
    for agent, sees in ((aya, True), (other, False)):
        page = await agent.client.get(f"/desk/transcripts/{shop['asked']}")
        assert ("too curt" in page.text, "among leads" in page.text) == (sees, False)
        detail = (await agent.client.get(f"{DESK}/conversations/{shop['asked']}")).json()
        assert len(detail["reviews"]) == sees
    address = f"{DESK}/reviews/{made.json()['id']}/seen"
    assert (await other.client.post(address)).status_code == 404
    assert (await aya.client.post(address)).status_code == 204
    [seen] = await mine(aya)
    assert seen["seen_at"] is not None
    assert "too curt" in (await aya.client.get("/desk/feedback")).text


async def test_what_deserves_a_review_and_why(
    server: Server, aya: DeskAgent, lena: DeskAgent, shop: dict[str, str]
) -> None:
    async def queue() -> dict[str, list[str]]:
        found = (await lena.client.get(f"{DESK}/review-queue")).json()
        why = {one["id"]: set(one["why"]) - {"sampled"} for one in found["conversations"]}
        return {id: sorted(reasons) for id, reasons in why.items() if reasons}

    for path in (f"{DESK}/review-queue", "/desk/review"):
        assert (await aya.client.get(path)).status_code == 403
    first = await queue()
    [low] = [id for id, why in first.items() if "low_rating" in why]
    assert first == {low: ["low_rating"]}
    # Claimed after nine minutes of waiting, then ended in anger.
    await aya.do(shop["angry"], "claim")
    await aya.do(shop["angry"], "resolve", reason="solved")
    assert (await queue())[shop["angry"]] == ["angry_end", "long_wait"]
    page = await lena.client.get("/desk/review")
    assert "Ended angry" in page.text
    await lena.do(shop["angry"], "review", verdict="good")
    assert shop["angry"] not in await queue()


async def test_who_comes_back_about_the_same_deserves_a_review(
    server: Server, lena: DeskAgent
) -> None:
    assert server.parts is not None
    playbook, now = server.parts.playbook, server.clock()

    def scenes(tx: Transaction) -> list[str]:
        scene = Scene(tx, playbook, now - timedelta(days=13))
        ids = []
        for days, topic, confidence in (
            (12, "order_status", 0.9), (4, "order_status", 0.9), (3, "faq_store", 0.3),
            (2, "order_status", 0.9),
        ):  # fmt: skip
            scene.at = now - timedelta(days=days)
            if ids:
                scene.conversation = conversations.begin(tx, scene.thread, scene.at)
            scene.customer("once more", topic, confidence)
            ids.append(scene.conversation.id)
        return ids

    ids = await server.db.writing(scenes)
    found = (await lena.client.get(f"{DESK}/review-queue")).json()["conversations"]
    # The second came too late after the first to be the same matter, the third is another one.
    assert [one["id"] for one in found if "repeated" in one["why"]] == [ids[3]]


@pytest.fixture
async def mentions(server: Server, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Conversations with the same word, the oldest first, more than are looked at at once. The
    first is Japanese, and goes on after all others."""
    monkeypatch.setattr("support.transcripts.search.STRETCH", 2)
    monkeypatch.setattr("support.transcripts.searched._LOOKED_AT", 2)
    assert server.parts is not None
    playbook, now = server.parts.playbook, server.clock()

    def scenes(tx: Transaction) -> list[str]:
        made = []
        for days in (40, 30, 20, 3, 2, 1):
            scene = Scene(tx, playbook, now - timedelta(days=days), "ja" if days == 40 else "en")
            scene.customer("is the mizusashi still there", "faq_products", 0.9)
            made.append(scene)
        made[0].at = now - timedelta(hours=1)
        made[0].customer("mizusashi", "faq_products", 0.9)
        return [scene.conversation.id for scene in made]

    return await server.db.writing(scenes)


async def searched(agent: DeskAgent, **query: str) -> tuple[list[list[str]], list[str]]:
    """Page by page, and all together."""
    pages, cursor = [], None
    while not pages or cursor:
        asked = {"q": "mizusashi", **query, **({"cursor": cursor} if cursor else {})}
        response = await agent.client.get(f"{DESK}/conversations", params=asked)
        assert response.status_code == 200, response.text
        page = response.json()
        pages.append([row["id"] for row in page["conversations"]])
        cursor = page["cursor"]
    return pages, [id for page in pages for id in page]


async def test_a_common_word_is_found_wherever_it_is(
    server: Server, lena: DeskAgent, mentions: list[str]
) -> None:
    first, *others = mentions
    pages, found = await searched(lena, sort="newest", limit="1")
    assert found == [first, *others[::-1]]
    assert len(pages) > 4
    _, found = await searched(lena, sort="newest")
    assert found == [first, *others[::-1]]
    # By when it was last changed, among those looked at together.
    _, found = await searched(lena, sort="oldest", limit="1")
    assert (sorted(found), found.index(others[0])) == (sorted(mentions), 0)

    # What fits few of them is found behind any number that don't fit.
    pages, found = await searched(lena, lang="ja", sort="oldest", limit="1")
    assert found == [first]
    pages, found = await searched(lena, reason="angry", limit="1")
    assert (found, len(pages) > 2) == ([], True)
    page = (await lena.client.get("/desk/transcripts?q=mizusashi&reason=angry&limit=1")).text
    assert "None of those looked at so far fits" in page
    assert "q=mizusashi&amp;reason=angry&amp;cursor=" in page
    taken = await lena.client.get(f"{DESK}/export", params={"format": "jsonl", "q": "mizusashi"})
    assert sorted(line[18:42] for line in taken.text.splitlines()) == sorted(mentions)


async def test_a_common_word_is_found_in_an_older_time(
    server: Server, lena: DeskAgent, mentions: list[str]
) -> None:
    end = (server.clock() - timedelta(days=10)).date().isoformat()
    pages, found = await searched(lena, sort="newest", limit="1", to=end)
    assert found == [mentions[2], mentions[1]]
    # Looked for before then, not in all that came since.
    assert pages[0] == [mentions[2]]
    _, found = await searched(lena, sort="oldest", to=end)
    assert found == [mentions[1], mentions[2]]


@pytest.mark.parametrize("place", ["x", "-1", "1 2", "9" * 30, "٣"])
async def test_a_search_goes_on_from_its_own_cursors_only(lena: DeskAgent, place: str) -> None:
    cursor = base64.urlsafe_b64encode(f"1970-01-01T00:00:00+00:00 {place}".encode()).decode()
    asked = {"q": "kettle", "cursor": cursor}
    response = await lena.client.get(f"{DESK}/conversations", params=asked)
    assert response.status_code == (200 if place == "1 2" else 422), response.text


async def test_an_export_is_every_message_without_notes_and_personal_data(
    server: Server, lena: DeskAgent, shop: dict[str, str]
) -> None:
    await lena.do(shop["angry"], "note", client_id="n", text="between us")
    rows = list(csv.DictReader(io.StringIO((await exported(lena)).removeprefix("\ufeff"))))
    assert len({row["conversation"] for row in rows}) == 9
    whole = json.dumps(rows)
    assert "between us" not in whole
    assert "4111 1111 1111" not in whole
    assert not any("@" in row["text"].replace("***@***", "") for row in rows)
    upset = [row for row in rows if row["conversation"] == shop["angry"]]
    assert [int(row["seq"]) for row in upset] == sorted(int(row["seq"]) for row in upset)


async def test_an_export_takes_the_lists_filters(lena: DeskAgent, shop: dict[str, str]) -> None:
    lines = (await exported(lena, format="jsonl", state="queued", lang="ja")).splitlines()
    [one] = [json.loads(line) for line in lines]
    assert one["conversation"] == shop["broken"]
    assert one["messages"][0]["author"] == "customer"
    wrong = await lena.client.get(f"{DESK}/export", params={"format": "xml"})
    assert wrong.status_code == 422


async def test_transcripts_are_filtered_by_everything(
    server: Server, lena: DeskAgent, shop: dict[str, str]
) -> None:
    await lena.do(shop["bot"], "review", verdict="wrong_answer", seq=1)
    await lena.do(shop["asked"], "review", verdict="good")
    queries: tuple[tuple[dict[str, str], int], ...] = (
        ({"topic": "faq_store"}, 3), ({"topic": "nothing"}, 0), ({"tier": "bloom"}, 1),
        ({"tier": "grove"}, 0), ({"tier": "gold"}, 0), ({"mood": "angry"}, 1),
        ({"mood": "displeased", "state": "queued"}, 1), ({"mood": "none", "state": "resolved"}, 3),
        ({"rating": "1,2"}, 1),
        ({"rating": "4,5"}, 2),
        ({"rating": "3"}, 0), ({"longer": "4", "state": "bot"}, 1),
        ({"longer": "1"}, 9), ({"longer": "500"}, 0),
        ({"failed": "1"}, 2),
        ({"id": shop["angry"]}, 1), ({"failed": "1", "lang": "ja"}, 1),
    )  # fmt: skip
    for query, number in queries:
        found = (await lena.client.get(f"{DESK}/conversations", params=query)).json()
        assert (query, len(found["conversations"])) == (query, number)
    failed = (await lena.client.get(f"{DESK}/conversations", params={"failed": "1"})).json()
    assert {one["id"] for one in failed["conversations"]} == {shop["puzzled"], shop["bot"]}
    for wrong in ({"rating": "1,6"}, {"longer": "-1"}, {"failed": "yes"}, {"mood": "sad"}):
        response = await lena.client.get(f"{DESK}/conversations", params=wrong)
        assert (wrong, response.status_code) == (wrong, 422)


async def test_words_are_found_whole_and_gone_when_erased(
    server: Server, lena: DeskAgent, visitor: Visitor
) -> None:
    async def ids(q: str) -> list[str]:
        found = (await lena.client.get(f"{DESK}/conversations", params={"q": q})).json()
        return [one["id"] for one in found["conversations"]]

    await visitor.say("The ＫＥＴＴＬＥ whistles; write to mei@shop.example or don't")
    await visitor.say("急須の注ぎ口が欠けていました")
    mine = [visitor.conversation_id]
    for q in ("kettle", "KETTLE whistles", "欠ける", "注ぎ口 急須", "急須が欠けた"):
        assert (q, await ids(q)) == (q, mine)
    # Half a word, words of different messages, masked data, and nothing but signs.
    for q in ("kettl", "whistles 急須", "mei@shop.example", "注", "!?", "'", '" NEAR', "\\"):
        assert (q, await ids(q)) == (q, [])
    assert (await visitor.client.delete("/api/v1/visitor/data")).status_code == 204
    assert await ids("kettle") == []
    kept = await server.db.reading(
        lambda c: c.exec_driver_sql("SELECT count(*) FROM message_words").scalar_one()
    )
    assert kept == 0


async def test_searches_are_kept_shared_and_forgotten(
    server: Server, aya: DeskAgent, lena: DeskAgent
) -> None:
    other = await server.agent("Reika", "lead")

    async def names(lead: DeskAgent) -> list[str]:
        found = (await lead.client.get(f"{DESK}/searches")).json()["searches"]
        return [one["name"] for one in found]

    body = {"name": "Angry", "query": "?reason=angry&state=queued&cursor=x&evil=1"}
    assert (await aya.client.post(f"{DESK}/searches", json=body)).status_code == 403
    assert (await aya.client.get(f"{DESK}/searches")).status_code == 403
    made = await lena.client.post(f"{DESK}/searches", json=body)
    assert (made.status_code, made.json()["query"]) == (201, "state=queued&reason=angry")
    assert (await names(lena), await names(other)) == (["Angry"], [])
    shared = await lena.client.post(f"{DESK}/searches", json={**body, "shared": True})
    assert (await names(lena), await names(other)) == (["Angry"], ["Angry"])
    page = await other.client.get("/desk/transcripts")
    assert "state=queued&amp;reason=angry" in page.text
    address = f"{DESK}/searches/{shared.json()['id']}/forget"
    assert (await other.client.post(address)).status_code == 404
    assert (await lena.client.post(address)).status_code == 204
    assert await names(other) == []
    for wrong in ({"name": " ", "query": "q=a"}, {"name": "x", "query": "evil=1"}, {"name": "x"}):
        assert (await lena.client.post(f"{DESK}/searches", json=wrong)).status_code == 422


async def test_personal_data_goes_out_only_by_request_and_on_record(
    server: Server, aya: DeskAgent, lena: DeskAgent, visitor: Visitor
) -> None:
    await visitor.say("<b>write</b> to mei@shop.example, card 4111 1111 1111 1111")
    query = {"format": "jsonl", "id": visitor.conversation_id}
    masked = await exported(lena, **query)
    assert "mei@shop.example" not in masked
    whole = await exported(lena, **query, masked="0")
    assert "mei@shop.example" in whole
    assert "4111 1111" not in whole
    refused = await aya.client.get(f"{DESK}/export", params={**query, "masked": "0"})
    assert refused.status_code == 403
    lines = await server.db.reading(
        lambda c: c.exec_driver_sql(
            "SELECT subject, detail FROM audit WHERE action = 'export' ORDER BY id"
        ).all()
    )
    assert [tuple(line) for line in lines] == [
        (visitor.conversation_id, "jsonl masked format,id"),
        (visitor.conversation_id, "jsonl unmasked format,id"),
    ]


async def test_a_pdf_of_one_or_many(lena: DeskAgent, shop: dict[str, str]) -> None:
    many: tuple[dict[str, str], ...] = ({}, {"id": shop["broken"]})
    for query in many:
        response = await lena.client.get(f"{DESK}/export", params={"format": "pdf", **query})
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/pdf"
        assert response.content.startswith(b"%PDF-")
        assert f"/Count {1 if query else 9} ".encode() in response.content
        assert b"HeiseiKakuGo-W5" in response.content


async def test_formulas_in_an_export_are_text(lena: DeskAgent, visitor: Visitor) -> None:
    attacks = ('=cmd|" /C calc"!A0', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "＝1＋1", "  =1")
    for attack in attacks:
        await visitor.say(attack)
    rows = list(csv.DictReader(io.StringIO((await exported(lena)).removeprefix("\ufeff"))))
    typed = [row["text"] for row in rows if row["author"] == "customer"]
    assert typed == [f"'{attack}" for attack in attacks]


@pytest.mark.parametrize("harmless", ["", "a=b", "1-2", "こんにちは", "HN-10001", None, 5])
def test_other_cells_stay_as_they_are(harmless: object) -> None:
    assert inert(harmless) == ("" if harmless is None else str(harmless))


async def test_the_overview_counts(lena: DeskAgent, shop: dict[str, str]) -> None:
    await lena.do(shop["asked"], "claim")
    await lena.reply(shop["asked"], "Sixty cups? With pleasure.")
    found = (await lena.client.get(f"{DESK}/reports/overview")).json()
    assert found["now"]["states"] == {"assigned": 1, "bot": 2, "queued": 3}
    assert found["now"]["on_duty"] == 1
    assert found["now"]["missed_questions"] == 1
    waits, aim = found["now"]["longest_wait_s"], found["now"]["target_s"]
    assert waits > aim
    assert found["now"]["moods"] == {"none": 4, "displeased": 1, "angry": 1}
    assert found["now"]["today"]["conversations"] == 6
    page = (await lena.client.get("/desk/overview")).text
    assert "reports/behind" in page
    assert re.search(r'class="figure at-longest late"', page)
    assert "over the aim of" in page
    assert "Customers with a place in the queue now" in page
    angry = re.search(r'href="(/desk/transcripts\?[^"]*mood=angry)"', page)
    assert angry is not None
    behind = (await lena.client.get(html.unescape(angry[1]))).text
    assert re.search(r"<option[^>]* selected>All open<", behind)
    assert f'href="/desk/transcripts/{shop["angry"]}"' in behind
    assert f'href="/desk/transcripts/{shop["bot"]}"' not in behind
    wall = (await lena.client.get("/desk/overview?wall=1")).text
    assert 'class="page wall"' in wall
    assert "Why people were needed" not in wall
    period = found["period"]
    assert (period["conversations"], period["handed_over"]) == (9, 4)
    assert period["contained"] == pytest.approx(5 / 9, abs=0.001)
    assert period["reasons"] == {"angry": 1, "asked": 1, "complaint": 1, "security": 1}
    assert period["first_response_s"]["answered"] == 1
    assert period["ratings"]["average"] == 3.67
    assert sum(day["begun"] for day in period["days"]) == 9


async def test_a_period_without_anything(lena: DeskAgent) -> None:
    query = {"from": "2020-01-01", "to": "2020-01-31"}
    period = (await lena.client.get(f"{DESK}/reports/overview", params=query)).json()["period"]
    assert (period["contained"], period["first_response_s"], period["days"]) == (None, None, [])
    assert (period["first_day"], period["last_day"]) == ("2020-01-01", "2020-01-31")
    for wrong in ({"from": "2020-02-01", "to": "2020-01-01"}, {"from": "1990-01-01"}):
        response = await lena.client.get(f"{DESK}/reports/overview", params=wrong)
        assert response.status_code == 422


async def test_figures_of_a_period_whole_and_in_parts(
    lena: DeskAgent, shop: dict[str, str]
) -> None:
    await lena.do(shop["asked"], "claim")
    await lena.reply(shop["asked"], "Sixty cups? With pleasure.")
    report = (await lena.client.get(f"{DESK}/reports/figures", params={"by": "lang"})).json()
    figures = report["figures"]
    assert figures["conversations"]["value"] == 9
    assert figures["contained"] == {
        "value": pytest.approx(5 / 9, abs=0.001),
        "p90": None,
        "counted": 9,
    }
    assert figures["first_response"]["counted"] == 1
    assert figures["rating"]["value"] == pytest.approx(3.667, abs=0.001)
    assert figures["still_contained"]["value"] is None  # nothing is seven days old
    parts = {part["part"]: part["figures"]["conversations"]["value"] for part in report["parts"]}
    assert sum(parts.values()) == 9
    assert set(parts) <= {"en", "ja", ""}

    text = (await lena.client.get(f"{DESK}/reports/figures", params={"format": "csv"})).text
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0]["channel"] == ""
    assert float(rows[0]["conversations"]) == 9
    for wrong in ({"by": "mood"}, {"from": "2026-02-01", "to": "2026-01-01"}, {"to": "soon"}):
        response = await lena.client.get(f"{DESK}/reports/figures", params=wrong)
        assert response.status_code == 422


async def test_what_is_said_after_abuse_is_no_rating(lena: DeskAgent, shop: dict[str, str]) -> None:
    listed = await lena.client.get(f"{DESK}/conversations", params={"rating": "1,2,3,4,5"})
    rated = [one["id"] for one in listed.json()["conversations"]]
    assert len(rated) == 3
    await lena.do(rated[0], "label", add=["abuse"], remove=[])

    figures = (await lena.client.get(f"{DESK}/reports/figures")).json()["figures"]
    assert figures["rating"]["counted"] == 2


async def test_the_conversations_behind_a_figure_are_those_it_counted(
    lena: DeskAgent, shop: dict[str, str]
) -> None:
    page = await lena.client.get("/desk/reports", params={"by": "topic"})
    assert page.status_code == 200
    behind = await lena.client.get("/desk/reports/behind", params={"figure": "handed_over"})
    linked = set(re.findall(r"/desk/transcripts/([0-9a-f]{24})", behind.text))
    assert len(linked) == 4
    assert shop["asked"] in linked
    nothing = await lena.client.get(
        "/desk/reports/behind",
        params={"figure": "contained", "from": "2020-01-01", "to": "2020-01-02"},
    )
    assert not re.search(r"/desk/transcripts/[0-9a-f]{24}", nothing.text)


async def test_reasons_and_faults_open_their_conversations(
    lena: DeskAgent, shop: dict[str, str]
) -> None:
    page = (await lena.client.get("/desk/reports")).text
    assert re.search(r'href="/desk/reports/behind\?[^"]*reason=angry"', page)
    assert re.search(r'href="/desk/reports/behind\?[^"]*fault=late"', page)
    for query, found, told in (
        ({"reason": "angry"}, ["angry"], "Angry"), ({"fault": "chipped"}, ["broken"], "chipped"),
        ({"reason": "stuck"}, [], ""), ({"fault": ""}, [], ""),
    ):  # fmt: skip
        answer = await lena.client.get("/desk/reports/behind", params=query)
        assert answer.status_code == 200
        linked = set(re.findall(r'"/desk/transcripts/(\w+)"', answer.text))
        assert (query, linked) == (query, {shop[name] for name in found})
        assert told.lower() in re.findall("<h1>(.*)</h1>", answer.text)[0].lower()
    wrong = await lena.client.get("/desk/reports/behind", params={"reason": "boredom"})
    assert wrong.status_code == 303


async def test_figures_over_time_are_those_of_each_day(
    lena: DeskAgent, shop: dict[str, str]
) -> None:
    page = (await lena.client.get("/desk/reports")).text
    assert "Day by day" in page
    assert page.count('class="spark"') == 13
    assert "Week by week" in (await lena.client.get("/desk/reports?from=2026-01-05")).text
    address = f"{DESK}/reports/figures"
    whole = (await lena.client.get(address, params={"every": "day"})).json()
    assert whole["by"] == "day"
    assert len(whole["parts"]) == 28
    each = [part["figures"]["conversations"]["value"] for part in whole["parts"]]
    assert sum(each) == whole["figures"]["conversations"]["value"] == 9
    query = {"every": "week", "format": "csv", "by": "topic"}
    text = (await lena.client.get(address, params=query)).text
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert float(rows[0]["conversations"]) == sum(float(row["conversations"]) for row in rows[1:])
    assert (await lena.client.get(address, params={"every": "moon"})).status_code == 422


async def test_what_customers_say_of_the_shop(
    server: Server, lena: DeskAgent, shop: dict[str, str], visitor: Visitor
) -> None:
    now = server.clock()
    scores = (10, 9, 9, 8, 3, None)

    def answers(tx: Transaction) -> None:
        for number, score in enumerate(scores):
            id = f"customer-{number}"
            tx.execute(customers.insert().values(id=id, created_at=now))
            row = {"customer_id": id, "asked_at": now, "score": score}
            row["conversation_id"] = shop["asked"]
            tx.execute(nps.insert().values(**row))

    await server.db.writing(answers)
    idea = {"type": "open_case", "kind": "idea", "what": "A tea of the month? me@example.com"}
    server.brain.replies["an idea"] = answer("Noted.", intent="feedback_idea", commands=(idea,))
    await visitor.answers("an idea")
    comment = {"score": 2, "comment": "Slow. Call 090-1234-5678"}
    await visitor.client.post("/api/v1/visitor/feedback", json=comment)

    found = (await lena.client.get(f"{DESK}/reports/voices")).json()
    assert found["nps"] == {
        "asked": 6, "answered": 5, "promoters": 3, "detractors": 1, "points": 40,
    }  # fmt: skip
    assert found["ideas"][0]["text"].startswith("A tea of the month?")
    assert "me@example.com" not in str(found)
    assert (found["comments"][0]["score"], "1234" in str(found["comments"])) == (2, False)
    page = await lena.client.get("/desk/voices")
    assert "A tea of the month?" in page.text
    nothing = {"from": "2020-01-01", "to": "2020-01-02"}
    empty = (await lena.client.get(f"{DESK}/reports/voices", params=nothing)).json()
    assert (empty["nps"]["points"], empty["ideas"]) == (None, [])


async def test_reports_are_for_leads(server: Server, lena: DeskAgent) -> None:
    aya = await server.agent("Aya")
    for path in (
        "/api/v1/desk/reports/figures", "/api/v1/desk/reports/voices", "/desk/reports",
        "/desk/reports/behind", "/desk/voices",
    ):  # fmt: skip
        assert (await lena.client.get(path)).status_code == 200
        assert (await aya.client.get(path)).status_code == 403


async def test_missed_questions_are_listed_and_settled(
    lena: DeskAgent, shop: dict[str, str]
) -> None:
    [question] = (await lena.client.get(f"{DESK}/missed-questions")).json()["questions"]
    assert (question["text"], question["state"]) == (
        "can the kettle go on an open camp fire", "open",
    )  # fmt: skip
    body = {"id": question["id"], "state": "answered"}
    assert (await lena.client.post(f"{DESK}/missed-questions", json=body)).json() == body
    left = await lena.client.get(f"{DESK}/missed-questions", params={"state": "open"})
    assert left.json()["questions"] == []
    for wrong in ({"id": question["id"], "state": "lost"}, {"id": "1", "state": "open"}):
        response = await lena.client.post(f"{DESK}/missed-questions", json=wrong)
        assert response.status_code == 422


async def test_what_customers_type_is_text_on_the_pages(lena: DeskAgent, visitor: Visitor) -> None:
    await visitor.say("<script>alert(1)</script> <img src=x onerror=alert(2)>")
    for path in ("transcripts", f"transcripts/{visitor.conversation_id}"):
        page = await lena.client.get(f"/desk/{path}")
        assert "&lt;script&gt;alert(1)" in page.text
        assert "<img" not in page.text


async def test_a_transcript_is_masked_in_all_its_parts_and_taken_out_in_three_forms(
    lena: DeskAgent, visitor: Visitor
) -> None:
    await visitor.say("my address is mei@shop.example")
    given = {"score": 2, "comment": "call me at mei@shop.example <b>now</b>"}
    rated = await visitor.client.post("/api/v1/visitor/feedback", json=given)
    assert rated.status_code == 204
    page = (await lena.client.get(f"/desk/transcripts/{visitor.conversation_id}")).text
    assert "call me at m***@*** &lt;b&gt;now&lt;/b&gt;" in page
    assert "mei@shop.example" not in page
    for kind in ("pdf", "csv", "jsonl"):
        address = f"{DESK}/export?format={kind}&amp;id={visitor.conversation_id}"
        assert f'href="{address}" download' in page
        assert (await lena.client.get(address.replace("&amp;", "&"))).status_code == 200


async def test_a_refusal_says_whom_a_page_is_for(aya: DeskAgent) -> None:
    for path, status, said in (
        ("overview", 403, "This page is for support leads and administrators."),
        ("people", 403, "This page is for administrators."),
        (f"transcripts/{'0' * 24}", 404, "There is no such conversation."),
    ):
        page = await aya.client.get(f"/desk/{path}")
        assert (page.status_code, said in page.text) == (status, True)


def test_the_interface_says_the_same_in_both_languages() -> None:
    from desk.files import load_texts

    def names(texts: dict[str, Any], at: str = "") -> set[str]:
        found: set[str] = set()
        for name, value in texts.items():
            path = f"{at}.{name}"
            found |= names(value, path) if isinstance(value, dict) else {path}
        return found

    assert names(load_texts("en")) == names(load_texts("ja"))
