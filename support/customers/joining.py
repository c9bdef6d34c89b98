"""Two threads of one customer become one: the one they are in goes on, the other is history."""

from datetime import datetime

from sqlalchemy import func, select, update

from support import conversations
from support.handover.queue import close_ticket, open_ticket
from support.handover.telling import tell_place
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import PENDING_TURN, links, tasks, threads, tickets, turns
from support.timers import cancel_timer
from support.values import Conversation, State, Thread

_WITH_PEOPLE = (State.QUEUED, State.ASSIGNED)


def join(tx: Transaction, history: Thread, on: Thread, playbook: Playbook, now: datetime) -> None:
    """Make `history` earlier matters of whoever goes on in `on`. The caller holds both locks.

    Who waited for a person there, or talked with one, keeps that place in the thread that goes on.
    """
    if history.id == on.id:
        return
    ended = conversations.latest(tx.connection, history.id)
    if ended is not None and ended.state is not State.RESOLVED:
        _end(tx, ended, now)
        present = conversations.latest(tx.connection, on.id)
        if present is not None:
            # What was promised there is owed here: a call that was agreed on, an answer by a time.
            tx.execute(
                update(tasks)
                .where(tasks.c.conversation_id == ended.id, tasks.c.state == "open")
                .values(conversation_id=present.id)
            )
        if ended.state in _WITH_PEOPLE and present is not None:
            _keep_place(tx, on, ended, present, playbook, now)
    tx.execute(
        update(threads)
        .where((threads.c.id == history.id) | (threads.c.joined_to == history.id))
        .values(joined_to=on.id)
    )
    has = select(links.c.channel).where(links.c.thread_id == on.id)
    tx.execute(
        update(links)
        .where(links.c.thread_id == history.id, links.c.channel.not_in(has))
        .values(thread_id=on.id, shown_seq=on.last_seq)
    )


def _end(tx: Transaction, ended: Conversation, now: datetime) -> None:
    conversations.move(
        tx,
        ended,
        State.RESOLVED,
        actor="customer",
        why="goes on in another thread",
        now=now,
        resolve_reason="goes on in another thread",
    )
    close_ticket(tx, ended.id, "resolved", now)
    cancel_timer(tx, "idle", ended.id)
    # An answer would appear where nobody looks any more; the words stay in the history.
    tx.execute(
        update(turns)
        .where(turns.c.conversation_id == ended.id, PENDING_TURN)
        .values(state="dropped", done_at=now, outcome="joined")
    )


def _keep_place(
    tx: Transaction,
    on: Thread,
    ended: Conversation,
    present: Conversation,
    playbook: Playbook,
    now: datetime,
) -> None:
    if present.state in _WITH_PEOPLE:
        return
    reason = ended.reason or "asked"
    since = tx.execute(
        select(func.min(tickets.c.queued_at)).where(tickets.c.conversation_id == ended.id)
    ).scalar_one()
    present = conversations.move(
        tx, present, State.QUEUED, actor="customer", why="came from another thread", now=now,
        reason=reason,
    )  # fmt: skip
    open_ticket(tx, present, reason, {}, playbook, now, queued_at=since or now)
    tell_place(tx, on, present, playbook, now)
