"""From SQLite to PostgreSQL (or back), with every conversation."""

from sqlalchemy import Connection, Table, func, insert, select, text

from support.errors import Mendable
from support.store import Database, Transaction
from support.store.migrate import migrate
from support.store.schema import metadata
from support.transcripts import search

PIECE = 1000


class TargetNotEmpty(Mendable):
    """The other database holds something already; nothing was copied."""


def move_to(source: Database, url: str) -> list[tuple[str, int]]:
    """Copy all tables, all or nothing; (table, rows) each. Raises TargetNotEmpty."""
    target = Database(url)
    try:
        migrate(target)
        # One look at the source for all tables: what is written meanwhile is in none of them.
        return target.write(lambda tx: source.read(lambda connection: _copy(connection, tx)))
    finally:
        target.close()


def _copy(source: Connection, tx: Transaction) -> list[tuple[str, int]]:
    copied: list[tuple[str, int]] = []
    for own in metadata.sorted_tables:
        if tx.execute(select(func.count()).select_from(own)).scalar_one():
            raise TargetNotEmpty(f"{own.name} of the other database is not empty")
    for each in metadata.sorted_tables:
        rows = 0
        found = source.execute(select(each), execution_options={"yield_per": PIECE})
        for piece in found.mappings().partitions():
            tx.execute(insert(each), [dict(row) for row in piece])
            rows += len(piece)
        copied.append((str(each), rows))
        _continue_numbers(tx, each)
    # Each database has its own kind of index over the words.
    copied.append(("message_words", search.index_all(tx)))
    return copied


def _continue_numbers(tx: Transaction, each: Table) -> None:
    """PostgreSQL's counters don't see numbers that were given by hand."""
    if tx.connection.dialect.name != "postgresql" or "id" not in each.c:
        return
    if each.c.id.type.python_type is int:
        tx.connection.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{each.name}', 'id'),"  # noqa: S608 - ours
                f" (SELECT coalesce(max(id), 0) + 1 FROM {each.name}), false)"
            )
        )
