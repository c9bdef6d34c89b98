"""One customer message as the actions see it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum, auto
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk import Tracker

from actions.telling import with_plain_faults, without_rules

# Said of a message, and no part of what the customer tells us.
_ABOUT_THE_MESSAGE = frozenset({"language", "foreign", "anger", "also"})
_FIRST_COUNTS = frozenset({"item", "fault", "date"})
_SAYS_LITTLE = frozenset({"other", "parcel"})
# Many leave the question mark out.
_ASKS = re.compile(
    r"(?:(?:wait|so|but|and|ok|okay|also|hm+|sorry|please)[, ]+)*"
    r"(?:is|are|was|were|do|does|did|can|could|will|would|should|has|have|when|where|what|whats|why|"
    r"how|who|which)\b(?! (?:you|u) (?:please|pls)\b)",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"\bnot (?:the )?(?:order )?(?:number )?(?:#|hn|\d)|\b(?:typo|i meant?|correction)\b"
    r"|\bsorry,? (?:it['’]?s|that['’]?s|wrong)|\bwrong (?:number|order)\b"
    r"|じゃなく|ではなく|間違(?:え|い)|まちがえ|訂正|正しくは",
    re.IGNORECASE,
)
# Rasa's own steps, which don't count as an answer to the message.
_SILENT_ACTIONS = frozenset({"action_listen", "action_session_start", "action_extract_slots"})


class Step(Enum):
    """How a task is entered."""

    START = auto()
    """By a message that asks for the task."""
    ANSWER = auto()
    """By the answer to the form's question."""
    RESUME = auto()
    """After something else was answered: the question is still open."""


@dataclass(frozen=True)
class Customer:
    """Somebody signed in on the shop's site."""

    id: str
    name: str | None = None


@dataclass(frozen=True)
class Turn:
    """The message, what was understood of it, and what is known of the conversation."""

    text: str
    """As typed; empty when a button was pressed."""
    file: str | None
    """The name of a picture or document that came instead of words."""
    intent: str
    entities: Mapping[str, str]
    """One value of each entity in this message, without what is said of the message itself.

    Of things, faults and dates the first that tells something; of all others the last, because
    people correct themselves ("not HN-10001, HN-10002").
    """
    numbers: tuple[str, ...]
    """The orders that the message is about, in the order of naming; one that is taken back ("not
    HN-10001") is left out."""
    rest: str
    """The text without its entities."""
    ranking: tuple[tuple[str, float], ...]
    """The likeliest intents, each with the chance that it is meant."""
    also: tuple[str, str] | None
    """The intent of a second wish in the message, and the words for it."""
    foreign: bool
    """Whether the message is in neither English nor Japanese."""
    slots: Mapping[str, Any]
    form: str | None
    acted: bool
    """Whether something else already answered this message, so that a form only resumes."""
    now: datetime
    today: date
    """In the shop's time zone."""
    lang: str
    thread: str
    queued: bool
    """Whether the customer already waits for a person."""
    mail: bool
    """Whether answers can go out by e-mail."""
    waits_on_page: bool
    """Whether an answer that comes later is on the website only, unless it is mailed."""
    customer: Customer | None
    contact: bool
    """Whether it is known where an answer goes when nobody is on the page."""
    staffed: bool
    """Whether anybody is at the desk."""
    verified: frozenset[str]
    """Numbers of the orders that this thread has proved to be its own."""
    failures: int
    upset: bool
    """Whether the message sounds displeased or angry."""
    too_angry: bool
    """Whether the anger in this message reaches the playbook's threshold for a person."""
    offer_after: int
    handover_after: int

    @classmethod
    def read(cls, tracker: Tracker, zone: ZoneInfo) -> Turn:
        """The turn of `tracker`; without metadata (`rasa shell`) everything has a default."""
        message = tracker.latest_message
        metadata: Mapping[str, Any] = message.get("metadata") or {}
        thresholds: Mapping[str, Any] = metadata.get("thresholds") or {}
        text = str(message.get("text") or "")
        pressed = text.startswith("/")
        found = [
            entity
            for entity in message.get("entities") or ()
            if entity["entity"] not in _ABOUT_THE_MESSAGE
        ]
        moment = metadata.get("now")
        now = datetime.fromisoformat(moment) if moment else datetime.now(UTC)
        customer = metadata.get("customer")
        form = (tracker.active_loop or {}).get("name")
        return cls(
            text="" if pressed else text,
            file=metadata.get("file"),
            intent=str((message.get("intent") or {}).get("name") or "nlu_fallback"),
            entities=without_rules(
                text, with_plain_faults(text, _values(found, _known_fault(tracker.slots, form)))
            ),
            numbers=_numbers(found, text),
            rest="" if pressed else _without(text, found),
            ranking=tuple(
                (str(guess["name"]), float(guess["confidence"]))
                for guess in message.get("intent_ranking") or ()
                if guess["name"] != "nlu_fallback"
            ),
            also=_also(message, text),
            foreign=any(e["entity"] == "foreign" for e in message.get("entities") or ()),
            slots=dict(tracker.slots),
            form=form,
            acted=_acted(tracker.events, form),
            now=now,
            today=now.astimezone(zone).date(),
            lang="ja" if tracker.slots.get("language") == "ja" else "en",
            thread=str(metadata.get("thread") or tracker.sender_id),
            queued=metadata.get("state") == "queued",
            mail=bool(metadata.get("mail")),
            waits_on_page=bool(metadata.get("waits_on_page", True)),
            customer=Customer(str(customer["id"]), customer.get("name")) if customer else None,
            contact=bool(metadata.get("contact")),
            staffed=bool(metadata.get("staffed", True)),
            verified=frozenset(metadata.get("verified_orders") or ()),
            failures=int(metadata.get("lookup_failures") or 0),
            upset=_mood(message) != "none",
            too_angry=_anger(message) >= float(thresholds.get("anger", 0.6)),
            offer_after=int(thresholds.get("offer_after", 2)),
            handover_after=int(thresholds.get("handover_after", 3)),
        )

    @property
    def asked_for(self) -> str | None:
        """The slot that the active form has asked for."""
        return self.slots.get("requested_slot")

    @property
    def misunderstood(self) -> int:
        """How many messages in a row were not understood before this one."""
        return int(self.slots.get("misunderstood") or 0)

    @property
    def is_question(self) -> bool:
        text = self.text.rstrip()
        marked = text.endswith(("か", "か。")) or "?" in text or "？" in text
        return marked or _ASKS.match(text) is not None

    @property
    def is_only_data(self) -> bool:
        """Whether the message is little more than the number, address or name it gives."""
        if not self.entities:
            return False
        letters = sum(character.isalpha() for character in self.rest)
        return letters <= (8 if self.lang == "ja" else 16)


