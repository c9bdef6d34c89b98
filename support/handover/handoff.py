"""The human queue: handing over, waiting, claiming, giving back.

Each function moves a conversation to another owner and tells the customer what that means; their
place in line is `support.handover.queue`'s.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from support import conversations, words
from support.conversations import TransitionRefused
from support.customers import visitors
from support.delivery.outbox import PUSHED
from support.handover import capacity, queue, summary, telling
from support.handover.queue import close_ticket, open_ticket, raise_ticket
from support.handover.telling import say, tell_place
from support.hints import DESK
from support.outreach import tact
from support.playbook.parts import Words
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import tickets
from support.tasks import callbacks, promises
from support.team import agents
from support.team.agents import Agent
from support.timers import cancel_timer, set_timer
from support.values import Conversation, State, Thread

NPS_TIMER = "nps"


class AlreadyClaimed(TransitionRefused):
    """Another agent was first. Shown as 409 with their name."""

    def __init__(self, agent: str) -> None:
        super().__init__(f"{agent} has taken this conversation")
        self.agent = agent


def hand_over(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    *,
    reason: str,
    note: dict[str, Any],
    actor: str,
    playbook: Playbook,
    now: datetime,
) -> Conversation:
    """Put a conversation into the human queue and tell the customer what happens now.

    Asked for again it stays one place, which may move forward for a graver reason. The caller
    holds the thread's lock.
    """
    if conversation.state is State.ASSIGNED:
        return conversation
    if conversation.state is State.QUEUED:
        raise_ticket(tx, conversation, reason, note, playbook)
        text = playbook.messages.queued_again.in_lang(conversation.lang)
        told = telling.standing(tx.connection, conversation, playbook, now)
        say(tx, conversation, text.format(standing=told).rstrip(), now, "notice")
        return conversation
    conversation = conversations.move(
        tx, conversation, State.QUEUED, actor=actor, why=reason, now=now, reason=reason
    )
    open_ticket(tx, conversation, reason, note, playbook, now, queued_at=now)
    _tell_summary(tx, conversation, playbook, now)
    tell_place(tx, thread, conversation, playbook, now)
    return conversation


def choose(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    action: str,
    *,
    playbook: Playbook,
    now: datetime,
    contact: str | None = None,
    at: datetime | None = None,
    zone: str | None = None,
) -> Conversation:
    """What a waiting customer decides: wait, message, callback or cancel.

    The caller holds the thread's lock. Raises TransitionRefused where nobody waits, and for a
    call-back what `callbacks.book` raises.
    """
    if action == "callback" and conversation.state in (State.QUEUED, State.ASSIGNED):
        callbacks.book(tx, thread, conversation, playbook, now, at=at, contact=contact, zone=zone)
        return conversation
    if action == "callback_cancel" and conversation.state is State.ASSIGNED:
        if callbacks.cancel(tx, conversation, "customer", now) is not None:
            text = playbook.contact.texts.callback_cancelled.in_lang(conversation.lang)
            say(tx, conversation, text, now, "notice")
        return conversation
    if conversation.state is not State.QUEUED:
        raise TransitionRefused("there is no place in the queue")
    said, lang = playbook.messages, conversation.lang
    if contact is not None:
        visitors.keep_contact(tx, thread, contact)
    called_off = callbacks.cancel(tx, conversation, "customer", now) is not None
    if action == "cancel":
        promises.release(tx, conversation.id, now)
        close_ticket(tx, conversation.id, "cancelled", now)
        conversation = conversations.move(
            tx, conversation, State.BOT, actor="customer", why="cancelled", now=now
        )
        say(tx, conversation, said.ticket_cancelled.in_lang(lang), now, "notice")
        close_when_idle(tx, conversation, playbook, now)
        return conversation
    tx.execute(
        update(tickets)
        .where(tickets.c.conversation_id == conversation.id, tickets.c.closed_at.is_(None))
        .values(choice=action, callback_at=None)
    )
    tx.hint(DESK, "state", conversation=conversation.id)
    if called_off:
        queue.back_in_line(tx, conversation, playbook, now)
        ours = playbook.contact.texts
        text = words.sentences(
            lang, ours.callback_cancelled.in_lang(lang), ours.place_kept.in_lang(lang)
        )
        say(tx, conversation, text, now, "notice")
        if action == "callback_cancel":
            return conversation
    if action == "message":
        # Who leaves a message has been promised an answer, and is not told of every delay.
        due = promises.an_answer(tx, conversation.id, playbook, now)
        queue.promised(tx, conversation.id, due)
        cancel_timer(tx, queue.ESTIMATE_TIMER, conversation.id)
    if contact is not None:
        say(tx, conversation, telling.contact_kept(playbook, contact, lang), now)
    elif action == "message":
        text = playbook.contact.texts.message_until.in_lang(lang)
        at_latest = words.moment(due, now, playbook.hours.zone, lang)
        say(tx, conversation, text.format(due=at_latest), now, "notice")
        telling.tell_where_to_answer(tx, thread, conversation, playbook, now)
    elif not called_off:
        say(tx, conversation, said.ticket_wait.in_lang(lang), now, "notice")
    return conversation


def press(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    choice: str,
    playbook: Playbook,
    now: datetime,
) -> Conversation:
    """What a button of the queue does: `wait`, `message`, `cancel`, `callback` (asks when),
    `callback:MOMENT` (books), `callback_after:MOMENT` (later times), `callback_cancel`.

    The caller holds the thread's lock. Raises TransitionRefused where nobody waits.
    """
    action, _, rest = choice.partition(":")
    if action not in ("callback", "callback_after"):
        return choose(tx, thread, conversation, action, playbook=playbook, now=now)
    if action == "callback_after" or not rest:
        after = datetime.fromisoformat(rest) if rest else None
        callbacks.offer_times(tx, conversation, playbook, now, after=after)
        return conversation
    at = datetime.fromisoformat(rest)
    try:
        return choose(tx, thread, conversation, action, playbook=playbook, now=now, at=at)
    except callbacks.SlotTaken:
        # Somebody was faster, or the button is an old one: it is a question again, not an error.
        lead = playbook.contact.texts.time_taken.in_lang(conversation.lang)
        callbacks.offer_times(tx, conversation, playbook, now, lead=lead)
        return conversation


def line_up(
    tx: Transaction,
    conversation: Conversation,
    reason: str,
    playbook: Playbook,
    now: datetime,
    *,
    actor: str,
    why: str,
) -> Conversation:
    """Give a conversation with the assistant, or a resolved one, a place in the queue; what is
    said about it is the caller's. The caller holds the thread's lock."""
    conversation = conversations.move(
        tx, conversation, State.QUEUED, actor=actor, why=why, now=now, reason=reason
    )
    open_ticket(tx, conversation, reason, {}, playbook, now, queued_at=now)
    return conversation


def claim(
    tx: Transaction, conversation_id: str, agent: Agent, playbook: Playbook, now: datetime
) -> Conversation:
    """Make `agent` the owner; once more by the same agent changes nothing.

    Raises AlreadyClaimed, TransitionRefused for a resolved conversation, NotFound.
    """
    _, conversation = conversations.lock(tx, conversation_id)
    if conversation.state is State.ASSIGNED:
        if conversation.agent_id in (agent.id, None):
            return conversation
        raise AlreadyClaimed(agents.get(tx.connection, conversation.agent_id).name)
    if conversation.state is State.RESOLVED:
        raise TransitionRefused("the conversation is resolved; reopen it first")
    return assign(tx, conversation, agent, playbook, now, why="claimed")


def assign(
    tx: Transaction,
    conversation: Conversation,
    agent: Agent,
    playbook: Playbook,
    now: datetime,
    *,
    why: str,
    actor: str | None = None,
) -> Conversation:
    """Make `agent` the owner and tell the customer. `actor`: who did it, else the agent. The
    caller holds the thread's lock."""
    changed_hands = conversation.state is State.ASSIGNED
    conversation = conversations.move(
        tx,
        conversation,
        State.ASSIGNED,
        actor=actor or f"agent:{agent.id}",
        why=why,
        now=now,
        agent_id=agent.id,
    )
    if why != "claimed":
        tx.hint(DESK, "given", conversation=conversation.id, agent=agent.id)
    close_ticket(tx, conversation.id, "claimed", now)
    said = playbook.messages
    text = (said.agent_changed if changed_hands else said.agent_joined).in_lang(conversation.lang)
    say(tx, conversation, text.format(agent=agent.name), now, "agent", agent_id=agent.id)
    return conversation


