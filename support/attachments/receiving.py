"""A customer's file: stored as a message of theirs, and acknowledged truthfully.

The assistant can't see into files, so none of them is a turn: nothing is understood, nothing is
misunderstood, and a question that it has asked stays open. The customer is told who will see it.
Only where it has asked what happened, a file is an answer, and the assistant goes on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from support import conversations, inbox, messages
from support.attachments import records
from support.attachments.records import Attachment
from support.cases import cases
from support.handover import handoff
from support.messages import Draft
from support.playbook.playbook import Playbook
from support.store import Transaction
from support.store.schema import buttons
from support.store.schema import messages as messages_table
from support.timers import set_timer
from support.turns.turn_commit import is_new_matter
from support.values import Author, Conversation, State, Thread

# Several pictures of one thing are thanked for once.
ONE_THANKS = timedelta(minutes=2)
_THANKS = {"about": records.KIND}
# A question stands in a plain text or above its choices; cards are not said again.
_REPEATABLE = frozenset({"text", "choice"})


@dataclass(frozen=True)
class Received:
    """What the customer is told: the message's place, and what was stored."""

    id: int
    seq: int
    attachment: Attachment


def accept_attachment(
    tx: Transaction,
    thread_id: str,
    attachment: Attachment,
    client_id: str,
    now: datetime,
    playbook: Playbook,
    *,
    channel: str | None = None,
    quiet: bool = False,
) -> Received:
    """Store a file that is on the disk already as a message of the customer's, once per client id.
    `channel` is where they sent it, unless it is where the thread began.

    `quiet`: something that they wrote along with it is answered anyway. Raises NotFound.
    """
    thread = conversations.lock_thread(tx, thread_id)
    known = inbox.known(tx, thread_id, client_id)
    if known is not None:
        return Received(known.id, known.seq, records.of_message(tx.connection, known.id))
    conversation = conversations.latest(tx.connection, thread_id)
    if conversation is None or (
        conversation.state is State.RESOLVED and is_new_matter(conversation, None, playbook, now)
    ):
        conversation = conversations.begin(tx, thread, now)
    thanked = _has_thanked(tx, conversation, now)
    answering = inbox.is_answering(tx.connection, conversation.id)
    answers = not quiet and not answering and _is_asked_for(tx, conversation)
    case = cases.newest_open(tx.connection, conversation.id)
    draft = Draft(
        Author.CUSTOMER,
        attachment.name,
        records.KIND,
        data={**records.message_data(attachment), **({records.ANSWER: True} if answers else {})},
        client_id=client_id,
        channel=channel or thread.channel,
    )
    message = messages.append(tx, conversation, draft, now)
    records.keep(tx, message, attachment, case, now)
    if answers:
        inbox.want_turn(tx, conversation.id, message.seq, now, None)
        return Received(message.id, message.seq, attachment)
    inbox.handled(tx, conversation, message.seq)
    if conversation.state is State.RESOLVED:
        away_after = timedelta(seconds=playbook.escalation.waiting.agent_away_s)
        conversation = handoff.reopen(
            tx, thread, conversation, playbook, now, actor="customer", away_after=away_after
        )
        # Where it goes back to people, they have just been told so.
        quiet = quiet or conversation.state is not State.BOT
    if not quiet and not thanked:
        _acknowledge(tx, thread, conversation, case, playbook, now, answering=answering)
    if conversation.state is State.BOT:
        warn = timedelta(minutes=playbook.escalation.closing.warn_after_minutes)
        set_timer(tx, "idle", conversation.id, now + warn, now)
    return Received(message.id, message.seq, attachment)


def _acknowledge(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    case: str | None,
    playbook: Playbook,
    now: datetime,
    *,
    answering: bool,
) -> None:
    said, lang = playbook.messages, conversation.lang or thread.lang
    if conversation.state is State.ASSIGNED:
        return
    if conversation.state is State.QUEUED:
        draft = Draft(Author.SYSTEM, said.passed_on.in_lang(lang), "notice", _THANKS)
        messages.append(tx, conversation, draft, now)
        return
    in_form = bool((conversation.dialogue or {}).get("active_loop"))
    # While an answer is being made, the question that stands here may not be the last one.
    question = _open_question(tx, conversation) if in_form and not answering else None
    if case is not None:
        text = said.attachment_in_case.in_lang(lang).format(case=case)
    elif in_form or answering:
        text = said.attachment_along.in_lang(lang)
    else:
        text = said.attachment_kept.in_lang(lang)
    if question is not None:
        text = f"{text}\n\n{question.text}"
        draft = Draft(Author.BOT, text, question.kind, _THANKS, question.buttons)
    elif case is None and not answering:
        person = ((said.button_person.in_lang(lang), "/request_human"),)
        draft = Draft(Author.BOT, text, data=_THANKS, buttons=person)
    else:
        draft = Draft(Author.BOT, text, data=_THANKS)
    messages.append(tx, conversation, draft, now)


def _is_asked_for(tx: Transaction, conversation: Conversation) -> bool:
    """Whether a file answers what the assistant has asked last."""
    if conversation.state is not State.BOT or not (conversation.dialogue or {}).get("active_loop"):
        return False
    question = _open_question(tx, conversation)
    return question is not None and question.takes_file


@dataclass(frozen=True)
class _Question:
    text: str
    kind: str
    takes_file: bool
    buttons: tuple[tuple[str, str], ...]


def _open_question(tx: Transaction, conversation: Conversation) -> _Question | None:
    """What the assistant said last and waits for an answer to."""
    last = tx.execute(
        select(messages_table)
        .where(
            messages_table.c.conversation_id == conversation.id,
            messages_table.c.author == str(Author.BOT),
        )
        .order_by(messages_table.c.seq.desc())
        .limit(1)
    ).first()
    if last is None or last.kind not in _REPEATABLE or last.data.get("about"):
        return None
    offered = tx.execute(
        select(buttons.c.title, buttons.c.payload)
        .where(buttons.c.message_id == last.id)
        .order_by(buttons.c.ordinal)
    )
    takes_file = bool(last.data.get("takes_file"))
    return _Question(
        last.text, last.kind, takes_file, tuple((row.title, row.payload) for row in offered)
    )


def _has_thanked(tx: Transaction, conversation: Conversation, now: datetime) -> bool:
    """Whether nothing but files has come since the last thanks for one."""
    last = tx.execute(
        select(messages_table.c.data, messages_table.c.created_at)
        .where(
            messages_table.c.conversation_id == conversation.id,
            messages_table.c.kind != records.KIND,
        )
        .order_by(messages_table.c.seq.desc())
        .limit(1)
    ).first()
    return last is not None and last.data == _THANKS and now - last.created_at < ONE_THANKS
