"""Full text search over messages: one way in for both databases.

Words are cut before they are indexed (see `support.transcripts.segmentation`), so that both
databases match whole words in both languages: SQLite by FTS5, PostgreSQL by a tsvector with a GIN
index. A row is written in the transaction of its message, under the message's number, without the
personal data that transcripts mask too; so erasing finds it again, and the newest are found first.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Text, TextClause, bindparam, func, select, text

from support.privacy.masking import mask
from support.store import Transaction
from support.store.among import among
from support.store.schema import messages
from support.transcripts.segmentation import words_of

# So many messages with the words are looked at at once.
STRETCH = 500
_NEVER = 2**62
# What is longer is no word, and PostgreSQL takes no lexeme of more than 2 KB.
_LONGEST_WORD = 200
_PIECE = 1000

_ADD = {
    "sqlite": text("INSERT INTO message_words (rowid, words) VALUES (:id, :words)"),
    "postgresql": text(
        "INSERT INTO message_words (message_id, words)"
        " VALUES (:id, array_to_tsvector(string_to_array(:words, ' ')))"
    ),
}
_REMOVE_THREAD = {
    "sqlite": text(
        "DELETE FROM message_words WHERE rowid IN"
        " (SELECT id FROM messages WHERE thread_id = :thread)"
    ),
    "postgresql": text(
        "DELETE FROM message_words WHERE message_id IN"
        " (SELECT id FROM messages WHERE thread_id = :thread)"
    ),
}
_MATCH = {
    "sqlite": "SELECT rowid AS id FROM message_words WHERE message_words MATCH :wanted AND rowid",
    "postgresql": "SELECT message_id AS id FROM message_words"
    " WHERE words @@ CAST(:wanted AS tsquery) AND message_id",
}


def _find(dialect: str, oldest_first: bool) -> TextClause:
    find = text(
        "SELECT id, conversation_id FROM messages WHERE id IN"  # noqa: S608 - no values
        f" ({_MATCH[dialect]} {'>' if oldest_first else '<'} :beyond"
        f" ORDER BY 1 {'' if oldest_first else 'DESC'} LIMIT :most)"
    )
    if dialect == "sqlite":
        return find
    # As a literal: for a common word the newest messages are read until there are enough with it,
    # for a rare one the index is asked, and a plan for any word whatever is wrong for most.
    return find.bindparams(bindparam("wanted", type_=Text(), literal_execute=True))


_FIND = {
    (dialect, oldest_first): _find(dialect, oldest_first)
    for dialect in _MATCH
    for oldest_first in (True, False)
}
_CHECK = {
    "sqlite": text(f"{_MATCH['sqlite']} IN (SELECT value FROM json_each(:numbers))"),  # noqa: S608
    "postgresql": text(f"{_MATCH['postgresql']} = ANY(:numbers)"),
}


@dataclass(frozen=True)
class Hits:
    """`ids`: of conversations whose first hit, in the order of the search, is in this stretch.
    `looked_at`: messages; `edge`: the last of them, None where there are no more."""

    ids: frozenset[str]
    looked_at: int
    edge: int | None


def index_message(tx: Transaction, message_id: int, said: str) -> None:
    """Make a new message findable by its words."""
    words = indexed_words(said)
    if words:
        tx.execute(_ADD[_dialect(tx.connection)], {"id": message_id, "words": words})


def unindex_thread(tx: Transaction, thread_id: str) -> None:
    """Before a thread's messages are erased: afterwards nobody knows which rows were theirs."""
    tx.execute(_REMOVE_THREAD[_dialect(tx.connection)], {"thread": thread_id})


def hits(
    connection: Connection,
    query: str,
    *,
    oldest_first: bool = False,
    beyond: int | None = None,
    until: datetime | None = None,
) -> Hits:
    """A stretch of the messages that have all words of `query`, the newest of them or the oldest,
    `beyond` the edge of the stretch before; none that was written from `until` on."""
    wanted = words_of(query)
    if not wanted:
        return Hits(frozenset(), 0, None)
    dialect = _dialect(connection)
    match = _fts5(wanted) if dialect == "sqlite" else _tsquery(wanted)
    most = _NEVER if until is None else _first_since(connection, until)
    start = (beyond or 0) if oldest_first else min(most, most if beyond is None else beyond)
    values = {"wanted": match, "most": STRETCH, "beyond": start}
    rows = connection.execute(_FIND[dialect, oldest_first], values).all()
    numbers = [row.id for row in rows]
    edge = (max if oldest_first else min)(numbers) if len(rows) >= STRETCH else None
    if oldest_first and any(number >= most for number in numbers):
        rows, edge = [row for row in rows if row.id < most], None
    ids = {row.conversation_id for row in rows}
    if beyond is not None and ids:
        ids -= _seen(connection, ids, match, oldest_first, beyond)
    return Hits(frozenset(ids), len(rows), edge)


def _seen(
    connection: Connection, ids: Collection[str], match: str, oldest_first: bool, beyond: int
) -> set[str]:
    """Those of `ids` with a hit in an earlier stretch."""
    id = messages.c.id
    there = select(id, messages.c.conversation_id).where(
        among(messages.c.conversation_id, ids), id <= beyond if oldest_first else id >= beyond
    )
    # Few: most conversations are over within hours.
    of = {row.id: row.conversation_id for row in connection.execute(there)}
    dialect = _dialect(connection)
    numbers = list(of) if dialect == "postgresql" else json.dumps(list(of))
    found = connection.execute(_CHECK[dialect], {"wanted": match, "numbers": numbers})
    return {of[number] for number in found.scalars()}


def _first_since(connection: Connection, at: datetime) -> int:
    """The number that messages from then on have, or the next. Numbers grow with time, so halving
    finds it without an index that would be kept for this alone."""
    query = (
        select(messages.c.id, messages.c.created_at)
        .where(messages.c.id >= bindparam("middle"))
        .order_by(messages.c.id)
        .limit(1)
    )
    low = 1
    high = (connection.execute(select(func.max(messages.c.id))).scalar_one() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(query, {"middle": middle}).first()
        if row is None or row.created_at >= at:
            high = middle
        else:
            low = row.id + 1
    return low


def index_all(tx: Transaction) -> int:
    """Fill an empty index from the messages that there are; how many."""
    add, last, count = _ADD[_dialect(tx.connection)], 0, 0
    page = (
        select(messages.c.id, messages.c.text)
        .where(messages.c.id > bindparam("last"), messages.c.author != "system")
        .order_by(messages.c.id)
        .limit(_PIECE)
    )
    while rows := tx.execute(page, {"last": last}).all():
        made = [
            {"id": row.id, "words": words} for row in rows if (words := indexed_words(row.text))
        ]
        if made:
            tx.execute(add, made)
        last, count = rows[-1].id, count + len(made)
    return count


def indexed_words(said: str) -> str:
    """`said` as it stands in the index: its words, without personal data."""
    return " ".join(word[:_LONGEST_WORD] for word in words_of(mask(said)) if word.strip())


def _fts5(wanted: Sequence[str]) -> str:
    # Quoted, so that nothing a person types is an operator.
    return " ".join('"' + word[:_LONGEST_WORD].replace('"', '""') + '"' for word in wanted)


def _tsquery(wanted: Sequence[str]) -> str:
    quoted = (word[:_LONGEST_WORD].replace("\\", "\\\\").replace("'", "''") for word in wanted)
    return " & ".join(f"'{word}'" for word in quoted)


def _dialect(connection: Connection) -> str:
    return connection.dialect.name
