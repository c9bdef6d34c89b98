"""Colleagues named in private notes: `@Name`, found by the server whatever wrote the note."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from support.hints import DESK
from support.privacy.masking import mask_secrets
from support.store import Transaction
from support.store.schema import agents, mentions, messages
from support.team import agents as people
from support.team.agents import Agent

MOST_SHOWN = 50


def named_in(text: str, colleagues: Iterable[Agent]) -> list[Agent]:
    """Who is named. A longer name goes first, so that `@Aya Mori` isn't also `@Aya`."""
    rest, found = text.casefold(), []
    for agent in sorted(colleagues, key=lambda one: len(one.name), reverse=True):
        sign = f"@{agent.name.casefold()}"
        at = rest.find(sign)
        while at >= 0:
            after = rest[at + len(sign) : at + len(sign) + 1]
            # `@Ann` isn't in `@Annabel`; Japanese goes on without a blank.
            if not (after.isascii() and after.isalnum()):
                found.append(agent)
                break
            at = rest.find(sign, at + 1)
        rest = rest.replace(sign, " ") if agent in found else rest
    return found


def note_mentions(
    tx: Transaction, conversation_id: str, message_id: int, text: str, author: Agent, now: datetime
) -> list[Agent]:
    """Tell those who are named in a note; who they are. Nobody is told of their own words."""
    if "@" not in text:
        return []
    named = [one for one in named_in(text, people.everyone(tx.connection)) if one.id != author.id]
    if named:
        tx.execute(
            insert(mentions),
            [{"message_id": message_id, "agent_id": one.id, "at": now} for one in named],
        )
        ids = [one.id for one in named]
        tx.hint(DESK, "alert", agents=ids, alert="mention", conversation=conversation_id)
    return named


def of_agent(connection: Connection, agent_id: int) -> list[dict[str, Any]]:
    """The newest mentions of an agent: conversation, seq, text, by, at, seen."""
    rows = connection.execute(
        select(
            mentions.c.at,
            mentions.c.seen_at,
            messages.c.conversation_id,
            messages.c.seq,
            messages.c.text,
            agents.c.name,
        )
        .join(messages, messages.c.id == mentions.c.message_id)
        .join(agents, agents.c.id == messages.c.agent_id)
        .where(mentions.c.agent_id == agent_id)
        .order_by(mentions.c.at.desc(), mentions.c.message_id.desc())
        .limit(MOST_SHOWN)
    )
    return [
        {
            "conversation": row.conversation_id,
            "seq": row.seq,
            "text": mask_secrets(row.text),
            "by": row.name,
            "at": row.at.isoformat(),
            "seen": row.seen_at is not None,
        }
        for row in rows
    ]


def unseen(connection: Connection, agent_id: int) -> int:
    number: int = connection.execute(
        select(func.count()).where(mentions.c.agent_id == agent_id, mentions.c.seen_at.is_(None))
    ).scalar_one()
    return number


def mark_seen(tx: Transaction, agent_id: int, now: datetime) -> None:
    """The agent has looked at the list."""
    tx.execute(
        update(mentions)
        .where(mentions.c.agent_id == agent_id, mentions.c.seen_at.is_(None))
        .values(seen_at=now)
    )
