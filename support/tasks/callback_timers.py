"""What happens by itself as a call-back comes near, and what is said where it didn't happen."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from support import conversations
from support.handover import handoff, queue
from support.outreach import outreach
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.tasks import callbacks, tasks
from support.tasks.tasks import Task
from support.timers import Handler
from support.values import Conversation, State, Thread
from support.words import sentences


def handlers(playbook: Playbook) -> Mapping[str, Handler]:
    said = playbook.contact.texts

    def remind(tx: Transaction, task_id: str, data: dict[str, Any], now: datetime) -> None:
        """Shortly before; not at all where the server slept through it."""
        try:
            thread, conversation, task = tasks.lock(tx, int(task_id))
        except tasks.NoSuchTask:
            return
        if not _stands(task) or now >= task.due_at:
            return
        lang = conversation.lang
        text = said.callback_soon.in_lang(lang).format(at=callbacks.when(task, now, playbook, lang))
        buttons = [(said.button_cancel_call.in_lang(lang), "ticket:callback_cancel")]
        outreach.record(tx, thread, "reminder", f"{task_id}:{task.due_at:%m%d%H%M}", now)
        outreach.tell(tx, thread, conversation, text, playbook, now, buttons=buttons)

    def missed(tx: Transaction, task_id: str, data: dict[str, Any], now: datetime) -> None:
        """Our fault: an apology, the first place in the queue, and new times."""
        try:
            thread, conversation, task = tasks.lock(tx, int(task_id))
        except tasks.NoSuchTask:
            return
        if not _stands(task):
            return
        lang = conversation.lang
        text = said.callback_missed.in_lang(lang).format(
            at=callbacks.when(task, now, playbook, lang)
        )
        callbacks.end(tx, task, "missed", "system", now)
        conversation = _first(tx, thread, conversation, playbook, now)
        if conversation.state is State.QUEUED:
            text = sentences(lang, text, said.callback_missed_first.in_lang(lang))
        outreach.tell(
            tx, thread, conversation, text, playbook, now, kind="handover",
            buttons=callbacks.time_buttons(tx, conversation, playbook, now),
        )  # fmt: skip

    return {callbacks.REMINDER_TIMER: remind, callbacks.MISSED_TIMER: missed}


def _stands(task: Task) -> bool:
    """Whether a call is still owed; a timer left behind may name a task of another kind."""
    return task.kind == "callback" and task.state == "open"


def _first(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    playbook: Playbook,
    now: datetime,
) -> Conversation:
    """The conversation with people, before all others; one that a newer has followed stays."""
    newest = conversations.latest(tx.connection, thread.id)
    if conversation.state is State.ASSIGNED or (newest and newest.id != conversation.id):
        return conversation
    if conversation.state is not State.QUEUED:
        conversation = handoff.line_up(
            tx, conversation, "agent", playbook, now, actor="system", why="call-back missed"
        )
    queue.first_in_line(tx, conversation, playbook, now)
    return conversation
