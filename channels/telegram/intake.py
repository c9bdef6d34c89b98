"""The way in: an update becomes what is stored, once, in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from channels.base import Surroundings
from channels.telegram import files
from channels.telegram.commands import link_code, obey, say
from channels.telegram.formatting import plain_pieces
from channels.telegram.updates import File, Incoming
from support import conversations, inbox
from support.attachments.checking import LARGEST
from support.customers import links, visitors
from support.hints import DESK
from support.playbook.parts import Words
from support.privacy import data_choices
from support.store import Transaction
from support.store.schema import channel_updates, messages, outbox
from support.values import Author, Conversation, State, Thread

# Telegram forgets what was not confirmed after a day, and begins new numbers after a quiet week.
KEPT = timedelta(days=7)
FORGET_EVERY = 200
# One each for what can collide: the update, its chat, its album.
MOST_COLLISIONS = 3
STALE = Words(
    en="That choice has passed. Please just write what you need.",
    ja="この選択肢はすでに終了しております。ご用件をそのままお書きください。",
)


@dataclass(frozen=True)
class Followed:
    """What is left to do in the chat once an update is stored, all of it beside the conversation:
    losing it in a crash loses no message.

    `toast` is shown to whoever pressed a button, `spent` takes the buttons away, `asked` is the
    conversation that may wait for the assistant now, `say` is for a conversation that is no more,
    and `leave` is said before the bot leaves a group.
    """

    toast: str | None = None
    spent: bool = False
    asked: Conversation | None = None
    say: str | None = None
    leave: str | None = None


NOTHING = Followed()


class Intake:
    """Stores updates. Safe to call with the same update again, also at the same time."""

    def __init__(self, channel: str, around: Surroundings) -> None:
        self._channel = channel
        self._around = around

    async def store(self, incoming: Incoming) -> Followed:
        """What is left to do in the chat. Raises StorageUnavailable; nothing is stored then."""
        writing = self._around.db.writing
        for _ in range(MOST_COLLISIONS):
            try:
                return await writing(lambda tx: self._store(tx, incoming))
            except IntegrityError:
                # On PostgreSQL another connection stored the same update, the chat's first or
                # the same album in this moment; what it stored is seen from now on.
                continue
        return await writing(lambda tx: self._store(tx, incoming))

    def _store(self, tx: Transaction, incoming: Incoming) -> Followed:
        now, playbook = self._around.clock(), self._around.playbook
        if not self._first(tx, str(incoming.update_id), now):
            return NOTHING
        if incoming.kind == "group":
            return Followed(leave=playbook.messages.group_only_private.in_lang(incoming.lang))
        if incoming.update_id % FORGET_EVERY == 0:
            tx.execute(channel_updates.delete().where(channel_updates.c.at < now - KEPT))
        address = str(incoming.chat_id)
        if incoming.kind == "blocked":
            self._give_up(tx, address)
            links.lose(tx, self._channel, address, playbook, now)
            return NOTHING
        if incoming.kind == "edited" and not self._known(tx, address):
            return NOTHING
        code = link_code(incoming.text) if incoming.kind == "command" else None
        if code is not None and self._link(tx, address, code, now):
            return NOTHING
        thread, conversation = visitors.arrive(
            tx,
            channel=self._channel,
            now=now,
            playbook=self._around.playbook,
            address=address,
            lang=None if self._known(tx, address) else incoming.lang,
        )
        if code is not None:
            say(tx, conversation, playbook.messages.link_refused, playbook, now)
            return NOTHING
        if incoming.kind == "button":
            return self._press(tx, thread, conversation, incoming, now)
        typed = self._typist(tx, thread, incoming, now)
        if incoming.kind == "command":
            obey(tx, thread, conversation, incoming.text, playbook, now, typed)
        elif incoming.kind == "text":
            typed(incoming.text)
        elif incoming.kind == "edited":
            self._correct(tx, thread, incoming, now)
        elif incoming.kind == "file" and incoming.file is not None:
            self._file(tx, thread, conversation, incoming, incoming.file, now)
            if incoming.text.strip():
                typed(incoming.text)
        elif incoming.kind == "other":
            self._other(tx, conversation, incoming, now, typed)
        return Followed(asked=conversations.latest(tx.connection, thread.id))

    def _file(
        self,
        tx: Transaction,
        thread: Thread,
        conversation: Conversation,
        incoming: Incoming,
        file: File,
        now: datetime,
    ) -> None:
        if (file.size or 0) > LARGEST:
            playbook = self._around.playbook
            say(tx, conversation, playbook.messages.too_large, playbook, now)
            return
        files.want(tx, self._channel, thread.id, incoming, file, now)

    def _other(
        self,
        tx: Transaction,
        conversation: Conversation,
        incoming: Incoming,
        now: datetime,
        typed: Callable[[str], None],
    ) -> None:
        """What is no text: a line of it for the person who reads along, words of ours else."""
        playbook = self._around.playbook
        if conversation.state in (State.QUEUED, State.ASSIGNED) and incoming.described is not None:
            described = incoming.described.in_lang(conversation.lang)
            typed(f"{described} {incoming.text}".strip())
            return
        album = f"album:{incoming.chat_id}:{incoming.album}"[:64]
        if incoming.album is None or self._first(tx, album, now):
            say(tx, conversation, playbook.messages.text_only, playbook, now)
        if incoming.text.strip():
            typed(incoming.text)

    def _correct(self, tx: Transaction, thread: Thread, incoming: Incoming, now: datetime) -> None:
        """An edited message: what was said stays said, and the correction is a message of its own,
        so that whoever has answered already sees it."""
        said = tx.execute(
            select(messages.c.seq, messages.c.text).where(
                messages.c.thread_id == thread.id,
                messages.c.sender == str(Author.CUSTOMER),
                messages.c.client_id == f"message:{incoming.message_id}",
            )
        ).first()
        if said is None or said.text == incoming.text:
            return
        inbox.accept_text(
            tx,
            thread.id,
            plain_pieces(incoming.text, inbox.LONGEST_TEXT)[0],
            incoming.client_id,
            now,
            self._around.worker,
            data={"edits": said.seq},
            channel=self._channel,
        )

    def _first(self, tx: Transaction, key: str, now: datetime) -> bool:
        """Whether `key` has not been taken in before; it has from now on."""
        known = tx.execute(
            select(channel_updates.c.update_id).where(
                channel_updates.c.channel == self._channel, channel_updates.c.update_id == key
            )
        ).first()
        if known is None:
            tx.execute(insert(channel_updates).values(channel=self._channel, update_id=key, at=now))
        return known is None

    def _typist(
        self, tx: Transaction, thread: Thread, incoming: Incoming, now: datetime
    ) -> Callable[[str], None]:
        def typed(text: str) -> None:
            # Telegram takes a little more in one message than we do.
            for number, piece in enumerate(plain_pieces(text, inbox.LONGEST_TEXT)):
                client_id = f"{incoming.client_id}.{number}" if number else incoming.client_id
                inbox.accept_text(
                    tx,
                    thread.id,
                    piece,
                    client_id,
                    now,
                    self._around.worker,
                    channel=self._channel,
                )

        return typed

    def _press(
        self,
        tx: Transaction,
        thread: Thread,
        conversation: Conversation,
        incoming: Incoming,
        now: datetime,
    ) -> Followed:
        playbook = self._around.playbook
        try:
            accepted = inbox.accept_button(
                tx,
                thread.id,
                incoming.text,
                incoming.client_id,
                now,
                playbook,
                self._around.worker,
                self._channel,
            )
        except (inbox.UnknownButton, inbox.StaleButton):
            return Followed(toast=STALE.in_lang(conversation.lang), spent=True)
        if accepted.erase:
            data_choices.erase(tx, thread.id, self._around.attachments.files, now)
            # There is no conversation left to say it in.
            erased = playbook.messages.erased.in_lang(conversation.lang)
            return Followed(spent=True, say=erased)
        after = conversations.latest(tx.connection, thread.id)
        return Followed(spent=not accepted.lasting, asked=after)

    def _give_up(self, tx: Transaction, address: str) -> None:
        """The customer has blocked the bot: nothing that waits can be delivered."""
        failed = tx.execute(
            update(outbox)
            .where(outbox.c.channel == self._channel, outbox.c.address == address)
            .where(outbox.c.state == "pending")
            .values(state="failed", error="blocked by the customer", lease_until=None)
            .returning(outbox.c.message_id)
        ).scalars()
        told = select(messages.c.conversation_id).where(messages.c.id.in_(list(failed))).distinct()
        for conversation_id in tx.execute(told).scalars():
            tx.hint(DESK, "delivery", conversation=conversation_id, state="failed")

    def _link(self, tx: Transaction, address: str, code: str, now: datetime) -> bool:
        """Whether the customer, coming from the website with `code`, goes on here."""
        try:
            links.accept(tx, self._channel, address, code, self._around.playbook, now)
        except links.CodeRefused:
            return False
        return True

    def _known(self, tx: Transaction, address: str) -> bool:
        """Whether we have met: the language is then what they chose or wrote here."""
        return links.thread_of(tx.connection, self._channel, address) is not None
