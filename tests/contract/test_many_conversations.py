"""A shop with more conversations than are looked at for one page: lists go on where a page ends
early, and reports are read from the days' tallies."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert, select

from support.reports import kept
from support.reports.behind import READ_AT_MOST
from support.reports.period import FEW
from support.store import Transaction
from support.store.schema import conversations, feedback, messages, report_days, threads
from tests.contract.test_handover import assigned
from tests.harness import PATIENCE_S, DeskAgent, Server, Visitor

DESK = "/api/v1/desk"
NUMBER = max(FEW, READ_AT_MOST) * 3 // 2 + 1

# Reports that begin before all of them.
WHOLE = {"from": "2026-09-01"}
COMPLAINTS = (0, NUMBER // 4, NUMBER // 2, NUMBER * 3 // 4, NUMBER - 1)


def stored(tx: Transaction, now: datetime) -> list[str]:
    """Resolved conversations of sixty days, oldest first; the oldest alone is rated, with a 2."""
    ids = [f"{at:024x}" for at in range(NUMBER)]
    begun = [now - timedelta(days=60) * (1 - at / NUMBER) - timedelta(hours=1) for at in
             range(NUMBER)]  # fmt: skip
    tx.execute(
        insert(threads),
        [
            {"id": f"t{id}", "channel": "website", "created_at": at, "seen_at": at, "last_seq": 1}
            for id, at in zip(ids, begun, strict=True)
        ],
    )
    tx.execute(
        insert(conversations),
        [
            {
                "id": id, "thread_id": f"t{id}", "number": 1, "state": "resolved", "lang": "en",
                "channel": "telegram" if place % 3 == 0 else "website",
                "topic": "complaint" if place in COMPLAINTS else "faq_delivery",
                "last_text": "hello", "created_at": at, "updated_at": at, "resolved_at": at,
            }
            for place, (id, at) in enumerate(zip(ids, begun, strict=True))
        ],
    )  # fmt: skip
    tx.execute(
        insert(messages),
        [
            {
                "thread_id": f"t{id}", "conversation_id": id, "seq": 1, "author": "customer",
                "sender": "customer", "kind": "text", "text": "hello", "epoch": 1, "created_at": at,
            }
            for id, at in zip(ids, begun, strict=True)
        ],
    )  # fmt: skip
    tx.execute(insert(feedback).values(conversation_id=ids[0], score=2, at=begun[0]))
    return ids


@pytest.fixture
async def lena(server: Server) -> AsyncIterator[DeskAgent]:
    agent = await server.agent("Lena", "lead")
    yield agent
    await agent.client.aclose()


@pytest.fixture
async def ids(server: Server) -> list[str]:
    return await server.db.writing(lambda tx: stored(tx, server.clock()))


async def listed(lead: DeskAgent, **query: str) -> tuple[list[str], int]:
    """Ids over all pages, and how many pages there were."""
    found: list[str] = []
    pages, cursor = 0, ""
    while cursor is not None:
        asked = {**query, **({"cursor": cursor} if cursor else {})}
        response = await lead.client.get(f"{DESK}/conversations", params=asked)
        assert response.status_code == 200, response.text
        page = response.json()
        found += [one["id"] for one in page["conversations"]]
        pages, cursor = pages + 1, page["cursor"]
    return found, pages


@pytest.mark.parametrize("sort", ["newest", "oldest"])
async def test_a_list_of_few_among_many_goes_on_until_all_were_looked_at(
    lena: DeskAgent, ids: list[str], sort: str
) -> None:
    rated, pages = await listed(lena, rating="2", limit="1", sort=sort)
    assert (rated, pages > 1) == ([ids[0]], True)
    nobody, pages = await listed(lena, rating="4", limit="1", sort=sort)
    assert (nobody, pages > 1) == ([], True)
    page = (await lena.client.get("/desk/transcripts?rating=4&limit=1")).text
    assert "None of those looked at so far fits" in page
    assert re.search(r'href="/desk/transcripts\?rating=4&amp;cursor=', page)
    everything, _ = await listed(lena, limit="200", sort=sort)
    assert everything == (ids if sort == "oldest" else ids[::-1])
    telegram, _ = await listed(lena, channel="telegram", limit="3", sort=sort)
    assert sorted(telegram) == ids[::3]
    taken = await lena.client.get(f"{DESK}/export", params={"format": "jsonl", "rating": "2"})
    assert [line[18:42] for line in taken.text.splitlines()] == [ids[0]]


async def figures(agent: DeskAgent, **query: str) -> dict[str, Any]:
    response = await agent.client.get(f"{DESK}/reports/figures", params=query)
    assert response.status_code == 200, response.text
    return dict(response.json())


def whole_weeks(connection: Connection) -> bool:
    """Whether the weeks that are over have been put together, and four of them once more."""
    weeks = select(report_days.c.day).where(report_days.c.day.like("w%"), report_days.c.by == "all")
    found = {key[: -len("yymmdd")] for key in connection.execute(weeks).scalars()}
    return found == {"w7", "w28"}


async def test_a_day_that_changed_takes_its_week_with_it(
    server: Server, lena: DeskAgent, ids: list[str]
) -> None:
    zone, now = ZoneInfo("Asia/Tokyo"), server.clock()

    async def count(day: date) -> None:
        counted, number = await server.db.reading(lambda c: kept.count(c, day, zone, now))
        await server.db.writing(lambda tx: kept.keep(tx, day, zone, counted, number, now))

    async def put_together() -> None:
        for length in kept.SPANS:
            due = partial(kept.spans_due, length=length, zone=zone, now=now)
            for begin in await server.db.reading(due):
                sums = partial(kept.span, begin=begin, length=length, zone=zone)
                counted, made = await server.db.reading(sums)
                kept_anew = partial(
                    kept.keep_span,
                    begin=begin,
                    length=length,
                    zone=zone,
                    counted=counted,
                    made=made,
                )
                await server.db.writing(kept_anew)

    for day in await server.db.reading(lambda c: kept.stale_days(c, zone, now)):
        await count(day)
    await put_together()
    assert await server.db.reading(whole_weeks)
    # A late rating, in the midst of a week that is over.
    late = NUMBER // 2
    rated = insert(feedback).values(conversation_id=ids[late], score=4, at=now)
    await server.db.writing(lambda tx: tx.execute(rated))
    assert (await figures(lena, **WHOLE))["figures"]["rating"]["value"] == 2
    begun = now - timedelta(days=60) * (1 - late / NUMBER) - timedelta(hours=1)
    await count(begun.astimezone(zone).date())
    assert (await figures(lena, **WHOLE))["figures"]["rating"] == {
        "value": 3,
        "p90": None,
        "counted": 2,
    }
    await put_together()
    assert (await figures(lena, **WHOLE))["figures"]["rating"] == {
        "value": 3,
        "p90": None,
        "counted": 2,
    }


async def test_reports_over_many_are_the_same_from_the_days_tallies(
    server: Server, lena: DeskAgent, ids: list[str]
) -> None:
    questions = [WHOLE, {**WHOLE, "by": "hour"}, {**WHOLE, "part": "telegram"}]
    questions += [{**asked, "every": step} for asked in questions for step in ("day", "week")]
    counted_now = [await figures(lena, **asked) for asked in questions]
    await server.stop()
    await server.start()  # which counts the days that have no tallies yet
    lead = await server.agent("Reika", "lead")
    # It counts for a fifth of the time.
    async with asyncio.timeout(4 * PATIENCE_S):
        while "Counted at " not in (await lead.client.get("/desk/reports", params=WHOLE)).text:
            await asyncio.sleep(0.2)
        # The days first, then the weeks that are over.
        while not await server.db.reading(whole_weeks):
            await asyncio.sleep(0.2)
    for asked, before in zip(questions, counted_now, strict=True):
        report = await figures(lead, **asked)
        assert datetime.fromisoformat(report["as_of"]) < server.clock()
        for name in ("figures", "parts"):
            assert (asked, report[name]) == (asked, before[name])
    report = await figures(lead, **WHOLE)
    assert report["figures"]["conversations"]["value"] == NUMBER
    assert report["figures"]["rating"] == {"value": 2, "p90": None, "counted": 1}
    parts = {one["part"]: one["figures"]["conversations"]["value"] for one in report["parts"]}
    assert parts == {"website": NUMBER - len(ids[::3]), "telegram": len(ids[::3])}
    # A period of few is counted as it is read.
    today = server.clock().date().isoformat()
    asked_at = server.clock()
    few = await figures(lead, **{"from": today, "to": today})
    assert datetime.fromisoformat(few["as_of"]) >= asked_at
    assert 0 < few["figures"]["conversations"]["value"] < NUMBER


async def test_the_conversations_behind_a_figure_are_shown_page_by_page(
    lena: DeskAgent, ids: list[str]
) -> None:
    async def behind(figure: str) -> tuple[list[str], int]:
        found: list[str] = []
        pages, path = 0, f"/desk/reports/behind?from={WHOLE['from']}&figure={figure}"
        while path:
            page = (await lena.client.get(path)).text
            found += re.findall(r"/desk/transcripts/([0-9a-f]{24})", page)
            on = re.search(r'href="(/desk/reports/behind[^"]*before=[^"]*)"', page)
            pages, path = pages + 1, on.group(1).replace("&amp;", "&") if on else ""
        return found, pages

    assert (await behind("contained"))[0] == ids[::-1]
    # Few among many: the others aren't read.
    found, pages = await behind("complaints")
    assert (found, pages) == ([ids[place] for place in reversed(COMPLAINTS)], 1)
    # Where they can't be told beforehand, a page ends early and goes on from there.
    parts = (await figures(lena, by="hour", **WHOLE))["parts"]
    hour = parts[0]["part"]
    found, pages = await behind(f"conversations&by=hour&part={hour}")
    assert len(found) == parts[0]["figures"]["conversations"]["value"] > 0
    assert found == sorted(found, reverse=True)
    assert pages > 1
    # A figure of one part, and a reason that nobody had.
    assert (await behind("conversations&part=telegram"))[0] == ids[::3][::-1]
    assert (await behind("handed_over&reason=angry"))[0] == []
    rare = await lena.client.get("/desk/reports/behind", params={**WHOLE, "figure": "rating"})
    assert re.findall(r"/desk/transcripts/([0-9a-f]{24})", rare.text) == [ids[0]]
    assert "before=" not in rare.text


async def test_who_resolved_it_is_its_agent_in_lists_and_reports(
    server: Server, visitor: Visitor, lena: DeskAgent
) -> None:
    agent = await assigned(server, visitor)
    await agent.reply(visitor.conversation_id, "Done.")
    await agent.do(visitor.conversation_id, "resolve", reason="solved")
    me = str(agent.me["id"])
    assert (await listed(lena, agent=me, state="resolved"))[0] == [visitor.conversation_id]
    assert (await listed(lena, agent=me))[0] == [visitor.conversation_id]
    assert (await listed(lena, agent=str(lena.me["id"])))[0] == []
    report = await figures(lena, by="agent")
    parts = [one["part"] for one in report["parts"]]
    assert parts == [agent.me["name"]]
    overview = await lena.client.get(f"{DESK}/reports/overview")
    assert overview.json()["period"]["handed_over"] == 1
