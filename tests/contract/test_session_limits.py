"""New sessions without end from one address are limited; nobody else is harmed."""

import asyncio
from pathlib import Path

from tests.harness import ScriptedBrain, Server, TestClock, settings_for

SESSION = "/api/v1/visitor/session"
# Far more than a rule of 120 a minute lets through, as 10,000 would be.
MANY = 400


async def test_a_flood_of_sessions_from_one_address_is_limited_and_harms_nobody(
    tmp_path: Path, articles_cache: Path, clock: TestClock
) -> None:
    (tmp_path / "cache").symlink_to(articles_cache)
    settings = settings_for(tmp_path, trusted_proxies="127.0.0.1")
    server = Server(settings.model_copy(update={"limits": "on"}), ScriptedBrain(), clock)
    await server.start()
    try:
        known = await server.visitor().arrive(lang="en")
        client = server.visitor().client
        flood = {"X-Forwarded-For": "203.0.113.9"}
        answers = [
            found
            for _ in range(MANY // 50)
            for found in await asyncio.gather(
                *(client.post(SESSION, json={}, headers=flood) for _ in range(50))
            )
        ]
        made = [one for one in answers if one.status_code == 201]
        refused = [one for one in answers if one.status_code == 429]
        assert 120 <= len(made) < 200
        assert len(made) + len(refused) == MANY
        assert all(0 < float(one.headers["Retry-After"]) <= 3600 for one in refused)
        # Somebody else comes in, and is answered; whoever is here already goes on.
        other = {"X-Forwarded-For": "198.51.100.7"}
        assert (await client.post(SESSION, json={}, headers=other)).status_code == 201
        said = await known.answers("how much is delivery?")
        assert said[0]["author"] == "bot"
        # At the flooding address, too: a school or an office is one address.
        inside = await client.post(
            SESSION,
            json={},
            headers={**flood, "Authorization": known.client.headers["Authorization"]},
        )
        assert inside.status_code == 201
        assert inside.json()["conversation_id"] == known.conversation_id
    finally:
        await server.stop()
