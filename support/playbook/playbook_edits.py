"""The playbook as the desk edits it: rows over the shipped files, with history (table `edits`).

The newest row of a file counts; an empty one means the shipped file again. Nothing malformed is
ever stored. A newer version of the product may ask for more or for less than an edit says (see
`outgrown`); should it refuse one altogether, the shipped file counts, and the log and the
playbook's pages say why.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, Row, func, insert, inspect, select

from support import audit, yamlfile
from support.playbook import outgrown
from support.playbook.playbook import (
    FILES,
    Macros,
    Playbook,
    load_shipped,
    macros_without_reply,
    model_of,
    together,
)
from support.store import Database, Transaction
from support.store.database import StorageUnavailable
from support.store.schema import agents, edits
from support.yamlfile import FileError

log = logging.getLogger(__name__)

KIND = "playbook"
LONGEST = 200_000
SHOWN = 30
EVERY_S = 5.0


class NoSuchFile(LookupError):
    """The playbook has no file of this name. Shown as 404."""


class EditedMeanwhile(Exception):
    """Somebody else saved since the text was read. Shown as 409."""


@dataclass(frozen=True)
class Edit:
    """`content` is empty where the shipped file was taken again. `by`: an agent's name."""

    id: int
    name: str
    content: str
    by: str | None
    at: datetime


_EDITS = (
    select(edits, agents.c.name.label("by"))
    .outerjoin(agents, agents.c.id == edits.c.agent_id)
    .where(edits.c.kind == KIND)
    .order_by(edits.c.id.desc())
)
_NEWEST = select(func.max(edits.c.id)).where(edits.c.kind == KIND).group_by(edits.c.name)


def history(connection: Connection, name: str) -> list[Edit]:
    """The newest edits of a file, the newest first."""
    query = _EDITS.where(edits.c.name == name).limit(SHOWN)
    return [_edit(row) for row in connection.execute(query)]


def newest(connection: Connection) -> dict[str, Edit]:
    """The newest edit of each file that has any."""
    rows = connection.execute(_EDITS.where(edits.c.id.in_(_NEWEST)))
    return {row.name: _edit(row) for row in rows}


def _edit(row: Row[Any]) -> Edit:
    return Edit(row.id, row.name, row.content, row.by, row.at)


def edited(connection: Connection) -> dict[str, str]:
    """The texts that stand over shipped files."""
    rows = connection.execute(
        select(edits.c.name, edits.c.content).where(edits.c.id.in_(_NEWEST), edits.c.content != "")
    )
    # A file that a newer version of the product no longer has is nobody's any more.
    return {row.name: row.content for row in rows if row.name in FILES}


def shipped(folder: Path, name: str) -> str:
    """Raises NoSuchFile."""
    if name not in FILES:
        raise NoSuchFile(name)
    return (folder / f"{name}.yml").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Standing:
    """How an edit stands to the shipped file: see `outgrown.Fitted`. `text`: with what it lacks,
    ready to be saved; `refused`: why the shipped file counts instead."""

    text: str
    lacking: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    refused: str | None = None

    @property
    def is_outgrown(self) -> bool:
        return bool(self.lacking or self.unknown or self.refused)


def standing_of(folder: Path, name: str, text: str) -> Standing:
    """Raises NoSuchFile."""
    file = shipped(folder, name)
    try:
        found = outgrown.fitted(text, model_of(name), folder / f"{name}.yml", file)
    except FileError as error:
        return Standing(text, refused=f"{error.path.name}, line {error.line}: {error.what}")
    return Standing(outgrown.completed(text, found.lacking, file), found.lacking, found.unknown)


def standing(folder: Path, texts: Mapping[str, str], strict: str | None = None) -> Playbook:
    """The playbook with the edits that stand over its files. The one of `strict` has to be right:
    raises FileError."""
    parts = {name: _part(folder, name, texts.get(name), name == strict) for name in FILES}
    if strict in ("canned", "macros"):
        return together(folder, parts)
    playbook = Playbook.model_validate(parts)
    left_out = macros_without_reply(playbook)
    if not left_out:
        return playbook
    keys = [one.key for one in left_out]
    log.warning("macros whose canned reply is gone count for nothing: %s", keys)
    kept = [one for one in playbook.macros.macros if one not in left_out]
    return playbook.model_copy(update={"macros": Macros(macros=kept)})


def _part(folder: Path, name: str, text: str | None, strict: bool) -> BaseModel:
    path = folder / f"{name}.yml"
    if text is None:
        return load_shipped(folder, name)
    if strict:
        return yamlfile.parse(text, model_of(name), path)
    try:
        found = outgrown.fitted(text, model_of(name), path, shipped(folder, name))
    except FileError as error:
        log.error("an edit of the playbook is refused, the shipped file counts: %s", error)
        return load_shipped(folder, name)
    if found.lacking or found.unknown:
        log.warning(
            "the edit of %s is from before an update: taken from the shipped file %s, of no use %s",
            path.name, list(found.lacking), list(found.unknown),
        )  # fmt: skip
    return found.value


def at_start(db: Database, folder: Path) -> Playbook:
    """The playbook for a server that starts: of `AT_START` too what was edited counts.

    Raises FileError where a shipped file is wrong.
    """

    def known(connection: Connection) -> dict[str, str]:
        # The tables are made later, when the database is new.
        return edited(connection) if inspect(connection).has_table(edits.name) else {}

    try:
        texts = db.read(known)
    except StorageUnavailable:
        log.warning("edits of the playbook could not be read; the shipped files count until then")
        texts = {}
    return standing(folder, texts)


def save(
    tx: Transaction,
    folder: Path,
    name: str,
    content: str,
    *,
    after: int,
    agent_id: int,
    now: datetime,
) -> None:
    """Let `content` stand over the shipped file; empty takes the shipped one again.

    `after`: the newest edit its author had seen, 0 for none. Raises NoSuchFile, EditedMeanwhile,
    and FileError for what the whole playbook would refuse: nothing is stored then.
    """
    if name not in FILES:
        raise NoSuchFile(name)
    tx.alone()
    latest = select(func.max(edits.c.id)).where(edits.c.kind == KIND, edits.c.name == name)
    if (tx.execute(latest).scalar_one() or 0) != after:
        raise EditedMeanwhile(name)
    texts = edited(tx.connection)
    if content:
        texts[name] = content
    else:
        texts.pop(name, None)
    standing(folder, texts, strict=name)
    row = {"kind": KIND, "name": name, "content": content, "agent_id": agent_id, "at": now}
    tx.execute(insert(edits).values(**row))
    audit.record(tx, f"agent:{agent_id}", "playbook", now, subject=name)


async def follow(db: Database, folder: Path, playbook: Playbook) -> None:
    """Let edits count in `playbook` within seconds, on every server."""
    seen = 0
    latest = select(func.max(edits.c.id)).where(edits.c.kind == KIND)
    while True:
        try:
            newest = await db.reading(lambda c: c.execute(latest).scalar_one() or 0)
            if newest != seen:
                texts = await db.reading(edited)
                playbook.take_over(await asyncio.to_thread(standing, folder, texts))
                seen = newest
        except StorageUnavailable:
            log.warning("edits of the playbook could not be read; the last ones count on")
        except FileError as error:
            seen = newest
            log.error("the playbook is refused, what was before counts on: %s", error)
        await asyncio.sleep(EVERY_S)
