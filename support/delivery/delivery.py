"""What became of messages that a channel has to bring to the customer."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from support.store.schema import outbox


def of_messages(
    connection: Connection, message_ids: Sequence[int]
) -> dict[int, list[dict[str, Any]]]:
    """By message: id, channel and state (pending, sent, failed). Website answers have none."""
    if not message_ids:
        return {}
    rows = connection.execute(
        select(outbox.c.id, outbox.c.message_id, outbox.c.channel, outbox.c.state)
        .where(outbox.c.message_id.in_(message_ids))
        .order_by(outbox.c.id)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        told = {"id": row.id, "channel": row.channel, "state": row.state}
        found.setdefault(row.message_id, []).append(told)
    return found
