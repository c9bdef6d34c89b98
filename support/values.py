"""The values that conversations are made of, as the rest of the code passes them around."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class State(StrEnum):
    """Who owns a conversation."""

    BOT = "bot"
    QUEUED = "queued"
    ASSIGNED = "assigned"
    RESOLVED = "resolved"


class Author(StrEnum):
    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


@dataclass(frozen=True)
class Button:
    id: str
    title: str


@dataclass(frozen=True)
class Message:
    """One line of a thread. `seq` orders it; `data` depends on `kind`."""

    id: int
    seq: int
    thread_id: str
    conversation_id: str
    author: Author
    kind: str
    text: str
    created_at: datetime
    data: dict[str, Any] = field(default_factory=dict)
    buttons: tuple[Button, ...] = ()
    agent_id: int | None = None
    agent_name: str | None = None
    agent_picture: str | None = None
    private: bool = False
    reading: dict[str, Any] | None = None
    channel: str = "website"


@dataclass(frozen=True)
class Thread:
    id: str
    channel: str
    address: str | None
    customer_id: str | None
    lang: str | None
    contact: str | None
    last_seq: int
    read_seq: int
    used_channel: str | None = None
    preferred_channel: str | None = None
    joined_to: str | None = None

    @property
    def answers_on(self) -> str:
        """The channel that answers are meant for."""
        return self.preferred_channel or self.used_channel or self.channel


# How somebody sounds, the worst last.
MOODS: Final = ("none", "displeased", "angry")

# Intents that say nothing of what a conversation is about.
NO_TOPICS: Final = frozenset(
    {
        "affirm", "bot_challenge", "cancel_dialogue", "deny", "goodbye", "greet", "inform",
        "nlu_fallback", "out_of_scope", "thank",
    }
)  # fmt: skip
# Only what it is about as long as nothing else is known.
ASKS_FOR_A_PERSON: Final = "request_human"


def topic_after(topic: str | None, intent: str | None) -> str | None:
    """What a conversation is about once its customer has said something more."""
    if intent is None or intent in NO_TOPICS or (topic and intent == ASKS_FOR_A_PERSON):
        return topic
    return intent


@dataclass(frozen=True)
class Conversation:
    id: str
    thread_id: str
    number: int
    state: State
    epoch: int
    agent_id: int | None
    channel: str
    customer_id: str | None
    lang: str | None
    reason: str | None
    anger: str
    topic: str | None
    dialogue: Any
    facts: dict[str, Any]
    verified_orders: tuple[str, ...]
    handled_seq: int
    hint: str | None
    labels: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    resolved_by: int | None
    snoozed_until: datetime | None
