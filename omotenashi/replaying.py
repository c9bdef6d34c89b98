"""`omotenashi replay`: past conversations asked of another model, and the differences kept."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from omotenashi import models
from omotenashi.parts import PLAYBOOK, open_database
from omotenashi.ports import free_port
from omotenashi.settings import ROOT, Settings
from support.brain import BrainUnavailable, RasaBrain, TurnRequest
from support.clock import utc_now
from support.errors import Mendable
from support.learning import replays
from support.learning.replays import Recorded
from support.learning.wordings import Wordings
from support.playbook.playbook import Playbook, load_playbook
from support.store.migrate import migrate

DAYS = 7
MOST_CONVERSATIONS = 200
MOST_TOLD = 200
READY_WITHIN_S = 120.0


class NoBrain(Mendable):
    """There is nobody to ask."""


class UnknownDay(Mendable):
    """Not a day, or none before the other."""


def days(since: str | None, until: str | None) -> tuple[datetime, datetime]:
    """From the first day's beginning to the last one's end in the shop's zone: the last week."""
    zone = load_playbook(PLAYBOOK).hours.zone
    today = utc_now().astimezone(zone).date()
    try:
        last = date.fromisoformat(until) if until else today
        first = date.fromisoformat(since) if since else last - timedelta(days=DAYS - 1)
    except ValueError as error:
        raise UnknownDay(f"--from and --to are days such as 2026-11-01: {error}") from error
    if first > last:
        raise UnknownDay("--from is after --to")
    midnight = datetime.combine(first, time(), zone)
    return midnight, datetime.combine(last + timedelta(days=1), time(), zone)


async def replay(
    settings: Settings, since: datetime, until: datetime, brain: str | Path
) -> dict[str, Any]:
    """Ask `brain`, an address or a model's file, what was asked then.

    {conversations, asked, same, differences}. Raises NoBrain. The actions asked are those
    of the server that runs at the settings' address, as its own brain does.
    """
    playbook = load_playbook(PLAYBOOK)
    with closing(open_database(settings)) as db:
        migrate(db)
        found = db.read(lambda c: replays.recorded(c, since, until, MOST_CONVERSATIONS))
    async with _brain_at(settings, brain) as asked:
        answered = await _ask(asked, found, playbook)
    differences, count = answered
    return {
        "conversations": len(found),
        "asked": count,
        "same": count - len(differences),
        "differences": [replays.as_shape(one) for one in differences[:MOST_TOLD]],
    }


async def _ask(
    brain: RasaBrain, found: Sequence[Recorded], playbook: Playbook
) -> tuple[list[replays.Difference], int]:
    wordings = Wordings.load(ROOT / "domain.yml")
    differences: list[replays.Difference] = []
    count = 0
    for conversation in found:
        state: Any = None
        for said in conversation.said:
            request = TurnRequest(
                f"replay-{conversation.id}",
                said.text,
                None,
                _metadata(conversation, said.at, playbook),
                state,
            )
            try:
                result = await brain.turn(request)
            except BrainUnavailable as error:
                raise NoBrain(f"the brain gave no answer: {error}") from error
            state, count = result.state, count + 1
            answers = [reply.text for reply in result.replies]
            changed = replays.difference(conversation.id, said, result.intent, answers, wordings)
            if changed is not None:
                differences.append(changed)
    return differences, count


def _metadata(conversation: Recorded, at: datetime, playbook: Playbook) -> dict[str, Any]:
    """`support.turns.turn_work.metadata` of a visitor nobody knows: no order is opened."""
    return {
        "turn": uuid4().hex,
        "conversation": conversation.id,
        "thread": conversation.thread_id,
        "channel": conversation.channel,
        "now": at.isoformat(),
        "state": "bot",
        "lang": conversation.lang,
        "customer": None,
        "verified_orders": [],
        "lookup_failures": 0,
        "contact": None,
        "staffed": True,
        "opens_at": None,
        "hint": None,
        "thresholds": playbook.escalation.thresholds.model_dump(),
    }


@contextlib.asynccontextmanager
async def _brain_at(settings: Settings, brain: str | Path) -> AsyncIterator[RasaBrain]:
    process = None
    if isinstance(brain, Path):
        port = free_port()
        process = _started(settings, brain, port)
        url = f"http://127.0.0.1:{port}"
    else:
        url = brain
    # A replay is in no hurry, and the machine may be busy with customers.
    asked = RasaBrain([url], settings.key("brain"), timeout=30.0)
    watching = asyncio.create_task(asked.watch())
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_WITHIN_S):
                while not asked.ever_ready:
                    if process is not None and process.poll() is not None:
                        raise NoBrain("the brain of that model ended at once")
                    await asyncio.sleep(0.2)
        if not asked.ever_ready:
            raise NoBrain(f"no brain is ready at {url}")
        yield asked
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await asked.close()
        if process is not None:
            process.terminate()
            await asyncio.to_thread(process.wait)


def _started(settings: Settings, model: Path, port: int) -> "subprocess.Popen[bytes]":
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ
    }
    actions = settings.actions_url or f"http://127.0.0.1:{settings.port}/actions/webhook"
    return subprocess.Popen(  # noqa: S603 - ours
        [
            str(models.BRAIN_PYTHON), "-m", "brain", "serve",
            "--model", str(model), "--port", str(port),
        ],
        cwd=ROOT,
        env={
            **kept,
            "OMOTENASHI_BRAIN_SECRET": settings.key("brain"),
            "OMOTENASHI_ACTIONS_URL": actions,
            "OMOTENASHI_ACTIONS_SECRET": settings.key("actions"),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
