"""What an update of the Bot API asks of us. Pure: from Telegram's JSON to a plain value."""

import logging
from dataclasses import dataclass
from typing import Any, Literal

from telegram import Bot, CallbackQuery, Chat, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

log = logging.getLogger(__name__)

Kind = Literal["text", "command", "button", "other", "blocked", "ignored"]


@dataclass(frozen=True)
class Incoming:
    """An update reduced to what matters.

    `client_id` is unique within the chat, so that a repeated delivery is the same message.
    `text` can be stored as it is; with "other" it is the caption. `album` joins the pictures that
    were sent together.
    """

    kind: Kind
    update_id: int
    chat_id: int = 0
    text: str = ""
    client_id: str = ""
    lang: str | None = None
    callback_id: str | None = None
    album: str | None = None


def read_raw(raw: Any, bot: Bot) -> Incoming | None:
    """An update as it came. None for what nobody can read: repeating it would not help."""
    try:
        incoming = read_update(Update.de_json(raw, bot))
        if isinstance(incoming.update_id, int) and isinstance(incoming.chat_id, int):
            return incoming
        problem = "numbers that are none"
    except Exception as error:
        # The library checks no types, so that anything can be anywhere and fail in any way.
        problem = type(error).__name__
    log.warning("an unreadable update: %s", problem)
    return None


def read_update(update: Update) -> Incoming:
    """Private chats only: groups, channels and edits are taken in silence."""
    nothing = Incoming("ignored", update.update_id)
    if update.callback_query is not None:
        return _button(update.update_id, update.callback_query) or nothing
    if update.my_chat_member is not None:
        member = update.my_chat_member
        status = member.new_chat_member.status
        if status == ChatMemberStatus.BANNED and _private(member.chat):
            return Incoming("blocked", update.update_id, member.chat.id)
        return nothing
    if update.message is not None and _private(update.message.chat):
        return _message(update.update_id, update.message)
    return nothing


def _private(chat: Chat) -> bool:
    return chat.type == ChatType.PRIVATE


def _button(update_id: int, query: CallbackQuery) -> Incoming | None:
    if query.message is None or not _private(query.message.chat):
        return None
    return Incoming(
        "button",
        update_id,
        query.message.chat.id,
        _storable(query.data or ""),
        _storable(f"callback:{query.id}"),
        _lang(query.from_user.language_code),
        callback_id=query.id,
    )


def _message(update_id: int, message: Message) -> Incoming:
    kind: Kind = "text"
    text = _storable(message.text or message.caption or "")
    if not message.text:
        # What has no attachment is news about the chat itself.
        kind = "other" if message.effective_attachment is not None else "ignored"
    elif not text.strip():
        kind = "ignored"
    elif text.startswith("/") and text[1:2].isalpha():
        kind = "command"
    return Incoming(
        kind,
        update_id,
        message.chat.id,
        text,
        f"message:{message.message_id}",
        _lang(message.from_user.language_code if message.from_user else None),
        album=_storable(message.media_group_id) if message.media_group_id else None,
    )


def _storable(text: str) -> str:
    """`text` without what no database takes: NUL, and halves of surrogate pairs."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\x00", "")


def _lang(code: str | None) -> str | None:
    if code is None:
        return None
    return "ja" if code.lower().startswith("ja") else "en"
