"""From SQLite to PostgreSQL, from a backup, into a backup: conversations go on where they were."""

import asyncio
import os
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

from omotenashi.settings import ROOT
from tests.contract.test_commands import omotenashi
from tests.harness import (
    DeskAgent,
    ScriptedBrain,
    Server,
    TestClock,
    Visitor,
    handover,
    settings_for,
)


@pytest.fixture
def empty_postgres(postgres: str) -> Callable[[], str]:
    from uuid import uuid4

    def make() -> str:
        name = f"empty_{uuid4().hex[:12]}"
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return postgres.replace("/postgres?", f"/{name}?").replace(
            "postgresql://", "postgresql+psycopg://"
        )

    return make


@pytest.fixture
def folder(tmp_path: Path, articles_cache: Path) -> Path:
    (tmp_path / "cache").symlink_to(articles_cache)
    return tmp_path


class Before:
    """A shop in use: somebody who waits, somebody who is answered, and what they were told."""

    visitor: Visitor
    agent: DeskAgent
    transcript: list[dict[str, Any]]

    async def lived(self, server: Server) -> "Before":
        server.brain.replies["a person please"] = handover()
        self.agent = await server.agent()
        self.visitor = await server.visitor().arrive(lang="en")
        await self.visitor.answers("where is my parcel?")
        await self.visitor.answers("a person please")
        await self.agent.do(self.visitor.conversation_id, "claim")
        await self.agent.do(self.visitor.conversation_id, "note", text="A regular.", client_id="n1")
        await self.agent.reply(self.visitor.conversation_id, "I am looking for it.")
        waiting = await server.visitor().arrive(lang="ja")
        await waiting.answers("a person please")
        self.transcript = await self.visitor.read()
        return self

    async def goes_on(self, server: Server) -> None:
        visitor = server.again(self.visitor)
        assert await visitor.read() == self.transcript
        seq = await visitor.say("thank you")
        assert seq == self.transcript[-1]["seq"] + 1
        client = server.visitor().client
        client.headers["X-CSRF-Token"] = self.agent.client.headers["X-CSRF-Token"]
        client.cookies.update(dict(self.agent.client.cookies))
        agent = DeskAgent(client, self.agent.me)
        answered = await agent.reply(visitor.conversation_id, "Found it.")
        assert answered.status_code == 202, answered.text
        assert [m["text"] for m in await visitor.read(seq)] == ["Found it."]
        found = await client.get("/api/v1/desk/conversations", params={"state": "queued"})
        assert len(found.json()["conversations"]) == 1
        # New rows of every kind find free numbers.
        fresh = await server.visitor().arrive(lang="en")
        await fresh.answers("a person please")


def counts(url: str) -> dict[str, int]:
    from sqlalchemy import func, select

    from support.store import Database
    from support.store.schema import metadata

    db = Database(url)
    try:
        return db.read(
            lambda c: {
                str(table): c.execute(select(func.count()).select_from(table)).scalar_one()
                for table in metadata.sorted_tables
            }
        )
    finally:
        db.close()


async def test_everything_moves_to_postgresql_once(
    folder: Path, clock: TestClock, empty_postgres: Callable[[], str]
) -> None:
    server = Server(settings_for(folder), ScriptedBrain(), clock)
    await server.start()
    before = await Before().lived(server)
    await server.stop()
    url = empty_postgres()
    done = omotenashi(folder, "move", "--to", url)
    assert done.returncode == 0, done.stderr
    assert counts(url) == counts(f"sqlite:///{folder / 'omotenashi.sqlite3'}")
    again = omotenashi(folder, "move", "--to", url)
    assert again.returncode != 0
    assert "not empty" in again.stderr
    assert "Traceback" not in again.stderr
    moved = Server(settings_for(folder, url), server.brain, clock)
    await moved.start()
    try:
        await before.goes_on(moved)
    finally:
        await moved.stop()


async def test_a_move_that_breaks_off_leaves_nothing_behind(
    folder: Path, clock: TestClock, empty_postgres: Callable[[], str]
) -> None:
    server = Server(settings_for(folder), ScriptedBrain(), clock)
    await server.start()
    await Before().lived(server)
    await server.stop()
    url = empty_postgres()
    migrated = omotenashi(folder, "migrate", OMOTENASHI_DATABASE_URL=url)
    assert migrated.returncode == 0, migrated.stderr
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("ALTER TABLE transitions ADD CHECK (to_state <> 'assigned')")
    assert omotenashi(folder, "move", "--to", url).returncode != 0
    assert set(counts(url).values()) == {0}
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("ALTER TABLE transitions DROP CONSTRAINT transitions_to_state_check")
    assert omotenashi(folder, "move", "--to", url).returncode == 0


def postgres_programs() -> str:
    """Where pg_dump is: beside the server that the tests start, or on PATH."""
    found = find_spec("pgserver")
    assert found is not None
    assert found.origin is not None
    return f"{Path(found.origin).parent / 'pginstall' / 'bin'}:{os.environ['PATH']}"


async def run(command: str, folder: Path, **env: str) -> None:
    process = await asyncio.create_subprocess_shell(
        command, cwd=folder, env={"PATH": postgres_programs(), **env}
    )
    assert await process.wait() == 0, command


def commands_of(heading: str) -> list[str]:
    """The shell lines below a heading of the guide."""
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.S)
    return [line for block in blocks for line in block.splitlines()]


async def test_a_backup_of_sqlite_made_as_documented_is_a_whole_shop(
    folder: Path, clock: TestClock
) -> None:
    server = Server(settings_for(folder), ScriptedBrain(), clock)
    await server.start()
    before = await Before().lived(server)
    (command,) = (line for line in commands_of("Backups") if "VACUUM" in line)
    command = command.replace(".venv/bin/python", sys.executable).replace(
        "var/omotenashi.sqlite3", str(folder / "omotenashi.sqlite3")
    )
    await run(command, folder)
    await server.visitor().arrive(lang="en")  # after the backup
    await server.stop()
    for name in ("omotenashi.sqlite3", "omotenashi.sqlite3-wal", "omotenashi.sqlite3-shm"):
        (folder / name).unlink(missing_ok=True)
    shutil.move(folder / "backup.sqlite3", folder / "omotenashi.sqlite3")
    with closing(sqlite3.connect(folder / "omotenashi.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    await server.start()
    try:
        await before.goes_on(server)
    finally:
        await server.stop()


async def test_a_backup_of_postgresql_made_as_documented_is_a_whole_shop(
    folder: Path, clock: TestClock, empty_postgres: Callable[[], str]
) -> None:
    url, restored = empty_postgres(), empty_postgres()
    server = Server(settings_for(folder, url), ScriptedBrain(), clock)
    await server.start()
    before = await Before().lived(server)
    dump, restore = (line for line in commands_of("Backups") if line.startswith("pg_"))
    addresses = {
        "DATABASE": url.replace("+psycopg", ""),
        "EMPTY_DATABASE": restored.replace("+psycopg", ""),
    }
    await run(dump, folder, **addresses)
    await server.stop()
    await run(restore, folder, **addresses)
    again = Server(settings_for(folder, restored), server.brain, clock)
    await again.start()
    try:
        await before.goes_on(again)
    finally:
        await again.stop()
