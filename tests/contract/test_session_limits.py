"""Sessions or messages without end from one source are limited; nobody else is harmed."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from tests.harness import ScriptedBrain, Server, TestClock, settings_for

SESSION, MESSAGES = "/api/v1/visitor/session", "/api/v1/visitor/messages"
MANY, AT_ONCE = 10_000, 20
FLOODING = "203.0.113.9"


async def flood(
    url: str, number: int, path: str, headers: dict[str, str], body: str = "{}"
) -> list[tuple[int, str]]:
    """(status, Retry-After) of requests made one after the other on one connection; "#" in `body`
    is a number of its own. By hand: a client library takes longer to ask than the server to
    answer."""
    address = urlsplit(url)
    lines = {"Host": address.netloc, "Content-Type": "application/json", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    answers = []
    for _ in range(number):
        said = body.replace("#", uuid4().hex)
        asked = f"POST {path} HTTP/1.1\r\n{head}Content-Length: {len(said)}\r\n\r\n{said}"
        writer.write(asked.encode())
        first, *told = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        found = dict(line.split(": ", 1) for line in told if line)
        await reader.readexactly(int(found["content-length"]))
        answers.append((int(first.split()[1]), found.get("retry-after", "")))
    writer.close()
    await writer.wait_closed()
    return answers


async def test_ten_thousand_sessions_from_one_address_are_limited_and_harm_nobody(
    tmp_path: Path, articles_cache: Path, clock: TestClock
) -> None:
    (tmp_path / "cache").symlink_to(articles_cache)
    settings = settings_for(tmp_path, trusted_proxies="127.0.0.1")
    server = Server(settings.model_copy(update={"limits": "on"}), ScriptedBrain(), clock)
    await server.start()
    try:
        known = await server.visitor().arrive(lang="en")
        client = server.visitor().client
        address = {"X-Forwarded-For": FLOODING}
        began = time.monotonic()
        flooding = asyncio.gather(
            *(flood(server.url, MANY // AT_ONCE, SESSION, address) for _ in range(AT_ONCE))
        )
        # In the midst of it somebody else comes in, and is answered; whoever is here goes on.
        other = {"X-Forwarded-For": "198.51.100.7"}
        assert (await client.post(SESSION, json={}, headers=other)).status_code == 201
        said = await known.answers("how much is delivery?")
        assert said[0]["author"] == "bot"
        answers = [answer for several in await flooding for answer in several]
        statuses = Counter(status for status, _ in answers)
        assert sum(statuses.values()) == MANY
        assert set(statuses) == {201, 429}
        minutes = (time.monotonic() - began) / 60
        assert 120 <= statuses[201] <= 120 * (1 + minutes)
        assert all(0 < float(wait) <= 3600 for status, wait in answers if status == 429)
        # At the flooding address, too: a school or an office is one address.
        inside = await client.post(
            SESSION,
            json={},
            headers={**address, "Authorization": known.client.headers["Authorization"]},
        )
        assert inside.status_code == 201
        assert inside.json()["conversation_id"] == known.conversation_id
    finally:
        await server.stop()


async def test_ten_thousand_messages_of_one_visitor_are_limited_and_harm_nobody(
    tmp_path: Path, articles_cache: Path, clock: TestClock
) -> None:
    (tmp_path / "cache").symlink_to(articles_cache)
    settings = settings_for(tmp_path).model_copy(update={"limits": "on"})
    server = Server(settings, ScriptedBrain(), clock)
    await server.start()
    try:
        eager = await server.visitor().arrive(lang="en")
        calm = await server.visitor().arrive(lang="en")
        token = {"Authorization": eager.client.headers["Authorization"]}
        body = '{"client_id": "#", "text": "again and again"}'
        began = time.monotonic()
        flooding = asyncio.gather(
            *(flood(server.url, MANY // AT_ONCE, MESSAGES, token, body) for _ in range(AT_ONCE))
        )
        said = await calm.answers("how much is delivery?")
        assert said[0]["author"] == "bot"
        answers = [answer for several in await flooding for answer in several]
        statuses = Counter(status for status, _ in answers)
        assert sum(statuses.values()) == MANY
        assert set(statuses) == {202, 429}
        assert statuses[202] <= 30 * (1 + (time.monotonic() - began) / 10)
        assert all(float(wait) > 0 for status, wait in answers if status == 429)
        # What was acknowledged is there, each once, and nothing else.
        kept = [m for m in await eager.read() if m["author"] == "customer"]
        assert len(kept) == statuses[202]
    finally:
        await server.stop()
