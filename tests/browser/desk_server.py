"""The application with some conversations and agents, for the browser tests of the whole product.

    python tests/browser/desk_server.py FOLDER [ORIGIN]

Prints one JSON line: its address and the conversations by name. The chat may be used on pages of
ORIGIN, too.
"""

import asyncio
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from support.team import agents  # noqa: E402 - the path comes first
from tests.contract.desk_scenes import a_shop_at_noon  # noqa: E402
from tests.harness import (  # noqa: E402
    PASSWORD,
    ScriptedBrain,
    Server,
    TestClock,
    handover,
    settings_for,
)

# Shared with the shop's server, which is the tests.
IDENTITY_SECRET = "the shop's and ours, thirty-two bytes or more"
AGENTS = (
    ("aya@example.com", "Aya Mori", "agent", "en"),
    ("kenji@example.com", "田中 健二", "agent", "ja"),
    ("lena@example.com", "Lena Vogt", "lead", "en"),
    ("reika@example.com", "松本 玲香", "lead", "ja"),
)


async def main(folder: Path, *origins: str) -> None:
    settings = settings_for(
        folder, identity_secret=IDENTITY_SECRET, allowed_origins=",".join(origins)
    )
    server = Server(settings, ScriptedBrain(), TestClock(), own_articles=True)
    server.brain.replies["a person please"] = handover("asked")
    await server.start()
    assert server.parts is not None
    playbook, clock = server.parts.playbook, server.clock
    for email, name, role, lang in AGENTS:
        values = {"email": email, "name": name, "role": role, "lang": lang}
        await server.db.writing(
            lambda tx, values=values: agents.add(tx, password=PASSWORD, now=clock(), **values)
        )
    ids = await server.db.writing(lambda tx: a_shop_at_noon(tx, playbook, clock()))
    print(json.dumps({"url": server.url, "password": PASSWORD, **ids}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
