"""A Markdown text as the passages a search can answer with, and its links with their lines."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

# A passage is something a person reads in a chat: longer sections are cut between blocks.
PASSAGE_CHARACTERS: Final = 500
_JAPANESE: Final = r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]"
_JAPANESE_LINE_BREAK: Final = re.compile(f"(?<={_JAPANESE})\n(?={_JAPANESE})")


@dataclass(frozen=True)
class Passage:
    """Plain text under one heading ("" before the first)."""

    heading: str
    text: str


@dataclass(frozen=True)
class Link:
    target: str
    line: int


@dataclass(frozen=True)
class Document:
    """What is read from Markdown: its first heading of level 1, passages in order, links."""

    title: str | None
    passages: tuple[Passage, ...]
    links: tuple[Link, ...]


def markdown_parser() -> MarkdownIt:
    """CommonMark with tables; raw HTML stays text."""
    return MarkdownIt("commonmark", {"html": False}).enable("table")


_PARSER: Final = markdown_parser()


def read_markdown(text: str, first_line: int = 1) -> Document:
    """`first_line` is the number of the text's first line in its file."""
    tokens = _PARSER.parse(text)
    title: str | None = None
    heading = ""
    section: list[str] = []
    passages: list[Passage] = []
    for kind, block in _blocks(tokens):
        if kind.startswith("heading"):
            passages += _cut(heading, section)
            section = []
            if kind == "heading h1" and title is None:
                title, heading = block, ""
            else:
                heading = block
        elif block and not passages and not section and not heading:
            passages.append(Passage("", block))  # the first paragraph is the short answer
        elif block:
            section.append(block)
    passages += _cut(heading, section)
    return Document(title, tuple(passages), tuple(_links(tokens, first_line)))


def _blocks(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    """Top-level blocks as ("heading h2" or "block", plain text)."""
    block: list[Token] = []
    for token in tokens:
        block.append(token)
        if token.level == 0 and token.nesting <= 0:
            first = block[0]
            kind = f"heading {first.tag}" if first.type == "heading_open" else "block"
            yield kind, "\n".join(_lines(block))
            block = []


def _lines(block: list[Token]) -> Iterator[str]:
    cells: list[str] = []
    marker = ""
    for token in block:
        if token.type == "list_item_open":
            marker = f"{token.info}. " if token.info else "• "
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            yield " — ".join(cell for cell in cells if cell)
        elif token.type in {"fence", "code_block"}:
            yield token.content.strip()
        elif token.type == "inline":
            text = plain_text(token)
            if block[0].type == "table_open":
                cells.append(text)
            elif text:
                yield marker + text
                marker = ""


def plain_text(inline: Token) -> str:
    """An inline token's words without marks, links as their text."""
    parts = []
    for child in inline.children or []:
        if child.type == "softbreak":
            parts.append("\n")
        elif child.type == "hardbreak":
            parts.append(" ")
        else:
            parts.append(child.content)
    text = _JAPANESE_LINE_BREAK.sub("", "".join(parts))
    return " ".join(text.split())


def _cut(heading: str, blocks: Iterable[str]) -> Iterator[Passage]:
    """A section's blocks gathered into passages; what ends in a colon stays with what follows."""
    text = ""
    for block in blocks:
        opening = text.endswith((":", "：")) or block.startswith(("• ", "1. "))
        if text and not opening and len(text) + len(block) > PASSAGE_CHARACTERS:
            yield Passage(heading, text)
            text = ""
        text = f"{text}\n{block}" if text else block
    if text:
        yield Passage(heading, text)


def _links(tokens: list[Token], first_line: int) -> Iterator[Link]:
    for token in tokens:
        if token.type != "inline" or token.map is None:
            continue
        line = token.map[0] + first_line
        for child in token.children or []:
            if child.type == "softbreak":
                line += 1
            elif child.type == "link_open":
                yield Link(str(child.attrs.get("href", "")), line)
