"""The bot's commands: what the menu shows, and what each does."""

import re
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import update

from support import conversations
from support.messages import Draft, append
from support.playbook.parts import Words
from support.playbook.playbook import Playbook
from support.privacy import data_choices
from support.store import Transaction
from support.store.schema import threads
from support.timers import cancel_timer
from support.values import Author, Conversation, State, Thread

# By language: (command, what the menu says).
MENU = {
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
# What an empty chat with the bot says, and the bot's profile.
DESCRIPTIONS = (
    Words(
        en="Ask {shop} about delivery, returns, products or your order. An automated assistant"
        " answers at once, and you can have a person at any time. Please leave out card numbers"
        " and passwords.",
        ja="{shop}の配送や返品、商品、ご注文についてお尋ねください。自動応答アシスタントがすぐに"
        "お答えし、いつでも担当者におつなぎします。カード番号やパスワードのご入力はお控えください。",
    ),
    Words(
        en="Customer service of {shop}: an automated assistant, and people.",
        ja="{shop}のお客様サポート（自動応答アシスタントと担当者）です。",
    ),
)
_KNOWN = frozenset(name for name, _ in MENU["en"])
_START = re.compile(r"/start(?:@\w+)?\s+([A-Za-z0-9_-]{1,64})", re.IGNORECASE)
_MY_ORDER = Words(en="Where is my order?", ja="注文の状況を教えてください。")


def link_code(text: str) -> str | None:
    """The code of `/start CODE`, with which a customer comes from the website."""
    found = _START.fullmatch(text.strip())
    return found.group(1) if found else None


def obey(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    text: str,
    playbook: Playbook,
    now: datetime,
    typed: Callable[[str], None],
) -> None:
    """Do what the command `text` asks. `typed` stores a text as if the customer had written it.

    The caller holds the thread's lock.
    """
    said, lang = playbook.messages, conversation.lang
    word, *rest = text[1:].split(maxsplit=1)
    # In menus and groups a command bears the bot's name: /help@hanamori_bot.
    name = word.partition("@")[0].lower()
    if name not in _KNOWN and conversation.state is State.ASSIGNED:
        # A person reads what starts with a slash by accident.
        typed(text)
    elif name == "human":
        typed(said.ask_person.in_lang(lang))
    elif name == "order":
        typed(rest[0] if rest else _MY_ORDER.in_lang(lang))
    elif name == "language":
        other = "en" if lang == "ja" else "ja"
        tx.execute(update(threads).where(threads.c.id == thread.id).values(lang=other))
        conversation = conversations.note(tx, conversation, lang=other)
        say(tx, conversation, said.language_kept, playbook, now)
    elif name == "new" and conversation.state in (State.BOT, State.RESOLVED):
        fresh = _new_matter(tx, thread, conversation, now)
        say(tx, fresh, said.new_matter, playbook, now)
    elif name == "privacy":
        text = filled(said.privacy, conversation.lang, playbook)
        data_choices.offer(tx, conversation, text, playbook, now)
    elif name == "start":
        say(tx, conversation, said.welcome, playbook, now)
    else:
        say(tx, conversation, said.help, playbook, now)


def say(
    tx: Transaction, conversation: Conversation, words: Words, playbook: Playbook, now: datetime
) -> None:
    """A notice of the channel's own."""
    text = filled(words, conversation.lang, playbook)
    append(tx, conversation, Draft(Author.SYSTEM, text, "notice"), now)


def filled(words: Words, lang: str | None, playbook: Playbook) -> str:
    """`words` with the shop's name and address in them."""
    shop = playbook.shop
    text = words.in_lang(lang).replace("{shop}", shop.name.in_lang(lang))
    return text.replace("{email}", shop.email)


def _new_matter(
    tx: Transaction, thread: Thread, conversation: Conversation, now: datetime
) -> Conversation:
    if conversation.state is State.BOT:
        # Left open, it would ask in a while whether the customer is still there.
        cancel_timer(tx, "idle", conversation.id)
        conversations.move(
            tx,
            conversation,
            State.RESOLVED,
            actor="customer",
            why="new matter",
            now=now,
            resolve_reason="new matter",
            # Who begins anew doesn't wait for an answer about the old.
            handled_seq=thread.last_seq,
        )
    thread = conversations.lock_thread(tx, thread.id)
    return conversations.begin(tx, thread, now, conversation.lang)
