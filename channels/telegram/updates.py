"""What an update of the Bot API asks of us. Pure: from Telegram's JSON to a plain value."""

import logging
from dataclasses import dataclass, replace
from typing import Any, Literal

from telegram import Bot, CallbackQuery, Chat, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

from support.playbook.parts import Words

log = logging.getLogger(__name__)

_CORE = ("message_id", "date", "edit_date", "chat", "from", "text", "caption")
_PRESENT = (ChatMemberStatus.MEMBER, ChatMemberStatus.ADMINISTRATOR)

Kind = Literal[
    "text", "command", "button", "edited", "file", "other", "blocked", "group", "ignored"
]


_NOT_SHOWN = Words(en="[Something that can't be shown here]", ja="［表示できない内容］")


@dataclass(frozen=True)
class File:
    """Something to be fetched. `size` in bytes, where Telegram tells it."""

    id: str
    name: str | None
    size: int | None
    voice: bool = False


@dataclass(frozen=True)
class Incoming:
    """An update reduced to what matters.

    `client_id` is unique within the chat, so that a repeated delivery is the same message.
    `text` can be stored as it is; with "file" and "other" it is the caption. `album` joins the
    pictures that were sent together. `message_id` is the chat's message that it is about.
    """

    kind: Kind
    update_id: int
    chat_id: int = 0
    text: str = ""
    client_id: str = ""
    lang: str | None = None
    callback_id: str | None = None
    album: str | None = None
    message_id: int | None = None
    file: File | None = None
    described: Words | None = None  # what a person reads of something that is no text


def read_raw(raw: Any, bot: Bot) -> Incoming | None:
    """An update as it came. None for what nobody can read: repeating it would not help."""
    for reading in (_whole, _core):
        try:
            incoming = reading(raw, bot)
            if isinstance(incoming.update_id, int) and isinstance(incoming.chat_id, int):
                return incoming
            problem = "numbers that are none"
        except Exception as error:
            # The library checks no types, so that anything can be anywhere and fail in any way.
            problem = type(error).__name__
    log.warning("an unreadable update: %s", problem)
    return None


def _whole(raw: Any, bot: Bot) -> Incoming:
    return read_update(Update.de_json(raw, bot))


def _core(raw: Any, bot: Bot) -> Incoming:
    """Who wrote what, without all that the library may know in another form: a server of another
    version can say more, or less, of a poll or of the message that is replied to. Raises anything.
    """
    place = "edited_message" if "edited_message" in raw else "message"
    core = {name: raw[place][name] for name in _CORE if name in raw[place]}
    incoming = _whole({"update_id": raw["update_id"], place: core}, bot)
    if incoming.kind == "ignored" and incoming.chat_id and place == "message":
        return replace(incoming, kind="other", described=_NOT_SHOWN)
    return incoming


def read_update(update: Update) -> Incoming:
    """Private chats only: what groups and channels say is taken in silence."""
    nothing = Incoming("ignored", update.update_id)
    if update.callback_query is not None:
        return _button(update.update_id, update.callback_query) or nothing
    if update.my_chat_member is not None:
        member = update.my_chat_member
        status = member.new_chat_member.status
        if status == ChatMemberStatus.BANNED and _private(member.chat):
            return Incoming("blocked", update.update_id, member.chat.id)
        if status in _PRESENT and member.chat.type in (ChatType.GROUP, ChatType.SUPERGROUP):
            return Incoming(
                "group",
                update.update_id,
                member.chat.id,
                lang=_lang(member.from_user.language_code),
            )
        return nothing
    if update.edited_message is not None and _private(update.edited_message.chat):
        return _edited(update.update_id, update.edited_message) or nothing
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
        message_id=query.message.message_id,
    )


def _edited(update_id: int, message: Message) -> Incoming | None:
    """A correction. `client_id` is new with each, `message_id` says of what."""
    text = _storable(message.text or message.caption or "")
    if not text.strip() or message.edit_date is None:
        return None
    return Incoming(
        "edited",
        update_id,
        message.chat.id,
        text,
        f"edit:{message.message_id}:{int(message.edit_date.timestamp())}",
        message_id=message.message_id,
    )


def _message(update_id: int, message: Message) -> Incoming:
    kind: Kind = "text"
    text = _storable(message.text or message.caption or "")
    file = _file(message)
    if file is not None:
        kind = "file"
    elif not message.text:
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
        message_id=message.message_id,
        file=file,
        described=_described(message) if kind == "other" else None,
    )


def _file(message: Message) -> File | None:
    """What is taken as a file: a picture, a document, a voice message."""
    if message.photo:
        largest = message.photo[-1]
        return File(largest.file_id, "photo.jpg", largest.file_size)
    if message.document is not None and message.animation is None:
        document = message.document
        return File(document.file_id, document.file_name, document.file_size)
    if message.voice is not None:
        return File(message.voice.file_id, "voice.ogg", message.voice.file_size, voice=True)
    if message.audio is not None:
        audio = message.audio
        return File(audio.file_id, audio.file_name or "audio.mp3", audio.file_size, voice=True)
    return None


def _described(message: Message) -> Words:
    """In a line, what somebody sent that is no text, for a person to read."""
    if message.sticker is not None:
        emoji = message.sticker.emoji or ""
        return _both(f"[Sticker {emoji}]".replace(" ]", "]"), f"［スタンプ{emoji}］")
    if message.venue is not None:
        venue, place = message.venue, message.venue.location
        named = f"{venue.title}, {venue.address} ({place.latitude}, {place.longitude})"
        return _both(f"[Place: {named}]", f"［場所：{named}］")
    if message.location is not None:
        at = f"{message.location.latitude}, {message.location.longitude}"
        return _both(f"[Location: {at}]", f"［位置情報：{at}］")
    if message.contact is not None:
        who = " ".join(filter(None, (message.contact.first_name, message.contact.last_name)))
        told = f"{who}, {message.contact.phone_number}"
        return _both(f"[Contact: {told}]", f"［連絡先：{told}］")
    if message.video is not None or message.video_note is not None:
        return _both("[Video, not shown here]", "［動画（表示できません）］")
    if message.animation is not None:
        return _both("[Animation, not shown here]", "［アニメーション（表示できません）］")
    return _NOT_SHOWN


def _both(en: str, ja: str) -> Words:
    return Words(en=_storable(en), ja=_storable(ja))


def _storable(text: str) -> str:
    """`text` without what no database takes: NUL, and halves of surrogate pairs."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\x00", "")


def _lang(code: str | None) -> str | None:
    if code is None:
        return None
    return "ja" if code.lower().startswith("ja") else "en"
