"""Putting a conversation aside until a time: a timestamp, not a state; its owner stays.

It comes back by a timer, or as soon as the customer writes. Whoever has gone home by then is not
waited for: the conversation returns to the queue.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from support import conversations, events
from support.conversations import TransitionRefused
from support.handover import handoff
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.team import agents
from support.team.agents import Agent
from support.timers import Handler, cancel_timer, set_timer
from support.values import Conversation, State

TIMER = "snooze"
LONGEST = timedelta(days=90)


class BadTime(ValueError):
    """A snooze ends in the future, within LONGEST. Shown as 422."""


def snooze(
    tx: Transaction, conversation: Conversation, agent: Agent, until: datetime, now: datetime
) -> Conversation:
    """Put `conversation` aside. The caller holds the thread's lock.

    Raises BadTime, and TransitionRefused where no person has it.
    """
    if conversation.state is not State.ASSIGNED:
        raise TransitionRefused("claim the conversation before you snooze it")
    if not now < until <= now + LONGEST:
        raise BadTime(f"a snooze ends within {LONGEST.days} days")
    conversation = conversations.note(tx, conversation, snoozed_until=until)
    set_timer(tx, TIMER, conversation.id, until, now)
    text = f"{agent.name}: snoozed until {until:%Y-%m-%d %H:%M} UTC"
    events.tell(tx, conversation, "snoozed", text, now, who=agent.name, until=until.isoformat())
    return conversation


def wake(
    tx: Transaction, conversation: Conversation, now: datetime, event: str = "woke"
) -> Conversation:
    """Take it up again: because the customer wrote, the time has come, or an agent says so."""
    if conversation.snoozed_until is None:
        return conversation
    conversation = conversations.note(tx, conversation, snoozed_until=None)
    cancel_timer(tx, TIMER, conversation.id)
    texts = {"woke": "The time is up", "woken": "Taken up again", "wrote": "The customer wrote"}
    events.tell(tx, conversation, event, f"{texts[event]}: no longer snoozed", now)
    return conversation


def handlers(playbook: Playbook) -> Mapping[str, Handler]:
    def ends(tx: Transaction, conversation_id: str, data: dict[str, Any], now: datetime) -> None:
        time_is_up(tx, conversation_id, playbook, now)

    return {TIMER: ends}


def time_is_up(tx: Transaction, conversation_id: str, playbook: Playbook, now: datetime) -> None:
    """A conversation that moved on meanwhile is left alone."""
    thread, conversation = conversations.lock(tx, conversation_id)
    if conversation.state is not State.ASSIGNED or conversation.snoozed_until is None:
        return
    conversation = wake(tx, conversation, now)
    if conversation.agent_id is None:
        return
    holder = agents.get(tx.connection, conversation.agent_id)
    away_after = timedelta(seconds=playbook.escalation.waiting.agent_away_s)
    there = holder.seen_at is not None and now - holder.seen_at < away_after
    if not there or holder.status == "away":
        handoff.requeue(tx, thread, conversation, playbook, now, actor="system", why="snooze over")
