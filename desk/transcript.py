"""A past conversation in full, masked, for reading, printing and reviewing."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from support import conversations, events, messages
from support.customers import customer_view
from support.handover import summary
from support.handover.summary import SummaryLine
from support.learning import reviews
from support.privacy.masking import mask
from support.team.agents import Agent
from support.values import Author, Conversation

PAGE = 500


@dataclass(frozen=True)
class Line:
    """A message as it is printed. `new_day`: the shop's date, where it is the first of it."""

    seq: int
    author: Author
    who: str | None
    agent_id: int | None
    kind: str
    channel: str
    private: bool
    text: str
    at: datetime
    new_day: date | None
    reading: dict[str, Any] | None
    # What happened, where it is no message: see support.events.
    event: dict[str, Any] | None


@dataclass(frozen=True)
class Transcript:
    conversation: Conversation
    customer: str | None
    summary: tuple[SummaryLine, ...]
    lines: tuple[Line, ...]
    rating: dict[str, Any] | None
    reviews: tuple[dict[str, Any], ...]
    handled_by: dict[int, str]
    resolution: str | None


def read_transcript(
    connection: Connection, conversation_id: str, reader: Agent, zone: ZoneInfo
) -> Transcript:
    """Raises NotFound. Reviews are for leads, and for the agent they were written to."""
    conversation = conversations.get(connection, conversation_id)
    known = customer_view.customer(connection, conversation)
    lines = tuple(_lines(connection, conversation, zone))
    return Transcript(
        conversation=conversation,
        customer=known["name"] if known else None,
        summary=tuple(summary.for_agent(connection, conversation, reader.lang, zone)),
        lines=lines,
        rating=_rating(connection, conversation_id),
        reviews=tuple(reviews.of_conversation(connection, conversation_id, reader)),
        handled_by={line.agent_id: line.who for line in lines if line.agent_id and line.who},
        resolution=customer_view.resolution(connection, conversation_id),
    )


def _rating(connection: Connection, conversation_id: str) -> dict[str, Any] | None:
    found = customer_view.rating(connection, conversation_id)
    if found is None or not found["comment"]:
        return found
    return {**found, "comment": mask(found["comment"])}


def _lines(connection: Connection, conversation: Conversation, zone: ZoneInfo) -> list[Line]:
    lines: list[Line] = []
    day: date | None = None
    while found := messages.of_thread(
        connection,
        conversation.thread_id,
        after=lines[-1].seq if lines else 0,
        limit=PAGE,
        private=True,
        conversation_id=conversation.id,
    ):
        for message in found:
            local = message.created_at.astimezone(zone)
            lines.append(
                Line(
                    seq=message.seq,
                    author=message.author,
                    who=message.agent_name,
                    agent_id=message.agent_id,
                    kind=message.kind,
                    channel=message.channel,
                    private=message.private,
                    text=mask(message.text),
                    at=local,
                    new_day=local.date() if local.date() != day else None,
                    reading=message.reading,
                    event=message.data if message.kind == events.KIND else None,
                )
            )
            day = local.date()
    return lines
