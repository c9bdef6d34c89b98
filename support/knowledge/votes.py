""" "Was this helpful?" below an article: counted, not attributed to anybody."""

from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from support.knowledge.leaning import AllVotes, Votes
from support.store import Transaction
from support.store.schema import article_votes


def count(tx: Transaction, lang: str, article: str, *, helpful: bool, now: datetime) -> None:
    """One more reader's word on an article."""
    table = article_votes.c
    column = table.helpful if helpful else table.unhelpful
    more = (
        update(article_votes)
        .where(table.lang == lang, table.article == article)
        .values({column: column + 1, table.updated_at: now})
    )
    if tx.execute(more).rowcount:
        return
    try:
        with tx.connection.begin_nested():
            first = {"lang": lang, "article": article, "updated_at": now, column.name: 1}
            tx.execute(article_votes.insert().values(first))
    except IntegrityError:  # another server counted the first one just now
        tx.execute(more)


def counted(connection: Connection) -> AllVotes:
    """All articles that anybody has said something about."""
    rows = connection.execute(select(article_votes))
    return {(row.lang, row.article): Votes(row.helpful, row.unhelpful) for row in rows}
