"""How the database goes about what a page asks, and whether it reads a whole table for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from support.store import Database
from support.store.schema import metadata

# Those that grow with the conversations. Agents, notices and saved searches stay few.
GROWING = frozenset(
    {
        "audit", "cases", "case_steps", "conversation_labels", "conversations", "customers",
        "feedback", "links", "messages", "missed_questions", "nps", "outbox", "outreach", "reviews",
        "tasks", "threads", "tickets", "timers", "transitions", "turns", "customer_notes",
    }
)  # fmt: skip
# What is resolved is most of all.
_OF_FEW = frozenset(
    index.name
    for table in metadata.sorted_tables
    for index in table.indexes
    if index.dialect_options["sqlite"]["where"] is not None and "resolved" not in str(index.name)
)
Asked = dict[str, Any]


@contextmanager
def heard(db: Database) -> Iterator[Asked]:
    """The statements that are executed meanwhile, each once, with the last values."""
    asked: Asked = {}

    def note(connection: Any, cursor: Any, statement: str, values: Any, *rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "DELETE")):
            asked[statement] = values

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def plan(db: Database, statement: str, values: Any) -> list[str]:
    word = "EXPLAIN QUERY PLAN " if db.is_sqlite else "EXPLAIN "
    with db.engine.connect() as connection:
        return [str(row[-1]) for row in connection.exec_driver_sql(word + statement, values)]


def scans(statement: str, lines: list[str]) -> list[str]:
    """The steps of a plan that read a growing table, or one of its indexes, from end to end.

    None is a table or an index that is read in its order for the first rows, and an index of a few
    rows only: what is pending, open, failed.
    """
    found = []
    first_rows = " LIMIT " in " ".join(statement.split())
    if any("TEMP B-TREE FOR ORDER BY" in line for line in lines):
        first_rows = False
    for line in lines:
        words = line.replace("->", " ").split()
        scanned = words[:1] == ["SCAN"] and words[1] in GROWING
        if scanned and not first_rows and words[-1] not in _OF_FEW:
            found.append(line)
        if words[:2] == ["Seq", "Scan"] and words[3] in GROWING:
            found.append(line.strip())
    return found
