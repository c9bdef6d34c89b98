"""The way out: one stored message to one chat."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update
from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter

from channels.base import Surroundings
from channels.telegram.bot_api import BotApi, seconds_of
from channels.telegram.files import TelegramFiles
from channels.telegram.formatting import keyboard, pieces, rich
from channels.telegram.pace import Pace
from support import conversations, messages
from support.delivery.outbox import DeliveryDelayed, DeliveryRefused, Parcel
from support.privacy.erasure import data_of_thread, threads_of
from support.store.schema import messages as messages_table
from support.store.schema import outbox
from support.values import Author, Message

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
COPY_NAME = "your-data.json"


@dataclass(frozen=True)
class _Said:
    """A message to send. `lang`: of its conversation; `answers`: the chat's message that it is
    about, where that isn't plain from the order."""

    message: Message
    lang: str | None
    answers: int | None


class TelegramSender:
    """The channel's Sender. `base_url`: where links lead, None where customers can't go."""

    def __init__(
        self, channel: str, api: BotApi, around: Surroundings, base_url: str | None
    ) -> None:
        self._api = api
        self._db = around.db
        self._base_url = base_url
        self._zone = around.playbook.hours.zone
        self._files = TelegramFiles(channel, api, around)
        self._pace = Pace()

    async def send(self, parcel: Parcel) -> None:
        """Raises DeliveryRefused, DeliveryDelayed, TelegramError."""
        if "fetch" in parcel.data:
            await self._files.fetch(parcel)
            return
        if parcel.data.get("copy"):
            await self._send_copy(parcel)
            return
        message_id = parcel.message_id
        if message_id is None:
            return
        said = await self._db.reading(lambda connection: _read(connection, message_id))
        if said is None:
            return
        if said.message.data.get("attachments"):
            await self._pace.wait(int(parcel.address))
            await self._asked(
                lambda: self._files.send(int(parcel.address), said.message, said.lang)
            )
        else:
            await self._send_pieces(parcel, said)

    async def _send_pieces(self, parcel: Parcel, said: _Said) -> None:
        message = said.message
        texts = pieces(rich(message, self._base_url, said.lang, self._zone))
        done = int(parcel.data.get("sent", 0))
        for number, text in enumerate(texts[done:], done + 1):
            last = number == len(texts)
            await self._send(
                int(parcel.address),
                text,
                markup=_markup(message) if last else None,
                # What the customer wrote elsewhere is no news to them.
                quiet=message.author is Author.CUSTOMER,
                answers=said.answers if number == 1 else None,
            )
            if not last:
                await self._keep(parcel, number)

    async def _send(
        self,
        chat_id: int,
        text: str,
        *,
        markup: InlineKeyboardMarkup | None,
        quiet: bool,
        answers: int | None,
    ) -> None:
        await self._pace.wait(chat_id)
        replied = (
            ReplyParameters(answers, allow_sending_without_reply=True)
            if answers is not None
            else None
        )
        await self._asked(
            lambda: self._api.bot.send_message(
                chat_id,
                text,
                parse_mode=ParseMode.HTML,
                reply_markup=markup,
                reply_parameters=replied,
                link_preview_options=_NO_PREVIEW,
                disable_notification=quiet or None,
            )
        )

    async def _send_copy(self, parcel: Parcel) -> None:
        """What is kept of the customer, as a file."""

        def read(connection: Connection) -> list[dict[str, Any]]:
            ids = threads_of(connection, parcel.thread_id)
            return [data_of_thread(connection, one) for one in ids]

        kept = await self._db.reading(read)
        content = json.dumps(kept, ensure_ascii=False, indent=2).encode()
        await self._pace.wait(int(parcel.address))
        await self._asked(
            lambda: self._api.bot.send_document(int(parcel.address), content, filename=COPY_NAME)
        )

    async def _asked(self, request: Callable[[], Awaitable[Any]]) -> None:
        try:
            await request()
        except RetryAfter as error:
            raise DeliveryDelayed(seconds_of(error)) from error
        except (Forbidden, BadRequest, ChatMigrated) as error:
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


def _markup(message: Message) -> InlineKeyboardMarkup | None:
    rows = [
        [InlineKeyboardButton(title, callback_data=button) for title, button in row]
        for row in keyboard(message.buttons)
    ]
    return InlineKeyboardMarkup(rows) if rows else None


def _read(connection: Connection, message_id: int) -> _Said | None:
    message = messages.by_id(connection, message_id)
    if message is None:
        return None
    lang = conversations.get(connection, message.conversation_id).lang
    return _Said(message, lang, _answered(connection, message))


def _answered(connection: Connection, message: Message) -> int | None:
    """The number in the chat of the message that is answered, where more came after it."""
    seq = message.data.get("answers")
    if seq is None:
        return None
    client_id = connection.execute(
        select(messages_table.c.client_id).where(
            messages_table.c.thread_id == message.thread_id,
            messages_table.c.seq == seq,
            messages_table.c.channel == "telegram",
        )
    ).scalar_one_or_none()
    kind, _, number = (client_id or "").partition(":")
    return int(number) if kind == "message" and number.isdigit() else None
