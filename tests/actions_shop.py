"""A small shop for the actions, and a way to play one message to one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher

import actions
from support.cases.cases import Case
from support.knowledge.knowledge import Hit, SearchResult
from support.orders import (
    Order,
    OrderAccess,
    OrderEffect,
    OrderItem,
    OrderState,
    OrdersUnavailable,
    Restriction,
)
from support.orders.refunds import PaidBack
from support.playbook.hours import Hours

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
EMAIL, POSTCODE = "tanaka@example.com", "604-8091"
DOMAIN: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "domain.yml").read_text(encoding="utf-8")
)

KYUSU = OrderItem("kyusu", "Tokoname kyusu teapot", "常滑焼 急須", 1, 6480)
SENCHA = OrderItem("sencha-midori", "Sencha Midori", "煎茶「みどり」", 2, 1296, opened_ok=False)
ENGRAVED = OrderItem(
    "engraved-cup", "Engraved cup", "名入れ湯呑み", 1, 3080, False, restriction=Restriction.ENGRAVED
)


def order(
    number: str,
    state: str,
    *items: OrderItem,
    expected: int | None = None,
    shipped: int | None = None,
    delivered: int | None = None,
    customer: str | None = None,
) -> Order:
    """An order whose dates are days from today."""

    def moment(days: int | None) -> datetime | None:
        return None if days is None else NOW + timedelta(days=days)

    return Order(
        number=number,
        state=OrderState(state),
        lang="en",
        customer_id=customer,
        name="Tanaka",
        email=EMAIL,
        postcode=POSTCODE,
        country="JP",
        placed_at=NOW - timedelta(days=60),
        paid_at=NOW - timedelta(days=60),
        shipped_at=moment(shipped),
        expected_on=None if expected is None else TODAY + timedelta(days=expected),
        delivered_at=moment(delivered),
        cancelled_at=None,
        carrier=None if shipped is None else "yamato",
        tracking_number=None if shipped is None else "1234",
        tracking_url=None if shipped is None else "https://track.example/1234",
        payment="card",
        total=9072,
        items=items or (KYUSU,),
    )


ORDERS = {
    one.number: one
    for one in (
        order("HN-10001", "awaiting_payment"),
        order("HN-10002", "preparing", KYUSU, SENCHA, expected=3, customer="c1"),
        order("HN-10003", "shipped", SENCHA, expected=2, shipped=-1, customer="c1"),
        order("HN-10004", "shipped", expected=-3, shipped=-7),
        order("HN-10005", "delivered", KYUSU, SENCHA, shipped=-7, delivered=-5, customer="c1"),
        order("HN-10006", "delivered", ENGRAVED, shipped=-7, delivered=-5),
        order("HN-10007", "delivered", shipped=-60, delivered=-50),
        order("HN-10008", "cancelled"),
        order("HN-10011", "preparing", expected=-1),
    )
}
UNREACHABLE = "HN-99999"


class Orders:
    def by_number(self, number: str) -> Order | None:
        if number == UNREACHABLE:
            raise OrdersUnavailable("switched off")
        return ORDERS.get(number)

    def apply(self, effect: OrderEffect) -> None:
        raise AssertionError("the assistant's actions read; nothing they do touches an order")

    def of_customer(self, customer_id: str) -> tuple[Order, ...]:
        return tuple(one for one in ORDERS.values() if one.customer_id == customer_id)


class Articles:
    """Answers what speaks of delivery, wavers about gifts, knows nothing else."""

    HITS = tuple(
        Hit(id, title, 0.9, "en", topic, answer, f"/help/en/{id}")
        for id, title, topic, answer in (
            ("delivery-times", "How long delivery takes", "delivery", "One to three days."),
            ("gift-wrapping", "Gift wrapping", "store", "We wrap gifts for 330 yen."),
            ("phishing", "Suspicious mail", "security", "Please don't click anything."),
        )
    )

    def search(
        self, query: str, *, lang: str | None = None, topic: str | None = None, top: int = 5
    ) -> SearchResult:
        if "delivery" in query:
            return SearchResult(query, "en", "answer", self.HITS[:1])
        if "mail" in query:
            return SearchResult(query, "en", "answer", self.HITS[2:])
        if "gift" in query:
            return SearchResult(query, "en", "clarify", self.HITS[:2])
        return SearchResult(query, "en", "none", self.HITS)

    def detail(self, id: str, lang: str, asked: str, context: str) -> str | None:
        return f"Of {id}, to {asked!r}."

    def article(self, id: str, lang: str) -> Any:
        for hit in self.HITS:
            if hit.id == id:
                return SimpleNamespace(**{**vars_of(hit), "lang": lang})
        return None


def vars_of(hit: Hit) -> dict[str, Any]:
    return {name: getattr(hit, name) for name in ("id", "title", "topic", "answer")}


CASE = Case(
    number="C-123456",
    kind="complaint",
    state="in_progress",
    thread_id="thread",
    conversation_id="conversation",
    customer_id=None,
    order_number="HN-10004",
    what=None,
    item=None,
    fault=None,
    wish=None,
    happened_on=None,
    details={},
    lang="en",
    opened_at=NOW - timedelta(days=2),
    updated_at=NOW - timedelta(days=1),
)


class Cases:
    def find(self, number: str, *, thread_id: str, customer_id: str | None) -> Case | None:
        return CASE if number == CASE.number and thread_id == CASE.thread_id else None

    def by_number(self, number: str) -> Case | None:
        return CASE if number == CASE.number else None

    def of_thread(self, thread_id: str, customer_id: str | None) -> tuple[Case, ...]:
        return (CASE,) if thread_id == CASE.thread_id else ()


class PaidBackBook:
    """Which orders an agent had refunded."""

    def __init__(self) -> None:
        self.refunds: dict[str, PaidBack] = {}

    def of_order(self, number: str) -> PaidBack | None:
        return self.refunds.get(number)


HOURS = Hours(ZoneInfo("Asia/Tokyo"), ((time(9), time(18)),) * 6 + (None,))


def services() -> Any:
    return SimpleNamespace(
        paid_back=PaidBackBook(),
        orders=OrderAccess(Orders(), sleep=lambda seconds: None),
        knowledge=Articles(),
        cases=Cases(),
        playbook=SimpleNamespace(opening=SimpleNamespace(timezone="Asia/Tokyo"), hours=HOURS),
    )


@dataclass(frozen=True)
class Played:
    """What an action did with one message."""

    responses: tuple[str, ...]
    texts: tuple[str, ...]
    cards: tuple[dict[str, Any], ...]
    buttons: tuple[dict[str, str], ...]
    commands: tuple[dict[str, Any], ...]
    slots: dict[str, Any]
    form: str | None
    """The active form afterwards."""
    next_action: str | None
    rejected: bool

    def command(self, type: str) -> dict[str, Any]:
        """The one command of this type."""
        (found,) = [command for command in self.commands if command["type"] == type]
        return found

    @property
    def said(self) -> str:
        return "\n".join(self.texts)


class Dialogue:
    """Plays messages to actions, keeping slots and form between them as Rasa would."""

    def __init__(self, lang: str = "en", **metadata: Any) -> None:
        self.executor = ActionExecutor()
        self.executor.register_package(actions)
        self.slots: dict[str, Any] = {"language": lang}
        self.form: str | None = None
        self.metadata: dict[str, Any] = {
            "now": NOW.isoformat(),
            "state": "bot",
            "thread": "thread",
            "verified_orders": [],
            "lookup_failures": 0,
            "mail": True,
            "waits_on_page": True,
            "thresholds": {"anger": 0.6, "offer_after": 2, "handover_after": 3},
            **metadata,
        }

    async def play(
        self,
        action: str,
        text: str,
        intent: str,
        acted: bool = False,
        anger: float = 0.0,
        mood: str = "none",
        ranking: Sequence[tuple[str, float]] = (),
        also: tuple[str, str] | None = None,
        numbers: Sequence[str] = (),
        **entities: str,
    ) -> Played:
        for name, value in entities.items():
            slot = "proof" if name in {"email", "postcode"} else name
            if slot in DOMAIN["slots"]:
                self.slots[slot] = value
        found = [_found(text, name, value) for name, value in entities.items()]
        found += [_found(text, "order_number", number) for number in numbers]
        found.append({"entity": "anger", "value": mood, "score": anger})
        if also is not None:
            intent_of_it, words = also
            found.append({**_found(text, "also", words), "value": intent_of_it})
        events: list[dict[str, Any]] = [{"event": "user"}]
        if acted:
            events.append({"event": "action", "name": "action_answer"})
        tracker = Tracker.from_dict(
            {
                "sender_id": "thread",
                "slots": dict(self.slots),
                "latest_message": {
                    "text": text,
                    "intent": {"name": intent},
                    "intent_ranking": [{"name": n, "confidence": c} for n, c in ranking],
                    "entities": found,
                    "metadata": self.metadata,
                },
                "events": events,
                "active_loop": {"name": self.form} if self.form else {},
                "latest_action_name": "action_listen",
                "paused": False,
                "followup_action": None,
            }
        )
        dispatcher = CollectingDispatcher()
        done = await self.executor.actions[action](dispatcher, tracker, {})
        return self._played(dispatcher.messages, done)

    async def form_step(
        self, text: str, intent: str, anger: float = 0.0, **entities: str
    ) -> Played:
        """The next message inside the active form."""
        return await self.play(f"validate_{self.form}", text, intent, anger=anger, **entities)

    def _played(self, messages: list[dict[str, Any]], events: list[dict[str, Any]]) -> Played:
        before = self.form
        slots = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
        self.slots |= slots
        for event in events:
            if event["event"] == "active_loop":
                self.form = event["name"]
        if before and before == self.form and slots.get("requested_slot", "kept") is None:
            self.form = None  # as FormAction does when nothing is requested any more
        said = [message for message in messages if message["response"]]
        custom = [message["custom"] for message in messages if message["custom"]]
        lang = self.slots.get("language") or "en"
        commands = [command for one in custom for command in one.get("commands", ())]
        self.metadata["lookup_failures"] += sum(c["type"] == "lookup_failed" for c in commands)
        self.metadata["verified_orders"] += [
            c["order_number"] for c in commands if c["type"] == "order_shown"
        ]
        follows = [event["name"] for event in events if event["event"] == "followup"]
        return Played(
            responses=tuple(message["response"] for message in said),
            texts=tuple(rendered(message, lang)["text"] for message in said),
            cards=tuple(one for one in custom if "kind" in one),
            buttons=tuple(
                button
                for message in said
                for button in [*rendered(message, lang).get("buttons", []), *message["buttons"]]
            ),
            commands=tuple(commands),
            slots=slots,
            form=self.form,
            next_action=follows[-1] if follows else None,
            rejected=any(event["event"] == "action_execution_rejected" for event in events),
        )


def _found(text: str, name: str, value: str) -> dict[str, Any]:
    start = max(text.find(value), 0)
    end = start + len(value) if value in text else start
    return {"entity": name, "value": value, "start": start, "end": end}


def variations(response: str, lang: str) -> list[dict[str, Any]]:
    """The variations that Rasa would choose from."""
    every: list[dict[str, Any]] = DOMAIN["responses"][response]
    fitting = [one for one in every if any(c["value"] == lang for c in one.get("condition", ()))]
    return fitting or [one for one in every if "condition" not in one]


def rendered(message: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """The first variation of a message's response, filled in. Raises KeyError like Rasa logs."""
    chosen = variations(message["response"], lang)[0]
    values = {name: value for name, value in message.items() if isinstance(value, str)}
    return {**chosen, "text": chosen["text"].format(**values)}
