"""The network between customers and a server: it can break, stall and come back."""

import asyncio
import contextlib
import random
from dataclasses import dataclass, field
from typing import Any

from tests.ports import free_port


@dataclass
class Wire:
    """Forwards connections to `target`; `cut` ends all of them wherever they are."""

    target: int
    port: int = field(default_factory=free_port)
    delay_s: float = 0.0
    # Of all pieces that pass, how many are cut in half, and the connection with them.
    torn: float = 0.0
    dice: random.Random = field(default_factory=random.Random)
    _server: Any = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> int:
        """Break every open connection; how many there were."""
        open_now = len(self._writers) // 2
        for writer in tuple(self._writers):
            writer.transport.abort()
        return open_now

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        both = (writer, far_writer)
        self._writers.update(both)
        tasks = [
            asyncio.create_task(self._carry(reader, far_writer)),
            asyncio.create_task(self._carry(far_reader, writer)),
        ]
        self._tasks.update(tasks)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in both:
                self._writers.discard(one)
                with contextlib.suppress(Exception):
                    one.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._tasks.difference_update(tasks)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(2**14):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                if self.torn and self.dice.random() < self.torn:
                    writer.write(piece[: len(piece) // 2])
                    with contextlib.suppress(OSError):
                        await writer.drain()
                    writer.transport.abort()
                    return
                writer.write(piece)
                await writer.drain()
