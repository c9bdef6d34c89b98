"""Server-sent events: frames, heartbeat, and an end when the server stops.

Format: the WHATWG HTML standard, "Server-sent events".
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

from sanic import Request
from sanic.response import HTTPResponse

log = logging.getLogger(__name__)

HEARTBEAT_S = 15.0
# Who takes nothing for so long is dropped, and resumes when it reads again. Until then it costs
# what the transport holds (64 KiB) and one frame: the next is made when that one is taken.
TAKEN_WITHIN_S = 20.0


def frame(event: str, data: Any, event_id: int | None = None) -> str:
    """One event as text. JSON has no bare line breaks, so one data line is enough."""
    head = f"id: {event_id}\n" if event_id is not None else ""
    return f"{head}event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


COMMENT = ": still here\n\n"


async def stream(
    request: Request, frames: AsyncIterator[str], headers: Mapping[str, str] | None = None
) -> None:
    """Send `frames` until they end, the client leaves, or the server stops."""
    response: HTTPResponse = await request.respond(
        content_type="text/event-stream; charset=utf-8",
        headers={
            "Cache-Control": "no-store",
            # A proxy that gathers events into larger pieces would hold messages back.
            "X-Accel-Buffering": "no",
            **(headers or {}),
        },
    )
    stopping: asyncio.Event = request.app.ctx.stopping

    async def send() -> None:
        async for text in frames:
            async with asyncio.timeout(TAKEN_WITHIN_S):
                await response.send(text)

    sending = asyncio.create_task(send())
    ending = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({sending, ending}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, ending):
            task.cancel()
        sent, _ = await asyncio.gather(sending, ending, return_exceptions=True)
    if isinstance(sent, TimeoutError):
        transport: Any = request.transport  # asyncio's or uvloop's
        transport.abort()
        return
    if isinstance(sent, Exception):
        # Not raised: half the answer is out, and the client comes back by itself.
        log.error("an event stream broke off at %s", request.path, exc_info=sent)
    await response.send(end_stream=True)
