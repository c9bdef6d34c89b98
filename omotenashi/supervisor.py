"""Several processes as one: started together, restarted when they die, stopped together."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omotenashi.settings import ROOT

# Set for the children: time and name in front of each line are written here.
CHILD = "OMOTENASHI_SUPERVISED"
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
# A process that lived so long was well; its next death is a first one again.
WELL_AFTER_S = 60.0
STOP_WITHIN_S = 10.0


@dataclass(frozen=True)
class Program:
    """A process to keep alive. `command` is asked before every start and may take its time. When
    the process ends, it is started again if `again` says so."""

    name: str
    command: Callable[[], Awaitable[Sequence[str]]]
    env: Mapping[str, str]
    again: Callable[[], bool] = lambda: True


# Something that goes on until the event is set.
Work = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


def say(name: str, line: str) -> None:
    """One line of the common log."""
    print(f"{time.strftime('%H:%M:%S')} {name:<8}| {line}", file=sys.stderr, flush=True)


async def supervise(work: Sequence[Work]) -> None:
    """Run until Ctrl-C or SIGTERM, then stop everything cleanly."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    tasks = [asyncio.create_task(one(stopping)) for one in work]
    waiting = asyncio.create_task(stopping.wait())
    done, _ = await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    stopping.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    waiting.cancel()
    for task in done - {waiting}:
        task.result()


def kept_alive(program: Program) -> Work:
    return lambda stopping: keep_alive(program, stopping)


async def keep_alive(program: Program, stopping: asyncio.Event) -> None:
    pause = FIRST_PAUSE_S
    while not stopping.is_set():
        command = asyncio.ensure_future(program.command())
        if not await unless_stopping(command, stopping):
            return
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *command.result(),
            cwd=ROOT,
            env=dict(program.env),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # Ctrl-C reaches the whole terminal; the children are stopped in our order instead.
            start_new_session=True,
            limit=2**20,
        )
        if process.stdout is None:
            raise RuntimeError("a process without output")
        reading = asyncio.create_task(_log(program.name, process.stdout))
        if await unless_stopping(process.wait(), stopping):
            await reading
            if not program.again():
                say(program.name, f"ended with status {process.returncode}")
                return
            if time.monotonic() - began > WELL_AFTER_S:
                pause = FIRST_PAUSE_S
            say(program.name, f"ended with status {process.returncode}; again in {pause:g} s")
            await unless_stopping(asyncio.sleep(pause), stopping)
            pause = min(LONGEST_PAUSE_S, pause * 2)
            continue
        await _stop(process)
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading


async def unless_stopping(work: Awaitable[object], stopping: asyncio.Event) -> bool:
    """Whether `work` was done before the stop."""
    doing = asyncio.ensure_future(work)
    ending = asyncio.create_task(stopping.wait())
    await asyncio.wait({doing, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    if doing.done():
        doing.result()
        return True
    doing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await doing
    return False


async def _log(name: str, output: asyncio.StreamReader) -> None:
    while line := await output.readline():
        text = line.decode(errors="replace").rstrip()
        if text:
            say(name, text)


async def _stop(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_WITHIN_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
