"""That the assistant works on an answer, told to those who look on for as long as it does.

A passing thing over hints, never stored: the website shows it as typing, Telegram as its own sign.
Should this server die, the next word stays away, and whoever shows it stops after some seconds.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Connection

from support import conversations
from support.hints import MISSED, Hint, Subscription, thread_topic
from support.store import Database
from support.store.database import StorageUnavailable
from support.values import Author, Conversation, State

KIND = "typing"
# What is answered at once has nothing to show: a sign that comes and goes only flickers.
GRACE_S = 0.2
# Told again so often. Telegram shows its sign for five seconds, the widget for eight.
BEAT_S = 4.0


@asynccontextmanager
async def at_work(db: Database, conversation: Conversation) -> AsyncIterator[None]:
    """Tell that the assistant works on an answer, until it is done or a person takes over."""
    telling = asyncio.create_task(_tell(db, conversation))
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


def is_news(hint: Hint) -> bool | None:
    """Whether the assistant begins or goes on to work (True) or has stopped (False); None for
    any other hint of a thread."""
    if hint.kind != KIND or hint.data.get("author") != str(Author.BOT):
        return None
    return bool(hint.data["typing"])


async def _tell(db: Database, conversation: Conversation) -> None:
    def held(connection: Connection) -> bool:
        return conversations.get(connection, conversation.id).state is State.ASSIGNED

    def say(typing: bool) -> None:
        data = {"author": str(Author.BOT), "typing": typing}
        db.hints.publish(Hint(thread_topic(conversation.thread_id), KIND, data))

    await asyncio.sleep(GRACE_S)
    with db.hints.subscribe(thread_topic(conversation.thread_id)) as heard:
        try:
            while not await db.reading(held):
                say(True)
                await _beat_or_new_owner(heard)
        except (StorageUnavailable, conversations.NotFound):
            # Nothing that a sign could be shown for.
            pass
        finally:
            say(False)


async def _beat_or_new_owner(heard: Subscription) -> None:
    try:
        async with asyncio.timeout(BEAT_S):
            while (hint := await heard.next()) is not None and hint.kind not in ("state", MISSED):
                pass
    except TimeoutError:
        pass
