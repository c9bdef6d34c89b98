"""Who waits for an agent's answer, and since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from support.store.schema import messages, tickets
from support.values import Author


@dataclass(frozen=True)
class Unanswered:
    """What a customer wrote since a person's last answer. `last_seq`: their newest message."""

    count: int
    since: datetime | None
    last_seq: int


def unanswered(connection: Connection, conversation_ids: Sequence[str]) -> dict[str, Unanswered]:
    """For each conversation in which its customer wrote something."""
    if not conversation_ids:
        return {}
    answered = (
        select(messages.c.conversation_id, func.max(messages.c.seq).label("seq"))
        .where(
            messages.c.conversation_id.in_(conversation_ids),
            messages.c.author == str(Author.AGENT),
            messages.c.private.is_(False),
        )
        .group_by(messages.c.conversation_id)
        .subquery()
    )
    open_ones = messages.c.seq > func.coalesce(answered.c.seq, 0)
    rows = connection.execute(
        select(
            messages.c.conversation_id,
            func.count().filter(open_ones).label("number"),
            func.min(messages.c.created_at).filter(open_ones).label("since"),
            func.max(messages.c.seq).label("last_seq"),
        )
        .outerjoin(answered, answered.c.conversation_id == messages.c.conversation_id)
        .where(
            messages.c.conversation_id.in_(conversation_ids),
            messages.c.author == str(Author.CUSTOMER),
        )
        .group_by(messages.c.conversation_id)
    )
    handed_over = _handed_over(connection, conversation_ids)
    found = {}
    for row in rows:
        since = row.since
        handover = handed_over.get(row.conversation_id)
        if since is not None and handover is not None:
            # What the assistant has dealt with isn't a wait for a person.
            since = max(since, handover)
        found[row.conversation_id] = Unanswered(row.number, since, row.last_seq)
    return found


def _handed_over(connection: Connection, conversation_ids: Sequence[str]) -> dict[str, datetime]:
    rows = connection.execute(
        select(tickets.c.conversation_id, func.max(tickets.c.queued_at).label("at"))
        .where(tickets.c.conversation_id.in_(conversation_ids))
        .group_by(tickets.c.conversation_id)
    )
    return {row.conversation_id: row.at for row in rows}
