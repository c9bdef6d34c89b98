"""What readers say of the articles: taken from the help centre, heeded by the search."""

import asyncio
import logging

from sanic import Request

from help import Vote
from omotenashi.parts import Parts
from support.knowledge import votes as article_votes
from support.knowledge.language import Lang
from support.store.database import StorageUnavailable
from web.errors import ApiError
from web.limits import Limits
from web.origins import client_address

log = logging.getLogger(__name__)

EVERY_S = 60.0


def voting(parts: Parts, limits: Limits) -> Vote:
    """One word a day on an article from one address counts; whoever repeats it is thanked again."""

    async def vote(request: Request, lang: Lang, article: str, helpful: bool) -> None:
        reader = client_address(request, parts.settings.trusted_proxies)
        try:
            await limits.check("votes", reader)
            await limits.check("vote", reader, lang, article)
        except ApiError:
            return
        now = parts.clock()
        await parts.db.writing(
            lambda tx: article_votes.count(tx, lang, article, helpful=helpful, now=now)
        )

    return vote


async def heed_votes(parts: Parts) -> None:
    """Let new words of readers count in the search, on every server, within a minute."""
    while True:
        try:
            parts.services.knowledge.heed(await parts.db.reading(article_votes.counted))
        except StorageUnavailable:
            log.warning("readers' votes could not be read; the earlier ones count on")
        await asyncio.sleep(EVERY_S)
