"""kill -9 at any point: nothing acknowledged is lost, nothing is shown twice or out of order."""

import asyncio
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import httpx

from tests.e2e.product import EchoBrain, Serving
from tests.harness import PATIENCE_S, Visitor

VISITORS, MESSAGES, KILLS = 4, 12, 4


async def persistent_post(visitor: Visitor, text: str) -> int:
    """Like the widget: the same client id until it is acknowledged."""
    client_id = uuid4().hex
    while True:
        try:
            response = await visitor.post(text, client_id)
        except httpx.HTTPError:
            await asyncio.sleep(0.1)
            continue
        if response.status_code == 202:
            return int(response.json()["seq"])
        assert response.status_code == 503, response.text
        await asyncio.sleep(0.1)


async def talk(visitor: Visitor, name: int, dice: random.Random) -> list[int]:
    seqs = []
    for number in range(MESSAGES):
        seqs.append(await persistent_post(visitor, f"visitor {name} complaint {number}"))
        await asyncio.sleep(dice.random() * 0.4)
    return seqs


async def test_killed_again_and_again_everything_is_there_once(
    tmp_path: Path, articles_cache: Path
) -> None:
    dice = random.Random(20261121)
    (tmp_path / "cache").symlink_to(articles_cache)
    brain = EchoBrain()
    await brain.start()
    serving = Serving(tmp_path, brain.url)
    await serving.start()
    clients = [
        httpx.AsyncClient(base_url=serving.url, timeout=PATIENCE_S, trust_env=False)
        for _ in range(VISITORS)
    ]
    try:
        visitors = [await Visitor(client).arrive(lang="en") for client in clients]
        talking = [
            asyncio.create_task(talk(visitor, name, dice)) for name, visitor in enumerate(visitors)
        ]
        for _ in range(KILLS):
            await asyncio.sleep(0.3 + dice.random())
            await serving.kill()
            await serving.start()
        acknowledged = await asyncio.gather(*talking)
        for name, visitor in enumerate(visitors):
            said = await visitor.wait_for(
                lambda found: sum(m["author"] == "bot" for m in found) >= MESSAGES
            )
            texts = [m["text"] for m in said if m["author"] == "customer"]
            assert texts == [f"visitor {name} complaint {n}" for n in range(MESSAGES)]
            assert [m["seq"] for m in said if m["author"] == "customer"] == acknowledged[name]
            answers = [m["text"] for m in said if m["author"] == "bot"]
            assert answers == [f"{n + 1}: {text}" for n, text in enumerate(texts)]
            assert [m["seq"] for m in said] == sorted({m["seq"] for m in said})
        with closing(sqlite3.connect(tmp_path / "omotenashi.sqlite3")) as database:
            (cases,) = database.execute("SELECT count(*) FROM cases").fetchone()
        assert cases == VISITORS * MESSAGES
        assert await serving.stop() == 0
    finally:
        for client in clients:
            await client.aclose()
        await serving.kill()
        await brain.stop()
