"""What a support lead may change: data/playbook/*.yml, checked.

Every file has its model here; an unknown key, a missing text or a wrong type is a FileError.
"""

import re
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    field_validator,
    model_validator,
)

from support import yamlfile
from support.orders.config import OrdersConfig
from support.playbook.hours import Hours
from support.playbook.parts import LANGS, Part, Reason, Words
from support.playbook.texts import ContactWords, Messages


class Thresholds(Part):
    anger: float = Field(ge=0, le=1)
    offer_after: int = Field(ge=1)
    handover_after: int = Field(ge=2)


class Waiting(Part):
    """Figures of the queue, in seconds, and minutes where named so."""

    answer_target_s: int = Field(gt=0)
    first_guess_s: int = Field(gt=0)
    agent_away_s: int = Field(ge=30)
    agent_gone_minutes: int = Field(ge=1)
    silent_alert_minutes: int = Field(ge=1)
    silent_return_minutes: int = Field(ge=2)
    unread_to_contact_s: int = Field(ge=1)

    @model_validator(mode="after")
    def _told_first(self) -> Self:
        if self.silent_return_minutes <= self.silent_alert_minutes:
            raise ValueError("silent_return_minutes must be more than silent_alert_minutes")
        return self


class Closing(Part):
    warn_after_minutes: int = Field(ge=1)
    close_after_minutes: int = Field(ge=1)
    reopen_within_hours: int = Field(ge=1)


class Escalation(Part):
    thresholds: Thresholds
    # Minutes by which somebody goes ahead of those who came at the same time.
    head_start_minutes: dict[Reason, int]
    anger_minutes: dict[Literal["none", "displeased", "angry"], int]
    tier_minutes: dict[str, int]
    waiting: Waiting
    closing: Closing


