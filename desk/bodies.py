"""What the desk's pages send, field by field. Unknown fields are ignored."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    model_validator,
)

from desk.files import load_texts
from support import inbox
from support.answering.handling import LONGEST_REASON
from support.answering.labels import LONGEST_LABEL, MOST_LABELS
from support.customers import customer_notes
from support.learning import reviews
from support.orders import EffectKind
from support.orders.access import postcode_key
from support.outreach import notices
from support.playbook.playbook_edits import LONGEST as LONGEST_FILE

# All that the assistant knows have a name at the desk; a test holds that.
INTENTS = frozenset(load_texts("en")["intent"])


def _text(value: str) -> str:
    return inbox.checked_text(value)


def _plain(value: str) -> str:
    if "\x00" in value or any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise ValueError("has a character that can't be stored")
    return value


def _filled(value: str) -> str:
    value = _plain(value).strip()
    if not value:
        raise ValueError("is empty")
    return value


def _known_verdict(value: str) -> str:
    if value not in reviews.VERDICTS:
        raise ValueError(f"is none of {', '.join(reviews.VERDICTS)}")
    return value


def _known_intent(value: str) -> str:
    # A lesson of an intent that isn't there would keep all others from being learned.
    if value not in INTENTS:
        raise ValueError("is no intent of the assistant's")
    return value


def _known_topic(value: str) -> str:
    if value not in notices.TOPICS:
        raise ValueError(f"is none of {', '.join(notices.TOPICS)}")
    return value


def _known_order_state(value: str) -> str:
    if value not in notices.ORDER_STATES:
        raise ValueError(f"is none of {', '.join(notices.ORDER_STATES)}")
    return value


def _region(value: str) -> str:
    """A country code in capitals, or the first digits of a postcode."""
    region = postcode_key(value).upper()
    country = len(region) == 2 and region.isalpha() and region.isascii()
    digits = region.isalnum() and region.isascii() and len(region) <= notices.REGION_DIGITS
    if not (country or (digits and not region.isalpha())):
        raise ValueError("is neither a country code nor the beginning of a postcode")
    return region


def _with_zone(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("needs a time zone")
    return value


Moment = Annotated[datetime, Field(strict=False), AfterValidator(_with_zone)]
Text = Annotated[str, AfterValidator(_text)]
ClientId = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_plain)]
Label = Annotated[str, Field(max_length=LONGEST_LABEL), AfterValidator(_filled)]
Comment = Annotated[str, Field(max_length=2000), AfterValidator(_plain)]
Mark = Annotated[StrictInt, Field(ge=0, le=2)]
Name = Annotated[str, Field(max_length=64), AfterValidator(_plain)]


class Body(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class NoticeText(Body):
    en: Annotated[str, Field(max_length=1000), AfterValidator(_filled)]
    ja: Annotated[str, Field(max_length=1000), AfterValidator(_filled)]


class LoginBody(Body):
    email: Annotated[str, Field(min_length=1, max_length=254), AfterValidator(_plain)]
    # Hashing a password takes memory and time; an endless one takes more of the latter.
    password: Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(_plain)]
    otp: Annotated[str, Field(max_length=16)] | None = None


class CodeBody(Body):
    otp: Annotated[str, Field(min_length=1, max_length=16)]


class PasswordBody(Body):
    password: Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(_plain)]


class NewPersonBody(PasswordBody):
    email: Annotated[str, Field(min_length=3, max_length=254), AfterValidator(_plain)]
    name: Annotated[str, Field(max_length=80), AfterValidator(_filled)]
    role: str
    lang: Literal["en", "ja"] = "en"


class PlaybookBody(Body):
    """`content` is empty to take the shipped file again; `after`: the newest edit one has seen."""

    content: Annotated[str, Field(max_length=LONGEST_FILE), AfterValidator(_plain)]
    after: Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]


class PersonBody(Body):
    name: Annotated[str, Field(max_length=80), AfterValidator(_filled)] | None = None
    role: str | None = None
    disabled: bool | None = None
    skills: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=20)] | None = (
        None
    )
    langs: list[Literal["en", "ja"]] | None = None
    team: Annotated[str, Field(max_length=40), AfterValidator(_plain)] | None = None
    capacity: Annotated[StrictInt, Field(ge=0, le=100)] | None = None


class MeBody(Body):
    status: str | None = None
    lang: str | None = None

    @model_validator(mode="after")
    def _something(self) -> "MeBody":
        if self.status is None and self.lang is None:
            raise ValueError("give status or lang")
        return self


class WritingBody(Body):
    client_id: ClientId
    text: Text


class AttachmentBody(Body):
    """The form's fields beside its `file`."""

    client_id: ClientId


class TransferBody(Body):
    """`to`: an agent's id, "queue", or "team:" and a team's name."""

    to: StrictInt | Literal["queue"] | Annotated[str, Field(pattern=r"^team:[\w-]{1,40}$")]
    note: Annotated[str, Field(max_length=inbox.LONGEST_TEXT), AfterValidator(_plain)] | None = None


class SnoozeBody(Body):
    """`until`: a moment with its offset (ISO 8601); null takes the conversation up again."""

    until: Annotated[AwareDatetime, Field(strict=False)] | None


class CustomerNoteBody(Body):
    client_id: ClientId
    text: Annotated[str, Field(max_length=customer_notes.LONGEST), AfterValidator(_filled)]


