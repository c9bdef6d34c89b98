"""What an update of the Bot API asks of us. Pure: from the library's Update to a plain value."""

from dataclasses import dataclass
from typing import Literal

from telegram import Update
from telegram.constants import ChatType

Kind = Literal["text", "command", "button", "other", "blocked", "ignored"]


@dataclass(frozen=True)
class Incoming:
    """An update reduced to what matters.

    `client_id` is unique within the chat, so that a repeated delivery is the same message.
    """

    kind: Kind
    update_id: int
    chat_id: int | None = None
    text: str = ""
    client_id: str = ""
    lang: str | None = None
    callback_id: str | None = None


def read_update(update: Update) -> Incoming:
    """Private chats only: groups, channels and edits are taken in silence."""
    if update.callback_query is not None:
        query = update.callback_query
        return Incoming(
            "button",
            update.update_id,
            query.from_user.id,
            query.data or "",
            f"callback:{query.id}",
            _lang(query.from_user.language_code),
            query.id,
        )
    if update.my_chat_member is not None:
        member = update.my_chat_member
        blocked = member.new_chat_member.status in ("kicked", "left")
        kind: Kind = "blocked" if blocked else "ignored"
        return Incoming(kind, update.update_id, member.chat.id)
    message = update.message
    if message is None or message.chat.type != ChatType.PRIVATE:
        return Incoming("ignored", update.update_id)
    lang = _lang(message.from_user.language_code if message.from_user else None)
    client_id = f"message:{message.message_id}"
    if not message.text:
        service = message.effective_attachment is None and message.location is None
        kind = "ignored" if service and message.contact is None else "other"
        return Incoming(kind, update.update_id, message.chat.id, "", client_id, lang)
    is_command = message.text.startswith("/") and message.text[1:2].isalpha()
    kind = "command" if is_command else "text"
    return Incoming(kind, update.update_id, message.chat.id, message.text, client_id, lang)


def _lang(code: str | None) -> str | None:
    if code is None:
        return None
    return "ja" if code.lower().startswith("ja") else "en"
