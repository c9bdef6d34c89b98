"""The way in: a message of the other side is stored once, in one transaction."""

from sqlalchemy.exc import IntegrityError

from channels.base import Surroundings
from channels.webhook.shapes import IncomingBody
from support import conversations, inbox
from support.customers import links, visitors
from support.privacy import data_choices
from support.store import Transaction
from support.values import Conversation


class Intake:
    """Stores messages. Safe to call with the same one again, also at the same time."""

    def __init__(self, channel: str, around: Surroundings) -> None:
        self._channel = channel
        self._around = around

    async def store(self, body: IncomingBody) -> inbox.Accepted:
        """Raises UnknownButton, StaleButton, StorageUnavailable; nothing is stored then."""
        writing = self._around.db.writing
        try:
            return await writing(lambda tx: self._store(tx, body))
        except IntegrityError:
            # On PostgreSQL another connection stored the first message of this conversation in
            # this moment; its thread is found from now on.
            return await writing(lambda tx: self._store(tx, body))

    def _store(self, tx: Transaction, body: IncomingBody) -> inbox.Accepted:
        around, now = self._around, self._around.clock()
        # Once we have met, the language is what they chose or wrote here.
        met = links.thread_of(tx.connection, self._channel, body.conversation) is not None
        thread, conversation = visitors.arrive(
            tx,
            channel=self._channel,
            address=body.conversation,
            lang=None if met else body.known_lang,
            now=now,
            playbook=around.playbook,
        )
        if body.name is not None:
            _call(tx, conversation, body.name)
        if body.button is None:
            return inbox.accept_text(
                tx,
                thread.id,
                body.text or "",
                body.id,
                now,
                around.worker,
                channel=self._channel,
            )
        pressed = inbox.accept_button(
            tx, thread.id, body.button, body.id, now, around.playbook, around.worker, self._channel
        )
        if pressed.erase:
            data_choices.erase(tx, thread.id, around.attachments.files, now)
        return pressed


def _call(tx: Transaction, conversation: Conversation, name: str) -> None:
    """What the customer is called stands in the agents' summary."""
    if conversation.facts.get("name") != name:
        conversations.note(tx, conversation, facts={**conversation.facts, "name": name})
