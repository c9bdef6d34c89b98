"""What is done in a chat beside the conversation: showing that somebody thinks, buttons taken away.

None of it is stored, and none of it matters enough to be tried again.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from telegram.constants import ChatAction
from telegram.error import TelegramError

from channels.telegram.bot_api import BotApi
from channels.telegram.intake import Followed
from channels.telegram.updates import Incoming
from support import inbox
from support.hints import Subscription, thread_topic
from support.store import Database
from support.store.database import StorageUnavailable
from support.turns import at_work
from support.values import Conversation, State

log = logging.getLogger(__name__)

MOST_TYPING = 15
# A word that was lost is made up for by the next.
PATIENCE_S = 2 * at_work.BEAT_S + 1


class Courtesies:
    """Runs them beside everything else; `close` ends what is still at work."""

    def __init__(self, api: BotApi, db: Database) -> None:
        self._api = api
        self._db = db
        self._tasks: set[asyncio.Task[None]] = set()

    def after(self, incoming: Incoming, followed: Followed) -> None:
        bot, chat_id = self._api.bot, incoming.chat_id
        if incoming.callback_id is not None:
            # Until then the customer's button shows that it is at work.
            shown = followed.toast or followed.say
            self._do(bot.answer_callback_query(incoming.callback_id, shown))
        if followed.spent and incoming.message_id is not None:
            # Without a keyboard in the request there is none any more.
            self._do(bot.edit_message_reply_markup(chat_id, incoming.message_id))
        if followed.say is not None:
            self._do(bot.send_message(chat_id, followed.say))
        if followed.leave is not None:
            self._do(self._leave(chat_id, followed.leave))
        if followed.asked is not None and followed.asked.state is not State.ASSIGNED:
            self._do(self._think(chat_id, followed.asked))

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _do(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(self._done(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _done(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except (TelegramError, StorageUnavailable) as error:
            log.info("left undone in a chat: %s", self._api.told(error))

    async def _leave(self, chat_id: int, text: str) -> None:
        address = f"https://t.me/{self._api.bot.username}"
        await self._api.bot.send_message(chat_id, text.replace("{address}", address))
        await self._api.bot.leave_chat(chat_id)

    async def _think(self, chat_id: int, conversation: Conversation) -> None:
        """Show that an answer is being made, for as long as one is."""
        with self._db.hints.subscribe(thread_topic(conversation.thread_id)) as heard:
            works: bool | None = await self._db.reading(
                lambda connection: inbox.is_answering(connection, conversation.id)
            )
            for _ in range(MOST_TYPING):
                if not works:
                    return
                await self._api.bot.send_chat_action(chat_id, ChatAction.TYPING)
                works = await _next_news(heard)


async def _next_news(heard: Subscription) -> bool:
    """Whether the assistant still works on an answer: what is said of it next, or not said."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                hint = await heard.next()
                news = at_work.is_news(hint) if hint is not None else None
                if news is not None:
                    return news
    except TimeoutError:
        return False