def _clock_time(value: Any) -> Any:
    # YAML 1.1 reads 9:00 as the number 540.
    if isinstance(value, int):
        return time(value // 60, value % 60)
    return value


ClockTime = Annotated[time, BeforeValidator(_clock_time)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class OpeningHours(Part):
    timezone: str
    week: dict[Day, tuple[ClockTime, ClockTime]]
    holidays_of: str | None = None
    closed: list[date] = []
    promise_working_hours: int = Field(gt=0)

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"no time zone is called {name!r}") from error
        return name

    @field_validator("week")
    @classmethod
    def _forward(cls, week: dict[Day, tuple[time, time]]) -> dict[Day, tuple[time, time]]:
        for day, (opens, closes) in week.items():
            if opens >= closes:
                raise ValueError(f"{day} closes before it opens")
        return week

    def hours(self) -> Hours:
        return Hours(
            ZoneInfo(self.timezone),
            tuple(self.week.get(day) for day in DAYS),
            self.holidays_of,
            frozenset(self.closed),
        )


class Goodwill(Part):
    """In what the limits of `Remedies` are counted."""

    currency: str


class RemedyLimits(Part):
    """In the shop's currency: up to `free` without a word, up to `with_reason` with one."""

    free: int = Field(ge=0)
    with_reason: int = Field(ge=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.with_reason < self.free:
            raise ValueError("with_reason must be at least free")
        return self


class Remedies(Part):
    agent: RemedyLimits
    lead: RemedyLimits


class Shop(Part):
    name: Words
    email: str
    phone: str
    case_prefix: str = "C"


class NeededSkills(Part):
    """What somebody should be good at, by the reason of a handover and by what it is about."""

    reasons: dict[Reason, str] = {}
    topics: dict[str, str] = {}


class Assignment(Part):
    """Who is given which conversation of the queue. `capacity`: at once, for each agent."""

    mode: Literal["manual", "round_robin", "least_busy"]
    capacity: int = Field(ge=1, le=100)
    skills: NeededSkills = NeededSkills()


PLACEHOLDERS = frozenset({"customer", "agent", "order"})
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class CannedReply(Part):
    """A vetted reply in every language. `suits`: intents, reasons, faults and wishes after which
    it is suggested."""

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    text: Words
    suits: tuple[str, ...] = ()

    @field_validator("text")
    @classmethod
    def _known_placeholders(cls, text: Words) -> Words:
        for lang in LANGS:
            unknown = set(_PLACEHOLDER.findall(text.in_lang(lang))) - PLACEHOLDERS
            if unknown:
                raise ValueError(f"{lang}: nobody fills in {{{min(unknown)}}}")
        if ("{order}" in text.en) != ("{order}" in text.ja):
            raise ValueError("{order} stands in one language only")
        return text


class CannedReplies(Part):
    replies: list[CannedReply]

    @field_validator("replies")
    @classmethod
    def _each_once(cls, replies: list[CannedReply]) -> list[CannedReply]:
        keys = [one.key for one in replies]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise ValueError(f"{min(twice)} is there twice")
        return replies


class Macro(Part):
    """A reply, labels, and an end or a pause, by one command."""

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: Words
    reply: str
    labels: tuple[str, ...] = ()
    resolve: str | None = Field(default=None, min_length=1, max_length=200)
    snooze_hours: int | None = Field(default=None, ge=1, le=24 * 90)

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.resolve is not None and self.snooze_hours is not None:
            raise ValueError("give resolve or snooze_hours, not both")
        if self.resolve == "abuse":
            raise ValueError("only leads end a conversation for abuse, and not by a macro")
        return self


class Macros(Part):
    macros: list[Macro]


class CallbackRules(Part):
    """Slots for call-backs within the opening hours, and what comes before and after one."""

    slot_minutes: int = Field(ge=5, le=240)
    per_slot: int = Field(ge=1, le=100)
    earliest_after_minutes: int = Field(ge=0)
    open_days_ahead: int = Field(ge=1, le=30)
    remind_minutes: int = Field(ge=1)
    missed_after_minutes: int = Field(ge=1)
    phone_region: Annotated[str, Field(pattern="^[A-Z]{2}$")]


class QueueOffers(Part):
    offers_after_s: int = Field(ge=1)


class AutomaticContact(Part):
    """The one cap on what is written to a customer unasked."""

    most: int = Field(ge=0)
    per_days: int = Field(ge=1)


class Contact(Part):
    callbacks: CallbackRules
    queue: QueueOffers
    automatic: AutomaticContact
    followup_after_hours: int = Field(ge=1)
    nps_every_days: int = Field(ge=1)
    texts: ContactWords


class Security(Part):
    """Whose sign-in needs a second factor."""

    two_factor: Literal["optional", "leads", "everybody"]

    def needs_two_factor(self, role: str) -> bool:
        return self.two_factor == "everybody" or (self.two_factor == "leads" and role != "agent")


class Synonyms(Part):
    """Groups of words that mean the same, for each language."""

    en: tuple[tuple[str, ...], ...] = ()
    ja: tuple[tuple[str, ...], ...] = ()


class Playbook(Part):
    escalation: Escalation
    opening: OpeningHours
    assignment: Assignment
    goodwill: Goodwill
    remedies: Remedies
    shop: Shop
    canned: CannedReplies
    macros: Macros
    messages: Messages
    contact: Contact
    orders: OrdersConfig
    synonyms: Synonyms
    security: Security
    # What else than the page brings answers to website visitors ("email", "telegram"): the
    # server's settings say so, no file. Here, since nothing may be promised that there isn't.
    ways: frozenset[str] = frozenset()

    def take_over(self, other: "Playbook") -> None:
        """Become what `other` says, for everyone who was given this one when the server started."""
        for name in type(self).model_fields:
            if name in _FILES and name not in AT_START:
                object.__setattr__(self, name, getattr(other, name))

    @property
    def hours(self) -> Hours:
        return self.opening.hours()


_FILES: dict[str, type[BaseModel]] = {
    "escalation": Escalation,
    "opening": OpeningHours,
    "assignment": Assignment,
    "goodwill": Goodwill,
    "remedies": Remedies,
    "synonyms": Synonyms,
    "shop": Shop,
    "canned": CannedReplies,
    "macros": Macros,
    "messages": Messages,
    "contact": Contact,
    "orders": OrdersConfig,
    "security": Security,
}


# Read once when a server starts; an edit counts from the next start on.
AT_START = ("orders", "shop")
FILES = tuple(_FILES)


def load_playbook(folder: Path) -> Playbook:
    """Read and check `folder`. Raises FileError naming file, line and what is wrong."""
    return together(folder, {name: load_shipped(folder, name) for name in _FILES})


def load_shipped(folder: Path, name: str) -> BaseModel:
    """One of FILES as it is shipped. Raises FileError."""
    return yamlfile.load(folder / f"{name}.yml", _FILES[name])


def together(folder: Path, parts: Mapping[str, BaseModel]) -> Playbook:
    """A playbook of all its files. Raises FileError where they don't fit each other."""
    playbook = Playbook.model_validate(parts)
    for macro in macros_without_reply(playbook):
        what = f"{macro.key}: no canned reply is called {macro.reply!r}"
        raise yamlfile.FileError(folder / "macros.yml", 1, what)
    return playbook


def macros_without_reply(playbook: Playbook) -> list[Macro]:
    """Those that call for a canned reply that there isn't."""
    known = {one.key for one in playbook.canned.replies}
    return [one for one in playbook.macros.macros if one.reply not in known]


def model_of(name: str) -> type[BaseModel]:
    """What one of FILES is read as."""
    return _FILES[name]
