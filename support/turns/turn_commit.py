"""The end of a turn: one transaction that stores what was said and does what was decided."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, func, select, update

from support import conversations
from support.attachments.records import KIND
from support.brain import Reply, TurnResult
from support.customers import visitors
from support.handover import handoff, telling
from support.inbox import want_turn
from support.messages import Draft, append
from support.outreach import notices
from support.playbook.playbook import Playbook
from support.privacy.masking import EMAIL
from support.store import Transaction
from support.store.schema import PENDING_TURN, messages, turns
from support.tasks import callbacks
from support.timers import set_timer
from support.turns.commands import Effects
from support.turns.turn_work import Work
from support.values import MOODS, Author, Conversation, Message, State, Thread, topic_after

# What the assistant may answer while somebody waits for a person: facts, not decisions.
ANSWERED_WHILE_QUEUED = frozenset(
    {"order_status", "case_status", "bot_challenge", "thank", "greet", "goodbye", "request_human"}
)
# A clear question of one of these kinds is a new matter, not more of a closed one.
NEW_MATTERS = frozenset({"order_status", "cancel_order", "change_order", "return_order"})
SURE = 0.6


# Built once, as in support.conversations.
_STILL_PENDING = select(turns.c.id).where(turns.c.id == bindparam("turn"), PENDING_TURN)
_NEWEST = select(func.max(messages.c.seq)).where(
    messages.c.conversation_id == bindparam("conversation"),
    messages.c.author == str(Author.CUSTOMER),
    messages.c.kind != KIND,
)
_READ = update(messages).where(messages.c.id == bindparam("message"))


class Outcome(StrEnum):
    """What became of a turn's answer."""

    STORED = "stored"
    OUTDATED = "outdated"  # somebody else owns the conversation now: nothing was stored
    NEWER = "newer"  # the customer wrote more meanwhile: nothing was stored


def commit_answer(
    tx: Transaction,
    work: Work,
    group: Sequence[Message],
    result: TurnResult,
    expected_seq: int | None,
    playbook: Playbook,
    now: datetime,
    worker: str,
) -> Outcome:
    """Store the answer to `group`.

    `expected_seq`: the customer's newest message that the answer knows of, or None where later
    ones are known to be another matter.
    """
    held = _held(tx, work)
    if held is None:
        return Outcome.OUTDATED
    thread, conversation = held
    newest = _newest_seq(tx, work)
    if expected_seq is not None and newest > expected_seq:
        return Outcome.NEWER
    _keep_reading(tx, [message for message in group if message.kind != KIND], result)
    learned = _learned(conversation, result)
    if conversation.state is State.QUEUED and not _may_answer(result, in_form=work.in_form):
        conversation = conversations.note(tx, conversation, **learned) if learned else conversation
        conversation = _pass_on(tx, thread, conversation, group, playbook, now)
    else:
        kept = {"state": result.state, "active_loop": result.active_loop}
        conversation = conversations.note(tx, conversation, **learned, dialogue=kept)
        effects = Effects(tx, work.turn_id, thread, conversation, playbook, now)
        effects.apply(result.commands, closing=False)
        notices.tell_askers(
            tx, effects.conversation, result.intent if result.understood else None,
            [(reply.kind, reply.data) for reply in result.replies], now,
        )  # fmt: skip
        # Where more has come meanwhile, it is said what this answers.
        answers = group[-1].seq if newest > group[-1].seq else None
        for reply in result.replies:
            _say(tx, effects.conversation, reply, effects.filled(reply.text), now, answers)
        effects.apply(result.commands, closing=True)
        conversation = effects.conversation
    if conversation.state is State.BOT:
        warn = timedelta(minutes=playbook.escalation.closing.warn_after_minutes)
        set_timer(tx, "idle", conversation.id, now + warn, now)
    _finish(tx, work, conversation, group[-1].seq, newest, now, worker, "answered", result)
    return Outcome.STORED


def commit_apology(
    tx: Transaction, work: Work, playbook: Playbook, now: datetime, worker: str
) -> Outcome:
    """Nobody can answer: an apology and a place in line, for everything that is pending."""
    held = _held(tx, work)
    if held is None:
        return Outcome.OUTDATED
    thread, conversation = held
    newest = _newest_seq(tx, work)
    if conversation.state is State.QUEUED:
        conversation = _pass_on(tx, thread, conversation, work.pending, playbook, now)
    else:
        if conversation.state is State.RESOLVED:
            conversation = conversations.move(
                tx, conversation, State.BOT, actor="customer", why="wrote again", now=now
            )
        text = playbook.messages.apology_down.in_lang(_lang(conversation, work.pending))
        append(tx, conversation, Draft(Author.BOT, text), now)
        conversation = handoff.hand_over(
            tx,
            thread,
            conversations.note(tx, conversation, lang=_lang(conversation, work.pending)),
            reason="brain_down",
            note={},
            actor="system",
            playbook=playbook,
            now=now,
        )
    _finish(tx, work, conversation, newest, newest, now, worker, "brain_down", None)
    return Outcome.STORED


