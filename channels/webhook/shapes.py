"""What comes in and what goes out, field by field."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from support import inbox
from support.values import Author, Message


def _plain(value: str) -> str:
    if any(ord(character) < 32 or 0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise ValueError("has a character that can't be stored")
    if not value.strip():
        raise ValueError("is empty")
    return value


Id = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_plain)]


class IncomingBody(BaseModel):
    """A customer's message. `conversation` and `id` are the other side's own names for the
    conversation and the message."""

    model_config = ConfigDict(extra="ignore", strict=True)

    conversation: Id
    id: Id
    text: Annotated[str, AfterValidator(inbox.checked_text)] | None = None
    button: Annotated[str, Field(max_length=64), AfterValidator(_plain)] | None = None
    lang: Annotated[str, Field(max_length=35)] | None = None
    name: Annotated[str, Field(max_length=80), AfterValidator(_plain)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "IncomingBody":
        if (self.text is None) == (self.button is None):
            raise ValueError("give either text or button")
        return self

    @property
    def known_lang(self) -> str | None:
        lang = (self.lang or "").lower().partition("-")[0]
        return lang if lang in ("en", "ja") else None


def outgoing(message: Message, conversation: str) -> dict[str, Any]:
    """A message as the other side gets it; the same `id` again is the same message."""
    shape: dict[str, Any] = {
        "id": message.id,
        "conversation": conversation,
        "author": str(message.author),
        "kind": message.kind,
        "text": message.text,
        "buttons": [{"id": button.id, "title": button.title} for button in message.buttons],
        "created_at": message.created_at.isoformat(),
    }
    if message.author is Author.AGENT:
        shape["agent"] = {"name": message.agent_name}
    if attached := message.data.get("attachments"):
        shape["attachments"] = [
            {key: one[key] for key in ("id", "name", "type", "size")} for one in attached
        ]
    return shape
