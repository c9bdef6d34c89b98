"""The Telegram channel: updates in (polling or webhook), the outbox's messages out."""

import asyncio
import hmac
import json
import logging
from dataclasses import dataclass
from datetime import timedelta

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty
from sqlalchemy import insert, select, update
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from channels.base import Surroundings
from channels.telegram.formatting import as_text, keyboard, pieces
from channels.telegram.updates import Incoming, read_update
from support import conversations, inbox, messages, visitors
from support.messages import Draft, append
from support.outbox import DeliveryDelayed, DeliveryRefused, Parcel, Sender
from support.playbook import Words
from support.store import Transaction
from support.store.schema import channel_updates, outbox, threads
from support.values import Author, Conversation, Message, State, Thread
from web.errors import ApiError

log = logging.getLogger(__name__)

POLL_S = 25
PAUSES_S = (1, 2, 5, 10, 30)


@dataclass(frozen=True)
class TelegramRules:
    """`token` and `secret` never appear in a log or an address of ours."""

    token: str
    api: str
    secret: str
    webhook: bool
    base_url: str


class Telegram:
    """Private chats with the shop's bot. Telegram being away never holds up anything else."""

    name = "telegram"

    def __init__(self, around: Surroundings, rules: TelegramRules) -> None:
        self._around = around
        self._rules = rules
        # The library waits out Telegram's limits (30 a second, one a second per chat).
        self._bot: Bot = ExtBot(
            rules.token,
            base_url=f"{rules.api.rstrip('/')}/bot",
            base_file_url=f"{rules.api.rstrip('/')}/file/bot",
            request=HTTPXRequest(connection_pool_size=16, httpx_kwargs={"trust_env": False}),
            get_updates_request=HTTPXRequest(httpx_kwargs={"trust_env": False}),
            rate_limiter=AIORateLimiter(max_retries=0),
        )

    def sender(self) -> Sender:
        return self

    def blueprint(self) -> Blueprint:
        bp = Blueprint("telegram", url_prefix="/telegram")

        @bp.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            given = request.headers.get("x-telegram-bot-api-secret-token", "")
            if not hmac.compare_digest(given.encode(), self._rules.secret.encode()):
                raise ApiError(403, "forbidden", "the secret token is missing or wrong")
            try:
                received = Update.de_json(json.loads(request.body), self._bot)
                incoming = read_update(received)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                # Telegram repeats what is refused; what we can't read now we never can.
                log.warning("an unreadable update: %s", type(error).__name__)
                return empty(200)
            await self._take(incoming)
            return empty(200)

        return bp

    async def run(self) -> None:
        """Set the commands and take updates, for as long as the server runs."""
        failures = 0
        while True:
            try:
                await self._bot.initialize()
                await self._introduce()
                if self._rules.webhook:
                    await self._bot.set_webhook(
                        f"{self._rules.base_url}/telegram/webhook",
                        secret_token=self._rules.secret,
                        allowed_updates=["message", "callback_query", "my_chat_member"],
                    )
                    return
                await self._bot.delete_webhook()
                await self._poll()
            except TelegramError as error:
                pause = PAUSES_S[min(failures, len(PAUSES_S) - 1)]
                failures += 1
                log.warning("Telegram: %s; again in %s s", type(error).__name__, pause)
                await asyncio.sleep(pause)

    async def _introduce(self) -> None:
        for lang, commands in _COMMANDS.items():
            await self._bot.set_my_commands(commands, language_code="" if lang == "en" else lang)

    async def _poll(self) -> None:
        offset: int | None = None
        while True:
            try:
                updates = await self._bot.get_updates(
                    offset=offset,
                    timeout=POLL_S,
                    allowed_updates=["message", "callback_query", "my_chat_member"],
                )
            except NetworkError as error:
                log.warning("Telegram is away: %s", type(error).__name__)
                await asyncio.sleep(PAUSES_S[1])
                continue
            for received in updates:
                # Stored before it is confirmed by the next offset.
                await self._take(read_update(received))
                offset = received.update_id + 1

    async def _take(self, incoming: Incoming) -> None:
        if incoming.kind == "ignored" or incoming.chat_id is None:
            return
        await self._around.db.writing(lambda tx: self._store(tx, incoming))
        if incoming.callback_id is not None:
            try:
                await self._bot.answer_callback_query(incoming.callback_id)
            except TelegramError as error:
                log.info("a button's press could not be confirmed: %s", type(error).__name__)

    def _store(self, tx: Transaction, incoming: Incoming) -> None:
        now = self._around.clock()
        known = tx.execute(
            select(channel_updates.c.update_id).where(
                channel_updates.c.channel == self.name,
                channel_updates.c.update_id == str(incoming.update_id),
            )
        ).first()
        if known is not None:
            return
        tx.execute(
            insert(channel_updates).values(
                channel=self.name, update_id=str(incoming.update_id), at=now
            )
        )
        old = now - timedelta(days=7)
        tx.execute(channel_updates.delete().where(channel_updates.c.at < old))
        address = str(incoming.chat_id)
        if incoming.kind == "blocked":
            tx.execute(
                update(outbox)
                .where(outbox.c.channel == self.name, outbox.c.address == address)
                .where(outbox.c.state == "pending")
                .values(state="failed", error="blocked by the customer")
            )
            return
        thread, conversation = visitors.arrive(
            tx,
            channel=self.name,
            now=now,
            address=address,
            lang=self._lang(tx, address) or incoming.lang,
        )
        self._act(tx, thread, conversation, incoming)

    def _lang(self, tx: Transaction, address: str) -> str | None:
        query = select(threads.c.lang).where(
            threads.c.channel == self.name, threads.c.address == address
        )
        return tx.execute(query).scalar_one_or_none()

    def _act(
        self, tx: Transaction, thread: Thread, conversation: Conversation, incoming: Incoming
    ) -> None:
        around, now = self._around, self._around.clock()
        if incoming.kind == "text":
            try:
                text = inbox.checked_text(incoming.text)
            except inbox.TextRefused:
                # Telegram takes 4,096 UTF-16 units, we store 4,000 characters.
                text = incoming.text.replace("\x00", "")[: inbox.LONGEST_TEXT]
            inbox.accept_text(tx, thread.id, text, incoming.client_id, now, around.worker)
        elif incoming.kind == "button":
            try:
                inbox.accept_button(
                    tx,
                    thread.id,
                    incoming.text,
                    incoming.client_id,
                    now,
                    around.playbook,
                    around.worker,
                )
            except (inbox.UnknownButton, inbox.StaleButton):
                return
        elif incoming.kind == "command":
            self._command(tx, thread, conversation, incoming)
        else:
            self._say(tx, conversation, around.playbook.messages.text_only)

    def _command(
        self, tx: Transaction, thread: Thread, conversation: Conversation, incoming: Incoming
    ) -> None:
        around, said = self._around, self._around.playbook.messages
        now = around.clock()
        name, _, rest = incoming.text[1:].partition(" ")
        name = name.partition("@")[0].lower()
        if name == "human":
            text = said.ask_person.in_lang(conversation.lang)
            inbox.accept_text(tx, thread.id, text, incoming.client_id, now, around.worker)
        elif name == "order":
            text = rest.strip() or ("注文状況" if conversation.lang == "ja" else "my order")
            inbox.accept_text(tx, thread.id, text, incoming.client_id, now, around.worker)
        elif name == "language":
            lang = "en" if conversation.lang == "ja" else "ja"
            tx.execute(update(threads).where(threads.c.id == thread.id).values(lang=lang))
            conversation = conversations.note(tx, conversation, lang=lang)
            self._say(tx, conversation, said.language_kept)
        elif name == "new" and conversation.state in (State.BOT, State.RESOLVED):
            thread = conversations.lock_thread(tx, thread.id)
            self._say(tx, conversations.begin(tx, thread, now), said.new_matter)
        elif name == "privacy":
            self._say(tx, conversation, said.privacy)
        elif name == "start":
            self._say(tx, conversation, said.welcome)
        else:
            self._say(tx, conversation, said.help)

    def _say(self, tx: Transaction, conversation: Conversation, words: Words) -> None:
        shop = self._around.playbook.shop
        text = words.in_lang(conversation.lang)
        text = text.replace("{shop}", shop.name.in_lang(conversation.lang))
        draft = Draft(Author.SYSTEM, text.replace("{email}", shop.email), "notice")
        append(tx, conversation, draft, self._around.clock())

    # The way out ---------------------------------------------------------------------------------

    async def send(self, parcel: Parcel) -> None:
        """Raises DeliveryRefused, DeliveryDelayed."""
        message = await self._message(parcel)
        if message is None:
            return
        texts = pieces(as_text(message, self._rules.base_url))
        rows = [
            [InlineKeyboardButton(b["text"], callback_data=b["callback_data"]) for b in row]
            for row in keyboard(message)
        ]
        try:
            for number, text in enumerate(texts, 1):
                last = number == len(texts)
                await self._bot.send_message(
                    chat_id=int(parcel.address),
                    text=text,
                    reply_markup=InlineKeyboardMarkup(rows) if rows and last else None,
                )
        except RetryAfter as error:
            wait = error.retry_after
            seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
            raise DeliveryDelayed(seconds) from error
        except (Forbidden, BadRequest) as error:
            raise DeliveryRefused(type(error).__name__) from error

    async def _message(self, parcel: Parcel) -> Message | None:
        message_id = parcel.message_id
        if message_id is None:
            return None
        return await self._around.db.reading(lambda c: messages.by_id(c, message_id))


_COMMANDS = {
    "en": [
        ("start", "Say hello"),
        ("order", "Look up an order"),
        ("human", "Talk to a person"),
        ("language", "日本語に切り替える"),
        ("new", "Begin a new matter"),
        ("privacy", "What is kept"),
        ("help", "What I can do"),
    ],
    "ja": [
        ("start", "はじめる"),
        ("order", "注文を確認する"),
        ("human", "担当者と話す"),
        ("language", "Switch to English"),
        ("new", "新しい用件"),
        ("privacy", "保存している内容"),
        ("help", "できること"),
    ],
}