class RemedyBody(Body):
    """`amount` in yen: of a refund (null: all that is left) or a credit. `items`: SKUs, none
    meaning the whole order."""

    client_id: ClientId
    kind: Annotated[EffectKind, Field(strict=False)]
    order_number: Annotated[str, Field(max_length=64), AfterValidator(_filled)]
    amount: Annotated[StrictInt, Field(ge=1, le=100_000_000)] | None = None
    items: Annotated[list[Name], Field(max_length=100)] = []
    reason: Annotated[str, Field(max_length=500), AfterValidator(_plain)] | None = None


class AbuseBody(Body):
    """`hand_on`: give the conversation back to the queue, and take a break of some minutes."""

    hand_on: bool = False
    break_minutes: Annotated[StrictInt, Field(ge=0, le=60)] = 0


class MacroBody(Body):
    """`text`: the reply as the agent left it; null has it filled in here."""

    client_id: ClientId
    key: Name
    text: Text | None = None
    seen_seq: Annotated[StrictInt, Field(ge=0, le=2**31 - 1)] | None = None


class ReturnBody(Body):
    hint: Comment | None = None


class ResolveBody(Body):
    """`seen_seq`: the newest message on the agent's screen; 409 where the customer has written
    since."""

    reason: Annotated[str, Field(max_length=LONGEST_REASON), AfterValidator(_filled)]
    seen_seq: Annotated[StrictInt, Field(ge=0, le=2**31 - 1)] | None = None


class LabelBody(Body):
    add: Annotated[list[Label], Field(max_length=MOST_LABELS)] = []
    remove: Annotated[list[Label], Field(max_length=MOST_LABELS)] = []


class TypingBody(Body):
    typing: bool


class PresenceBody(Body):
    doing: Literal["viewing", "typing", "left"]


class ReviewBody(Body):
    verdict: Annotated[str, AfterValidator(_known_verdict)]
    seq: Annotated[StrictInt, Field(ge=1, le=2**31 - 1)] | None = None
    intent: Annotated[str, AfterValidator(_known_intent)] | None = None
    article: Annotated[str, Field(max_length=128), AfterValidator(_plain)] | None = None
    score: Annotated[StrictInt, Field(ge=1, le=5)] | None = None
    scorecard: dict[Literal["understood", "correct", "warm", "settled"], Mark] = {}
    comment: Comment | None = None
    to_agent: StrictInt | None = None


class MissedQuestionBody(Body):
    id: Annotated[StrictInt, Field(ge=1, le=2**31 - 1)]
    state: str


class SearchBody(Body):
    name: Annotated[str, Field(max_length=60), AfterValidator(_filled)]
    query: Annotated[str, Field(max_length=1500), AfterValidator(_filled)]
    shared: bool = False


class TaskDoneBody(Body):
    # Of a call-back: whether somebody was there.
    outcome: Literal["reached", "unreached"] = "reached"


class TaskMoveBody(Body):
    at: Moment


class CaseBody(Body):
    state: Literal["open", "in_progress", "done"]
    note: Annotated[str, Field(max_length=2000), AfterValidator(_filled)] | None = None


class NoticeBody(Body):
    text: NoticeText
    topic: Annotated[str, AfterValidator(_known_topic)] | None = None
    region: Annotated[str, Field(max_length=8), AfterValidator(_region)] | None = None
    order_state: Annotated[str, AfterValidator(_known_order_state)] | None = None
    from_: Moment | None = Field(default=None, alias="from")
    until: Moment

    @model_validator(mode="after")
    def _forward(self) -> "NoticeBody":
        if self.from_ is not None and self.from_ >= self.until:
            raise ValueError("until must be after from")
        return self


Lang = Literal["en", "ja"]
Line = Annotated[str, Field(max_length=400), AfterValidator(_filled)]
Number = Annotated[StrictInt, Field(ge=1, le=2**31 - 1)]
Version = Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]


def _day(value: str) -> str:
    if value:
        date.fromisoformat(value)
    return value


class DraftBody(Body):
    id: Annotated[str, Field(max_length=60), AfterValidator(_filled)]
    lang: Lang
    title: Line
    topic: Annotated[str, Field(max_length=40), AfterValidator(_filled)]
    questions: Annotated[list[Line], Field(min_length=1, max_length=200)]
    body: Annotated[str, Field(max_length=40_000), AfterValidator(_filled)]
    expires: Annotated[str, AfterValidator(_day)] | None = None


class ArticleBody(DraftBody):
    """`base`: the version that was edited; 0 where there was none."""

    base: Version = 0


class RestoreBody(Body):
    lang: Lang
    id: Annotated[str, Field(max_length=60), AfterValidator(_filled)]
    version: Version
    base: Version


class ArticleQuestionsBody(Body):
    """`missed`: the numbers of the missed questions that these are."""

    lang: Lang
    id: Annotated[str, Field(max_length=60), AfterValidator(_filled)]
    questions: Annotated[list[Line], Field(min_length=1, max_length=200)]
    missed: Annotated[
        list[Annotated[StrictInt, Field(ge=1, le=2**31 - 1)]], Field(max_length=600)
    ] = []


class LessonBody(Body):
    """`review`: the number of a review; whether its message becomes an example or a question."""

    review: Number
    take: bool


class LearningBody(Body):
    kind: Literal["learn", "switch", "replay"]
