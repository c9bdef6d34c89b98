"""Fixtures for tests of the whole product; see harness.py."""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from argon2 import PasswordHasher
from sanic import Sanic
from sanic_routing import route, router
from sqlalchemy import Engine, create_engine, make_url

from omotenashi.app import prepare_database
from support.store import Database, database
from support.team import agents
from tests.harness import (
    OPEN_TIME,
    PATIENCE_S,
    ScriptedBrain,
    Server,
    TestClock,
    Visitor,
    settings_for,
)
from tests.postgres import started

# No property is broken because a slow machine took its time; and the lots are drawn from a fixed
# seed, so that what fails has been changed.
hypothesis.settings.register_profile(
    "tests",
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("tests")

# In bytes: what a whole run's folders take, and as much again.
ROOM = 4 * 1024**3

# The longest files by what they took in a whole run. They begin, so that no core waits at the end
# for the last of them (`make test` keeps this order).
LONG = (
    "chaos/test_storm.py",
    "browser/test_desk_pages.py",
    "dialogues/test_understanding.py",
    "browser/test_widget.py",
    "contract/test_telegram.py",
    "contract/test_desk_articles.py",
    "contract/test_commands.py",
    "browser/test_desk.py",
    "dialogues/test_dialogues.py",
    "chaos/test_rolling_restart.py",
    "contract/test_one_conversation.py",
    "browser/test_answering_page.py",
    "browser/test_desk_tasks.py",
    "contract/test_desk_attachments.py",
    "contract/test_daylight_saving.py",
    "contract/test_attachments.py",
    "contract/test_desk_remedies.py",
    "contract/test_visitor.py",
    "browser/test_files_at_desk.py",
    "contract/test_handover.py",
    "contract/test_signing_in.py",
    "contract/test_many_conversations.py",
    "browser/test_widget_product.py",
    "contract/test_mail.py",
    "e2e/test_crash.py",
    "chaos/test_proxy.py",
    "browser/test_leads_day.py",
    "e2e/test_new_model.py",
    "contract/test_several_servers.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    number = Counter(item.path for item in items)

    def place(item: pytest.Item) -> tuple[int, int]:
        name = item.path.relative_to(here).as_posix()
        return LONG.index(name) if name in LONG else len(LONG), -number[item.path]

    items.sort(key=place)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """A run's folders in memory, where there is room. On a disk that others write to as well, a
    commit may take many seconds, and a database of hundreds of files takes long to make."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder with a random name in it
    if config.option.basetemp is not None:  # also: a worker, whose run has one
        return
    try:
        if shutil.disk_usage(memory).free < ROOM:
            return
        folder = Path(tempfile.mkdtemp(prefix="omotenashi-tests-", dir=memory))
    except OSError:
        return
    config.option.basetemp = folder / "run"
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.fixture(scope="session", autouse=True)
def many_applications() -> Iterator[None]:
    """Sanic is made for one in a process. For others after it, it has to keep its own methods as
    they were. It takes addresses apart, writes and compiles a router's source for each, here
    hundreds of times the same ones; that the source is read as a tree in between is for its
    debugging alone."""
    asis = SimpleNamespace(parse=str, unparse=str, fix_missing_locations=str)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sanic, "test_mode", True)
        patch.setattr(router, "ast", asis)
        patch.setattr(router, "compile", lru_cache(maxsize=16)(compile), raising=False)
        parts = lru_cache(maxsize=1024)(router.path_to_parts)
        patch.setattr(router, "path_to_parts", parts)
        patch.setattr(route, "path_to_parts", parts)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """A hash that is slow for who guesses is slow for every agent of a test: a fifth of a second
    each. The command line's test looks at the real one."""
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agents, "_hasher", quick)
        yield


@pytest.fixture(scope="session", autouse=True)
def patient_connections() -> Iterator[None]:
    """A database that doesn't answer for some seconds is away, and on a machine that stands still
    for so long it only seems to be."""

    def patient(url: str, **how: Any) -> Engine:
        given = how.get("connect_args", {})
        if "connect_timeout" in given:
            how["connect_args"] = {**given, "connect_timeout": PATIENCE_S}
        return create_engine(url, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "create_engine", patient)
        yield


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL: OMOTENASHI_TEST_POSTGRES, or one that pgserver starts."""
    given = os.environ.get("OMOTENASHI_TEST_POSTGRES")
    if given:
        yield given.replace("postgresql+psycopg://", "postgresql://")
        return
    server = started(tmp_path_factory.mktemp("postgres"), "delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Every test has a database of its own, and none of them has to outlive the machine.
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def articles_cache(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Sentence vectors are made once for all servers of a run, in whichever worker it may be."""
    mine = tmp_path_factory.getbasetemp()
    folder = (mine if worker_id == "master" else mine.parent) / "articles-cache"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables and the demonstration's orders, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    db = Database(f"sqlite:///{path}")
    prepare_database(db, OPEN_TIME, demo=True)
    db.close()
    return path


def _execute(postgres: str, statement: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(statement)


def _address(postgres: str, name: str) -> str:
    return postgres.replace("/postgres?", f"/{name}?").replace(
        "postgresql://", "postgresql+psycopg://"
    )


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    """The name of a database with all tables and the demonstration's orders, to be copied."""
    name = f"template_{uuid4().hex[:12]}"
    _execute(postgres, f"CREATE DATABASE {name}")
    db = Database(_address(postgres, name))
    prepare_database(db, OPEN_TIME, demo=True)
    db.close()
    return name


@pytest.fixture(scope="session")
def new_postgres(postgres: str, postgres_template: str) -> Callable[[], str]:
    """Makes databases with all tables and the demonstration's orders."""

    def make() -> str:
        name = f"test_{uuid4().hex[:12]}"
        _execute(postgres, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
        return _address(postgres, name)

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path
) -> Iterator[str]:
    """An own database for the test, on each of the two that the product runs on."""
    if request.param == "sqlite":
        shutil.copy(sqlite_template, tmp_path / "omotenashi.sqlite3")
        yield f"sqlite:///{tmp_path / 'omotenashi.sqlite3'}"
        return
    make: Callable[[], str] = request.getfixturevalue("new_postgres")
    url = make()
    yield url
    # Hundreds of them would fill the memory.
    name = make_url(url).database
    _execute(request.getfixturevalue("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def server(
    tmp_path: Path, database_url: str, clock: TestClock, articles_cache: Path
) -> AsyncIterator[Server]:
    """The application with a scripted brain, in opening hours."""
    (tmp_path / "cache").symlink_to(articles_cache)
    running = Server(settings_for(tmp_path, database_url), ScriptedBrain(), clock)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def visitor(server: Server) -> Visitor:
    return await server.visitor().arrive(lang="en")