def commit_resolved(
    tx: Transaction,
    work: Work,
    reading: dict[str, Any] | None,
    farewell: TurnResult | None,
    playbook: Playbook,
    now: datetime,
    worker: str,
) -> Outcome:
    """Messages after the end: thanks are answered, a matter goes on or a new one begins."""
    held = _held(tx, work)
    if held is None:
        return Outcome.OUTDATED
    thread, conversation = held
    newest = _newest_seq(tx, work)
    if farewell is not None:
        _keep_reading(tx, work.pending, farewell)
        for reply in farewell.replies[:1]:
            append(tx, conversation, Draft(Author.BOT, reply.text), now)
        # What was written while we said goodbye gets a turn of its own.
        handled = work.pending[-1].seq
        _finish(tx, work, conversation, handled, newest, now, worker, "farewell", farewell)
        return Outcome.STORED
    if is_new_matter(conversation, reading, playbook, now):
        fresh = conversations.begin(tx, thread, now)
        tx.execute(
            update(messages)
            .where(
                messages.c.conversation_id == conversation.id,
                messages.c.author == str(Author.CUSTOMER),
                messages.c.seq > conversation.handled_seq,
            )
            .values(conversation_id=fresh.id)
        )
        first = work.pending[0].seq
        conversations.note(tx, fresh, handled_seq=first - 1, last_text=work.pending[-1].text[:140])
        _finish(tx, work, conversation, newest, newest, now, worker, "new matter", None)
        want_turn(tx, fresh.id, first, now, worker)
        return Outcome.STORED
    away_after = timedelta(seconds=playbook.escalation.waiting.agent_away_s)
    conversation = handoff.reopen(
        tx, thread, conversation, playbook, now, actor="customer", away_after=away_after
    )
    handled = conversation.handled_seq
    if conversation.state is State.ASSIGNED:
        handled = newest
    _finish(tx, work, conversation, handled, newest, now, worker, "reopened", None)
    return Outcome.STORED


def skip(tx: Transaction, work: Work, now: datetime) -> None:
    """A person has the conversation: there is nothing for the assistant to say."""
    _, conversation = conversations.lock(tx, work.conversation.id)
    newest = _newest_seq(tx, work)
    if conversation.state is State.ASSIGNED or newest <= conversation.handled_seq:
        _finish(tx, work, conversation, newest, newest, now, None, "assigned", None)


def tell_starting(tx: Transaction, work: Work, playbook: Playbook, now: datetime) -> None:
    """The assistant has never been ready yet: say so, once a turn; the turn stays pending."""
    held = _held(tx, work)
    if held is None:
        return
    _, conversation = held
    changed = tx.execute(
        update(turns)
        .where(turns.c.id == work.turn_id, turns.c.told_starting.is_(False))
        .values(told_starting=True)
    )
    if changed.rowcount:
        text = playbook.messages.starting.in_lang(_lang(conversation, work.pending))
        append(tx, conversation, Draft(Author.SYSTEM, text, "notice"), now)


def _held(tx: Transaction, work: Work) -> tuple[Thread, Conversation] | None:
    """The thread and conversation, locked, if the turn may still speak in it."""
    thread = conversations.lock_thread(tx, work.thread.id)
    conversation = conversations.get(tx.connection, work.conversation.id)
    pending = tx.execute(_STILL_PENDING, {"turn": work.turn_id}).first()
    if pending is None or conversation.epoch != work.conversation.epoch:
        return None
    return thread, conversation


def _newest_seq(tx: Transaction, work: Work) -> int:
    """The customer's newest message that is for the assistant: words, or a file asked for."""
    newest: int | None = tx.execute(_NEWEST, {"conversation": work.conversation.id}).scalar_one()
    return max([newest or 0, *(message.seq for message in work.pending)])


def _keep_reading(tx: Transaction, group: Sequence[Message], result: TurnResult) -> None:
    for message in group:
        tx.execute(_READ, {"message": message.id, "reading": result.reading})


