"""Full text search over messages: one way in for both databases.

Words are cut before they are indexed (see `support.transcripts.segmentation`), so that both
databases match whole words in both languages: SQLite by FTS5, PostgreSQL by a tsvector with a GIN
index. A row is written in the transaction of its message, under the message's number, without the
personal data that transcripts mask too; so erasing finds it again, and the newest are found first.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select, text

from support.privacy.masking import mask
from support.store import Transaction
from support.store.schema import messages
from support.transcripts.segmentation import words_of

# A common word is in most conversations: the newest messages with it are enough.
MOST_FOUND = 2000
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
_FIND = {
    "sqlite": text(
        "SELECT DISTINCT conversation_id FROM messages WHERE id IN (SELECT rowid"
        " FROM message_words WHERE message_words MATCH :wanted AND rowid < :before"
        " ORDER BY rowid DESC LIMIT :most)"
    ),
    "postgresql": text(
        "SELECT DISTINCT conversation_id FROM messages WHERE id IN (SELECT message_id"
        " FROM message_words WHERE words @@ CAST(:wanted AS tsquery) AND message_id < :before"
        " ORDER BY message_id DESC LIMIT :most)"
    ),
}


def index_message(tx: Transaction, message_id: int, said: str) -> None:
    """Make a new message findable by its words."""
    words = indexed_words(said)
    if words:
        tx.execute(_ADD[_dialect(tx.connection)], {"id": message_id, "words": words})


def unindex_thread(tx: Transaction, thread_id: str) -> None:
    """Before a thread's messages are erased: afterwards nobody knows which rows were theirs."""
    tx.execute(_REMOVE_THREAD[_dialect(tx.connection)], {"thread": thread_id})


def conversations_with(
    connection: Connection, query: str, until: datetime | None = None
) -> list[str]:
    """Ids of the conversations with a message that has all words of `query`: the newest ones, or
    the newest before `until`."""
    wanted = words_of(query)
    if not wanted:
        return []
    dialect = _dialect(connection)
    match = _fts5(wanted) if dialect == "sqlite" else _tsquery(wanted)
    before = _NEVER if until is None else _first_since(connection, until)
    values = {"wanted": match, "most": MOST_FOUND, "before": before}
    return list(connection.execute(_FIND[dialect], values).scalars())


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
