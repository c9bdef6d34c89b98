"""Articles: Markdown files with or without our front matter, checked while they are read.

A folder holds `en/` and `ja/`, or only one of them, or anything: nested folders of plain Markdown
written for another system are read too, without id, questions or topic. Files with our front
matter are held to it, so that a slip is found with its file and line instead of on a page.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from support.errors import Mendable
from support.knowledge.front_matter import FrontMatter, MalformedFrontMatter, split_front_matter
from support.knowledge.language import Lang, as_lang, language_of
from support.knowledge.passages import Document, Passage, read_markdown

# File names that say nothing, and in the others the words, and what makes a word of letters.
_NAMELESS: Final = frozenset({"index", "readme"})
_NAME: Final = re.compile(r"[^\W\d_]+")
_NAMED: Final = re.compile(r"[^\W\d_]{3}|[\u3041-\u9fff]")


@dataclass(frozen=True)
class Article:
    """One article in one language.

    `body` is Markdown. `passages` are plain text; the first is what the chat says by default.
    `links` are the ids of the articles it points to. `expires` is the first day on which it isn't
    true any more. `file` is its place in the folder, such as `en/returns.md`.
    """

    id: str
    lang: Lang
    title: str
    body: str
    passages: tuple[Passage, ...]
    questions: tuple[str, ...] = ()
    topic: str | None = None
    updated: date | None = None
    expires: date | None = None
    links: tuple[str, ...] = ()
    file: str = ""

    def in_force(self, today: date) -> bool:
        return self.expires is None or today < self.expires

    @property
    def answer(self) -> str:
        return self.passages[0].text if self.passages else self.title

    @property
    def filed_as(self) -> str:
        """What its folders and file are called, as words; "" where that says nothing.

        Often it is another name for the matter: `orders/late-delivery.md`, "Where is it?".
        """
        path = PurePosixPath(self.file)
        parts = [part for part in path.parts[:-1] if as_lang(part.lower()) is None]
        if path.stem.lower() not in _NAMELESS:
            parts.append(path.stem)
        named = " ".join(" ".join(_NAME.findall(part)) for part in parts)
        return " ".join(named.split()) if _NAMED.search(named) else ""


@dataclass(frozen=True)
class Problem:
    file: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


class ArticleError(Mendable, ValueError):
    """Articles that can't be used, each problem with file, line and what is wrong.

    `omotenashi check` and the start print it; `KnowledgeHolder` catches it and keeps serving the
    last good version.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class _Source:
    """An article with where it came from, for the checks between articles."""

    path: Path
    article: Article
    document: Document
    ours: bool
    first_line: int


def article_files(folder: Path) -> Iterator[Path]:
    """Markdown files below `folder` in a stable order; hidden files and folders are passed over."""
    for directory, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            if name.lower().endswith((".md", ".markdown")) and not name.startswith("."):
                yield Path(directory, name)


def load_articles(folder: Path, edits: Mapping[str, str] | None = None) -> tuple[Article, ...]:
    """All articles of a folder. Raises ArticleError with every problem found.

    `edits`: texts that stand in for files, or beside them, by their place in the folder.
    """
    if not folder.is_dir():
        raise ArticleError([Problem(folder, 1, "there is no such folder")])
    problems: list[Problem] = []
    sources: list[_Source] = []
    texts = {folder / name: text for name, text in (edits or {}).items()}
    for path in sorted({*article_files(folder), *texts}):
        try:
            given = texts.get(path)
            raw = path.read_bytes() if given is None else given.encode("utf-8")
            source = _read(path, folder, raw)
        except ArticleError as error:
            problems += error.problems
            continue
        if source is not None:
            sources.append(source)
    sources = list(_with_distinct_ids(sources, folder))
    problems += _doubles(sources)
    # A link to an article that couldn't be read is not dead: told once that is mended.
    problems = problems or list(_dead_links(sources))
    if problems:
        raise ArticleError(problems)
    if not sources:
        raise ArticleError([Problem(folder, 1, "no article (*.md) in this folder")])
    return tuple(source.article for source in sources)


def _read(path: Path, folder: Path, raw: bytes) -> _Source | None:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ArticleError([Problem(path, line, "not valid UTF-8")]) from error
    try:
        front, body, first_line = split_front_matter(text)
    except MalformedFrontMatter as error:
        raise ArticleError([Problem(path, line, what) for line, what in error.problems]) from error
    document = read_markdown(body, first_line)
    ours = front is not None and front.ours
    if ours and not (document.passages and document.passages[0].heading == ""):
        what = "the text must begin with a paragraph: it is the short answer given in the chat"
        raise ArticleError([Problem(path, first_line, what)])
    if not document.passages and not document.title and front is None:
        return None  # an empty file says nothing, and answers nothing
    article = _article(path, folder, front or FrontMatter(), body, document)
    return _Source(path, article, document, ours, first_line)


def _article(
    path: Path, folder: Path, front: FrontMatter, body: str, document: Document
) -> Article:
    title = front.title or document.title or re.sub(r"[-_]+", " ", path.stem).strip()
    folders = path.relative_to(folder).parts[:-1]
    named = next((lang for part in folders if (lang := as_lang(part.lower()))), None)
    return Article(
        id=front.id or path.stem,
        lang=named or language_of(f"{title}\n{body}") or "en",
        title=title,
        body=body,
        passages=document.passages,
        questions=front.questions,
        topic=front.topic,
        updated=front.updated,
        expires=front.expires,
        file=path.relative_to(folder).as_posix(),
        links=tuple(dict.fromkeys(filter(None, (article_id(x.target) for x in document.links)))),
    )


def _with_distinct_ids(sources: list[_Source], folder: Path) -> Iterator[_Source]:
    """Foreign files of one name in several folders (`x/index.md`) take the folder into their id."""
    seen = Counter((source.article.lang, source.article.id) for source in sources)
    for source in sources:
        if not source.ours and seen[source.article.lang, source.article.id] > 1:
            parts = source.path.relative_to(folder).with_suffix("").parts
            yield replace(source, article=replace(source.article, id="-".join(parts)))
        else:
            yield source


def _doubles(sources: list[_Source]) -> Iterator[Problem]:
    first: dict[tuple[Lang, str], Path] = {}
    for source in sources:
        key = (source.article.lang, source.article.id)
        if key in first:
            yield Problem(source.path, 1, f"the id {key[1]!r} is also that of {first[key]}")
        first.setdefault(key, source.path)


def _dead_links(sources: list[_Source]) -> Iterator[Problem]:
    known = {(source.article.lang, source.article.id) for source in sources}
    for source in (source for source in sources if source.ours):
        for link in source.document.links:
            target = article_id(link.target)
            if target and (source.article.lang, target) not in known:
                yield Problem(source.path, link.line, f"a link to {target!r}, which doesn't exist")


def article_id(target: str) -> str | None:
    """The id that a relative link points to; None for anything else (web, mail, a place here).

    `returns`, `./returns.md`, `../en/returns.md#when` are all links to `returns`; `/checkout` is
    a page of the shop.
    """
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
        return None
    name = unquote(parts.path).rstrip("/").rpartition("/")[2]
    return re.sub(r"\.(md|markdown|html)$", "", name) or None
