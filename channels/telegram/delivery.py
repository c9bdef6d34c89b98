"""The way out: one stored message to one chat."""

import asyncio

from sqlalchemy import Connection, update
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import BadRequest, Forbidden, RetryAfter

from channels.telegram.bot_api import BotApi, seconds_of
from channels.telegram.formatting import as_text, keyboard, pieces
from support import conversations, messages
from support.outbox import LEASE, DeliveryDelayed, DeliveryRefused, Parcel
from support.store import Database
from support.store.schema import outbox
from support.values import Author, Message

# An attempt is over before another server may take the parcel for left behind.
MOST_S = LEASE.total_seconds() - 10
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class TelegramSender:
    """The channel's Sender. `base_url`: where links lead, None where customers can't go."""

    def __init__(self, api: BotApi, db: Database, base_url: str | None) -> None:
        self._api = api
        self._db = db
        self._base_url = base_url

    async def send(self, parcel: Parcel) -> None:
        """Raises DeliveryRefused, DeliveryDelayed, TelegramError, TimeoutError."""
        message_id = parcel.message_id
        if message_id is None:
            return
        found = await self._db.reading(lambda connection: _read(connection, message_id))
        if found is None:
            return
        message, lang = found
        rows = [
            [InlineKeyboardButton(title, callback_data=button) for title, button in row]
            for row in keyboard(message.buttons)
        ]
        markup = InlineKeyboardMarkup(rows) if rows else None
        texts = pieces(as_text(message, self._base_url, lang))
        done = int(parcel.data.get("sent", 0))
        async with asyncio.timeout(MOST_S):
            for number, text in enumerate(texts[done:], done + 1):
                last = number == len(texts)
                await self._send(
                    int(parcel.address),
                    text,
                    markup if last else None,
                    quiet=message.author is Author.CUSTOMER,
                )
                if not last:
                    await self._keep(parcel, number)

    async def _send(
        self, chat_id: int, text: str, markup: InlineKeyboardMarkup | None, *, quiet: bool
    ) -> None:
        try:
            await self._api.bot.send_message(
                chat_id,
                text,
                reply_markup=markup,
                link_preview_options=_NO_PREVIEW,
                disable_notification=quiet or None,
            )
        except RetryAfter as error:
            raise DeliveryDelayed(seconds_of(error)) from error
        except (Forbidden, BadRequest) as error:
            raise DeliveryRefused(self._api.told(error)) from error

    async def _keep(self, parcel: Parcel, sent: int) -> None:
        """Remember how many pieces have arrived, so that another attempt goes on from there."""
        await self._db.writing(
            lambda tx: tx.execute(
                update(outbox)
                .where(outbox.c.id == parcel.id)
                .values(data={**parcel.data, "sent": sent})
            )
        )


def _read(connection: Connection, message_id: int) -> tuple[Message, str | None] | None:
    """A message and the language of its conversation."""
    message = messages.by_id(connection, message_id)
    if message is None:
        return None
    return message, conversations.get(connection, message.conversation_id).lang
