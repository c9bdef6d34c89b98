"""How many conversations an agent holds, and how many more they have room for.

What is snoozed waits for its time and takes no room. Whoever gives out by it holds the agent's row
(`agents.lock`), as every change of owner to an agent does.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from support.playbook.playbook import Playbook
from support.store.schema import conversations
from support.team.agents import Agent
from support.values import State


def limit_of(agent: Agent, playbook: Playbook) -> int:
    return playbook.assignment.capacity if agent.capacity is None else agent.capacity


def held(connection: Connection, agent_ids: Sequence[int], now: datetime) -> dict[int, int]:
    """Conversations that each of some agents holds now; those without one are not in it."""
    if not agent_ids:
        return {}
    rows = connection.execute(
        select(conversations.c.agent_id, func.count())
        .where(
            conversations.c.agent_id.in_(agent_ids),
            conversations.c.state == str(State.ASSIGNED),
            or_(conversations.c.snoozed_until.is_(None), conversations.c.snoozed_until <= now),
        )
        .group_by(conversations.c.agent_id)
    )
    return {agent_id: number for agent_id, number in rows}


def has_room(connection: Connection, agent: Agent, playbook: Playbook, now: datetime) -> bool:
    return held(connection, [agent.id], now).get(agent.id, 0) < limit_of(agent, playbook)
