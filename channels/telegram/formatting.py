"""Messages as Telegram shows them: plain text, in pieces it accepts. Pure."""

from typing import Any

from support.values import Author, Message

# Telegram counts UTF-16 code units after entities are parsed; we send none.
LONGEST = 4096


def as_text(message: Message, base_url: str) -> str:
    """What to send: the text, who speaks where it is a person, and the article's address."""
    text = message.text
    if message.author is Author.AGENT and message.agent_name:
        text = f"{message.agent_name}: {text}"
    url = message.data.get("url") if message.kind == "article" else None
    if isinstance(url, str):
        text += f"\n{message.data.get('title') or ''}\n{base_url}{url}"
    return text


def pieces(text: str, longest: int = LONGEST) -> list[str]:
    """`text` cut between paragraphs, lines or words, each piece at most `longest` units."""
    found: list[str] = []
    while _units(text) > longest:
        cut = _cut(text, longest)
        found.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [piece for piece in [*found, text] if piece]


def keyboard(message: Message) -> list[list[dict[str, Any]]]:
    """One button a row, each with its short opaque id."""
    return [[{"text": b.title, "callback_data": b.id}] for b in message.buttons]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, longest: int) -> int:
    most = len(text.encode("utf-16-le")[: longest * 2].decode("utf-16-le", "ignore"))
    for mark in ("\n\n", "\n", "。", ". ", " "):
        at = text.rfind(mark, most // 2, most)
        if at > 0:
            return at + len(mark)
    return most
