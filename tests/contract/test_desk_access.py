"""Who may use the desk: sign-in, cookie, CSRF, other sites, roles."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from support.team import agents
from tests.harness import PASSWORD, DeskAgent, ScriptedBrain, Server, TestClock, settings_for

DESK = "/api/v1/desk"
NOBODYS = "0" * 24
# What every signed-in agent may read, and what only leads may.
FOR_AGENTS = ("me", "conversations", "agents", "counts", "canned", "views")
FOR_LEADS = ("export?format=csv", "export?format=jsonl", "reports/overview", "missed-questions")
# What changes something; the body is one that would do.
CHANGES = (
    ("claim", {}),
    ("reply", {"client_id": "1", "text": "Hello"}),
    ("note", {"client_id": "2", "text": "Look at this"}),
    ("transfer", {"to": "queue"}),
    ("return", {}),
    ("resolve", {"reason": "solved"}),
    ("reopen", {}),
    ("label", {"add": ["vip"]}),
    ("typing", {"typing": True}),
    ("presence", {"doing": "viewing"}),
    ("review", {"verdict": "good"}),
)


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
async def stranger(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as client:
        yield client


async def log_in(client: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    return await client.post(f"{DESK}/login", json={"email": email, "password": password})


async def test_signing_in_gives_a_cookie_that_scripts_and_other_sites_cannot_use(
    server: Server, aya: DeskAgent, stranger: httpx.AsyncClient
) -> None:
    response = await log_in(stranger, "AYA@example.com ", PASSWORD)
    assert response.status_code == 200
    assert response.json()["agent"]["name"] == "Aya"
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("omotenashi_desk=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    me = (await stranger.get(f"{DESK}/me")).json()
    assert me["csrf"] == response.json()["csrf"]


async def test_over_https_the_cookie_is_secure(tmp_path: Path, clock: TestClock) -> None:
    settings = settings_for(tmp_path, public_url="https://shop.example", demo=False)
    server = Server(settings, ScriptedBrain(), clock)
    await server.start()
    await server.db.writing(
        lambda tx: agents.add(
            tx, email="a@b.example", name="A", role="agent", password=PASSWORD, now=clock()
        )
    )
    async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as client:
        response = await log_in(client, "a@b.example", PASSWORD)
    await server.stop()
    assert "Secure" in response.headers["set-cookie"].split("; ")


async def test_wrong_and_absent_look_alike(aya: DeskAgent, stranger: httpx.AsyncClient) -> None:
    wrong = await log_in(stranger, "aya@example.com", "not the password")
    absent = await log_in(stranger, "nobody@example.com", "not the password")
    assert wrong.status_code == absent.status_code == 401
    assert wrong.content == absent.content
    assert "set-cookie" not in wrong.headers


async def test_guessing_is_throttled(tmp_path: Path, clock: TestClock) -> None:
    settings = settings_for(tmp_path, demo=False).model_copy(update={"limits": "on"})
    server = Server(settings, ScriptedBrain(), clock)
    await server.start()
    async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as client:
        answers = [await log_in(client, "aya@example.com", f"guess {n}") for n in range(11)]
        other = await log_in(client, "someone.else@example.com", "guess")
    await server.stop()
    assert [one.status_code for one in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert other.status_code == 401


async def test_a_sign_in_of_the_wrong_shape(stranger: httpx.AsyncClient) -> None:
    for body in ({}, {"email": "a@b.example"}, {"email": 1, "password": "x"}, []):
        response = await stranger.post(f"{DESK}/login", json=body)
        assert (body, response.status_code) == (body, 422)


async def test_nothing_without_a_sign_in(server: Server, stranger: httpx.AsyncClient) -> None:
    for path in (*FOR_AGENTS, *FOR_LEADS, "events", f"conversations/{NOBODYS}"):
        response = await stranger.get(f"{DESK}/{path}")
        assert (path, response.status_code) == (path, 401)
    for action, body in CHANGES:
        response = await stranger.post(f"{DESK}/conversations/{NOBODYS}/{action}", json=body)
        assert (action, response.status_code) == (action, 401)


async def test_leads_see_what_agents_may_not(aya: DeskAgent, lena: DeskAgent) -> None:
    for path in FOR_AGENTS:
        assert (await aya.client.get(f"{DESK}/{path}")).status_code == 200
    for path in FOR_LEADS:
        allowed = await lena.client.get(f"{DESK}/{path}")
        denied = await aya.client.get(f"{DESK}/{path}")
        assert (path, allowed.status_code, denied.status_code) == (path, 200, 403)
        assert denied.json()["error"]["code"] == "not_allowed"
    for page in ("transcripts", "overview"):
        assert (await lena.client.get(f"/desk/{page}")).status_code == 200
        assert (await aya.client.get(f"/desk/{page}")).status_code == 403


async def test_missed_questions_are_settled_by_leads_only(aya: DeskAgent, lena: DeskAgent) -> None:
    body = {"id": 1, "state": "dismissed"}
    assert (await aya.client.post(f"{DESK}/missed-questions", json=body)).status_code == 403
    assert (await lena.client.post(f"{DESK}/missed-questions", json=body)).status_code == 404


async def test_a_change_needs_the_value_that_only_our_pages_have(aya: DeskAgent) -> None:
    right = aya.client.headers["X-CSRF-Token"]
    for token, expected in ((None, 403), ("", 403), ("x" * 32, 403), (right, 200)):
        if token is None:
            del aya.client.headers["X-CSRF-Token"]
        else:
            aya.client.headers["X-CSRF-Token"] = token
        response = await aya.client.post(f"{DESK}/me", json={"status": "busy"})
        assert (token, response.status_code) == (token, expected)
    assert (await aya.client.get(f"{DESK}/me")).json()["agent"]["status"] == "busy"


async def test_bytes_that_are_no_text_are_refused_like_any_other_value(
    tmp_path: Path, articles_cache: Path, clock: TestClock
) -> None:
    (tmp_path / "cache").symlink_to(articles_cache)
    settings = settings_for(tmp_path, metrics_token="m" * 32)
    server = Server(settings, ScriptedBrain(), clock)
    await server.start()
    try:
        odd = b"Bearer \xff\xfe"
        aya, visitor = await server.agent("Aya"), await server.visitor().arrive(lang="en")
        stranger = server._client()
        for path, headers, status in (
            ("/api/v1/visitor/messages", {"Authorization": odd}, 401),
            ("/metrics", {"Authorization": odd}, 401),
            ("/metrics", {"Authorization": "Bearer " + "m" * 32}, 200),
            (f"{DESK}/me", {"Cookie": b"omotenashi_desk=\xff\xfe"}, 401),
        ):
            assert (await stranger.get(path, headers=headers)).status_code == status, path
        call = await stranger.post("/actions/webhook", headers={"Authorization": odd}, json={})
        assert call.status_code == 404
        claim = f"{DESK}/conversations/{visitor.conversation_id}/claim"
        refused = await aya.client.post(claim, headers={"X-CSRF-Token": odd}, json={})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "csrf")
        body = {"email": "aya@example.com", "password": PASSWORD}
        named = await stranger.post(f"{DESK}/login", headers={"User-Agent": odd}, json=body)
        assert named.status_code == 200
    finally:
        await server.stop()


async def test_one_agents_value_is_not_anothers(aya: DeskAgent, lena: DeskAgent) -> None:
    lena.client.headers["X-CSRF-Token"] = aya.client.headers["X-CSRF-Token"]
    response = await lena.client.post(f"{DESK}/me", json={"status": "busy"})
    assert response.json()["error"]["code"] == "csrf"


async def test_other_sites_are_refused(aya: DeskAgent, stranger: httpx.AsyncClient) -> None:
    own = {"Sec-Fetch-Site": "same-origin", "Origin": str(aya.client.base_url).rstrip("/")}
    for headers, expected in (
        (own, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ):
        answers = (
            await aya.client.post(f"{DESK}/me", json={"status": "away"}, headers=headers),
            await aya.client.get(f"{DESK}/conversations", headers=headers),
            await stranger.post(
                f"{DESK}/login",
                json={"email": "aya@example.com", "password": PASSWORD},
                headers=headers,
            ),
        )
        assert (headers, [one.status_code for one in answers]) == (headers, [expected] * 3)


async def test_signing_out_ends_it(aya: DeskAgent) -> None:
    token = aya.client.cookies["omotenashi_desk"]
    response = await aya.client.post(f"{DESK}/logout")
    assert response.status_code == 204
    assert "Max-Age=0" in response.headers["set-cookie"]
    aya.client.cookies.set("omotenashi_desk", token)
    assert (await aya.client.get(f"{DESK}/me")).status_code == 401


async def test_a_changed_password_ends_sign_ins_and_open_streams(
    server: Server, aya: DeskAgent, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.live.HEARTBEAT_S", 0.1)
    async with aya.client.stream("GET", f"{DESK}/events", timeout=60) as response:
        lines = response.aiter_lines()
        assert await anext(lines) == "event: agents"
        await server.db.writing(
            lambda tx: agents.add(
                tx, email="aya@example.com", name="Aya", role="agent",
                password="another battery", now=clock(),
            )
        )  # fmt: skip
        async with asyncio.timeout(60):
            rest = [line async for line in lines]
    assert "event: ended" in rest
    assert (await aya.client.get(f"{DESK}/me")).status_code == 401


async def test_using_the_desk_is_being_there(
    server: Server, aya: DeskAgent, lena: DeskAgent, clock: TestClock
) -> None:
    clock.push(minutes=10)
    there = (await lena.client.get(f"{DESK}/agents")).json()["agents"]
    assert {one["name"]: one["online"] for one in there} == {"Aya": False, "Lena": True}
    await aya.client.get(f"{DESK}/conversations")
    there = (await lena.client.get(f"{DESK}/agents")).json()["agents"]
    assert {one["name"]: one["online"] for one in there} == {"Aya": True, "Lena": True}


async def test_unknown_settings(aya: DeskAgent) -> None:
    for body in ({"status": "asleep"}, {"lang": "de"}, {}, {"status": 1}):
        response = await aya.client.post(f"{DESK}/me", json=body)
        assert (body, response.status_code) == (body, 422)


async def test_pages_lead_to_the_sign_in_and_back(
    aya: DeskAgent, stranger: httpx.AsyncClient
) -> None:
    for path in ("/desk/", "/desk/overview", f"/desk/c/{NOBODYS}", "/desk/transcripts"):
        response = await stranger.get(path)
        assert response.status_code == 303
        assert response.headers["location"].startswith("/desk/sign-in")
    link = await stranger.get("/desk/overview", headers={"Sec-Fetch-Site": "cross-site"})
    assert link.headers["location"].endswith("&from=elsewhere")
    page = await stranger.get("/desk/sign-in", params={"next": "/desk/overview"})
    assert 'data-onward="/desk/overview"' in page.text
    for elsewhere in ("//evil.example", "https://evil.example/desk/", "/\\evil.example", "/desk"):
        page = await stranger.get("/desk/sign-in", params={"next": elsewhere})
        assert 'data-onward="/desk/"' in page.text
    assert (await aya.client.get("/desk/")).status_code == 200


async def test_pages_allow_nothing_inline(
    aya: DeskAgent, lena: DeskAgent, stranger: httpx.AsyncClient
) -> None:
    for client, path in (
        (stranger, "/desk/sign-in"),
        (aya.client, "/desk/"),
        (lena.client, "/desk/transcripts"),
        (lena.client, "/desk/overview"),
    ):
        page = await client.get(path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert "<style" not in page.text
        assert " style=" not in page.text
        # Shown only when it can be used.
        module = '<script type="module" blocking="render" src="/desk/'
        assert page.text.count("<script") == page.text.count(module)
