"""The line to Telegram's Bot API: one bot, its connections, and its secrets kept out of the log."""

import json
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from telegram import Bot
from telegram.error import RetryAfter, TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

POLL_S = 25
ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
# An answer may be late without being lost: giving up early is what makes messages come twice.
READ_S, POOL_S, CONNECTIONS = 20.0, 30.0, 16

# Each meets a secret in the course of its work: the token stands in every address of the Bot API.
_TALKATIVE = ("httpx", "telegram.Bot", "telegram.ext.ExtBot")
# It reports a limit with a stack trace; the outbox says the same in a line.
logging.getLogger("telegram.ext.AIORateLimiter").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class TelegramRules:
    """What the settings say. `token` and `secret` never appear in a log or an address of ours."""

    token: str = field(repr=False)
    api: str
    secret: str = field(repr=False)
    webhook: bool
    base_url: str


class BotApi:
    """What we ask of Telegram through `bot`, and the updates as they come.

    `limiter` spreads what we send: at most 30 messages a second over all chats.
    """

    def __init__(self, rules: TelegramRules, limiter: AIORateLimiter) -> None:
        # In the address of a file the token stands with its colon escaped.
        self._secrets = (rules.token, rules.secret, quote(rules.token, safe=""))
        self._redaction = _Redaction(self._secrets)
        for name in _TALKATIVE:
            logging.getLogger(name).addFilter(self._redaction)
        base = f"{rules.api.rstrip('/')}/bot"
        self._asking = HTTPXRequest(
            connection_pool_size=CONNECTIONS,
            read_timeout=READ_S,
            pool_timeout=POOL_S,
            httpx_kwargs={"trust_env": False},
        )
        self._listening = HTTPXRequest(
            connection_pool_size=1,
            read_timeout=POLL_S + READ_S,
            httpx_kwargs={"trust_env": False},
        )
        self._updates = f"{base}{rules.token}/getUpdates"
        self.bot: Bot = ExtBot(
            rules.token,
            base_url=base,
            base_file_url=f"{rules.api.rstrip('/')}/file/bot",
            request=self._asking,
            get_updates_request=self._listening,
            rate_limiter=limiter,
        )

    async def updates(self, offset: int | None) -> list[Any]:
        """Updates from `offset` on, as JSON; empty after POLL_S without one. Raises TelegramError.

        Not the library's own method: that one fails as a whole, for ever, on a single update that
        it can't read, and writes the customers' messages to the log.
        """
        asked: dict[str, Any] = {
            "timeout": POLL_S,
            "allowed_updates": json.dumps(ALLOWED_UPDATES),
        }
        if offset is not None:
            asked["offset"] = offset
        found = await self._listening.post(f"{self._updates}?{urlencode(asked)}")
        if not isinstance(found, list):
            raise TelegramError("the updates are no list")
        return found

    def told(self, error: Exception) -> str:
        """An error in a line for the log."""
        text = f"{type(error).__name__}: {error}"
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text

    async def close(self) -> None:
        await self._asking.shutdown()
        await self._listening.shutdown()
        for name in _TALKATIVE:
            logging.getLogger(name).removeFilter(self._redaction)


def seconds_of(error: RetryAfter) -> float:
    """How long Telegram asks us to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


class _Redaction(logging.Filter):
    """Takes the secrets out of what passes a logger."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, "…")
                record.msg, record.args = text, ()
        return True
