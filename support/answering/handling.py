"""What an agent does with a conversation: who may, then the move.

A conversation that a colleague holds is theirs; a lead may step in. Everything else about the moves
is `support.handover.handoff`'s.
"""

from datetime import datetime

from sqlalchemy import func, select

from support import conversations
from support.conversations import TransitionRefused
from support.handover import handoff, queue, snoozing
from support.handover.handoff import AlreadyClaimed
from support.handover.telling import say
from support.messages import Draft, append
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import messages
from support.team import agents
from support.team.agents import Agent
from support.values import Author, Conversation, State

LONGEST_REASON = 200
ABUSE = "abuse"


class LeadNeeded(Exception):
    """A lead has to do this. Shown as 403."""


class WroteAgain(TransitionRefused):
    """The customer wrote while the agent was about to end the matter. Shown as 409."""


class UnknownAgent(LookupError):
    """No colleague has this number. Shown as 422."""


def transfer(
    tx: Transaction,
    conversation_id: str,
    agent: Agent,
    to: int | None,
    playbook: Playbook,
    now: datetime,
    note: str | None = None,
    *,
    team: str | None = None,
) -> Conversation:
    """Give a conversation to the colleague `to`, or back to the queue when None, there for `team`
    if one is named. `note` is left for whoever gets it.

    Raises UnknownAgent, AlreadyClaimed, TransitionRefused, NotFound.
    """
    conversation = held_or_free(tx, conversation_id, agent)
    if conversation.state is State.RESOLVED:
        raise TransitionRefused("the conversation is resolved; reopen it first")
    if to is None:
        if team is not None and team not in agents.teams(tx.connection):
            raise UnknownAgent(f"nobody is in a team called {team!r}")
        if conversation.state is not State.QUEUED or team is not None:
            _leave_note(tx, conversation, agent, note, now)
        if conversation.state is not State.QUEUED:
            conversation = handoff.transfer(tx, conversation_id, agent, None, playbook, now)
        if team is not None:
            queue.give_to_team(tx, conversation_id, team)
        return conversation
    if to == conversation.agent_id:
        return conversation
    colleague = next((one for one in agents.everyone(tx.connection) if one.id == to), None)
    if colleague is None:
        raise UnknownAgent(f"there is no agent {to}")
    _leave_note(tx, conversation, agent, note, now)
    return handoff.transfer(tx, conversation_id, agent, colleague, playbook, now)


def give_back(
    tx: Transaction,
    conversation_id: str,
    agent: Agent,
    hint: str | None,
    playbook: Playbook,
    now: datetime,
) -> Conversation:
    """Return a conversation to the assistant. One that waits is claimed first: only the customer
    gives up a place in the queue. Raises AlreadyClaimed, TransitionRefused, NotFound."""
    conversation = held_or_free(tx, conversation_id, agent)
    if conversation.state is not State.ASSIGNED:
        raise TransitionRefused("claim the conversation before you return it")
    return handoff.give_back(tx, conversation_id, agent, hint, playbook, now)


def resolve(
    tx: Transaction,
    conversation_id: str,
    agent: Agent,
    reason: str,
    playbook: Playbook,
    now: datetime,
    seen_seq: int | None = None,
) -> Conversation:
    """End a matter; once more changes nothing. `seen_seq`: the newest message that was on the
    agent's screen. Raises WroteAgain, LeadNeeded, AlreadyClaimed, NotFound."""
    conversation = held_or_free(tx, conversation_id, agent)
    if conversation.state is State.RESOLVED:
        return conversation
    if reason == ABUSE and not agent.is_lead:
        raise LeadNeeded("only a lead ends a conversation for abuse")
    if seen_seq is not None and newest_of_customer(tx, conversation) > seen_seq:
        raise WroteAgain("the customer has just written")
    return handoff.resolve(
        tx,
        conversation,
        actor=f"agent:{agent.id}",
        why=reason,
        agent_id=agent.id,
        playbook=playbook,
        now=now,
        seen_seq=seen_seq or 0,
    )


def snooze(
    tx: Transaction, conversation_id: str, agent: Agent, until: datetime | None, now: datetime
) -> Conversation:
    """Put a conversation aside until then, or take it up again when None.

    Raises BadTime, AlreadyClaimed, TransitionRefused, NotFound.
    """
    conversation = held_or_free(tx, conversation_id, agent)
    if until is None:
        return snoozing.wake(tx, conversation, now, "woken")
    return snoozing.snooze(tx, conversation, agent, until, now)


def reopen(
    tx: Transaction, conversation_id: str, agent: Agent, playbook: Playbook, now: datetime
) -> Conversation:
    """Take a resolved matter up again, as its owner. Raises TransitionRefused, NotFound."""
    thread, conversation = conversations.lock(tx, conversation_id)
    if conversation.state is State.ASSIGNED and conversation.agent_id == agent.id:
        return conversation
    if conversation.state is not State.RESOLVED:
        raise TransitionRefused("the conversation is open")
    newest = conversations.latest(tx.connection, conversation.thread_id)
    if newest is not None and newest.id != conversation.id:
        # What the customer writes goes to their newest matter; they could not answer in this one.
        raise TransitionRefused("the customer has a newer conversation")
    if thread.joined_to is not None:
        raise TransitionRefused("the customer goes on in another conversation")
    conversation = conversations.move(
        tx,
        conversation,
        State.ASSIGNED,
        actor=f"agent:{agent.id}",
        why="reopened",
        now=now,
        agent_id=agent.id,
    )
    text = playbook.messages.agent_joined.in_lang(conversation.lang).format(agent=agent.name)
    say(tx, conversation, text, now, "agent", agent_id=agent.id)
    return conversation


def newest_of_customer(tx: Transaction, conversation: Conversation) -> int:
    """The seq of the customer's newest message in this matter, 0 where there is none."""
    newest: int | None = tx.execute(
        select(func.max(messages.c.seq)).where(
            messages.c.conversation_id == conversation.id,
            messages.c.author == str(Author.CUSTOMER),
        )
    ).scalar_one()
    return newest or 0


def _leave_note(
    tx: Transaction, conversation: Conversation, agent: Agent, note: str | None, now: datetime
) -> None:
    if note:
        draft = Draft(Author.AGENT, note, "note", agent_id=agent.id, private=True)
        append(tx, conversation, draft, now)


def held_or_free(tx: Transaction, conversation_id: str, agent: Agent) -> Conversation:
    """A conversation that `agent` may change: nobody's, their own, or any where they lead.

    Raises AlreadyClaimed, NotFound.
    """
    _, conversation = conversations.lock(tx, conversation_id)
    holder = conversation.agent_id
    if holder is not None and holder != agent.id and not agent.is_lead:
        raise AlreadyClaimed(agents.get(tx.connection, holder).name)
    return conversation
