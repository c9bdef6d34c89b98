"""`python -m tests.chaos.fast_brain PORT [MODEL]`: a brain that answers at once, as a process.

It numbers its answers by the state that travels with each turn, opens a case for every complaint
and hands over whoever asks for a person, so that a turn lost, repeated or made from an old state
shows in the transcript. Now and then it takes its time, so that somebody else gets between.
"""

import asyncio
import sys
import zlib
from typing import Any

from sanic import Request, Sanic
from sanic.response import HTTPResponse
from sanic.response import json as json_response


async def _ready(request: Request) -> HTTPResponse:
    return json_response({"model": request.app.ctx.model, "busy": 0})


async def _parse(request: Request) -> HTTPResponse:
    return json_response({"intent": "faq_delivery", "confidence": 0.9})


async def _turn(request: Request) -> HTTPResponse:
    text = request.json.get("text") or ""
    # By the text, so that the same words take the same time in every run.
    if (lot := zlib.crc32(text.encode()) % 10) < 4:
        await asyncio.sleep(lot * 0.4)
    turns = ((request.json.get("state") or {}).get("turns") or 0) + 1
    commands: list[dict[str, Any]] = [
        {"type": "open_case", "kind": "complaint", "what": line}
        for line in text.splitlines()
        if "complaint" in line
    ]
    if "person" in text:
        commands.append({"type": "handover", "reason": "asked"})
    return json_response(
        {
            "messages": [
                {"text": f"{turns}: {text}{request.app.ctx.signature}", "kind": "article"}
            ],
            "commands": commands,
            "intent": "request_human" if "person" in text else "faq_delivery",
            "confidence": 0.9,
            "language": "en",
            "anger": "none",
            "understood": True,
            "active_loop": None,
            "state": {"turns": turns},
            "failed": None,
        }
    )


def main(port: int, model: str = "fast") -> None:
    app: Sanic[Any, Any] = Sanic("fast-brain", configure_logging=False)
    app.ctx.model = model
    # For tests that ask which of several brains it was.
    app.ctx.signature = "" if model == "fast" else f" ({model})"
    app.add_route(_ready, "/webhooks/hub/ready", methods=["GET"])
    app.add_route(_parse, "/webhooks/hub/parse", methods=["POST"])
    app.add_route(_turn, "/webhooks/hub/turn", methods=["POST"])
    app.run(host="127.0.0.1", port=port, single_process=True, access_log=False, motd=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
