"""The help centre over HTTP: pages, search, languages, and what a stranger may type."""

import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sanic import Sanic

from help import ContactDetails, blueprint, contact_details
from support.knowledge import KnowledgeHolder
from support.playbook.playbook import load_playbook

ROOT = Path(__file__).parent.parent.parent
CONTACT = ContactDetails(
    name={"en": "Spoke", "ja": "スポーク"},
    email="hello@spoke.example",
    phone="0800 555 0199",
    hours={"en": "Mon–Fri 9:00–18:00", "ja": "月〜金 9:00〜18:00"},
)
FRONT = """---
id: {id}
title: {title}
questions: ["{question}"]
topic: {topic}
updated: 2026-04-01
---
"""


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeHolder:
    folder = tmp_path_factory.mktemp("articles")
    for lang, title, question, text in (
        ("en", "Bringing a bike back late", "what if I am late?", "Half an hour is **free**."),
        ("ja", "返却が遅れるとき", "遅れたらどうなりますか", "30分までは**無料**です。"),
    ):
        (folder / lang).mkdir()
        front = FRONT.format(id="late", title=title, question=question, topic="returns")
        (folder / lang / "late.md").write_text(f"{front}{text}\n", encoding="utf-8")
    front = FRONT.format(id="theft", title="My bike was stolen", question="stolen", topic="safety")
    (folder / "en" / "theft.md").write_text(
        f"{front}Tell the police, then us. <script>alert(1)</script>\n\nSee [late](late).\n"
    )
    return KnowledgeHolder(folder, None)


@pytest.fixture
async def client(
    knowledge: KnowledgeHolder, request: pytest.FixtureRequest
) -> AsyncIterator[httpx.AsyncClient]:
    app = Sanic(re.sub(r"\W", "_", request.node.name))
    app.config.TOUCHUP = False  # rewrites Sanic's own methods, once per process
    app.config.MOTD = False
    app.blueprint(blueprint(knowledge, CONTACT))
    listening = socket.create_server(("127.0.0.1", 0))
    server = await app.create_server(sock=listening, return_asyncio_server=True)
    assert server is not None
    await server.startup()
    await server.start_serving()
    port = listening.getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
        yield http
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("accepts", "lang"),
    [
        ("ja", "ja"),
        ("ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ("en;q=0.5, ja;q=0.6", "ja"),
        ("de-AT, en-GB;q=0.3", "en"),
        ("fr", "en"),
        ("ja;q=0, en", "en"),
        ("ja;q=nonsense,;;=,q", "en"),
        ("", "en"),
    ],
)
async def test_the_start_leads_to_the_readers_language(
    client: httpx.AsyncClient, accepts: str, lang: str
) -> None:
    answer = await client.get("/help", headers={"Accept-Language": accepts})

    assert answer.status_code == 302
    assert answer.headers["location"] == f"/help/{lang}/"
    assert answer.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/help/en/", 200),
        ("/help/ja/", 200),
        ("/help/en/late", 200),
        ("/help/ja/late", 200),
        ("/help/en/?q=late", 200),
        ("/help/en/?q=quantum+physics", 200),
        ("/help/ja/theft", 404),
        ("/help/en/nothing", 404),
        ("/help/de/late", 404),
        ("/help/en/late/more", 404),
        ("/help/en/..%2f..%2fetc%2fpasswd", 404),
        ("/help/static/..%2fpages.py", 404),
    ],
)
async def test_every_page_is_whole(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(path)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    lang = "ja" if "/ja/" in path else "en"
    assert f'<html lang="{lang}">' in answer.text
    for way in ("hello@spoke.example", "0800 555 0199", CONTACT.hours[lang]):
        assert way in answer.text
    assert answer.text.count("<h1") == 1
    assert 'href="#main"' in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script" not in answer.text
    assert " style=" not in answer.text


async def test_the_first_page_lists_all_articles_by_topic(client: httpx.AsyncClient) -> None:
    text = (await client.get("/help/en/")).text

    assert "Returns and refunds" in text
    assert "Safety" in text
    assert 'href="/help/en/late"' in text
    assert 'href="/help/en/theft"' in text


async def test_an_article_names_its_date_neighbours_and_translation(
    client: httpx.AsyncClient,
) -> None:
    theft = (await client.get("/help/en/theft")).text
    late = (await client.get("/help/en/late")).text

    assert "1 April 2026" in theft
    assert 'href="/help/en/late">Bringing a bike back late' in theft
    assert "alert(1)" in theft
    assert 'hreflang="ja" lang="ja"' in late
    assert 'href="/help/ja/late"' in late
    assert "2026年4月1日" in (await client.get("/help/ja/late")).text


async def test_a_search_shows_the_answer(client: httpx.AsyncClient) -> None:
    answer = await client.get("/help/ja/", params={"q": "返すのが遅れたらどうなりますか"})

    assert "30分までは無料です。" in answer.text
    assert answer.headers["cache-control"] == "private, no-store"


async def test_a_search_without_an_answer_says_so(client: httpx.AsyncClient) -> None:
    answer = await client.get("/help/en/", params={"q": "quantum physics lectures"})

    assert "We haven&#39;t written about that yet" in answer.text
    assert "Half an hour" not in answer.text


@pytest.mark.parametrize(
    "typed",
    ['"><script>alert(1)</script>', "{{7*7}}", "\u202eabc", "' onfocus=alert(1) x='", "\x00"],
)
async def test_what_is_typed_is_only_ever_text(client: httpx.AsyncClient, typed: str) -> None:
    answer = await client.get("/help/en/", params={"q": typed})

    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "49" not in answer.text
    assert "' onfocus" not in answer.text


async def test_odd_questions_are_refused_kindly(client: httpx.AsyncClient) -> None:
    assert (await client.get("/help/en/", params={"q": "x" * 4001})).status_code == 422
    assert (await client.get("/help/en/?q=%ff%fe")).status_code < 500
    assert (await client.post("/help/en/")).status_code == 405


async def test_pages_may_be_cached_and_files_forever(client: httpx.AsyncClient) -> None:
    page = await client.get("/help/en/late")
    again = await client.get("/help/en/late", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304
    assert "max-age" in page.headers["cache-control"]

    style = re.search(r'href="(/help/static/help\.\w+\.css)"', page.text)
    assert style is not None
    sheet = await client.get(style[1])
    assert sheet.headers["content-type"].startswith("text/css")
    assert "immutable" in sheet.headers["cache-control"]
    assert (await client.head("/help/en/late")).status_code == 200


def test_contact_details_come_from_the_playbook() -> None:
    playbook = load_playbook(ROOT / "data" / "playbook")

    details = contact_details(playbook.shop, playbook.opening)

    assert details.email == playbook.shop.email
    assert details.hours["en"] == "Mon–Sat 9:00–18:00 (not on public holidays, Japan time)"
    assert details.hours["ja"] == "月〜土 9:00–18:00（祝日を除く、日本時間）"