def _numbers(entities: list[dict[str, Any]], text: str) -> tuple[str, ...]:
    named = [one for one in entities if one["entity"] == "order_number"]
    numbers = tuple(dict.fromkeys(str(one["value"]) for one in named))
    # A correction means the last one alone.
    return numbers[-1:] if len(numbers) > 1 and _CORRECTS.search(text) else numbers


def _also(message: Mapping[str, Any], text: str) -> tuple[str, str] | None:
    for entity in message.get("entities") or ():
        if entity["entity"] == "also":
            return str(entity["value"]), text[entity["start"] : entity["end"]].strip()
    return None


def _mood(message: Mapping[str, Any]) -> str:
    moods = [e["value"] for e in message.get("entities") or () if e["entity"] == "anger"]
    return str(moods[0]) if moods else "none"


def _anger(message: Mapping[str, Any]) -> float:
    scores = [
        float(entity.get("score") or 0.0)
        for entity in message.get("entities") or ()
        if entity["entity"] == "anger"
    ]
    return max(scores, default=0.0)


def _known_fault(slots: Mapping[str, Any], form: str | None) -> str | None:
    complaint: Mapping[str, Any] = slots.get("complaint") or {}
    return (complaint.get("facts") or {}).get("fault") if form == "complaint_form" else None


def _values(entities: list[dict[str, Any]], known_fault: str | None) -> dict[str, str]:
    faults = {entity["value"] for entity in entities if entity["entity"] == "fault"}
    values: dict[str, str] = {}
    for entity in entities:
        name = entity["entity"]
        if name == "fault" and entity["value"] == known_fault and len(faults) > 1:
            # "Not just chipped, it's broken": what is known already is not the news.
            continue
        told = values.get(name)
        if name not in _FIRST_COUNTS or told is None or told in _SAYS_LITTLE:
            values[name] = str(entity["value"])
    return values


def _without(text: str, entities: list[dict[str, Any]]) -> str:
    kept = list(text)
    for entity in entities:
        start, end = entity.get("start"), entity.get("end")
        if isinstance(start, int) and isinstance(end, int):
            kept[start:end] = " " * (min(end, len(kept)) - start)
    return " ".join("".join(kept).split())


def _acted(events: list[dict[str, Any]], form: str | None) -> bool:
    for event in reversed(events or ()):
        if event.get("event") == "user":
            return False
        if (
            event.get("event") == "action"
            and event.get("name") not in _SILENT_ACTIONS
            and event.get("name") != form
        ):
            return True
    return False
