"""New sessions without end from one address are limited; nobody else is harmed."""

import asyncio
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from tests.harness import ScriptedBrain, Server, TestClock, settings_for

SESSION = "/api/v1/visitor/session"
MANY, AT_ONCE = 10_000, 20
FLOODING = "203.0.113.9"


async def flood(url: str, number: int) -> list[tuple[int, str]]:
    """(status, Retry-After) of new sessions asked for one after the other on one connection. By
    hand: a client library takes longer to ask than the server to answer."""
    address = urlsplit(url)
    asked = (
        f"POST {SESSION} HTTP/1.1\r\nHost: {address.netloc}\r\nX-Forwarded-For: {FLOODING}\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    ).encode()
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    answers = []
    for _ in range(number):
        writer.write(asked)
        head, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        await reader.readexactly(int(headers["content-length"]))
        answers.append((int(head.split()[1]), headers.get("retry-after", "")))
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
        flooding = asyncio.gather(*(flood(server.url, MANY // AT_ONCE) for _ in range(AT_ONCE)))
        # In the midst of it somebody else comes in, and is answered; whoever is here goes on.
        other = {"X-Forwarded-For": "198.51.100.7"}
        assert (await client.post(SESSION, json={}, headers=other)).status_code == 201
        said = await known.answers("how much is delivery?")
        assert said[0]["author"] == "bot"
        answers = [answer for several in await flooding for answer in several]
        statuses = Counter(status for status, _ in answers)
        assert sum(statuses.values()) == MANY
        assert set(statuses) == {201, 429}
        assert 120 <= statuses[201] < 300
        assert all(0 < float(wait) <= 3600 for status, wait in answers if status == 429)
        # At the flooding address, too: a school or an office is one address.
        inside = await client.post(
            SESSION,
            json={},
            headers={
                "X-Forwarded-For": FLOODING,
                "Authorization": known.client.headers["Authorization"],
            },
        )
        assert inside.status_code == 201
        assert inside.json()["conversation_id"] == known.conversation_id
    finally:
        await server.stop()
