"""When nothing is asked of a customer: in grief, after abuse, while a complaint of theirs is open.

No rating, no follow-up, no question how likely they are to recommend us.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, or_, select

from support.store.schema import cases, conversations, tickets
from support.values import Conversation

# A bereavement isn't over when its conversation is.
REMEMBERED = timedelta(days=180)
ABUSE = "abuse"


def may_ask(
    connection: Connection, conversation: Conversation, now: datetime, about: str | None = None
) -> bool:
    """Whether this conversation's customer may be asked how it was. `about`: the case that is
    asked about, which doesn't count as an open complaint itself."""
    if conversation.reason == "delicate" or ABUSE in conversation.labels:
        return False
    theirs = conversations.c.thread_id == conversation.thread_id
    owned = cases.c.thread_id == conversation.thread_id
    if conversation.customer_id is not None:
        theirs = or_(theirs, conversations.c.customer_id == conversation.customer_id)
        owned = or_(owned, cases.c.customer_id == conversation.customer_id)
    delicate = (
        select(tickets.c.id)
        .join(conversations, conversations.c.id == tickets.c.conversation_id)
        .where(theirs, tickets.c.reason == "delicate", tickets.c.queued_at > now - REMEMBERED)
    )
    complaint = select(cases.c.number).where(
        owned, cases.c.kind == "complaint", cases.c.state != "done", cases.c.number != (about or "")
    )
    kept_from: bool = connection.execute(
        select(or_(exists(delicate), exists(complaint)))
    ).scalar_one()
    return not kept_from
