"""The Telegram channel: updates in (polling or webhook), the outbox's messages out."""

import asyncio
import hmac
import json
import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sanic import Request
from sanic.response import HTTPResponse, empty
from telegram.error import RetryAfter, TelegramError
from telegram.ext import AIORateLimiter

from channels.base import Surroundings
from channels.telegram.bot_api import (
    ALLOWED_UPDATES,
    POLL_S,
    BotApi,
    TelegramRules,
    seconds_of,
)
from channels.telegram.commands import DESCRIPTIONS, MENU, filled
from channels.telegram.courtesies import Courtesies
from channels.telegram.delivery import TelegramSender
from channels.telegram.formatting import reachable
from channels.telegram.intake import Followed, Intake
from channels.telegram.pace import SharedLimiter, SharedPace
from channels.telegram.updates import Incoming, read_raw
from support import leases
from support.delivery import outbox
from support.delivery.outbox import Sender
from support.store.database import StorageUnavailable
from web.blueprint import Blueprint
from web.errors import ApiError
from web.limits import Limits

__all__ = ["Telegram", "TelegramRules"]

log = logging.getLogger(__name__)

PAUSES_S = (1, 2, 5, 10, 30)
# What a delivery ends with when Telegram is away.
AWAY = ("NetworkError", "TimedOut", "TimeoutError")
# How often an update is tried that fails for a reason nobody foresaw.
MOST_TRIES = 3
# Of several servers one polls. It renews this before each request; when it is gone, another looks
# and takes over.
LEASE = "telegram polling"
LEASE_LASTS = timedelta(seconds=POLL_S + 20)
LOOK_EVERY_S = 5.0


class Telegram:
    """Private chats with the shop's bot. Telegram being away never holds up anything else."""

    name = "telegram"

    def __init__(self, around: Surroundings, rules: TelegramRules, limits: Limits) -> None:
        self._rules = rules
        self._limits = limits
        self._around = around
        # On SQLite there is one server, which has nobody to share the limit with.
        shared = SharedPace(self.name, around.db, around.clock)
        limiter = AIORateLimiter() if around.db.is_sqlite else SharedLimiter(shared)
        self._api = BotApi(rules, limiter)
        self._intake = Intake(self.name, around)
        base_url = rules.base_url if reachable(rules.base_url) else None
        self._sender = TelegramSender(self.name, self._api, around, base_url)
        self._courtesies = Courtesies(self._api, around.db)
        self._introduced = False
        self._failures = 0

    def sender(self) -> Sender:
        return self._sender

    def blueprint(self) -> Blueprint:
        bp = Blueprint("telegram", url_prefix="/telegram")
        if self._rules.webhook:
            bp.add_route(self._webhook, "/webhook", methods=["POST"], name="webhook")
        # After the outbox, which sends through the same connections.
        bp.after_server_stop(self._close)
        return bp

    async def run(self) -> None:
        """Introduce the bot and take updates, for as long as the server runs."""
        while True:
            try:
                if not self._introduced:
                    await self._introduce()
                    await self._is_back()
                if self._rules.webhook:
                    return
                try:
                    await self._poll()
                finally:
                    await self._give_back()
            except (TelegramError, StorageUnavailable) as error:
                pause: float = PAUSES_S[min(self._failures, len(PAUSES_S) - 1)]
                if isinstance(error, RetryAfter):
                    pause = seconds_of(error)
                self._failures += 1
                log.warning("Telegram: %s; again in %s s", self._api.told(error), pause)
                await asyncio.sleep(pause)

    async def _introduce(self) -> None:
        bot = self._api.bot
        await bot.initialize()
        playbook = self._around.playbook
        for lang, commands in MENU.items():
            # English is also for everybody whose language we don't speak.
            code = None if lang == "en" else lang
            long, short = (filled(words, lang, playbook) for words in DESCRIPTIONS)
            await bot.set_my_commands(commands, language_code=code)
            await bot.set_my_description(long, language_code=code)
            await bot.set_my_short_description(short, language_code=code)
        if self._rules.webhook:
            await bot.set_webhook(
                f"{self._rules.base_url}/telegram/webhook",
                secret_token=self._rules.secret,
                allowed_updates=ALLOWED_UPDATES,
            )
        else:
            await bot.delete_webhook()
        self._around.invitations[self.name] = f"https://t.me/{bot.username}?start="
        self._introduced = True
        log.info("Telegram: @%s is there", bot.username)

    async def _webhook(self, request: Request) -> HTTPResponse:
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        expected = self._rules.secret
        if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
            raise ApiError(403, "forbidden", "the secret token is missing or wrong")
        try:
            raw = json.loads(request.body)
        except (ValueError, RecursionError):
            # Telegram repeats what is refused; what we can't read now we never can.
            log.warning("an unreadable update: not JSON")
            return empty(200)
        await self._take(raw)
        return empty(200)

    async def _poll(self) -> None:
        """Raises TelegramError, StorageUnavailable: what was not confirmed comes again."""
        offset: int | None = None
        while True:
            if not await self._my_turn():
                offset = None  # whoever polls meanwhile confirms
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            received = await self._api.updates(offset)
            if self._failures:
                await self._is_back()
            self._failures = 0
            for raw in received:
                update_id = raw.get("update_id") if isinstance(raw, dict) else None
                if not isinstance(update_id, int):
                    raise TelegramError("an update without a number")
                await self._take_surely(update_id, raw)
                # Only now is it confirmed, by the next request.
                offset = update_id + 1

    async def _is_back(self) -> None:
        """Nobody has waited for their answers longer than Telegram was away."""
        around = self._around
        await around.db.writing(lambda tx: outbox.hasten(tx, self.name, AWAY, around.clock()))

    async def _my_turn(self) -> bool:
        around = self._around
        return await around.db.writing(
            lambda tx: leases.take(tx, LEASE, around.worker, around.clock(), LEASE_LASTS)
        )

    async def _give_back(self) -> None:
        with suppress(StorageUnavailable):
            await self._around.db.writing(
                lambda tx: leases.give_back(tx, LEASE, self._around.worker)
            )

    async def _take_surely(self, update_id: int, raw: Any) -> None:
        """One update that can't be stored must not keep all others waiting for ever."""
        for tried in range(MOST_TRIES):
            try:
                await self._take(raw)
                return
            except StorageUnavailable:
                raise
            except Exception:
                log.exception("update %s could not be stored", update_id)
                await asyncio.sleep(PAUSES_S[tried])
        log.error("update %s is left out", update_id)

    async def _take(self, raw: Any) -> None:
        incoming = read_raw(raw, self._api.bot)
        if incoming is None or incoming.kind == "ignored":
            return
        if await self._too_fast(incoming):
            return
        self._courtesies.after(incoming, await self._intake.store(incoming))

    async def _too_fast(self, incoming: Incoming) -> bool:
        """Whether a chat sends more than anybody types. It is told so, once a minute; what it
        sent is not taken."""
        chat = (self.name, str(incoming.chat_id))
        try:
            await self._limits.check("message", *chat)
        except ApiError:
            with suppress(ApiError):
                await self._limits.check("slow_down", *chat)
                said = self._around.playbook.messages.slow_down.in_lang(incoming.lang)
                self._courtesies.after(incoming, Followed(say=said))
            return True
        return False

    async def _close(self, *_: Any) -> None:
        await self._courtesies.close()
        await self._api.close()
