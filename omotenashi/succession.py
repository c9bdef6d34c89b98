"""How the brain takes a new model: another brain is started beside it, warmed, and asked first.

The server knows both places by `BRAIN_URL` and asks the ready one with the newest model, so nothing
has to be told to it. The old brain ends when its turns are done. For that while both models are in
memory. A new model that can't be loaded changes nothing.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omotenashi.supervisor import Program, keep_alive, say, unless_stopping

LOOK_EVERY_S = 3.0
# Loading takes ten seconds on an idle processor; on a busy one it may take its time.
LOAD_WITHIN_S = 300.0
# Servers look every two and a half seconds who is ready, and wait two for an answer.
KNOWN_AFTER_S = 6.0
TURNS_DONE_WITHIN_S = 10.0
ASK_EVERY_S = 0.2


@dataclass(frozen=True)
class Answering:
    """What a brain says of itself: its model's file name, and how many turns it works on."""

    model: str
    busy: int


@dataclass(frozen=True)
class Found:
    """A model's file, as it was when it was looked at."""

    path: Path
    size: int
    changed_ns: int


def find(path: Path | None) -> Found | None:
    """None where there is no such file (any more)."""
    if path is None:
        return None
    try:
        stat = path.stat()
    except OSError:
        return None
    return Found(path, stat.st_size, stat.st_mtime_ns)


def is_new(running: Path | None, found: Found, before: Found | None, refused: Found | None) -> bool:
    """Whether to load what was found: another file than the one that runs, complete (it is as it
    was at the look before), and not the one that could not be loaded."""
    return running not in (None, found.path) and found == before and found != refused


@dataclass
class Keeping:
    """One brain, kept alive at a port with its model (None: `provide` says at the start)."""

    port: int
    model: Path | None = None
    # Until then its end is final.
    answered: bool = False
    ending: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] = field(init=False)

    async def end(self) -> None:
        self.ending.set()
        await asyncio.wait({self.task})


@dataclass
class Succession:
    """The brain of this machine, over all its models. `ports` are two.

    `provide` gives a model for the first start and for one whose file is gone, and may train it;
    `present` the model that should run, if there is one; `command` starts a brain; `state` asks
    one, and gives None while it isn't ready.
    """

    ports: tuple[int, int]
    env: dict[str, str]
    provide: Callable[[], Awaitable[Path]]
    present: Callable[[], Path | None]
    command: Callable[[Path, int], Sequence[str]]
    state: Callable[[int], Awaitable[Answering | None]]
    look_every_s: float = LOOK_EVERY_S
    load_within_s: float = LOAD_WITHIN_S
    known_after_s: float = KNOWN_AFTER_S

    async def __call__(self, stopping: asyncio.Event) -> None:
        """Until `stopping`. Raises what `provide` raises."""
        port, free = self.ports
        # With nobody else to answer, the first one is started again and again.
        now = self._start(Keeping(port, answered=True))
        holder = await _hold(free)
        before = refused = None
        try:
            while await self._still_there(now.task, stopping):
                found = await asyncio.to_thread(self._look)
                if found is None or not is_new(now.model, found, before, refused):
                    before = found
                    continue
                await _release(holder)
                then = self._start(Keeping(free, found.path))
                handing_over = self._hand_over(now, then, found.path.name)
                if await unless_stopping(handing_over, stopping) and then.answered:
                    now, free = then, now.port
                else:
                    refused = found
                    await then.end()
                holder = await _hold(free)
        finally:
            await _release(holder)
            await now.end()

    def _start(self, one: Keeping) -> Keeping:
        async def command() -> Sequence[str]:
            if one.model is None or not one.model.exists():
                one.model = await self.provide()
            return self.command(one.model, one.port)

        program = Program("brain", command, self.env, again=lambda: one.answered)
        one.task = asyncio.create_task(keep_alive(program, one.ending))
        return one

    async def _still_there(self, keeping: asyncio.Task[None], stopping: asyncio.Event) -> bool:
        """After a while: whether to go on. Raises what ended the brain's keeping."""
        pause = asyncio.create_task(asyncio.sleep(self.look_every_s))
        over = asyncio.create_task(stopping.wait())
        await asyncio.wait({pause, over, keeping}, return_when=asyncio.FIRST_COMPLETED)
        for one in (pause, over):
            one.cancel()
        if keeping.done():
            keeping.result()
        return not stopping.is_set()

    def _look(self) -> Found | None:
        # Files come and go under the eyes of whoever reads a folder.
        with contextlib.suppress(OSError):
            return find(self.present())
        return None

    async def _hand_over(self, now: Keeping, then: Keeping, name: str) -> None:
        """`then.answered` tells whether it came to that."""
        say("run", f"loading {name} beside the brain in use; both need memory meanwhile")
        if not await self._warmed(then, name):
            say("run", f"{name} can't be used; the brain in use goes on answering")
            return
        then.answered = True
        await asyncio.sleep(self.known_after_s)
        for _ in range(int(TURNS_DONE_WITHIN_S / ASK_EVERY_S)):
            old = await self.state(now.port)
            if old is None or not old.busy:
                break
            await asyncio.sleep(ASK_EVERY_S)
        await now.end()
        say("run", f"{name} answers now; the brain before it has ended")

    async def _warmed(self, then: Keeping, name: str) -> bool:
        until = time.monotonic() + self.load_within_s
        while not then.task.done() and time.monotonic() < until:
            found = await self.state(then.port)
            if found is not None and found.model == name:
                return True
            await asyncio.sleep(ASK_EVERY_S)
        return False


def asker(secret: str) -> Callable[[int], Awaitable[Answering | None]]:
    """Asks the brain at a port of this machine."""
    # Imported when it is used: the other commands need none of it.
    import aiohttp

    async def state(port: int) -> Answering | None:
        headers = {"Authorization": f"Bearer {secret}"}
        timeout = aiohttp.ClientTimeout(total=2.0)
        try:
            async with (
                aiohttp.ClientSession(headers=headers, timeout=timeout) as session,
                session.get(f"http://127.0.0.1:{port}/webhooks/hub/ready") as answer,
            ):
                found: Any = await answer.json(content_type=None) if answer.status == 200 else {}
                return Answering(str(found["model"]), int(found.get("busy", 0)))
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
            return None

    return state


async def _hold(port: int) -> asyncio.Server | None:
    """Keep the port for the next brain. Whoever connects is sent away at once: there is none."""

    async def send_away(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    try:
        return await asyncio.start_server(send_away, "127.0.0.1", port)
    except OSError as error:
        say("run", f"port {port} is kept by somebody else ({os.strerror(error.errno or 0)})")
        return None


async def _release(holder: asyncio.Server | None) -> None:
    if holder is not None:
        holder.close()
        await holder.wait_closed()
