"""What the database says when something goes wrong is logged, so it may name nobody."""

import traceback
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from support.store import Database
from support.store.schema import customers, missed_questions

SAID = "my card is 4111 and I live in Kyoto"
NOW = datetime(2026, 11, 18, 3, tzinfo=UTC)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.close()


@pytest.mark.parametrize("wrong", ["twice the same key", "a row that may not be", "no reader"])
def test_no_error_quotes_what_was_stored(db: Database, wrong: str) -> None:
    statement = insert(customers).values(id=SAID, name=SAID, created_at=NOW)
    if wrong == "a row that may not be":
        statement = insert(missed_questions).values(text=SAID, at=None)
    elif wrong == "no reader":
        # A foreign key that leads nowhere.
        statement = insert(missed_questions).values(text=SAID, at=NOW, conversation_id=SAID[:32])
    if wrong == "twice the same key":
        db.write(lambda tx: tx.execute(statement))
    with pytest.raises(IntegrityError) as raised:
        db.write(lambda tx: tx.execute(statement))
    told = "".join(traceback.format_exception(raised.value))
    assert "IntegrityError" in told
    assert SAID[:20] not in told
