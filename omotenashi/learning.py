"""`omotenashi learn`: what conversations taught, written out as files to review."""

from collections.abc import Iterator

from sqlalchemy import select

from omotenashi.parts import open_database
from omotenashi.settings import Settings
from support.store.migrate import migrate
from support.store.schema import missed_questions


def proposals(settings: Settings) -> Iterator[str]:
    """Questions without an article, newest first, as an article's `questions` can take them."""
    db = open_database(settings)
    migrate(db)
    rows = db.read(
        lambda connection: connection.execute(
            select(missed_questions.c.text, missed_questions.c.lang, missed_questions.c.topic)
            .where(missed_questions.c.state == "open")
            .order_by(missed_questions.c.id.desc())
            .limit(1000)
        ).all()
    )
    for row in rows:
        yield f"- {row.text}  # {row.lang or '?'} {row.topic or ''}".rstrip()