def transfer(
    tx: Transaction,
    conversation_id: str,
    agent: Agent,
    to: Agent | None,
    playbook: Playbook,
    now: datetime,
) -> Conversation:
    """Hand a conversation to a colleague, or back to the queue when `to` is None."""
    thread, conversation = conversations.lock(tx, conversation_id)
    if to is not None:
        return assign(tx, conversation, to, playbook, now, why=f"transfer by agent:{agent.id}")
    return requeue(
        tx, thread, conversation, playbook, now, actor=f"agent:{agent.id}", why="transfer"
    )


def requeue(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    playbook: Playbook,
    now: datetime,
    *,
    actor: str,
    why: str,
    note: dict[str, Any] | None = None,
) -> Conversation:
    """An agent is gone: the customer goes back to where they would be had they never left."""
    conversation = conversations.move(
        tx, conversation, State.QUEUED, actor=actor, why=why, now=now, reason="agent"
    )
    first = tx.execute(
        select(func.min(tickets.c.queued_at)).where(tickets.c.conversation_id == conversation.id)
    ).scalar_one()
    open_ticket(tx, conversation, "agent", note or {}, playbook, now, queued_at=first or now)
    say(tx, conversation, playbook.messages.agent_left.in_lang(conversation.lang), now, "handover")
    tell_place(tx, thread, conversation, playbook, now)
    return conversation


