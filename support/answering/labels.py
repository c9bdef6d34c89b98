"""Labels: short words that agents put on conversations to find them again."""

from collections.abc import Iterable

from sqlalchemy import delete, insert

from support import conversations
from support.hints import DESK
from support.store import Transaction
from support.store.schema import conversation_labels

LONGEST_LABEL = 40
MOST_LABELS = 20


class TooManyLabels(ValueError):
    """A conversation has room for MOST_LABELS. Shown as 422."""


def change(
    tx: Transaction, conversation_id: str, add: Iterable[str], remove: Iterable[str]
) -> tuple[str, ...]:
    """Add and remove labels; the conversation's labels then, in the order they were given.

    Raises TooManyLabels, NotFound.
    """
    _, conversation = conversations.lock(tx, conversation_id)
    unwanted = set(remove)
    kept = [label for label in conversation.labels if label not in unwanted]
    kept += [label for label in dict.fromkeys(add) if label not in kept]
    if len(kept) > MOST_LABELS:
        raise TooManyLabels(f"a conversation has at most {MOST_LABELS} labels")
    conversations.note(tx, conversation, labels=kept)
    its = conversation_labels.c.conversation_id == conversation_id
    tx.execute(delete(conversation_labels).where(its))
    if kept:
        rows = [{"conversation_id": conversation_id, "label": label} for label in kept]
        tx.execute(insert(conversation_labels), rows)
    tx.hint(DESK, "state", conversation=conversation_id)
    return tuple(kept)
