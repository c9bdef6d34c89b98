"""What a lead tells customers before they ask: a delay, an outage, a recall.

A notice may concern a topic, a region, orders in a state, or everybody. It is shown before the
chat, given to whoever asks about its subject, and goes first to those it affects
(`support.outreach.notice_spread`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from support import audit
from support.hints import DESK, QUEUE
from support.messages import Draft, append
from support.orders import Order, OrderState
from support.orders.access import postcode_key
from support.store import Transaction
from support.store.schema import agents, messages, notices
from support.team.agents import Agent
from support.values import Author, Conversation

TOPICS = (
    "delivery", "returns", "payment", "account", "products", "store", "loyalty", "privacy",
    "security", "contact",
)  # fmt: skip
ORDER_STATES = tuple(str(state) for state in OrderState)
# Questions about one's own order are questions about delivery, and so on.
_TOPIC_OF_INTENT = {
    "order_status": "delivery",
    "cancel_order": "delivery",
    "change_order": "delivery",
    "return_order": "returns",
}
KIND = "announcement"
MOST_LISTED = 200
# As much of a postcode as tells a region, and no address.
REGION_DIGITS = 3


class NoSuchNotice(LookupError):
    """No notice has this number. Shown as 404."""


@dataclass(frozen=True)
class Notice:
    """`region`: a country code, or the beginning of a postcode (up to three characters)."""

    id: int
    text_en: str
    text_ja: str
    topic: str | None
    region: str | None
    order_state: str | None
    from_at: datetime
    until_at: datetime
    ended_at: datetime | None
    spread_to: str | None
    created_at: datetime
    author: str

    def text(self, lang: str | None) -> str:
        return self.text_ja if lang == "ja" else self.text_en

    @property
    def about_orders(self) -> bool:
        return self.region is not None or self.order_state is not None

    def stands(self, now: datetime) -> bool:
        return self.ended_at is None and self.from_at <= now < self.until_at


@dataclass(frozen=True)
class OrderFacts:
    """What a notice may ask of an order."""

    state: str
    regions: tuple[str, ...]


def facts_of(order: Order) -> OrderFacts:
    return OrderFacts(str(order.state), regions_of(order))


def regions_of(order: Order) -> tuple[str, ...]:
    """What the region of a notice is compared with: the country, and where the postcode begins."""
    postcode = postcode_key(order.postcode)[:REGION_DIGITS]
    return tuple(part for part in (order.country, postcode) if part)


def topic_of(intent: str | None) -> str | None:
    if intent is None:
        return None
    return _TOPIC_OF_INTENT.get(intent) or intent.removeprefix("faq_")


def fits_order(notice: Notice, order: OrderFacts) -> bool:
    if notice.order_state is not None and notice.order_state != order.state:
        return False
    wanted = (notice.region or "").casefold()
    return not wanted or any(_covers(wanted, region.casefold()) for region in order.regions)


def concerns(notice: Notice, topics: Iterable[str | None], orders: Sequence[OrderFacts]) -> bool:
    """Whether somebody who asks about `topics` and was shown `orders` should hear it."""
    if notice.topic is not None and notice.topic not in topics:
        return False
    if notice.about_orders:
        return any(fits_order(notice, order) for order in orders)
    return True


def _covers(wanted: str, region: str) -> bool:
    # A country's two letters aren't the beginning of a postcode such as "jp1".
    return region == wanted if wanted.isalpha() else region.startswith(wanted)


def create(
    tx: Transaction,
    agent: Agent,
    now: datetime,
    *,
    text_en: str,
    text_ja: str,
    topic: str | None,
    region: str | None,
    order_state: str | None,
    from_at: datetime | None,
    until_at: datetime,
) -> Notice:
    made = tx.execute(
        insert(notices)
        .values(
            text_en=text_en,
            text_ja=text_ja,
            topic=topic,
            region=region,
            order_state=order_state,
            from_at=from_at or now,
            until_at=until_at,
            created_by=agent.id,
            created_at=now,
        )
        .returning(notices.c.id)
    ).scalar_one()
    audit.record(tx, f"agent:{agent.id}", "notice_begun", now, subject=f"notice:{made}")
    _changed(tx)
    return get(tx.connection, made)


def end(tx: Transaction, notice_id: int, agent: Agent, now: datetime) -> Notice:
    """Nobody hears it any more; once more changes nothing. Raises NoSuchNotice."""
    ended = tx.execute(
        update(notices)
        .where(notices.c.id == notice_id, notices.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    if ended.rowcount:
        audit.record(tx, f"agent:{agent.id}", "notice_ended", now, subject=f"notice:{notice_id}")
    _changed(tx)
    return get(tx.connection, notice_id)


def _changed(tx: Transaction) -> None:
    tx.hint(QUEUE, "notice")
    tx.hint(DESK, "notice")


def get(connection: Connection, notice_id: int) -> Notice:
    """Raises NoSuchNotice."""
    row = connection.execute(_ALL.where(notices.c.id == notice_id)).first()
    if row is None:
        raise NoSuchNotice(f"no notice {notice_id}")
    return _notice(row)


def standing(connection: Connection, now: datetime) -> list[Notice]:
    """Those that hold now, the newest first."""
    rows = connection.execute(
        _ALL.where(
            notices.c.until_at > now, notices.c.from_at <= now, notices.c.ended_at.is_(None)
        ).order_by(notices.c.id.desc())
    )
    return [_notice(row) for row in rows]


def listed(connection: Connection) -> list[Notice]:
    """All, the newest first."""
    return [
        _notice(row)
        for row in connection.execute(_ALL.order_by(notices.c.id.desc()).limit(MOST_LISTED))
    ]


def before_chat(connection: Connection, now: datetime) -> Notice | None:
    """The newest that can be understood without an order in hand."""
    return next((one for one in standing(connection, now) if not one.about_orders), None)


def tell_askers(
    tx: Transaction,
    conversation: Conversation,
    intent: str | None,
    replies: Sequence[tuple[str, dict[str, Any]]],
    now: datetime,
) -> None:
    """Say what is to be said before an answer, each notice once a conversation.

    `replies`: kind and data of the assistant's answers. On the website a notice to everybody is
    on the panel already.
    """
    found = standing(tx.connection, now)
    if not found:
        return
    topics = {topic_of(intent), *(data.get("topic") for _, data in replies)}
    orders = [
        OrderFacts(str(data.get("state")), tuple(data.get("regions") or ()))
        for kind, data in replies
        if kind == "order"
    ]
    fitting = [
        one
        for one in found
        if concerns(one, topics, orders)
        and not (one.topic is None and not one.about_orders and conversation.channel == "website")
    ]
    if fitting:
        told = told_in(tx, conversation.id)
        for one in fitting:
            if one.id not in told:
                data = {"notice": one.id}
                draft = Draft(Author.SYSTEM, one.text(conversation.lang), KIND, data=data)
                append(tx, conversation, draft, now)


def told_in(tx: Transaction, conversation_id: str) -> set[int]:
    """The notices that were said in a conversation."""
    said = tx.execute(
        select(messages.c.data).where(
            messages.c.conversation_id == conversation_id, messages.c.kind == KIND
        )
    ).scalars()
    return {int(data["notice"]) for data in said if "notice" in data}


_ALL = select(notices, agents.c.name.label("author")).join(
    agents, agents.c.id == notices.c.created_by
)
_FIELDS = [field.name for field in fields(Notice)]


def _notice(row: Row[Any]) -> Notice:
    return Notice(**{name: getattr(row, name) for name in _FIELDS})
