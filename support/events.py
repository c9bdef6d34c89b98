"""What happened to a conversation besides a change of owner: lines that only the team sees."""

from datetime import datetime
from typing import Any

from support.messages import Draft, append
from support.store import Transaction
from support.values import Author, Conversation, Message

KIND = "event"


def tell(
    tx: Transaction, conversation: Conversation, event: str, text: str, now: datetime, **data: Any
) -> Message:
    """Add the private line `event`. The desk says it in each reader's language from `data`; `text`
    is for readers of plain transcripts. The caller holds the thread's lock."""
    draft = Draft(Author.SYSTEM, text, KIND, data={"event": event, **data}, private=True)
    return append(tx, conversation, draft, now)
