"""Changed articles are taken over by every process that answers from them."""

import asyncio
import logging

from support.knowledge import KnowledgeHolder
from support.store.database import StorageUnavailable

log = logging.getLogger(__name__)

EVERY_S = 5.0


async def keep_fresh(knowledge: KnowledgeHolder) -> None:
    """Look every few seconds, for ever."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await asyncio.to_thread(knowledge.refresh)
        except StorageUnavailable as error:
            # The version in use keeps serving; the next look may succeed.
            log.warning("the desk's edits of articles can't be read: %s", error)
