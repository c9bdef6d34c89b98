"""The way in: an update becomes what is stored, once, in one transaction."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from channels.base import Surroundings
from channels.telegram.commands import link_code, obey, say
from channels.telegram.formatting import pieces
from channels.telegram.updates import Incoming
from support import inbox, links, visitors
from support.hints import DESK
from support.playbook import Words
from support.store import Transaction
from support.store.schema import channel_updates, messages, outbox
from support.values import Conversation, Thread

# Telegram forgets what was not confirmed after a day, and begins new numbers after a quiet week.
KEPT = timedelta(days=7)
FORGET_EVERY = 200
# One each for what can collide: the update, its chat, its album.
MOST_COLLISIONS = 3
STALE = Words(
    en="That choice has passed. Please just write what you need.",
    ja="この選択肢はすでに終了しております。ご用件をそのままお書きください。",
)


class Intake:
    """Stores updates. Safe to call with the same update again, also at the same time."""

    def __init__(self, channel: str, around: Surroundings) -> None:
        self._channel = channel
        self._around = around

    async def store(self, incoming: Incoming) -> str | None:
        """What to show at once to whoever pressed a button, if anything.

        Raises StorageUnavailable; nothing is stored then.
        """
        writing = self._around.db.writing
        for _ in range(MOST_COLLISIONS):
            try:
                return await writing(lambda tx: self._store(tx, incoming))
            except IntegrityError:
                # On PostgreSQL another connection stored the same update, the chat's first or
                # the same album in this moment; what it stored is seen from now on.
                continue
        return await writing(lambda tx: self._store(tx, incoming))

    def _store(self, tx: Transaction, incoming: Incoming) -> str | None:
        now = self._around.clock()
        if not self._first(tx, str(incoming.update_id), now):
            return None
        if incoming.update_id % FORGET_EVERY == 0:
            tx.execute(channel_updates.delete().where(channel_updates.c.at < now - KEPT))
        address = str(incoming.chat_id)
        if incoming.kind == "blocked":
            self._give_up(tx, address)
            return None
        code = link_code(incoming.text) if incoming.kind == "command" else None
        if code is not None and self._link(tx, address, code, now):
            return None
        thread, conversation = visitors.arrive(
            tx,
            channel=self._channel,
            now=now,
            playbook=self._around.playbook,
            address=address,
            lang=None if self._known(tx, address) else incoming.lang,
        )
        if code is not None:
            refused = self._around.playbook.messages.link_refused
            say(tx, conversation, refused, self._around.playbook, now)
            return None
        if incoming.kind == "button":
            return self._press(tx, thread, conversation, incoming, now)
        typed = self._typist(tx, thread, incoming, now)
        if incoming.kind == "command":
            obey(tx, thread, conversation, incoming.text, self._around.playbook, now, typed)
        elif incoming.kind == "text":
            typed(incoming.text)
        elif incoming.kind == "other":
            album = f"album:{address}:{incoming.album}"[:64]
            if incoming.album is None or self._first(tx, album, now):
                text_only = self._around.playbook.messages.text_only
                say(tx, conversation, text_only, self._around.playbook, now)
            if incoming.text.strip():
                typed(incoming.text)
        return None

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
            for number, piece in enumerate(pieces(text, inbox.LONGEST_TEXT)):
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
    ) -> str | None:
        try:
            inbox.accept_button(
                tx,
                thread.id,
                incoming.text,
                incoming.client_id,
                now,
                self._around.playbook,
                self._around.worker,
                self._channel,
            )
        except (inbox.UnknownButton, inbox.StaleButton):
            return STALE.in_lang(conversation.lang)
        return None

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
