"""What was asked for about orders, by whom, and what became of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from support import audit, conversations, events
from support.answering.replies import NotYours
from support.conversations import TransitionRefused
from support.handover.telling import say
from support.hints import DESK, REMEDIES
from support.identifiers import new_id
from support.orders import EffectKind, EffectRefused, Order, OrderEffect
from support.playbook.playbook import Playbook
from support.remedies.decision import Earlier, Verdict, judge, propose
from support.store import Transaction
from support.store.schema import PENDING_EFFECT, REQUESTED_EFFECT, agents, order_effects
from support.team.agents import Agent
from support.values import State

# requested waits for a lead, pending for the shop's system; refused is the shop's no, declined a
# lead's.
_COUNTS = ("requested", "pending", "done")


class ReasonNeeded(ValueError):
    """Above the agent's limit it is written down why. Shown as 422."""


class OwnRequest(TransitionRefused):
    """Nobody approves what they asked for themselves. Shown as 409."""


class NoSuchRemedy(LookupError):
    """Shown as 404."""


@dataclass(frozen=True)
class Asked:
    """What an agent wants done. `amount` None: all of a refund."""

    kind: EffectKind
    amount: int | None
    items: tuple[str, ...]
    reason: str | None
    client_id: str


def ask(
    tx: Transaction,
    conversation_id: str,
    agent: Agent,
    order: Order,
    asked: Asked,
    playbook: Playbook,
    today: date,
    now: datetime,
) -> tuple[str, str]:
    """Take a remedy down, once per client id; its (id, state): pending or requested.

    Two that are asked for the same order at once get numbers of their own; the one that comes
    second is refused by the database. Raises NotPossible, ReasonNeeded, NotYours, NotFound.
    """
    _, conversation = conversations.lock(tx, conversation_id)
    known = tx.execute(
        select(order_effects.c.id, order_effects.c.state).where(
            order_effects.c.conversation_id == conversation_id,
            order_effects.c.agent_id == agent.id,
            order_effects.c.client_id == asked.client_id,
        )
    ).first()
    if known is not None:
        return known.id, known.state
    if conversation.state is not State.ASSIGNED or conversation.agent_id != agent.id:
        raise NotYours("claim the conversation before you put an order right")
    earlier = tx.execute(
        select(order_effects).where(order_effects.c.order_number == order.number)
    ).all()
    counted = [row for row in earlier if row.state in _COUNTS]
    before = [_earlier(row) for row in counted]
    proposal = propose(order, asked.kind, asked.amount, asked.items, before, today)
    limits = playbook.remedies.lead if agent.is_lead else playbook.remedies.agent
    # Limits are for an order, whatever pieces it is asked for in.
    worth = proposal.worth + sum(row.worth for row in counted) if proposal.worth else 0
    verdict = judge(worth, asked.reason, limits)
    if verdict is Verdict.REASON:
        raise ReasonNeeded(f"above {limits.free} {playbook.goodwill.currency} a reason is needed")
    state = "requested" if verdict is Verdict.APPROVAL else "pending"
    made = new_id()
    tx.execute(
        insert(order_effects).values(
            id=made,
            conversation_id=conversation_id,
            agent_id=agent.id,
            client_id=asked.client_id,
            order_number=order.number,
            number=len(earlier) + 1,
            kind=str(proposal.kind),
            amount=proposal.amount,
            worth=proposal.worth,
            items=list(proposal.items),
            reason=asked.reason,
            state=state,
            attempts=0,
            next_at=now,
            created_at=now,
        )
    )
    data = {"who": agent.name, "kind": str(proposal.kind), "order": order.number,
            "amount": proposal.amount or proposal.worth}  # fmt: skip
    event = "remedy_requested" if state == "requested" else "remedy_asked"
    text = f"{agent.name}: {proposal.kind} for {order.number}, {data['amount']}"
    events.tell(tx, conversation, event, text, now, remedy=made, **data)
    detail = f"{proposal.kind} {data['amount']}: {state}"
    audit.record(tx, f"agent:{agent.id}", "remedy", now, subject=order.number, detail=detail)
    if state == "requested":
        tx.hint(DESK, "alert", leads=True, alert="remedy", conversation=conversation_id)
    else:
        tx.hint(REMEDIES, "asked")
    return made, state


def settle(tx: Transaction, remedy_id: str, lead: Agent, *, approve: bool, now: datetime) -> str:
    """A lead's word on a request; the state then. Raises NoSuchRemedy, OwnRequest,
    TransitionRefused where there is nothing to decide."""
    row = _locked(tx, remedy_id)
    if row.state != "requested":
        raise TransitionRefused("this has been decided")
    if row.agent_id == lead.id:
        raise OwnRequest("another lead has to approve what you asked for")
    state = "pending" if approve else "declined"
    tx.execute(
        update(order_effects)
        .where(order_effects.c.id == remedy_id)
        .values(state=state, decided_by=lead.id, next_at=now)
    )
    _tell(tx, row, "remedy_approved" if approve else "remedy_declined", now, who=lead.name)
    detail = f"{row.kind} {row.amount or row.worth}: {state}"
    audit.record(tx, f"agent:{lead.id}", "remedy", now, subject=row.order_number, detail=detail)
    if approve:
        tx.hint(REMEDIES, "asked")
    return state


