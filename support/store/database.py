"""Transactions on SQLite and PostgreSQL.

Domain code is synchronous: a function takes a Connection or a Transaction and is done when it
returns. The server calls it through `reading` and `writing`, which run it off the event loop.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    ExceptionContext,
    Executable,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from support.errors import Mendable
from support.hints import Hint, Hints
from support.values import Message

T = TypeVar("T")

_WRITE = "omotenashi_write"
# Any number, the same for all servers.
_SHAPING = 20261127
# How often a transaction that the database itself broke off (deadlock, lost connection) is run.
ATTEMPTS = 3


class StorageUnavailable(Mendable):
    """The database can't be used now. Callers answer 503; nothing was stored."""


class Transaction:
    """One write: statements, and the hints that go out once they are committed."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.hints: list[Hint] = []
        self.afterwards: list[Callable[[], None]] = []

    def execute(self, statement: Executable, *args: Any) -> CursorResult[Any]:
        return self.connection.execute(statement, *args)

    def alone(self) -> None:
        """Have nobody else who asks for this begin before this is committed: for what is looked at
        first and written then, such as the database's shape or the newest version of a text."""
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(select(func.pg_advisory_xact_lock(_SHAPING)))

    def hint(self, topic: str, kind: str, message: Message | None = None, **data: Any) -> None:
        self.hints.append(Hint(topic, kind, data, message))

    def after_commit(self, work: Callable[[], None]) -> None:
        """Do what can't be undone, such as removing a file, once this is committed. A crash in
        between leaves it undone."""
        self.afterwards.append(work)


class Database:
    """A database with its threads. SQLite has one writer thread, so writers never collide."""

    def __init__(self, url: str, hints: Hints | None = None) -> None:
        self.url = url
        self.hints = hints or Hints()
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._readers = ThreadPoolExecutor(4 if self.is_sqlite else 16, "db-read")
        self._writers = ThreadPoolExecutor(1 if self.is_sqlite else 16, "db-write")

    def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` in a read transaction. Raises StorageUnavailable."""
        try:
            with self.engine.connect() as connection, connection.begin():
                return query(connection)
        except DBAPIError as error:
            if _is_away(error):
                raise StorageUnavailable(str(error.orig)) from error
            raise

    def write(self, change: Callable[[Transaction], T]) -> T:
        """Run `change` in a write transaction and commit it. Raises StorageUnavailable."""
        result, _ = self._write(change)
        return result

    async def reading(self, query: Callable[[Connection], T]) -> T:
        """`read` off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read, query)

    async def writing(self, change: Callable[[Transaction], T]) -> T:
        """`write` off the event loop; its hints are published after the commit.

        A caller that goes away (a closed request) doesn't stop the write or its hints.
        """
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._writers, self._write, change)

        def publish(done: "asyncio.Future[tuple[T, list[Hint]]]") -> None:
            if not done.cancelled() and done.exception() is None:
                for hint in done.result()[1]:
                    self.hints.publish(hint)

        future.add_done_callback(publish)
        return (await asyncio.shield(future))[0]

    def close(self) -> None:
        self._writers.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        # Whoever reads in a thread of its own may give its connection back to a pool that is gone.
        event.listen(self.engine, "checkin", _close_late)
        self.engine.dispose()

    def _write(self, change: Callable[[Transaction], T]) -> tuple[T, list[Hint]]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.engine.connect() as connection:
                    connection = connection.execution_options(**{_WRITE: True})
                    with connection.begin():
                        transaction = Transaction(connection)
                        result = change(transaction)
                for work in transaction.afterwards:
                    work()
                return result, transaction.hints
            except DBAPIError as error:
                if attempt < ATTEMPTS and _worth_repeating(error):
                    continue
                if _is_away(error):
                    raise StorageUnavailable(str(error.orig)) from error
                raise
        raise AssertionError("unreachable")


def _is_away(error: DBAPIError) -> bool:
    """Whether the database can't be reached, or can't write: full, or read-only (25006)."""
    return (
        isinstance(error, OperationalError | InterfaceError)
        or error.connection_invalidated
        or getattr(error.orig, "sqlstate", None) == "25006"
    )


def _close_late(connection: Any, record: ConnectionPoolEntry) -> None:
    if connection is not None:
        connection.close()


def _hide_rows(context: ExceptionContext) -> None:
    """PostgreSQL quotes whole rows below an error's first line, and errors are logged: what
    customers write has no business there."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None:
            error.args = tuple(str(part).partition("\n")[0] for part in error.args)


def _worth_repeating(error: DBAPIError) -> bool:
    # 40001 serialization failure, 40P01 deadlock: PostgreSQL asks for the transaction again.
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in (
        "40001",
        "40P01",
    )


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        # A machine that is gone without a word is noticed within seconds, not hours.
        patience = {
            "connect_timeout": 5,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
        }
        engine = create_engine(
            url,
            pool_pre_ping=True,
            pool_size=16,
            max_overflow=16,
            connect_args=patience,
            hide_parameters=True,
        )
        event.listen(engine, "handle_error", _hide_rows)
        return engine
    engine = create_engine(url, connect_args={"timeout": 10}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, record: ConnectionPoolEntry) -> None:
        # The driver's own transaction handling would begin deferred, and two writers that read
        # first would then fail instead of waiting; "begin" below decides.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "busy_timeout=10000",
            "foreign_keys=ON",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get(_WRITE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