def _learned(conversation: Conversation, result: TurnResult) -> dict[str, Any]:
    """What a turn tells about the conversation; only what is new."""
    values: dict[str, Any] = {}
    if result.lang not in (None, conversation.lang):
        values["lang"] = result.lang
    if result.anger in MOODS and MOODS.index(result.anger) > MOODS.index(conversation.anger):
        values["anger"] = result.anger
    topic = topic_after(conversation.topic, result.intent if result.understood else None)
    if topic != conversation.topic:
        values["topic"] = topic
    return values


def _may_answer(result: TurnResult, *, in_form: bool) -> bool:
    """Whether somebody who waits for a person gets this answer of the assistant's.

    A word that it reaches whoever answers them; facts, which were looked up; what belongs to a
    question of ours (`in_form`); otherwise only what it is sure to have understood.
    """
    if result.replies and all(reply.data.get("noted") for reply in result.replies):
        return True
    if result.understood and in_form:
        return True
    if not result.understood or any(c.get("type") == "handover" for c in result.commands):
        return False
    facts = any(reply.kind in ("article", "order", "case") for reply in result.replies)
    if facts or result.intent.startswith("faq_"):
        return facts
    if any(c.get("type") in ("ticket", "contact") for c in result.commands):
        return True
    if any(c.get("type") == "amend_case" for c in result.commands):
        return True
    return result.confidence >= SURE and (
        result.active_loop is not None or result.intent in ANSWERED_WHILE_QUEUED
    )


def _pass_on(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    group: Sequence[Message],
    playbook: Playbook,
    now: datetime,
) -> Conversation:
    """Somebody waits and says more: it is for the person, but for their address or number."""
    typed = " ".join(message.text for message in group)
    if callbacks.correct_number(tx, thread, conversation, typed, playbook, now):
        return conversation
    said, lang = playbook.messages, conversation.lang
    # What can't be answered comes several times in a row; the words shouldn't.
    first, *others = (
        words.in_lang(lang) for words in (said.passed_on, said.passed_on_again, said.passed_on_more)
    )
    before = tx.execute(
        select(func.count())
        .where(messages.c.conversation_id == conversation.id)
        .where(messages.c.author == str(Author.SYSTEM), messages.c.text.in_([first, *others]))
    ).scalar_one()
    text = others[(before - 1) % len(others)] if before else first
    address = EMAIL.search(typed)
    if address is not None:
        visitors.keep_contact(tx, thread, address.group())
        text = telling.contact_kept(playbook, address.group(), lang)
    append(tx, conversation, Draft(Author.SYSTEM, text, "notice"), now)
    return conversation


def _say(
    tx: Transaction,
    conversation: Conversation,
    reply: Reply,
    text: str,
    now: datetime,
    answers: int | None,
) -> None:
    data = reply.data if answers is None else {**reply.data, "answers": answers}
    draft = Draft(Author.BOT, text, reply.kind, data=data, buttons=reply.buttons)
    append(tx, conversation, draft, now)


def is_new_matter(
    conversation: Conversation,
    reading: dict[str, Any] | None,
    playbook: Playbook,
    now: datetime,
) -> bool:
    """Whether what came after the end of `conversation` is not about it any more; `reading` is
    None where nobody understood it."""
    if conversation.resolved_by is None:
        return False
    limit = timedelta(hours=playbook.escalation.closing.reopen_within_hours)
    if conversation.resolved_at is not None and now - conversation.resolved_at > limit:
        return True
    if reading is None or float(reading.get("confidence") or 0) < SURE:
        return False
    intent = str(reading.get("intent"))
    if intent == conversation.topic:
        return False
    return intent.startswith("faq_") or intent in NEW_MATTERS


def _lang(conversation: Conversation, pending: Sequence[Message]) -> str:
    """The conversation's language, or the script of what was typed while nobody could read it."""
    for message in pending:
        if re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", message.text):
            return "ja"
    return conversation.lang or "en"


def _finish(
    tx: Transaction,
    work: Work,
    conversation: Conversation,
    handled: int,
    newest: int,
    now: datetime,
    worker: str | None,
    outcome: str,
    result: TurnResult | None,
) -> None:
    tx.execute(
        update(turns)
        .where(turns.c.id == work.turn_id)
        .values(
            state="done",
            to_seq=handled,
            done_at=now,
            outcome=outcome,
            intent=result.intent if result else None,
            confidence=result.confidence if result else None,
        )
    )
    conversations.note(tx, conversation, handled_seq=handled)
    if newest > handled and conversation.state is not State.ASSIGNED:
        want_turn(tx, conversation.id, handled + 1, now, worker)
