"""Programs of the measurement, each a process of its own with its output in a file."""

import asyncio
import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

# Loading TensorFlow and the networks takes a minute, on a busy machine several.
STARTS_WITHIN_S = 900.0
_STOPS_WITHIN_S = 20.0


@dataclass(frozen=True)
class Running:
    """A started process; `log` is what it printed."""

    name: str
    process: asyncio.subprocess.Process
    log: Path

    def processor_s(self) -> float:
        """Seconds of processor time, user and system; 0 where the system doesn't tell."""
        with contextlib.suppress(OSError):
            # Fields 14 and 15 of proc(5); the name before them may hold blanks.
            after_name = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2]
            user, system = after_name.split()[11:13]
            return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
        return 0.0

    async def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), _STOPS_WITHIN_S)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


async def start(
    name: str, command: Sequence[str], folder: Path, cwd: Path, env: Mapping[str, str]
) -> Running:
    log = folder / f"{name}.log"
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=cwd, env=dict(env), stdout=output, stderr=output
        )
    return Running(name, process, log)


async def wait_until_ready(
    running: Running, client: httpx.AsyncClient, url: str, token: str | None = None
) -> None:
    """Raises RuntimeError with the end of its log if it ends or isn't ready in time."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STARTS_WITHIN_S):
            while running.process.returncode is None:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(url, headers=headers)).status_code < 400:
                        return
                await asyncio.sleep(0.2)
    raise RuntimeError(f"{running.name} didn't start:\n{running.log.read_text()[-2000:]}")
