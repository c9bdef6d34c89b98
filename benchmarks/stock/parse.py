"""Texts on standard input to intents, by Rasa itself: run with the Python of Rasa's environment."""

import asyncio
import json
import sys

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage


async def main(model: str) -> None:
    agent = Agent.load(model)
    for line in sys.stdin:
        parsed = await agent.processor.parse_message(UserMessage(line.rstrip("\n")))
        intent = parsed["intent"]
        print(json.dumps({"intent": intent["name"], "confidence": intent["confidence"]}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
