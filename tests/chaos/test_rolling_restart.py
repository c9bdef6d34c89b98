"""Everything is restarted, one process after the other, while people talk: nobody waits for it."""

import asyncio
import contextlib
import random
import signal
import tempfile
from pathlib import Path

import httpx
import pytest

from tests.chaos import verdict
from tests.chaos.people import Board, Colleague, Customer
from tests.chaos.processes import Program
from tests.chaos.storm import Product, build, not_as_stored, prepared
from tests.harness import PATIENCE_S


async def listening(port: int) -> None:
    async with asyncio.timeout(120):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.transport.abort()
                return
            await asyncio.sleep(0.05)


async def restarted(product: Product, program: Program, board: Board) -> None:
    """Ended politely, started again, and well; whoever found it gone was answered by the other."""
    starts = program.starts
    program.signal(signal.SIGTERM)
    async with asyncio.timeout(120):
        while program.starts == starts:
            await asyncio.sleep(0.1)
    await product.ready()
    if program in product.brains:
        # The servers were ready all the while, by the other brain.
        await listening(int(program.command[-1]))
    asked = set(board.asking)
    async with asyncio.timeout(120):
        while asked & board.asking:
            await asyncio.sleep(0.02)


@pytest.mark.timeout(900)
async def test_a_rolling_restart_costs_nobody_more_than_a_second_try(articles_cache: Path) -> None:
    dice = random.Random(20261127)
    folder = Path(tempfile.mkdtemp(prefix="rolling-"))
    product = build(
        folder, big=True, real_brain=False, dice=dice, cache=articles_cache, patient=True
    )
    board = Board([wire.url for wire in product.wires])
    people = [Customer(n, board, random.Random(dice.random())) for n in range(5)]
    team = [Colleague(n, board, random.Random(dice.random())) for n in range(2)]
    for one in (*people, *team):
        # Nothing stands still here for longer than the machine does.
        one.http.timeout = httpx.Timeout(PATIENCE_S)
    tasks: list[asyncio.Task[None]] = []
    watching: list[asyncio.Task[None]] = []
    db = None
    try:
        db, _ = await prepared(product, team, 0)
        await product.ready()
        await asyncio.gather(*(one.arrive() for one in people), *(one.sign_in() for one in team))
        board.tries = 0
        watching = [asyncio.create_task(one.watch()) for one in people]
        tasks = [asyncio.create_task(one.talk()) for one in people]
        tasks += [asyncio.create_task(one.work()) for one in team]
        await asyncio.sleep(2)
        for program in (*product.brains, *product.servers, product.others["redis"]):
            await restarted(product, program, board)
        board.stopping.set()
        await asyncio.gather(*tasks)
        assert board.problems == []
        # Once at a server that was going, then at the other.
        assert board.tries <= 2
        async with asyncio.timeout(60):
            while await db.reading(verdict.pending_turns):
                await asyncio.sleep(0.3)
        for one in people:
            assert await not_as_stored(one) == []
        shared = db
        assert (
            await shared.reading(lambda c: list(verdict.acknowledged_once(c, people, team))) == []
        )
        # No brain was missed: nobody was told that the assistant is down.
        assert await shared.reading(verdict.apologies) == 0
    finally:
        for task in (*tasks, *watching):
            task.cancel()
        await asyncio.gather(*tasks, *watching, return_exceptions=True)
        for one in (*people, *team):
            await one.http.aclose()
        if db is not None:
            db.close()
        await product.stop()
