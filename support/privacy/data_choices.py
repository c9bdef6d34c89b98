"""What customers choose about their own data by buttons: a copy, or erasing all after a question.

The website has controls of its own for these; see `erasure` for what either means.
"""

from datetime import datetime

from support.attachments.files import AttachmentFiles
from support.delivery import outbox, ways_out
from support.hints import DESK, thread_topic
from support.messages import Draft, append
from support.playbook.parts import Words
from support.playbook.playbook import Playbook
from support.privacy.erasure import erase_thread
from support.store import Transaction
from support.values import Author, Conversation, Thread

KIND = "privacy"
ERASE = "privacy:erase-now"


def offer(
    tx: Transaction, conversation: Conversation, text: str, playbook: Playbook, now: datetime
) -> None:
    """Say what is kept, with the choices below it."""
    said = playbook.messages
    _say(
        tx,
        conversation,
        text,
        now,
        (said.button_copy, "privacy:copy"),
        (said.button_erase, "privacy:erase"),
    )


def follow(
    tx: Transaction,
    thread: Thread,
    conversation: Conversation,
    choice: str,
    channel: str,
    playbook: Playbook,
    now: datetime,
) -> None:
    """The caller holds the thread's lock. To `erase` is whoever took the press in."""
    said, lang = playbook.messages, conversation.lang
    if choice == "copy":
        address = ways_out.address_on(tx.connection, thread, channel)
        if address is not None:
            _say(tx, conversation, said.copy_sent.in_lang(lang), now)
            outbox.post(tx, channel, address, thread.id, now, data={"copy": True})
    elif choice == "erase":
        _say(
            tx,
            conversation,
            said.erase_ask.in_lang(lang),
            now,
            (said.button_erase_yes, ERASE),
            (said.button_erase_no, "privacy:keep"),
        )
    elif choice == "keep":
        _say(tx, conversation, said.erase_kept.in_lang(lang), now)


def erase(tx: Transaction, thread_id: str, files: AttachmentFiles, now: datetime) -> None:
    """What a press of ERASE asks for, in the same transaction."""
    erase_thread(tx, thread_id, "customer", now, files)
    tx.hint(thread_topic(thread_id), "erased")
    tx.hint(DESK, "state")


def _say(
    tx: Transaction,
    conversation: Conversation,
    text: str,
    now: datetime,
    *buttons: tuple[Words, str],
) -> None:
    titled = [(title.in_lang(conversation.lang), payload) for title, payload in buttons]
    append(tx, conversation, Draft(Author.SYSTEM, text, KIND, buttons=titled), now)
