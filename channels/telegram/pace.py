"""Telegram's limit for one chat: a message a second, with a short burst allowed.

The limit over all chats is the library's own (AIORateLimiter in `bot_api`).
"""

from collections import OrderedDict

from aiolimiter import AsyncLimiter

BURST = 5
# Who has been silent for long starts afresh; it only bounds what is remembered.
MOST_CHATS = 5000


class Pace:
    """Waits until the next message to a chat may go."""

    def __init__(self) -> None:
        self._chats: OrderedDict[int, AsyncLimiter] = OrderedDict()

    async def wait(self, chat_id: int) -> None:
        limiter = self._chats.pop(chat_id, None) or AsyncLimiter(BURST, BURST)
        self._chats[chat_id] = limiter
        if len(self._chats) > MOST_CHATS:
            self._chats.popitem(last=False)
        await limiter.acquire()
