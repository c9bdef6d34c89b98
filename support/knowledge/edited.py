"""Articles as leads edit them: rows over the shipped files, with history (table `edits`).

The newest row of a file is in force; an empty one means that the shipped file is, and that an
article without a file is gone. `support.knowledge` reads them through `ArticleEdits`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from support import audit
from support.knowledge.articles import Article
from support.knowledge.front_matter import FrontMatter, split_front_matter, written_out
from support.learning.training_data import alike
from support.privacy.masking import mask
from support.store import Database, Transaction
from support.store.schema import agents, edits

KIND = "article"
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
LONGEST_ID = 60


class EditedMeanwhile(Exception):
    """Somebody saved another version since this one was opened. Shown as 409."""


class NoSuchEdit(LookupError):
    """No version of this article has this number. Shown as 404."""


@dataclass(frozen=True)
class Draft:
    """An article as a form gives it; `written` checks nothing, reading it back does."""

    id: str
    lang: str
    title: str
    topic: str
    questions: tuple[str, ...]
    body: str
    expires: date | None = None

    @property
    def file(self) -> str:
        return f"{self.lang}/{self.id}.md"

    def written(self, today: date) -> str:
        front = FrontMatter(
            ours=True,
            id=self.id,
            title=self.title.strip(),
            questions=without_doubles((), self.questions),
            topic=self.topic,
            updated=today,
            expires=self.expires,
        )
        return written_out(front, self.body.replace("\r\n", "\n"))


class ArticleEdits:
    """The rows, as `KnowledgeHolder` asks for them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def version(self) -> int:
        query = select(func.max(edits.c.id)).where(edits.c.kind == KIND)
        return self._db.read(lambda connection: connection.execute(query).scalar_one()) or 0

    def texts(self) -> Mapping[str, str]:
        return self._db.read(in_force)


def in_force(connection: Connection) -> dict[str, str]:
    """The edited texts by file; those that went back to the shipped file aren't in it."""
    latest = select(func.max(edits.c.id)).where(edits.c.kind == KIND).group_by(edits.c.name)
    rows = connection.execute(
        select(edits.c.name, edits.c.content).where(edits.c.id.in_(latest), edits.c.content != "")
    )
    return {name: content for name, content in rows}


def newest(connection: Connection, file: str) -> int:
    """The number of the newest version, 0 for none."""
    query = select(func.max(edits.c.id)).where(edits.c.kind == KIND, edits.c.name == file)
    return connection.execute(query).scalar_one() or 0


def versions(connection: Connection, file: str, limit: int) -> list[dict[str, Any]]:
    """Newest first: id, by, at, content ("" for back to the shipped file)."""
    rows = connection.execute(
        select(edits, agents.c.name.label("by"))
        .outerjoin(agents, agents.c.id == edits.c.agent_id)
        .where(edits.c.kind == KIND, edits.c.name == file)
        .order_by(edits.c.id.desc())
        .limit(limit)
    )
    return [{"id": r.id, "by": r.by, "at": r.at, "content": r.content} for r in rows]


def save(tx: Transaction, file: str, content: str, agent_id: int, base: int, now: datetime) -> int:
    """Put `content` in force; its number. `base` is the newest version that its author knew of.

    Whoever calls has read it back first. Raises EditedMeanwhile.
    """
    tx.alone()
    if newest(tx.connection, file) != base:
        raise EditedMeanwhile(file)
    values = {"kind": KIND, "name": file, "content": content, "agent_id": agent_id, "at": now}
    made: int = tx.execute(insert(edits).values(**values).returning(edits.c.id)).scalar_one()
    audit.record(tx, f"agent:{agent_id}", "article", now, subject=file)
    return made


def content_of(connection: Connection, file: str, edit_id: int) -> str:
    """An earlier version's text. Raises NoSuchEdit."""
    query = select(edits.c.content).where(
        edits.c.kind == KIND, edits.c.name == file, edits.c.id == edit_id
    )
    found: str | None = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise NoSuchEdit(f"{file} has no version {edit_id}")
    return found


def with_questions(content: str, asked: Sequence[str], today: date) -> str | None:
    """An article's text with customers' questions added, masked; None if it has them all."""
    front, body, _ = split_front_matter(content)
    if front is None or not front.ours:
        return None
    questions = without_doubles(front.questions, [mask(" ".join(q.split())) for q in asked])
    if questions == front.questions:
        return None
    return written_out(replace(front, questions=questions, updated=today), body)


def without_doubles(present: Sequence[str], more: Sequence[str]) -> tuple[str, ...]:
    seen = {alike(question) for question in present}
    kept = list(present)
    for question in (q.strip() for q in more):
        if question and alike(question) not in seen:
            seen.add(alike(question))
            kept.append(question)
    return tuple(kept)


def is_id(id: str) -> bool:
    return len(id) <= LONGEST_ID and _ID.match(id) is not None


def pairs(articles: Sequence[Article]) -> list[tuple[str, dict[str, Article]]]:
    """By id, in order of topic and id: the article in each language that has it."""
    found: dict[str, dict[str, Article]] = {}
    for article in articles:
        found.setdefault(article.id, {})[article.lang] = article
    return sorted(found.items(), key=lambda p: (next(iter(p[1].values())).topic or "~", p[0]))
