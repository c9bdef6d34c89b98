"""Tasks that have to end."""

import asyncio
import contextlib

from support.ending import end


async def deaf_at_first(told: list[str]) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(60)
    told.append("goes on")
    await asyncio.sleep(60)


async def broken() -> None:
    raise ValueError


async def test_a_task_that_swallows_a_cancellation_ends_all_the_same() -> None:
    told: list[str] = []
    tasks = [asyncio.create_task(deaf_at_first(told)), asyncio.create_task(broken())]
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await end(tasks, again_s=0.05)
    assert told == ["goes on"]
    assert all(task.done() for task in tasks)


async def test_nothing_to_end_is_ended_at_once() -> None:
    await end([])
