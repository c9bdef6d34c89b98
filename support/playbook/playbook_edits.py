"""The playbook as the desk edits it: rows over the shipped files, with history (table `edits`).

The newest row of a file counts; an empty one means the shipped file again. Nothing malformed is
ever stored, so whoever reads can rely on it; should a newer version of the product refuse an old
edit, the version before it serves on and the log says why.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from support import audit
from support.playbook.playbook import FILES, Playbook, load_playbook
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
    load_playbook(folder, texts)
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
                playbook.take_over(await asyncio.to_thread(load_playbook, folder, texts))
                seen = newest
        except StorageUnavailable:
            log.warning("edits of the playbook could not be read; the last ones count on")
        except FileError as error:
            seen = newest
            log.error("an edit of the playbook is refused, what was before counts on: %s", error)
        await asyncio.sleep(EVERY_S)
