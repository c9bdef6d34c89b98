"""From bytes that somebody sent to a file that a message may refer to, off the event loop."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Final

from sqlalchemy import Connection

from support.attachments import records
from support.attachments.checking import CheckedFile, checked_file
from support.attachments.files import AttachmentFiles
from support.attachments.records import Attachment
from support.store import Database
from support.store.database import StorageUnavailable

log = logging.getLogger(__name__)

# A large picture takes a quarter of a gigabyte while it is made anew: a few at a time.
AT_ONCE: Final = 2
SWEEP_EVERY_S: Final = 3600.0
# Much longer than any file waits for the transaction that refers to it.
ORPHAN_AFTER_S: Final = 3600.0


class Attachments:
    """The files of one server process."""

    def __init__(self, files: AttachmentFiles) -> None:
        self.files = files
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def store(self, name: str | None, content: bytes, *, voice: bool = False) -> Attachment:
        """A file on the disk that no message refers to yet.

        Raises FileRefused for what is not taken (`voice`: whether sound is), StorageUnavailable.
        """
        async with self._turns:
            checked = await asyncio.to_thread(checked_file, name, content, voice=voice)
        return await asyncio.to_thread(self._put, checked)

    @contextlib.asynccontextmanager
    async def kept_by_message(self, db: Database, attachment: Attachment) -> AsyncIterator[None]:
        """Around the transaction that stores its message: where that came to nothing, or the
        message was there already, the file goes again."""
        try:
            yield
        finally:
            await self._remove_unless_known(db, attachment.id)

    async def read(self, attachment: Attachment) -> bytes | None:
        """None where the file is gone. Raises StorageUnavailable."""
        return await asyncio.to_thread(self.files.read, attachment.id)

    async def tidy(self, db: Database) -> None:
        """Keep removing what a crash has left. Any number of servers may: it is done twice."""

        def still_known(ids: list[str]) -> set[str]:
            def known(connection: Connection) -> set[str]:
                return records.known(connection, ids)

            return db.read(known)

        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            try:
                removed = await asyncio.to_thread(self.files.sweep, still_known, ORPHAN_AFTER_S)
            except (StorageUnavailable, OSError) as error:
                log.warning("files are swept later: %s", error)
                continue
            if removed:
                log.info("removed %d files that no message refers to", removed)

    async def _remove_unless_known(self, db: Database, id: str) -> None:
        try:
            # Asked rather than remembered: a transaction that failed may be committed all the same.
            known = await db.reading(lambda connection: records.known(connection, [id]))
        except StorageUnavailable:
            return  # the sweep finds it
        if not known:
            await asyncio.to_thread(self.files.remove, [id])

    def _put(self, checked: CheckedFile) -> Attachment:
        made = self.files.put(checked.content)
        return Attachment(made, checked.name, checked.type, checked.size)
