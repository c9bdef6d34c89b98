"""What agents write: answers to the customer, and notes among themselves."""

from datetime import datetime, timedelta

from sqlalchemy import select

from support import conversations
from support.answering.mentions import note_mentions
from support.attachments import records
from support.attachments.records import Attachment
from support.conversations import TransitionRefused
from support.messages import Draft, append
from support.outreach.outreach import watch_reading
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import messages
from support.tasks import promises
from support.team.agents import Agent
from support.values import Author, Conversation, Message, State, Thread


class NotYours(TransitionRefused):
    """Only the agent who holds a conversation answers in it. Shown as 409."""


def reply(
    tx: Transaction,
    conversation_id: str,
    agent: Agent,
    text: str,
    client_id: str,
    playbook: Playbook,
    now: datetime,
) -> tuple[int, int]:
    """Store an answer, once per client id; its (message id, seq). Raises NotYours, NotFound."""
    thread, conversation = conversations.lock(tx, conversation_id)
    known = _known(tx, conversation, agent, client_id)
    if known is not None:
        return known
    draft = Draft(Author.AGENT, text, agent_id=agent.id, client_id=client_id)
    message = _answer(tx, thread, conversation, agent, draft, playbook, now)
    return message.id, message.seq


def send_file(
    tx: Transaction,
    conversation_id: str,
    agent: Agent,
    attachment: Attachment,
    client_id: str,
    playbook: Playbook,
    now: datetime,
) -> tuple[int, int, Attachment]:
    """Store a file that is on the disk already as an answer, once per client id; its message id,
    seq, and what was stored. Raises NotYours, NotFound."""
    thread, conversation = conversations.lock(tx, conversation_id)
    known = _known(tx, conversation, agent, client_id)
    if known is not None:
        return *known, records.of_message(tx.connection, known[0])
    draft = Draft(
        Author.AGENT,
        attachment.name,
        records.KIND,
        data=records.message_data(attachment),
        agent_id=agent.id,
        client_id=client_id,
    )
    message = _answer(tx, thread, conversation, agent, draft, playbook, now)
    records.keep(tx, message, attachment, None, now)
    return message.id, message.seq, attachment


def _answer(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    agent: Agent,
    draft: Draft,
    playbook: Playbook,
    now: datetime,
) -> Message:
    if conversation.state is not State.ASSIGNED or conversation.agent_id != agent.id:
        raise NotYours("claim the conversation before you answer in it")
    message = append(tx, conversation, draft, now)
    promises.keep(tx, conversation.id, agent.id, now)
    if thread.answers_on == "website":
        due = now + timedelta(seconds=playbook.escalation.waiting.unread_to_contact_s)
        watch_reading(tx, thread.id, message.seq, due, now)
    return message


def note(
    tx: Transaction, conversation_id: str, agent: Agent, text: str, client_id: str, now: datetime
) -> tuple[int, int]:
    """Store a private note; any agent may. Its (message id, seq). Raises NotFound."""
    _, conversation = conversations.lock(tx, conversation_id)
    known = _known(tx, conversation, agent, client_id)
    if known is not None:
        return known
    draft = Draft(
        Author.AGENT, text, kind="note", agent_id=agent.id, client_id=client_id, private=True
    )
    message = append(tx, conversation, draft, now)
    note_mentions(tx, conversation.id, message.id, text, agent, now)
    return message.id, message.seq


def was_sent(tx: Transaction, conversation: Conversation, agent: Agent, client_id: str) -> bool:
    """Whether the agent's message of this client id is there already."""
    return _known(tx, conversation, agent, client_id) is not None


def _known(
    tx: Transaction, conversation: Conversation, agent: Agent, client_id: str
) -> tuple[int, int] | None:
    row = tx.execute(
        select(messages.c.id, messages.c.seq).where(
            messages.c.thread_id == conversation.thread_id,
            messages.c.sender == f"agent:{agent.id}",
            messages.c.client_id == client_id,
        )
    ).first()
    return (row.id, row.seq) if row else None
