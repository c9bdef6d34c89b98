"""A conversation as a text to keep."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from support.attachments.records import KIND
from support.playbook.parts import Words
from support.values import Author, Message

_NAMES = {
    Author.CUSTOMER: ("You", "お客様"),
    Author.BOT: ("Automated assistant", "自動応答アシスタント"),
    Author.SYSTEM: ("Notice", "お知らせ"),
    Author.AGENT: ("Support", "担当者"),
}


_FILE = ("[File: {name}]", "［ファイル：{name}］")


def as_text(said: Sequence[Message], lang: str | None, zone: ZoneInfo, shop: Words) -> str:
    """One paragraph a message: time in the shop's zone, who, and what."""
    japanese = lang == "ja"
    title = f"{shop.ja} お問い合わせの記録" if japanese else f"Your conversation with {shop.en}"
    paragraphs = [title]
    for message in said:
        who = message.agent_name or _NAMES[message.author][japanese]
        at = message.created_at.astimezone(zone)
        text = _FILE[japanese].format(name=message.text) if message.kind == KIND else message.text
        paragraphs.append(f"[{at:%Y-%m-%d %H:%M}] {who}\n{text}")
    return "\n\n".join(paragraphs) + "\n"
