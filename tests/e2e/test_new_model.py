"""A new model takes over while customers write: nobody waits for it; a broken one is no harm."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from omotenashi.succession import Found, Succession, asker, is_new
from support.store import Database
from support.store.schema import turns
from tests.e2e.product import Serving
from tests.harness import PATIENCE_S, Visitor
from tests.ports import free_port

OLD, NEW = "20261101-old.tar.gz", "20261102-new.tar.gz"


@dataclass
class Machine:
    """A folder of models, and brains that answer by their names."""

    models: Path
    ports: tuple[int, int] = field(default_factory=lambda: (free_port(), free_port()))
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    started: list[str] = field(default_factory=list)

    def put(self, name: str) -> None:
        (self.models / name).write_text(name)

    def present(self) -> Path | None:
        return max(self.models.iterdir(), default=None)

    def command(self, model: Path, port: int) -> list[str]:
        self.started.append(model.name)
        if "broken" in model.name:
            return [sys.executable, "-c", "raise SystemExit('not a model')"]
        return [sys.executable, "-m", "tests.chaos.fast_brain", str(port), model.name]

    async def provide(self) -> Path:
        present = self.present()
        assert present is not None
        return present

    @property
    def urls(self) -> str:
        return ",".join(f"http://127.0.0.1:{port}" for port in self.ports)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        succession = Succession(
            self.ports, dict(os.environ), self.provide, self.present, self.command,
            asker("secret"), look_every_s=0.2,
        )  # fmt: skip
        task = asyncio.create_task(succession(self.stopping))
        try:
            yield
        finally:
            self.stopping.set()
            await task


@dataclass
class Talk:
    """A customer who writes on and on, each time when the last word was answered."""

    visitor: Visitor
    number: int
    answers: list[str] = field(default_factory=list)

    async def go_on(self, over: asyncio.Event) -> None:
        while not over.is_set():
            (said,) = await self.visitor.answers(f"question {self.number}.{len(self.answers)}")
            assert said["author"] == "bot"
            self.answers.append(said["text"])

    def by(self, model: str) -> int:
        return sum(model in text for text in self.answers)


async def until(met: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    async with asyncio.timeout(seconds):
        while not met():
            await asyncio.sleep(0.05)


async def test_customers_are_answered_all_the_while(tmp_path: Path, articles_cache: Path) -> None:
    (tmp_path / "cache").symlink_to(articles_cache)
    models = tmp_path / "models"
    models.mkdir()
    machine = Machine(models)
    machine.put(OLD)
    serving = Serving(tmp_path, machine.urls)
    over = asyncio.Event()
    clients: list[httpx.AsyncClient] = []
    state = asker("secret")
    try:
        async with machine.running():
            await serving.start()
            clients += [
                httpx.AsyncClient(base_url=serving.url, timeout=PATIENCE_S, trust_env=False)
                for _ in range(3)
            ]
            talks = [Talk(await Visitor(c).arrive(lang="en"), n) for n, c in enumerate(clients)]
            talking = [asyncio.create_task(talk.go_on(over)) for talk in talks]
            await until(lambda: all(talk.by(OLD) > 1 for talk in talks))
            machine.put(NEW)
            await until(lambda: all(talk.by(NEW) > 1 for talk in talks))
            # The old one has ended, and its port is kept for the next.
            async with asyncio.timeout(60):
                while await state(machine.ports[0]) is not None:
                    await asyncio.sleep(0.1)
            machine.put("20261103-broken.tar.gz")
            await until(lambda: "20261103-broken.tar.gz" in machine.started)
            so_far = [talk.by(NEW) for talk in talks]
            await until(lambda: all(t.by(NEW) > n + 2 for t, n in zip(talks, so_far, strict=True)))
            machine.put("20261104-third.tar.gz")
            await until(lambda: all(talk.by("third") > 1 for talk in talks))
            over.set()
            await asyncio.gather(*talking)
            assert machine.started == [
                OLD, NEW, "20261103-broken.tar.gz", "20261104-third.tar.gz"
            ]  # fmt: skip
        for port in machine.ports:
            assert await state(port) is None
    finally:
        for client in clients:
            await client.aclose()
        await serving.kill()
    db = Database(f"sqlite:///{tmp_path / 'omotenashi.sqlite3'}")
    outcomes = db.read(lambda c: c.execute(select(turns.c.outcome)).scalars().all())
    db.close()
    # Nobody was told that the assistant is down.
    assert set(outcomes) == {"answered"}
    assert len(outcomes) == sum(len(talk.answers) for talk in talks)


FILE = Found(Path("a-new.tar.gz"), 9, 1)


@pytest.mark.parametrize(
    ("running", "before", "refused", "wanted"),
    [
        (Path("an-old.tar.gz"), FILE, None, True),
        # The one that runs.
        (Path("a-new.tar.gz"), FILE, None, False),
        # Still being written.
        (Path("an-old.tar.gz"), Found(FILE.path, 4, 0), None, False),
        (Path("an-old.tar.gz"), None, None, False),
        # Could not be loaded; but a new file of that name may be tried.
        (Path("an-old.tar.gz"), FILE, FILE, False),
        (Path("an-old.tar.gz"), FILE, Found(FILE.path, 4, 0), True),
        # The first one isn't even chosen yet.
        (None, FILE, None, False),
    ],
)
def test_what_is_loaded(
    running: Path | None, before: Found | None, refused: Found | None, wanted: bool
) -> None:
    assert is_new(running, FILE, before, refused) is wanted