def give_back(
    tx: Transaction,
    conversation_id: str,
    agent: Agent,
    hint: str | None,
    playbook: Playbook,
    now: datetime,
) -> Conversation:
    """Return a conversation to the assistant, which answers the next message."""
    thread, conversation = conversations.lock(tx, conversation_id)
    if conversation.state not in (State.ASSIGNED, State.QUEUED):
        raise TransitionRefused("only a conversation held by a person can be returned")
    conversation = conversations.move(
        tx,
        conversation,
        State.BOT,
        actor=f"agent:{agent.id}",
        why="returned",
        now=now,
        hint=hint,
        handled_seq=thread.last_seq,
    )
    close_ticket(tx, conversation.id, "returned", now)
    text = playbook.messages.returned.in_lang(conversation.lang).format(agent=agent.name)
    say(tx, conversation, text, now, "handover")
    close_when_idle(tx, conversation, playbook, now)
    return conversation


def close_when_idle(
    tx: Transaction, conversation: Conversation, playbook: Playbook, now: datetime
) -> None:
    """With the assistant again: it asks after a while whether the customer is still there."""
    warn = timedelta(minutes=playbook.escalation.closing.warn_after_minutes)
    set_timer(tx, "idle", conversation.id, now + warn, now)


def resolve(
    tx: Transaction,
    conversation: Conversation,
    *,
    actor: str,
    why: str,
    agent_id: int | None,
    playbook: Playbook,
    now: datetime,
    text: Words | None = None,
    seen_seq: int = 0,
) -> Conversation:
    """End a matter; writing again goes on with it. The widget asks for a rating by itself, other
    channels do so here. `seen_seq`: up to which message whoever ends it has read: the assistant
    owes no answer to those."""
    conversation = conversations.move(
        tx,
        conversation,
        State.RESOLVED,
        actor=actor,
        why=why,
        now=now,
        resolved_by=agent_id,
        resolve_reason=why,
        handled_seq=max(conversation.handled_seq, seen_seq),
    )
    close_ticket(tx, conversation.id, "resolved", now)
    cancel_timer(tx, "idle", conversation.id)
    said = (text or playbook.messages.resolved).in_lang(conversation.lang)
    scores: list[tuple[str, str]] = []
    thread = conversations.get_thread(tx.connection, conversation.thread_id)
    if thread.answers_on in PUSHED and tact.may_ask(tx.connection, conversation, now):
        said += "\n\n" + playbook.messages.ask_rating.in_lang(conversation.lang)
        scores = [(str(score), f"rate:{score}") for score in range(1, 6)]
    say(tx, conversation, said, now, "resolved", buttons=scores)
    if conversation.customer_id is not None:
        # Signed-in customers may be asked, a while later, whether they would recommend us.
        due = now + timedelta(hours=playbook.contact.followup_after_hours)
        due = playbook.hours.next_opening(due) or due
        set_timer(tx, NPS_TIMER, conversation.thread_id, due, now)
    return conversation


def reopen(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    playbook: Playbook,
    now: datetime,
    *,
    actor: str,
    away_after: timedelta,
) -> Conversation:
    """Go on with a resolved matter: with the agent who resolved it if available and not full, else
    at the top of the queue, else with the assistant who had it."""
    if conversation.resolved_by is None:
        return conversations.move(tx, conversation, State.BOT, actor=actor, why="reopened", now=now)
    duty = {agent.id: agent for agent in agents.on_duty(tx.connection, now, away_after)}
    known = duty.get(conversation.resolved_by)
    if known is not None:
        agents.lock(tx, known.id)
    if known is not None and capacity.has_room(tx.connection, known, playbook, now):
        conversation = conversations.move(
            tx, conversation, State.ASSIGNED, actor=actor, why="reopened", now=now,
            agent_id=known.id,
        )  # fmt: skip
        text = playbook.messages.reopened.in_lang(conversation.lang)
        say(tx, conversation, text, now, "handover")
        tx.hint(DESK, "given", conversation=conversation.id, agent=known.id)
        return conversation
    conversation = conversations.move(
        tx, conversation, State.QUEUED, actor=actor, why="reopened", now=now,
        reason=conversation.reason or "asked",
    )  # fmt: skip
    first = tx.execute(
        select(func.min(tickets.c.queued_at)).where(tickets.c.conversation_id == conversation.id)
    ).scalar_one()
    open_ticket(
        tx, conversation, conversation.reason or "asked", {}, playbook, now, queued_at=first or now
    )
    say(tx, conversation, playbook.messages.reopened.in_lang(conversation.lang), now, "handover")
    tell_place(tx, thread, conversation, playbook, now)
    return conversation


def _tell_summary(
    tx: Transaction, conversation: Conversation, playbook: Playbook, now: datetime
) -> None:
    lines = summary.for_customer(tx.connection, conversation)
    if lines:
        text = playbook.messages.summary_intro.in_lang(conversation.lang)
        text += "".join(f"\n• {line}" for line in lines)
        say(tx, conversation, text, now, "summary")
