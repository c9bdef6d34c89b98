"""The people at the desk as an administrator sees and changes them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from support.handover import vanished
from support.hints import DESK
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import agents as table
from support.team import agents, two_factor
from support.team.agents import Agent, AgentRefused


class NoSuchPerson(LookupError):
    """No agent has this number. Shown as 404."""


@dataclass(frozen=True)
class Person:
    """An agent, with what only administrators need to know."""

    agent: Agent
    disabled_at: datetime | None
    created_at: datetime


def listed(connection: Connection) -> list[Person]:
    """Everybody, by name; who is disabled comes last."""
    rows = connection.execute(
        select(table).order_by(table.c.disabled_at.is_not(None), table.c.name)
    )
    return [Person(agents.get(connection, row.id), row.disabled_at, row.created_at) for row in rows]


def change(
    tx: Transaction,
    agent_id: int,
    *,
    name: str | None = None,
    role: str | None = None,
    disabled: bool | None = None,
    playbook: Playbook,
    now: datetime,
) -> None:
    """Raises NoSuchPerson; AgentRefused: the last administrator stays one.

    Whoever is disabled is signed out, and what they held returns to the queue.
    """
    row = known(tx, agent_id)
    values: dict[str, Any] = {}
    if name is not None:
        if not name.strip():
            raise AgentRefused("name: is empty")
        values["name"] = name.strip()
    if role is not None:
        if role not in agents.ROLES:
            raise AgentRefused(f"role: {role!r} is none of {', '.join(agents.ROLES)}")
        values["role"] = role
    if disabled is False:
        values["disabled_at"] = None
    gone = disabled or (role is not None and role != "admin")
    if row.role == "admin" and gone and agents.administrators(tx.connection) <= 1:
        raise AgentRefused("role: the last administrator must stay one")
    if values:
        tx.execute(update(table).where(table.c.id == agent_id).values(**values))
    if disabled:
        vanished.disable(tx, agent_id, playbook, now)
    tx.hint(DESK, "agents")


def known(tx: Transaction, agent_id: int) -> Row[Any]:
    """The agent's row. Raises NoSuchPerson."""
    row = tx.execute(select(table).where(table.c.id == agent_id)).first()
    if row is None:
        raise NoSuchPerson(f"no agent {agent_id}")
    return row


def set_password(tx: Transaction, agent_id: int, password: str) -> None:
    """Ends the agent's sign-ins. Raises AgentRefused."""
    agents.set_password(tx, agent_id, password)
    agents.end_logins(tx, agent_id)


def reset_two_factor(tx: Transaction, agent_id: int) -> None:
    """For the day the phone and the recovery codes are gone."""
    two_factor.end(tx, agent_id)
    agents.end_logins(tx, agent_id)
