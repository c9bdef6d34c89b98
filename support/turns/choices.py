"""Buttons that the server itself answers to: places in the queue, calls, links, ratings, own data,
and how it turned out.

Everything else that can be pressed is a turn of the assistant's.
"""

from datetime import datetime

from sqlalchemy import Connection

from support.customers import links
from support.handover import handoff, telling
from support.outreach import aftercare
from support.playbook.playbook import Playbook
from support.privacy import data_choices
from support.reports import feedback
from support.store import Transaction
from support.values import Conversation, State, Thread

_OURS = ("ticket:", "link:", "rate:", "privacy:", *aftercare.OURS)
# A link can be preferred and ended later, a copy sent before all is erased.
_REPEATED = ("link:", "privacy:")


def is_ours(payload: str) -> bool:
    return payload.startswith(_OURS)


def may_be_repeated(payload: str) -> bool:
    """Whether a choice stays open after another of the same message."""
    return payload.startswith(_REPEATED)


def stale(connection: Connection, conversation: Conversation, payload: str) -> str | None:
    """Why the choice is no longer open, or None."""
    kind, _, rest = payload.partition(":")
    # A call can still be settled while an agent has the conversation.
    held = rest.startswith("callback") and conversation.state is State.ASSIGNED
    if kind == "ticket" and conversation.state is not State.QUEUED and not held:
        return "nobody is waiting any more"
    if kind == "link":
        channel = rest.partition(":")[2]
        linked = links.of_thread(connection, conversation.thread_id)
        if not any(link.channel == channel for link in linked):
            return "the link is gone"
    return None


def follow(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    payload: str,
    playbook: Playbook,
    now: datetime,
    channel: str,
) -> None:
    """Do what was chosen. The caller holds the thread's lock and has asked `stale`."""
    kind, _, rest = payload.partition(":")
    if kind == "ticket":
        handoff.press(tx, thread, conversation, rest, playbook, now)
    elif kind == "link":
        action, _, channel = rest.partition(":")
        if action == "prefer":
            links.prefer(tx, thread.id, channel, playbook, now)
        elif action == "anywhere":
            links.prefer(tx, thread.id, None, playbook, now)
        else:
            links.remove(tx, thread.id, channel, playbook, now)
    elif payload.startswith(aftercare.OURS):
        aftercare.answered(tx, thread, conversation, payload, playbook, now)
    elif kind == "privacy":
        data_choices.follow(tx, thread, conversation, rest, channel, playbook, now)
    else:
        feedback.give(tx, conversation, int(rest), None, now)
        thanks = playbook.messages.thanks_feedback.in_lang(conversation.lang)
        telling.say(tx, conversation, thanks, now)
