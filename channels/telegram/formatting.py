"""Messages as Telegram shows them: escaped HTML, in pieces that it accepts. Pure."""

import html
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from support.playbook.parts import Words
from support.values import Author, Button, Message

# Telegram counts UTF-16 code units after entities are parsed.
LONGEST = 4096
# As many short titles stand in one row of buttons, such as the points of a rating.
SHORT, IN_A_ROW = 3, 5
_WEB = ("http://", "https://")
# What a customer wrote elsewhere, shown where they read on.
_YOU = Words(en="You, on the website:", ja="ウェブサイトでのお客様のメッセージ：")


@dataclass(frozen=True)
class Span:
    """A stretch of a text that is marked: bold, italic, or leading somewhere."""

    start: int
    end: int
    tag: str
    href: str | None = None


@dataclass(frozen=True)
class Rich:
    """A text as it reads, and what is marked in it. Spans don't overlap."""

    text: str
    spans: tuple[Span, ...] = ()

    def __add__(self, other: "Rich") -> "Rich":
        moved = (
            Span(s.start + len(self.text), s.end + len(self.text), s.tag, s.href)
            for s in other.spans
        )
        return Rich(self.text + other.text, (*self.spans, *moved))


def reachable(base_url: str) -> bool:
    """Whether customers can follow a link there, which they can't on the server's own machine."""
    host = urlsplit(base_url).hostname or "localhost"
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def rich(message: Message, base_url: str | None, lang: str | None, zone: ZoneInfo) -> Rich:
    """What to send: the text, who speaks where it is a person, an article's link, an order's way.

    `base_url` is None where customers can't reach our pages.
    """
    text = Rich(message.text)
    who = speaker(message, lang)
    if who.text:
        return who + Rich("\n" if message.author is Author.CUSTOMER else " ") + text
    if message.kind == "article":
        return text + _article(message, base_url)
    if message.kind in ("order", "case"):
        return text + _steps(message, zone, lang)
    return text


def speaker(message: Message, lang: str | None) -> Rich:
    """Who speaks, where it isn't the bot whose chat this is."""
    if message.author is Author.CUSTOMER:
        return _marked(_YOU.in_lang(lang), "i")
    if message.author is Author.AGENT and message.agent_name:
        return _marked(f"{message.agent_name}:", "b")
    return Rich("")


def pieces(whole: Rich, longest: int = LONGEST) -> list[str]:
    """`whole` as HTML, cut between paragraphs, lines or words and never within what is marked;
    each piece at most `longest` units when shown."""
    return [as_html(piece) for piece in _cut_up(whole, longest) if piece.text.strip()]


def plain_pieces(text: str, longest: int) -> list[str]:
    """`text` cut in the same way, without any marks."""
    return [piece.text for piece in _cut_up(Rich(text), longest) if piece.text.strip()]


def as_html(piece: Rich) -> str:
    made, at = "", 0
    for span in piece.spans:
        made += html.escape(piece.text[at : span.start], quote=False)
        inner = html.escape(piece.text[span.start : span.end], quote=False)
        target = f' href="{html.escape(span.href)}"' if span.href is not None else ""
        made += f"<{span.tag}{target}>{inner}</{span.tag}>"
        at = span.end
    return made + html.escape(piece.text[at:], quote=False)


def keyboard(buttons: tuple[Button, ...]) -> list[list[tuple[str, str]]]:
    """Rows of (title, id): one button a row, since titles are as long as a phone is wide; short
    ones beside each other."""
    rows: list[list[tuple[str, str]]] = []
    short = False
    for button in buttons:
        joins = short and len(button.title) <= SHORT and len(rows[-1]) < IN_A_ROW
        short = len(button.title) <= SHORT
        if joins:
            rows[-1].append((button.title, button.id))
        else:
            rows.append([(button.title, button.id)])
    return rows


def _marked(text: str, tag: str, href: str | None = None) -> Rich:
    return Rich(text, (Span(0, len(text), tag, href),)) if text else Rich("")


def _article(message: Message, base_url: str | None) -> Rich:
    url, title = message.data.get("url"), message.data.get("title")
    if not isinstance(url, str) or base_url is None:
        return Rich("")
    address = url if url.startswith(_WEB) else f"{base_url}{url}"
    return Rich("\n\n") + _marked(str(title or address), "a", address)


def _steps(message: Message, zone: ZoneInfo, lang: str | None) -> Rich:
    """The way of an order or a case, a line a step: done, present, still to come."""
    steps = message.data.get("steps")
    if not isinstance(steps, list) or not steps:
        return Rich("")
    done = [bool(step.get("done")) for step in steps]
    present = max((number for number, reached in enumerate(done) if reached), default=-1)
    way = Rich("\n")
    for number, step in enumerate(steps):
        mark = "●" if number == present else "✓" if done[number] else "○"
        line = f"{mark} {step.get('label', '')}{_day(step.get('at'), zone, lang)}"
        way += Rich("\n") + (_marked(line, "b") if number == present else Rich(line))
    return way


def _day(at: object, zone: ZoneInfo, lang: str | None) -> str:
    if not isinstance(at, str):
        return ""
    try:
        local = datetime.fromisoformat(at)
    except ValueError:
        return ""
    if local.tzinfo is not None:
        local = local.astimezone(zone)
    return f"（{local.month}月{local.day}日）" if lang == "ja" else f" ({local.day} {local:%b})"


def _cut_up(whole: Rich, longest: int) -> list[Rich]:
    found: list[Rich] = []
    while _units(whole.text) > longest:
        cut = _outside(whole, _cut(whole.text, longest))
        found.append(_part(whole, 0, len(whole.text[:cut].rstrip())))
        rest = len(whole.text) - len(whole.text[cut:].lstrip())
        whole = _part(whole, rest, len(whole.text))
    return [*found, whole]


def _part(whole: Rich, start: int, end: int) -> Rich:
    kept = tuple(
        Span(max(s.start, start) - start, min(s.end, end) - start, s.tag, s.href)
        for s in whole.spans
        if s.start < end and s.end > start
    )
    return Rich(whole.text[start:end], kept)


def _outside(whole: Rich, cut: int) -> int:
    """`cut`, moved before what is marked unless that begins the text."""
    for span in whole.spans:
        if 0 < span.start < cut < span.end:
            return span.start
    return cut


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, longest: int) -> int:
    most = len(text.encode("utf-16-le")[: longest * 2].decode("utf-16-le", "ignore"))
    for mark in ("\n\n", "\n", "。", ". ", " "):
        at = text.rfind(mark, most // 2, most)
        if at > 0:
            return at + len(mark)
    return most
