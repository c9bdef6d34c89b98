"""Timers: what fails is tried again later, for as long as it takes, and harms nothing else."""

import asyncio

import pytest
from sqlalchemy import select

from support.hints import TIMERS, Hint
from support.store.schema import timers
from support.timers import LONGEST_PAUSE, set_timer
from tests.harness import Server, TestClock, Visitor


@pytest.mark.parametrize("failures", [0, 100])
async def test_a_timer_that_nobody_knows_is_put_off_and_the_server_lives(
    server: Server, visitor: Visitor, clock: TestClock, failures: int
) -> None:
    """As after going back to an older version. A pause that doubles a hundred times is longer
    than any date can say."""
    now = clock()
    await server.db.writing(
        lambda tx: set_timer(tx, "unheard of", "x", now, now, failures=failures)
    )
    server.db.hints.publish(Hint(TIMERS, "set"))
    query = select(timers.c.due_at, timers.c.data).where(timers.c.kind == "unheard of")
    async with asyncio.timeout(60):
        while True:
            due, data = await server.db.reading(lambda c: c.execute(query).one())
            if data["failures"] > failures:
                break
            await asyncio.sleep(0.05)
    assert now < due <= clock() + LONGEST_PAUSE
    assert (await visitor.answers("hello"))[0]["text"] == "1: hello"
