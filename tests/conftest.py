"""Fixtures for tests of the whole product; see harness.py."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.harness import ScriptedBrain, Server, TestClock, Visitor, settings_for


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL: OMOTENASHI_TEST_POSTGRES, or one that pgserver starts."""
    import os
    import warnings

    given = os.environ.get("OMOTENASHI_TEST_POSTGRES")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, of no concern here
        import pgserver

        server = pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


@pytest.fixture(scope="session")
def articles_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sentence vectors are made once for all servers of a run."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
async def server(tmp_path: Path, clock: TestClock, articles_cache: Path) -> AsyncIterator[Server]:
    """The application on SQLite with a scripted brain, in opening hours."""
    (tmp_path / "cache").symlink_to(articles_cache)
    running = Server(settings_for(tmp_path), ScriptedBrain(), clock)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def visitor(server: Server) -> Visitor:
    return await server.visitor().arrive(lang="en")
