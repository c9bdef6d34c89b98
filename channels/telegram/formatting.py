"""Messages as Telegram shows them: plain text, in pieces it accepts. Pure."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from support.playbook import Words
from support.values import Author, Button, Message

# Telegram counts UTF-16 code units after entities are parsed; we send none.
LONGEST = 4096


# What a customer wrote elsewhere, shown where they read on.
_YOU = Words(en="You, on the website:", ja="ウェブサイトでのお客様のメッセージ：")


def reachable(base_url: str) -> bool:
    """Whether customers can follow a link there, which they can't on the server's own machine."""
    host = urlsplit(base_url).hostname or "localhost"
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def as_text(message: Message, base_url: str | None, lang: str | None = None) -> str:
    """What to send: the text, who speaks where it is a person, and the article's address.

    `base_url` is None where customers can't reach our pages.
    """
    text = message.text
    if message.author is Author.CUSTOMER:
        return f"{_YOU.in_lang(lang)}\n{text}"
    if message.author is Author.AGENT and message.agent_name:
        text = f"{message.agent_name}: {text}"
    url = message.data.get("url") if message.kind == "article" else None
    if isinstance(url, str) and base_url is not None:
        title = message.data.get("title")
        text += f"\n\n{title}" if title else "\n"
        text += f"\n{base_url}{url}"
    return text


def pieces(text: str, longest: int = LONGEST) -> list[str]:
    """`text` cut between paragraphs, lines or words, each piece at most `longest` units."""
    found: list[str] = []
    while _units(text) > longest:
        cut = _cut(text, longest)
        found.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [piece for piece in [*found, text] if piece.strip()]


def keyboard(buttons: tuple[Button, ...]) -> list[list[tuple[str, str]]]:
    """Rows of (title, id): one button a row, since titles are as long as a phone is wide."""
    return [[(button.title, button.id)] for button in buttons]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, longest: int) -> int:
    most = len(text.encode("utf-16-le")[: longest * 2].decode("utf-16-le", "ignore"))
    for mark in ("\n\n", "\n", "。", ". ", " "):
        at = text.rfind(mark, most // 2, most)
        if at > 0:
            return at + len(mark)
    return most
