"""Ending tasks for good."""

import asyncio
from collections.abc import Collection
from typing import Any


async def end(tasks: Collection[asyncio.Task[Any]], again_s: float = 3.0) -> None:
    """Cancel `tasks` until each has ended, once more every `again_s` seconds.

    Once may not do: a library that waits with a time limit may take a cancellation that comes in
    the moment of an answer for its own, and go on. What they raised is nobody's any more.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=again_s)
    await asyncio.gather(*tasks, return_exceptions=True)
