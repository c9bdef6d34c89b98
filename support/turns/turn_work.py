"""What a turn needs to know, read in one go."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from support import conversations, words
from support.attachments.records import ANSWER, KIND
from support.customers import visitors
from support.customers.visitors import Identity
from support.delivery import ways_out
from support.handover import queue
from support.playbook.playbook import Playbook
from support.store.schema import PENDING_TURN, lookup_failures, messages, turns
from support.values import Author, Conversation, Message, State, Thread

MOST_PENDING = 50

# Built once, as in support.conversations.
_TURN = select(turns).where(turns.c.conversation_id == bindparam("conversation"), PENDING_TURN)
_UNANSWERED = (
    select(messages)
    .where(
        messages.c.conversation_id == bindparam("conversation"),
        messages.c.author == str(Author.CUSTOMER),
        messages.c.seq > bindparam("handled"),
    )
    .order_by(messages.c.seq)
    .limit(MOST_PENDING)
)
_FAILURES = (
    select(func.count())
    .select_from(lookup_failures)
    .where(
        lookup_failures.c.thread_id == bindparam("thread"),
        lookup_failures.c.at > bindparam("since"),
    )
)


@dataclass(frozen=True)
class Work:
    """A pending turn: the customer's messages that nobody has answered, oldest first."""

    turn_id: str
    created_at: datetime
    told_starting: bool
    lease_by: str | None
    lease_until: datetime | None
    thread: Thread
    conversation: Conversation
    pending: tuple[Message, ...]
    customer: Identity | None
    lookup_failures: int
    staffed: bool
    waits_on_page: bool

    @property
    def in_form(self) -> bool:
        """Whether the assistant has asked something and waits for the answer."""
        return bool((self.conversation.dialogue or {}).get("active_loop"))


def load_work(
    connection: Connection, conversation_id: str, playbook: Playbook, now: datetime
) -> Work | None:
    """The conversation's pending turn, or None."""
    turn = connection.execute(_TURN, {"conversation": conversation_id}).first()
    if turn is None:
        return None
    conversation = conversations.get(connection, conversation_id)
    thread = conversations.get_thread(connection, conversation.thread_id)
    rows = connection.execute(
        _UNANSWERED, {"conversation": conversation_id, "handled": conversation.handled_seq}
    )
    pending = tuple(
        Message(
            id=row.id,
            seq=row.seq,
            thread_id=row.thread_id,
            conversation_id=row.conversation_id,
            author=Author.CUSTOMER,
            kind=row.kind,
            text=row.text,
            created_at=row.created_at,
            data=row.data,
        )
        for row in rows
        # Nothing in a file can be understood; but for an answer it is acknowledged as it comes in.
        if row.kind != KIND or row.data.get(ANSWER)
    )
    since = now - timedelta(minutes=playbook.orders.attempts.window_minutes)
    failures = connection.execute(_FAILURES, {"thread": thread.id, "since": since}).scalar_one()
    return Work(
        turn_id=turn.id,
        created_at=turn.created_at,
        told_starting=turn.told_starting,
        lease_by=turn.lease_by,
        lease_until=turn.lease_until,
        thread=thread,
        conversation=conversation,
        pending=pending,
        customer=visitors.customer_of(connection, thread),
        lookup_failures=failures,
        staffed=queue.staff(connection, playbook, now) > 0,
        waits_on_page=ways_out.waits_on_page(connection, thread),
    )


def metadata(work: Work, playbook: Playbook, now: datetime) -> dict[str, Any]:
    """What the assistant's policies and actions are told beside the text."""
    conversation, thread, customer = work.conversation, work.thread, work.customer
    opens = playbook.hours.next_opening(now)
    return {
        "turn": work.turn_id,
        "conversation": conversation.id,
        "thread": thread.id,
        "channel": thread.answers_on,
        "now": now.isoformat(),
        "state": str(State.QUEUED if conversation.state is State.QUEUED else State.BOT),
        "lang": conversation.lang or thread.lang,
        "customer": None
        if customer is None
        else {
            "id": customer.customer_id,
            "name": customer.name,
            "email": customer.email,
            "tier": customer.tier,
        },
        "verified_orders": list(conversation.verified_orders),
        "lookup_failures": work.lookup_failures,
        # Where an answer finds them that comes later.
        "mail": "email" in playbook.ways,
        "waits_on_page": work.waits_on_page,
        "contact": words.masked_email(thread.contact) if thread.contact else None,
        "staffed": work.staffed,
        "opens_at": opens.isoformat() if opens else None,
        "hint": conversation.hint,
        "thresholds": playbook.escalation.thresholds.model_dump(),
    }
