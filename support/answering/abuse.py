"""When a customer insults an agent: one vetted warning, a lead who knows, and a way out.

Handing on and a break are the agent's to take; the conversation carries the label `abuse`, by which
figures about agents leave it out. To end a conversation for it needs a lead.
"""

from datetime import datetime, timedelta
from typing import Any

from support import audit, conversations, events
from support.answering import handling, labels
from support.conversations import TransitionRefused
from support.handover import handoff
from support.handover.telling import say
from support.hints import DESK
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.team import agents
from support.team.agents import Agent
from support.timers import set_timer
from support.values import Conversation, State

LABEL = "abuse"
BREAK_TIMER = "break"


def flag(
    tx: Transaction,
    conversation_id: str,
    agent: Agent,
    playbook: Playbook,
    now: datetime,
    *,
    hand_on: bool,
    break_minutes: int,
) -> Conversation:
    """Flag a conversation that a person holds. The customer is warned once, however often.

    Raises AlreadyClaimed, TransitionRefused, NotFound.
    """
    conversation = handling.held_or_free(tx, conversation_id, agent)
    if conversation.state is not State.ASSIGNED:
        raise TransitionRefused("claim the conversation before you flag it")
    if LABEL not in conversation.labels:
        labels.change(tx, conversation_id, [LABEL], [])
        conversation = conversations.get(tx.connection, conversation_id)
        warning = playbook.messages.abuse_warning.in_lang(conversation.lang)
        say(tx, conversation, warning, now, "notice")
        events.tell(tx, conversation, "abuse", f"{agent.name}: flagged abuse", now, who=agent.name)
        audit.record(tx, f"agent:{agent.id}", "abuse_flagged", now, subject=conversation_id)
        tx.hint(DESK, "alert", leads=True, alert="abuse", conversation=conversation_id)
    if hand_on:
        thread, conversation = conversations.lock(tx, conversation_id)
        conversation = handoff.requeue(
            tx, thread, conversation, playbook, now, actor=f"agent:{agent.id}", why="abuse"
        )
    if break_minutes:
        agents.set_status(tx, agent.id, "away", now)
        set_timer(tx, BREAK_TIMER, str(agent.id), now + timedelta(minutes=break_minutes), now)
    return conversation


def break_over(tx: Transaction, agent_id: str, data: dict[str, Any], now: datetime) -> None:
    """The timer's handler: whoever is still at the desk is available again. `seen_at` stays what
    it was: nobody is there because a timer fired."""
    agent = agents.get(tx.connection, int(agent_id))
    if agent.status == "away":
        agents.end_break(tx, agent.id)
