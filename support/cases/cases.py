"""Cases: complaints, returns and requests that have a number the customer can ask about."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from support.hints import DESK
from support.identifiers import new_case_digits
from support.store import Database, Transaction
from support.store.schema import cases
from support.values import Conversation

KINDS = ("complaint", "return", "cancellation", "change", "privacy", "idea")
STATES = ("open", "in_progress", "done")
_NEWEST_OPEN = (
    select(cases.c.number, cases.c.what)
    .where(cases.c.conversation_id == bindparam("conversation"), cases.c.state != "done")
    .order_by(cases.c.opened_at.desc(), cases.c.number)
    .limit(1)
)


@dataclass(frozen=True)
class Case:
    number: str
    kind: str
    state: str
    thread_id: str
    conversation_id: str
    customer_id: str | None
    order_number: str | None
    what: str | None
    item: str | None
    fault: str | None
    wish: str | None
    happened_on: str | None
    details: dict[str, Any]
    lang: str | None
    opened_at: datetime
    updated_at: datetime
    feeling: str | None = None


def open_case(
    tx: Transaction,
    conversation: Conversation,
    understood: Mapping[str, Any],
    prefix: str,
    now: datetime,
) -> Case:
    """Make a case of what the assistant understood. Unknown kinds become complaints."""
    kind = understood.get("kind")

    def word(name: str) -> str | None:
        value = understood.get(name)
        return str(value)[:2000] if value not in (None, "") else None

    details = understood.get("details")
    for _ in range(20):
        number = f"{prefix}-{new_case_digits()}"
        try:
            with tx.connection.begin_nested():
                tx.execute(
                    insert(cases).values(
                        number=number,
                        kind=kind if kind in KINDS else "complaint",
                        state="open",
                        thread_id=conversation.thread_id,
                        conversation_id=conversation.id,
                        customer_id=conversation.customer_id,
                        order_number=word("order_number"),
                        what=word("what"),
                        item=word("item"),
                        fault=word("fault"),
                        wish=word("wish"),
                        happened_on=word("date"),
                        details=dict(details) if isinstance(details, Mapping) else {},
                        lang=conversation.lang,
                        opened_at=now,
                        updated_at=now,
                    )
                )
        except IntegrityError:
            continue
        tx.hint(DESK, "case", conversation=conversation.id)
        return _case(tx.execute(select(cases).where(cases.c.number == number)).one())
    raise RuntimeError("no free case number in twenty tries")


def set_state(tx: Transaction, number: str, state: str, now: datetime) -> None:
    """Raises ValueError for a state that cases don't have."""
    if state not in STATES:
        raise ValueError(f"state: {state!r} is none of {', '.join(STATES)}")
    changed = update(cases).where(cases.c.number == number).values(state=state, updated_at=now)
    conversation_id = tx.execute(changed.returning(cases.c.conversation_id)).scalar_one_or_none()
    tx.hint(DESK, "case", conversation=conversation_id)


def amend(tx: Transaction, conversation: Conversation, what: str, now: datetime) -> None:
    """Write the customer's latest word on top of the newest request of a conversation."""
    row = tx.execute(_NEWEST_OPEN, {"conversation": conversation.id}).first()
    if row is not None:
        told = f"{what[:500]} / {row.what or ''}".strip(" /")
        tx.execute(
            update(cases)
            .where(cases.c.number == row.number)
            .values(what=told[:2000], updated_at=now)
        )
        tx.hint(DESK, "case", conversation=conversation.id)


def newest_open(connection: Connection, conversation_id: str) -> str | None:
    """The number of the request that a conversation is about now."""
    row = connection.execute(_NEWEST_OPEN, {"conversation": conversation_id}).first()
    return row.number if row else None


def of_conversation(connection: Connection, conversation_id: str) -> list[Case]:
    rows = connection.execute(
        select(cases).where(cases.c.conversation_id == conversation_id).order_by(cases.c.opened_at)
    )
    return [_case(row) for row in rows]


def by_number(connection: Connection, number: str) -> Case | None:
    row = connection.execute(select(cases).where(cases.c.number == number)).first()
    return _case(row) if row else None


class CaseLookup:
    """A customer's view of cases: their own thread's, or their own account's, and no other."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def find(self, number: str, *, thread_id: str, customer_id: str | None) -> Case | None:
        """The case, or None where it is absent or somebody else's."""
        mine = [case for case in self.of_thread(thread_id, customer_id) if case.number == number]
        return mine[0] if mine else None

    def by_number(self, number: str) -> Case | None:
        """Whoever's it is: for a caller that has proof in hand and shows nothing without it."""
        return self._db.read(lambda connection: by_number(connection, number))

    def of_thread(self, thread_id: str, customer_id: str | None) -> tuple[Case, ...]:
        """Newest first."""
        owner = cases.c.thread_id == thread_id
        if customer_id is not None:
            owner = or_(owner, cases.c.customer_id == customer_id)
        query = select(cases).where(owner).order_by(cases.c.opened_at.desc()).limit(50)
        return tuple(
            _case(row) for row in self._db.read(lambda connection: connection.execute(query).all())
        )


def _case(row: Row[Any]) -> Case:
    return Case(**{field.name: getattr(row, field.name) for field in fields(Case)})
