"""What agents do with a task: done, put off, called off; and what the customer hears of it."""

from datetime import datetime
from typing import Literal

from support import conversations, words
from support.handover import queue, telling
from support.outreach import outreach
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.tasks import callbacks, tasks
from support.tasks.tasks import Task, TaskRefused
from support.team.agents import Agent
from support.values import Conversation, State, Thread

# How a call-back ended.
Outcome = Literal["reached", "unreached"]


def done(
    tx: Transaction,
    task_id: int,
    agent: Agent,
    outcome: Outcome,
    playbook: Playbook,
    now: datetime,
) -> Task:
    """Tick a task off. Whose call was answered has been helped by this agent, who holds the
    conversation from now on; who could not be reached is told so, with new times.

    Raises NoSuchTask, TaskRefused.
    """
    thread, conversation, task = tasks.lock_open(tx, task_id, agent)
    by, said, lang = f"agent:{agent.id}", playbook.contact.texts, conversation.lang
    if task.kind != "callback":
        return tasks.close(tx, task, "done", by, now)
    task = callbacks.end(tx, task, "done", by, now)
    if outcome == "reached":
        if conversation.state is State.QUEUED:
            conversation = conversations.move(
                tx, conversation, State.ASSIGNED, actor=by, why="called", now=now,
                agent_id=agent.id,
            )  # fmt: skip
            queue.close_ticket(tx, conversation.id, "claimed", now)
        text = said.callback_done.in_lang(lang).format(agent=agent.name)
        telling.say(tx, conversation, text, now, "agent", agent_id=agent.id)
        return task
    queue.back_in_line(tx, conversation, playbook, now)
    text = said.callback_unreached.in_lang(lang).format(agent=agent.name)
    _tell_with_times(tx, thread, conversation, text, playbook, now)
    return task


def move(
    tx: Transaction, task_id: int, agent: Agent, at: datetime, playbook: Playbook, now: datetime
) -> Task:
    """Put a task off, or bring it forward. A promise is put off in words, too.

    Raises NoSuchTask, TaskRefused, and SlotTaken for a call-back outside the free slots.
    """
    thread, conversation, task = tasks.lock_open(tx, task_id, agent)
    if at == task.due_at:
        return task
    if at <= now:
        raise TaskRefused("a task can't be due in the past")
    said, lang = playbook.contact.texts, conversation.lang
    if task.kind == "callback":
        task = callbacks.move(tx, conversation, task, at, playbook, now)
        text = said.callback_moved_by_us.in_lang(lang).format(
            at=callbacks.when(task, now, playbook, lang)
        )
        _tell_with_times(tx, thread, conversation, text, playbook, now)
        return task
    later = at > task.due_at
    task = tasks.change(tx, task, due_at=at)
    if task.kind == "promise" and later:
        text = said.promise_moved.in_lang(lang).format(
            at=words.moment(at, now, playbook.hours.zone, lang)
        )
        outreach.tell(tx, thread, conversation, text, playbook, now)
    return task


def cancel(tx: Transaction, task_id: int, agent: Agent, playbook: Playbook, now: datetime) -> Task:
    """Call a task off; whose call it was is asked for another time. Raises NoSuchTask,
    TaskRefused."""
    thread, conversation, task = tasks.lock_open(tx, task_id, agent)
    by, lang = f"agent:{agent.id}", conversation.lang
    if task.kind != "callback":
        return tasks.close(tx, task, "cancelled", by, now)
    text = playbook.contact.texts.callback_cancelled_by_us.in_lang(lang).format(
        at=callbacks.when(task, now, playbook, lang)
    )
    task = callbacks.end(tx, task, "cancelled", by, now)
    queue.back_in_line(tx, conversation, playbook, now)
    _tell_with_times(tx, thread, conversation, text, playbook, now)
    return task


def _tell_with_times(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    text: str,
    playbook: Playbook,
    now: datetime,
) -> None:
    buttons = callbacks.time_buttons(tx, conversation, playbook, now)
    outreach.tell(tx, thread, conversation, text, playbook, now, buttons=buttons)
