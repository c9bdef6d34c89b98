"""What visitors send and get, field by field. Unknown fields in requests are ignored: nobody
becomes an agent by saying so."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, model_validator

from support import inbox
from support.customers.links import Link
from support.customers.reachable import CHAT, spoken
from support.handover.queue import Place
from support.playbook.hours import Hours
from support.tasks.tasks import Task
from support.team.agents import Agent
from support.values import Author, Conversation, Message

ATTACHMENTS = "/api/v1/visitor/attachments"


def _text(value: str) -> str:
    return inbox.checked_text(value)


def _plain(value: str) -> str:
    if "\x00" in value or any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise ValueError("has a character that can't be stored")
    return value


def _address(value: str) -> str:
    try:
        # Also keeps "name <address>" and addresses that no mail server takes out.
        validate_email(_plain(value), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from error
    return value


Text = Annotated[str, AfterValidator(_text)]
ClientId = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_plain)]


class Body(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class SessionBody(Body):
    lang: Annotated[str, Field(max_length=35)] | None = None
    identity: Annotated[str, Field(max_length=4096)] | None = None
    page: Annotated[str, Field(max_length=2000), AfterValidator(_plain)] | None = None


class MessageBody(Body):
    client_id: ClientId
    text: Text | None = None
    button: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_plain)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "MessageBody":
        if (self.text is None) == (self.button is None):
            raise ValueError("give either text or button")
        return self


class AttachmentBody(Body):
    """The form's fields beside its `file`."""

    client_id: ClientId


class TypingBody(Body):
    typing: bool


class ReadBody(Body):
    seq: StrictInt = Field(ge=0, le=2**31 - 1)


class FeedbackBody(Body):
    score: StrictInt = Field(ge=1, le=5)
    comment: Annotated[str, Field(max_length=2000), AfterValidator(_plain)] | None = None


class TranscriptBody(Body):
    email: Annotated[str, Field(min_length=3, max_length=254), AfterValidator(_address)]


class LinkBody(Body):
    channel: Annotated[str, Field(max_length=16), AfterValidator(_plain)]


class PreferredBody(Body):
    channel: Annotated[str, Field(max_length=16), AfterValidator(_plain)] | None


class TicketBody(Body):
    action: Literal["wait", "message", "callback", "cancel", "callback_cancel"]
    contact: Annotated[str, Field(min_length=3, max_length=254), AfterValidator(_plain)] | None = (
        None
    )
    at: Annotated[datetime, Field(strict=False)] | None = None
    tz: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_plain)] | None = None

    @model_validator(mode="after")
    def _reachable(self) -> "TicketBody":
        if self.at is not None and self.at.tzinfo is None:
            raise ValueError("at needs a time zone")
        # What a call-back may go to is checked where the shop's region is known.
        if self.action == "callback":
            return self
        if self.contact is not None and "@" in self.contact:
            try:
                # Also keeps "name <address>" and addresses that no mail server takes out.
                validate_email(self.contact, check_deliverability=False, test_environment=True)
            except EmailNotValidError as error:
                raise ValueError(f"contact: {error}") from error
        elif self.contact is not None:
            raise ValueError("contact must be an e-mail address")
        return self


# The widget has controls of its own for a rating and for the customer's data.
_OWN_CONTROLS = frozenset({"resolved", "privacy"})


def message_shape(message: Message) -> dict[str, Any]:
    """A message as its customer sees it."""
    shape: dict[str, Any] = {
        "seq": message.seq,
        "id": message.id,
        "author": str(message.author),
        "kind": message.kind,
        "text": message.text,
        "channel": message.channel,
        "created_at": message.created_at.isoformat(),
    }
    if message.buttons and message.kind not in _OWN_CONTROLS:
        shape["buttons"] = [{"id": button.id, "title": button.title} for button in message.buttons]
    if attached := message.data.get("attachments"):
        shape["attachments"] = [attachment_shape(one) for one in attached]
    if message.author is Author.AGENT:
        shape["agent"] = agent_shape(message.agent_name, message.agent_picture)
    if message.author in (Author.BOT, Author.SYSTEM) and message.data:
        shape["data"] = {k: v for k, v in message.data.items() if k != "agent_id"}
    return shape


def attachment_shape(data: dict[str, Any]) -> dict[str, Any]:
    """A file as its customer sees it; fetched from `url` with the token in the header."""
    return {**data, "url": f"{ATTACHMENTS}/{data['id']}"}


def hours_shape(hours: Hours, now: datetime, staffed: bool) -> dict[str, Any]:
    """Whether people are there, and when they next are, in the shop's zone: not known while they
    should be there and nobody is."""
    opens = hours.next_opening(now)
    is_open = opens == now
    return {
        "open": is_open and staffed,
        "next_open_at": (
            None if is_open or opens is None else opens.astimezone(hours.zone).isoformat()
        ),
    }


def callback_shape(task: Task) -> dict[str, Any]:
    return {"at": task.due_at.isoformat(), "contact": spoken(task.contact or CHAT), "tz": task.zone}


def slots_shape(found: list[datetime], zone: ZoneInfo, booked: Task | None) -> dict[str, Any]:
    """Times to choose from, each with the customer's own date and offset from UTC."""
    local = [at.astimezone(zone) for at in found]
    return {
        "tz": zone.key,
        "slots": [{"at": at.isoformat(), "day": at.date().isoformat()} for at in local],
        "booked": callback_shape(booked) if booked else None,
    }


def agent_shape(name: str | None, picture: str | None) -> dict[str, Any]:
    """Who answers; `picture` is the id to fetch it under, where they have one."""
    return {"name": name, "picture": picture} if picture else {"name": name}


def state_shape(
    conversation: Conversation, place: Place | None, agent: Agent | None
) -> dict[str, Any]:
    """Who owns the conversation, and where the customer stands in the queue."""
    shape: dict[str, Any] = {
        "state": str(conversation.state),
        "conversation_id": conversation.id,
        "lang": conversation.lang,
    }
    if agent is not None:
        shape["agent"] = agent_shape(agent.name, agent.picture)
    if place is not None:
        shape["queue"] = {
            "position": place.position,
            "estimate": [place.told.low_s, place.told.high_s],
            "staffed": place.staffed,
        }
    return shape


def links_shape(found: list[Link], offered: Iterable[str]) -> list[dict[str, Any]]:
    """The channels on which the conversation goes on, or could."""
    linked = {link.channel: link for link in found}
    return [
        {
            "channel": channel,
            "linked": channel in linked,
            "preferred": channel in linked and linked[channel].preferred,
        }
        for channel in sorted({*linked, *offered})
    ]
