"""The brain's server: the hub channel and nothing else of Rasa's."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import register
from sanic import Request, Sanic
from sanic.exceptions import SanicException
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from brain.hub import HubInput
from brain.loading import NoModel, load_agent


def make_app(model: Path, hub: HubInput) -> Sanic:
    """The application; it listens at once and is ready when the model is loaded."""
    app = Sanic("brain", configure_logging=False)
    app.config.KEEP_ALIVE_TIMEOUT = 75
    app.config.ACCESS_LOG = False
    app.config.MOTD = False
    app.ctx.agent = None
    register([hub], app, "/webhooks/")

    @app.listener("after_server_start")
    async def load(app: Sanic, _: Any) -> None:
        app.add_task(_load(app, model))

    @app.exception(Exception)
    async def problem(_request: Request, error: Exception) -> HTTPResponse:
        status = error.status_code if isinstance(error, SanicException) else 500
        words = str(error) if isinstance(error, SanicException) else type(error).__name__
        return json_response({"error": {"code": f"http_{status}", "message": words}}, status)

    return app


async def _load(app: Sanic, model: Path) -> None:
    began = time.monotonic()
    loop = asyncio.get_running_loop()
    try:
        app.ctx.agent = await loop.run_in_executor(None, load_agent, model)
    except Exception as error:
        words = str(error) if isinstance(error, NoModel) else f"{type(error).__name__}: {error}"
        print(f"the model can't be loaded: {words}", file=sys.stderr, flush=True)
        app.ctx.load_failed = True
        app.stop()
        return
    name = app.ctx.agent.processor.model_filename
    print(f"ready with {name}, loaded in {time.monotonic() - began:.1f} s", flush=True)


def serve(model: Path, host: str, port: int) -> int:
    """Runs until stopped; 1 if the model can't be loaded."""
    app = make_app(model, HubInput.from_credentials(None))
    app.run(host=host, port=port, access_log=False, debug=False)
    return 1 if getattr(app.ctx, "load_failed", False) else 0
