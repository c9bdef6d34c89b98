"""One readable log: time, level, what. Under the supervisor the process's name stands in front."""

import logging
import os
import sys

import structlog

from omotenashi.supervisor import CHILD


def set_up_logging(level: int = logging.INFO) -> None:
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
    ]
    renderer = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        exception_formatter=structlog.dev.plain_traceback,
        pad_level=False,
        pad_event_to=0,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared if CHILD not in os.environ else shared[:1],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    # Addresses and tokens pass through these at their usual level.
    for noisy in ("httpx", "httpcore", "sanic.access", "telegram", "alembic", "rasa_sdk"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("sanic.root").setLevel(logging.WARNING)
    logging.getLogger("sanic.server").setLevel(logging.WARNING)
