"""Several steps that belong together, by one command: a reply, labels, and an end or a pause.

All of it is one transaction: nobody is told that a matter is solved which then stays open.
"""

from datetime import datetime, timedelta

from support import conversations
from support.answering import handling, labels, replies
from support.answering.canned import filled
from support.customers import customer_view
from support.playbook.playbook import Macro, Playbook
from support.store import Transaction
from support.team.agents import Agent
from support.values import Conversation


class UnknownMacro(LookupError):
    """The playbook has no macro of this key. Shown as 422."""


def run(
    tx: Transaction,
    conversation_id: str,
    agent: Agent,
    key: str,
    text: str | None,
    client_id: str,
    playbook: Playbook,
    now: datetime,
    seen_seq: int | None = None,
) -> Conversation:
    """Do what the macro `key` says, once per client id. `text`: the reply as the agent left it.

    Raises UnknownMacro, Unfilled, NotYours, WroteAgain, AlreadyClaimed, NotFound.
    """
    macro = next((one for one in playbook.macros.macros if one.key == key), None)
    if macro is None:
        raise UnknownMacro(f"no macro {key}")
    _, conversation = conversations.lock(tx, conversation_id)
    if replies.was_sent(tx, conversation, agent, client_id):
        return conversation
    said = text if text is not None else _said(tx, conversation, agent, macro, playbook)
    replies.reply(tx, conversation_id, agent, said, client_id, playbook, now)
    if macro.labels:
        labels.change(tx, conversation_id, macro.labels, [])
    if macro.resolve is not None:
        return handling.resolve(tx, conversation_id, agent, macro.resolve, playbook, now, seen_seq)
    if macro.snooze_hours is not None:
        until = now + timedelta(hours=macro.snooze_hours)
        return handling.snooze(tx, conversation_id, agent, until, now)
    return conversations.get(tx.connection, conversation_id)


def _said(
    tx: Transaction, conversation: Conversation, agent: Agent, macro: Macro, playbook: Playbook
) -> str:
    reply = next(one for one in playbook.canned.replies if one.key == macro.reply)
    known = customer_view.customer(tx.connection, conversation)
    order = conversation.facts.get("order_number")
    lang = "ja" if conversation.lang == "ja" else "en"
    return filled(
        reply.text.in_lang(lang),
        lang,
        customer=known["name"] if known else None,
        agent=agent.name,
        order=str(order) if order else None,
    )
