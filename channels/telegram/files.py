"""Files between a chat and a conversation: fetched from Telegram, and sent to it.

What a customer sends is noted with the update and fetched afterwards, by the outbox: the update is
acknowledged at once, and a fetch that fails is tried again as a delivery is.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from telegram.constants import ParseMode
from telegram.error import BadRequest

from channels.base import Surroundings
from channels.telegram.bot_api import BotApi
from channels.telegram.commands import say
from channels.telegram.formatting import as_html, speaker
from channels.telegram.updates import File, Incoming
from support import conversations
from support.attachments.checking import LARGEST, PICTURES
from support.attachments.receiving import Received, accept_attachment
from support.attachments.records import Attachment
from support.attachments.refusals import FileRefused, TooLarge
from support.delivery import outbox
from support.delivery.outbox import MOST_ATTEMPTS, Parcel
from support.playbook.parts import Words
from support.store import Transaction
from support.values import Message

# A line of its own in the outbox: answers to the chat don't wait for a slow file.
_LINE = "/files"


def want(
    tx: Transaction, channel: str, thread_id: str, incoming: Incoming, file: File, now: datetime
) -> None:
    """Have the file of an update fetched."""
    wanted = {
        "file": asdict(file),
        # The caption is a message beside it.
        "client_id": f"file:{incoming.message_id}",
        # What was written along with it is answered anyway.
        "quiet": bool(incoming.text.strip()),
    }
    address = f"{incoming.chat_id}{_LINE}"
    outbox.post(tx, channel, address, thread_id, now, data={"fetch": wanted})


class TelegramFiles:
    """`channel` is the name under which what is fetched is stored."""

    def __init__(self, channel: str, api: BotApi, around: Surroundings) -> None:
        self._channel = channel
        self._api = api
        self._around = around

    async def fetch(self, parcel: Parcel) -> None:
        """Raises TelegramError, StorageUnavailable: it is tried again."""
        wanted: dict[str, Any] = parcel.data["fetch"]
        file = File(**wanted["file"])
        said = self._around.playbook.messages
        try:
            content = await self._content(file)
            attachment = await self._around.attachments.store(file.name, content, voice=file.voice)
        except TooLarge:
            await self._tell(parcel, said.too_large)
        except FileRefused:
            await self._tell(parcel, said.file_refused)
        except BadRequest as error:
            too_big = "too big" in error.message
            await self._tell(parcel, said.too_large if too_big else said.file_lost)
        except Exception:
            if parcel.attempts + 1 < MOST_ATTEMPTS:
                raise
            await self._tell(parcel, said.file_lost)
        else:
            await self._accept(parcel, attachment, wanted["client_id"], quiet=wanted["quiet"])

    async def send(self, chat_id: int, message: Message, lang: str | None) -> None:
        """The files that hang on a message. Raises TelegramError, StorageUnavailable."""
        bot, caption = self._api.bot, as_html(speaker(message, lang))
        for data in message.data.get("attachments", ()):
            attachment = Attachment(data["id"], data["name"], data["type"], data["size"])
            content = await self._around.attachments.read(attachment)
            if content is None:
                # Erased meanwhile.
                continue
            shared: dict[str, Any] = {
                "caption": caption or None,
                "parse_mode": ParseMode.HTML,
                "filename": attachment.name,
            }
            if attachment.type in PICTURES:
                try:
                    await bot.send_photo(chat_id, content, **shared)
                    continue
                except BadRequest:
                    # Too wide or too long to be shown as a picture; it is one all the same.
                    pass
            await bot.send_document(chat_id, content, **shared)

    async def _content(self, file: File) -> bytes:
        found = await self._api.bot.get_file(file.id)
        if (found.file_size or 0) > LARGEST:
            raise TooLarge(f"more than {LARGEST} bytes")
        return bytes(await found.download_as_bytearray())

    async def _accept(
        self, parcel: Parcel, attachment: Attachment, client_id: str, *, quiet: bool
    ) -> None:
        around = self._around

        def accept(tx: Transaction) -> Received:
            return accept_attachment(
                tx,
                parcel.thread_id,
                attachment,
                client_id,
                around.clock(),
                around.playbook,
                quiet=quiet,
                channel=self._channel,
            )

        async with around.attachments.kept_by_message(around.db, attachment):
            await around.db.writing(accept)

    async def _tell(self, parcel: Parcel, words: Words) -> None:
        around = self._around

        def tell(tx: Transaction) -> None:
            conversations.lock_thread(tx, parcel.thread_id)
            conversation = conversations.latest(tx.connection, parcel.thread_id)
            if conversation is not None:
                say(tx, conversation, words, around.playbook, around.clock())

        await around.db.writing(tell)
