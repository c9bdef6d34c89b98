"""Transcripts as a PDF, in both languages, with nothing but the fonts that readers have."""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageBreak, PageTemplate, Paragraph

# Adobe's Japanese font: named in the file, not in it; every reader has one in its place.
_JAPANESE: Final = "HeiseiKakuGo-W5"
_LATIN: Final = "Helvetica"
_INK: Final = "#2a2c28"
_SOFT: Final = "#5f635b"
_MARGIN: Final = 18 * mm


def as_pdf(
    conversations: Sequence[Mapping[str, Any]],
    words: Mapping[str, Any],
    shop: str,
    zone: ZoneInfo,
) -> bytes:
    """`conversations` as `support.transcripts.exports.page` gives them, each from a new page.

    `words`: title, masked, a name for each kind of author, and tables of state, channel, reason.
    """
    pdfmetrics.registerFont(UnicodeCIDFont(_JAPANESE))
    out = io.BytesIO()
    document = BaseDocTemplate(
        out, pagesize=A4, title=f"{words['title']} - {shop}", author=shop, invariant=1,
        leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN,
    )  # fmt: skip
    frame = Frame(_MARGIN, _MARGIN, A4[0] - 2 * _MARGIN, A4[1] - 2 * _MARGIN, 0, 0, 0, 0)

    def foot(canvas: Any, page: Any) -> None:
        canvas.setFont(_JAPANESE, 8)
        canvas.setFillColor(_SOFT)
        canvas.drawCentredString(
            A4[0] / 2, 10 * mm, f"{_printable(shop)}  {canvas.getPageNumber()}"
        )

    document.addPageTemplates([PageTemplate("page", [frame], onPage=foot)])
    parts: list[Flowable] = []
    for at, conversation in enumerate(conversations):
        if at:
            parts.append(PageBreak())
        parts += _conversation(conversation, words, zone)
    document.build(parts or [_line(words["title"], 16)])
    return out.getvalue()


def _conversation(
    conversation: Mapping[str, Any], words: Mapping[str, Any], zone: ZoneInfo
) -> Iterable[Flowable]:
    begun = datetime.fromisoformat(conversation["created_at"]).astimezone(zone)
    facts = [
        f"{begun:%Y-%m-%d %H:%M}",
        words["channel"].get(conversation["channel"], conversation["channel"]),
        words["state"].get(conversation["state"], conversation["state"]),
        words["reason"].get(conversation["reason"], conversation["reason"] or ""),
        *conversation["labels"],
    ]
    yield _line(f"{words['title']} {conversation['conversation']}", 14, after=2)
    yield _line(" · ".join(filter(None, facts)), 9, _SOFT, after=1)
    if conversation["masked"]:
        yield _line(words["masked"], 9, _SOFT, after=3)
    for message in conversation["messages"]:
        at = datetime.fromisoformat(message["at"]).astimezone(zone)
        who = message["agent"] or words.get(message["author"], message["author"])
        yield _line(f"{who} · {at:%Y-%m-%d %H:%M}", 8, _SOFT, before=6, keep=True)
        for paragraph in message["text"].splitlines() or [""]:
            yield _line(paragraph, 10)


def _line(
    text: str,
    size: int,
    colour: str = _INK,
    *,
    before: int = 0,
    after: int = 0,
    keep: bool = False,
) -> Paragraph:
    printable = _printable(text)
    latin = all(ord(character) < 256 for character in printable)
    style = ParagraphStyle(
        "line", fontName=_LATIN if latin else _JAPANESE, fontSize=size, leading=size * 1.45,
        textColor=colour, spaceBefore=before, spaceAfter=after, alignment=TA_LEFT,
        wordWrap=None if latin else "CJK", keepWithNext=keep, splitLongWords=1,
    )  # fmt: skip
    # Paragraphs are marked up: what a customer typed is escaped, so that it is only ever text.
    return Paragraph(escape(printable), style)


def _printable(text: str) -> str:
    """What the fonts don't have, as a box; without what has no shape, bidi tricks included."""
    return "".join(
        character if ord(character) < 0x10000 else "□"
        for character in text
        if character.isprintable() or character == "\u3000"
    )
