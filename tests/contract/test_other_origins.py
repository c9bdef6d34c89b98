"""The shop's own pages, on another origin: browsers ask first, and show only what they may."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.store.database import StorageUnavailable
from tests.harness import ScriptedBrain, Server, TestClock, settings_for

VISITOR = "/api/v1/visitor/"
SHOP = "https://shop.example"
STRANGERS = (
    "https://evil.example",
    "https://shop.example.evil.example",
    "http://shop.example",
    "null",
)


@pytest.fixture
async def server(tmp_path: Path, clock: TestClock, articles_cache: Path) -> AsyncIterator[Server]:
    (tmp_path / "cache").symlink_to(articles_cache)
    running = Server(settings_for(tmp_path, allowed_origins=SHOP), ScriptedBrain(), clock)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def http(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as client:
        yield client


async def operations(http: httpx.AsyncClient) -> list[tuple[str, str]]:
    """(method, address) of everything that the chat may ask for."""
    paths: dict[str, Any] = (await http.get("/openapi.json")).json()["paths"]
    found = [
        (method.upper(), path.replace("{id}", "a1"))
        for path, methods in paths.items()
        if path.startswith(VISITOR)
        for method in methods
    ]
    assert len(found) > 15
    return found


def asks(origin: str, method: str) -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }


async def test_a_browser_may_ask_for_everything_the_chat_needs(http: httpx.AsyncClient) -> None:
    for method, path in await operations(http):
        response = await http.options(path, headers=asks(SHOP, method))
        assert response.status_code == 204, (method, path)
        told = response.headers
        assert told["access-control-allow-origin"] == SHOP
        assert told["access-control-allow-headers"] == "authorization, content-type, last-event-id"
        assert method in told["access-control-allow-methods"].split(", ")
        assert told["vary"] == "Origin"
        assert "access-control-allow-credentials" not in told


async def test_from_a_strangers_page_it_may_ask_for_nothing(http: httpx.AsyncClient) -> None:
    for method, path in await operations(http):
        for origin in STRANGERS:
            response = await http.options(path, headers=asks(origin, method))
            assert response.status_code == 403, (method, path, origin)
            assert "access-control-allow-origin" not in response.headers


async def test_answers_and_refusals_can_be_read_there(
    http: httpx.AsyncClient,
) -> None:
    http.headers["Origin"] = SHOP
    made = await http.post(f"{VISITOR}session", json={})
    assert made.status_code == 201
    nobody = await http.get(f"{VISITOR}messages")
    http.headers["Authorization"] = f"Bearer {made.json()['token']}"
    said = await http.post(f"{VISITOR}messages", json={"client_id": "1", "text": "hello"})
    empty = await http.post(f"{VISITOR}messages", json={"client_id": "2", "text": " "})
    no_form = await http.post(f"{VISITOR}attachments", json={})
    missing = await http.get(f"{VISITOR}attachments/a1")
    statuses = [r.status_code for r in (made, nobody, said, empty, no_form, missing)]
    assert statuses == [201, 401, 202, 422, 415, 404]
    async with http.stream("GET", f"{VISITOR}events") as stream:
        assert stream.status_code == 200
    for response in (made, nobody, said, empty, no_form, missing, stream):
        assert response.headers["access-control-allow-origin"] == SHOP
        assert response.headers["access-control-expose-headers"] == "retry-after"


async def test_that_nothing_can_be_stored_can_be_read_there(
    server: Server, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise StorageUnavailable("no space left")

    monkeypatch.setattr(server.db, "_write", away)
    response = await http.post(f"{VISITOR}session", json={}, headers={"Origin": SHOP})
    assert response.status_code == 503
    assert float(response.headers["retry-after"]) > 0
    assert response.headers["access-control-allow-origin"] == SHOP


async def test_a_strangers_page_gets_nothing_to_read(http: httpx.AsyncClient) -> None:
    for origin in STRANGERS:
        response = await http.post(f"{VISITOR}session", json={}, headers={"Origin": origin})
        assert response.status_code == 403
        assert "access-control-allow-origin" not in response.headers
