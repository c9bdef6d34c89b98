"""Texts on standard input to readings on standard output, without a server."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage

from brain.hub.answers import parse_answer
from brain.hub.typed_text import without_commands
from brain.loading import load_agent


async def parse(agent: Agent, text: str) -> dict[str, Any]:
    """What the hub's parse route answers for `text`."""
    message = UserMessage(without_commands(text))
    return parse_answer(text, await agent.processor.parse_message(message))


def parse_lines(model: Path, lines: Iterable[str], out: TextIO = sys.stdout) -> int:
    """One JSON object a line, in order and as they come."""
    agent = load_agent(model)
    loop = asyncio.new_event_loop()
    for line in lines:
        answer = loop.run_until_complete(parse(agent, line.rstrip("\r\n")))
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")
        out.flush()
    return 0