def done(tx: Transaction, remedy_id: str, playbook: Playbook, now: datetime) -> None:
    """The shop's system has it: the customer is told, once."""
    taken = tx.execute(
        update(order_effects)
        .where(order_effects.c.id == remedy_id, PENDING_EFFECT)
        .values(state="done", done_at=now, lease_until=None, error=None)
    ).rowcount
    if not taken:
        return
    row = _locked(tx, remedy_id)
    detail = f"{row.kind} {row.amount or row.worth}: done"
    audit.record(tx, "system", "remedy", now, subject=row.order_number, detail=detail)
    if row.conversation_id is None:
        return
    _, conversation = conversations.lock(tx, row.conversation_id)
    said = {
        "refund": playbook.messages.remedy_refund,
        "replacement": playbook.messages.remedy_replacement,
        "return": playbook.messages.remedy_return,
        "credit": playbook.messages.remedy_credit,
    }[row.kind].in_lang(conversation.lang)
    text = said.format(order=row.order_number, amount=f"{row.amount:,}")
    say(tx, conversation, text, now, "remedy")


def refused(tx: Transaction, remedy_id: str, error: EffectRefused, now: datetime) -> None:
    """The shop's system won't: the agent has to find another way."""
    taken = tx.execute(
        update(order_effects)
        .where(order_effects.c.id == remedy_id, PENDING_EFFECT)
        .values(state="refused", done_at=now, lease_until=None, error=str(error)[:300])
    ).rowcount
    if taken:
        row = _locked(tx, remedy_id)
        _tell(tx, row, "remedy_refused", now, why=str(error)[:300])
        agents_told = [row.agent_id]
        tx.hint(DESK, "alert", agents=agents_told, alert="refused",
                conversation=row.conversation_id)  # fmt: skip


def effect_of(row: Row[Any]) -> OrderEffect:
    return OrderEffect(
        key=row.id,
        kind=EffectKind(row.kind),
        order_number=row.order_number,
        amount=row.amount,
        items=tuple(row.items),
        reason=row.reason,
        at=row.created_at,
    )


def of_orders(connection: Connection, numbers: list[str]) -> dict[str, list[dict[str, Any]]]:
    """By order number what was asked for, oldest first."""
    if not numbers:
        return {}
    rows = connection.execute(
        select(order_effects, agents.c.name)
        .join(agents, agents.c.id == order_effects.c.agent_id)
        .where(order_effects.c.order_number.in_(numbers))
        .order_by(order_effects.c.order_number, order_effects.c.number)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.order_number, []).append(_shape(row))
    return found


def waiting(connection: Connection) -> list[dict[str, Any]]:
    """What leads have to decide, the oldest first."""
    rows = connection.execute(
        select(order_effects, agents.c.name)
        .join(agents, agents.c.id == order_effects.c.agent_id)
        .where(REQUESTED_EFFECT)
        .order_by(order_effects.c.created_at)
        .limit(100)
    )
    return [_shape(row) for row in rows]


def _shape(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "conversation": row.conversation_id,
        "order_number": row.order_number,
        "kind": row.kind,
        "amount": row.amount,
        "worth": row.worth,
        "items": list(row.items),
        "reason": row.reason,
        "state": row.state,
        "agent": {"id": row.agent_id, "name": row.name},
        "at": row.created_at.isoformat(),
    }


def _earlier(row: Row[Any]) -> Earlier:
    return Earlier(EffectKind(row.kind), row.amount, tuple(row.items))


def _locked(tx: Transaction, remedy_id: str) -> Row[Any]:
    row = tx.execute(
        select(order_effects).where(order_effects.c.id == remedy_id).with_for_update()
    ).first()
    if row is None:
        raise NoSuchRemedy(f"no remedy {remedy_id}")
    return row


def _tell(tx: Transaction, row: Row[Any], event: str, now: datetime, **data: Any) -> None:
    if row.conversation_id is None:
        return
    _, conversation = conversations.lock(tx, row.conversation_id)
    amount = row.amount or row.worth
    text = f"{event.replace('_', ' ')}: {row.kind} for {row.order_number}, {amount}"
    events.tell(
        tx, conversation, event, text, now, remedy=row.id, kind=row.kind,
        order=row.order_number, amount=amount, **data,
    )  # fmt: skip
