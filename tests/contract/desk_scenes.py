"""Conversations as the desk meets them, made by the domain's own functions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from demo.orders import demo_orders
from support import conversations, inbox
from support.cases import cases
from support.customers import visitors
from support.customers.visitors import Identity
from support.handover import handoff
from support.messages import Draft, append
from support.orders import Order, OrderState
from support.playbook.playbook import Playbook
from support.reports import feedback
from support.store import Transaction
from support.store.schema import messages as messages_table
from support.store.schema import missed_questions, turns
from support.tasks import promises
from support.values import Author, Conversation, Thread, topic_after


@dataclass
class Scene:
    """A customer's conversation, told line by line; `at` moves on by itself."""

    tx: Transaction
    playbook: Playbook
    at: datetime
    lang: str = "en"
    identity: Identity | None = None
    channel: str = "website"
    step: timedelta = timedelta(seconds=20)

    def __post_init__(self) -> None:
        self.thread: Thread
        self.conversation: Conversation
        self.thread, self.conversation = visitors.arrive(
            self.tx,
            channel=self.channel,
            now=self.at,
            lang=self.lang,
            identity=self.identity,
            playbook=self.playbook,
            page="/shop",
            address=uuid4().hex[:9] if self.channel == "telegram" else None,
        )
        self._learn(lang=self.lang)

    def _learn(self, **values: Any) -> None:
        self.conversation = conversations.get(self.tx.connection, self.conversation.id)
        self.conversation = conversations.note(self.tx, self.conversation, **values)

    def customer(
        self, text: str, intent: str = "complaint", confidence: float = 0.93, anger: str = "none",
        entities: tuple[tuple[str, str], ...] = (),
    ) -> int:  # fmt: skip
        self.at += self.step
        accepted = inbox.accept_text(self.tx, self.thread.id, text, uuid4().hex, self.at)
        rest = 1 - confidence
        reading = {
            "intent": intent,
            "confidence": confidence,
            "anger": anger,
            "language": self.lang,
            "ranking": [
                {"name": intent, "confidence": confidence},
                {"name": "request_human", "confidence": round(rest * 0.6, 2)},
                {"name": "faq_delivery", "confidence": round(rest * 0.3, 2)},
            ],
            "entities": [{"entity": name, "value": value} for name, value in entities],
        }
        self.tx.execute(
            messages_table.update()
            .where(messages_table.c.id == accepted.id)
            .values(reading=reading)
        )
        # The turn counts as served: these scenes have no assistant running.
        self.tx.execute(
            turns.update()
            .where(turns.c.conversation_id == self.conversation.id)
            .values(state="done", done_at=self.at)
        )
        self._learn(handled_seq=accepted.seq, topic=topic_after(self.conversation.topic, intent))
        if anger != "none":
            self._learn(anger=anger)
        return accepted.seq

    def bot(
        self, text: str, message: str = "text", buttons: tuple[str, ...] = (), **data: Any
    ) -> int:
        """`message`: its kind; `data` goes with it."""
        self.at += timedelta(seconds=1)
        draft = Draft(
            Author.BOT, text, message, data=data, buttons=[(title, "/affirm") for title in buttons]
        )
        return append(self.tx, self.conversation, draft, self.at).seq

    def shows(self, order: Order, text: str) -> None:
        self.bot(text, "order", number=order.number, state=str(order.state), late=True)
        self._learn(verified_orders=[order.number])
        self.facts(order_number=order.number)

    def facts(self, **facts: str) -> None:
        self._learn(facts={**self.conversation.facts, **facts})

    def case(self, **understood: Any) -> str:
        return cases.open_case(self.tx, self.conversation, understood, "C", self.at).number

    def promise(self, what: str, hours: float) -> None:
        due = promises.due(self.playbook, self.at, hours)
        promises.make(self.tx, self.conversation.id, what, due, "bot", self.at)

    def handed_over(self, reason: str) -> None:
        self.at += timedelta(seconds=1)
        self.conversation = handoff.hand_over(
            self.tx, self.thread, self.conversation, reason=reason, note={}, actor="bot",
            playbook=self.playbook, now=self.at,
        )  # fmt: skip

    def resolved(self, score: int | None = None, comment: str | None = None) -> None:
        self.at += self.step
        self.conversation = handoff.resolve(
            self.tx, conversations.get(self.tx.connection, self.conversation.id), actor="customer",
            why="answered", agent_id=None, playbook=self.playbook, now=self.at,
        )  # fmt: skip
        if score is not None:
            feedback.give(self.tx, self.conversation, score, comment, self.at)

    def missed(self, text: str, topic: str) -> None:
        self.tx.execute(
            missed_questions.insert().values(
                conversation_id=self.conversation.id, text=text, lang=self.lang, topic=topic,
                at=self.at,
            )
        )  # fmt: skip


def a_shop_at_noon(tx: Transaction, playbook: Playbook, now: datetime) -> dict[str, str]:
    """Some ten conversations in all states; the ids of those that tests ask for by name."""
    today = now.astimezone(playbook.hours.zone).date()
    orders = demo_orders(today)
    late = next(o for o in orders if o.is_late(today) and o.state is OrderState.SHIPPED)
    theirs = next(o for o in orders if o.state is OrderState.DELIVERED and o.lang == "ja")
    minutes = timedelta(minutes=1)

    angry = Scene(tx, playbook, now - 9 * minutes)
    angry.customer("Hi, where is my order? It should have been here last week.", "order_status")
    angry.bot("I'll look it up. Which order is it, and which e-mail address is on it?")
    angry.customer(
        f"{late.number}, {late.email}", "inform", 0.98,
        entities=(("order_number", late.number), ("email", late.email)),
    )  # fmt: skip
    angry.shows(
        late,
        f"I'm sorry: {late.number} should have arrived on {late.expected_on}, and it hasn't. It "
        "left Kyoto on time and was last seen at customs.",
    )
    angry.customer(
        "This is ridiculous. It was a wedding present and the wedding is on SATURDAY. I have "
        "asked twice already!!",
        "complaint", 0.95, "angry", (("fault", "late"), ("date", "Saturday")),
    )  # fmt: skip
    angry.facts(fault="late", date="Saturday", wish="replacement")
    angry.bot(
        "I'm sorry. A present that is late for a wedding can't simply be sent again next week. "
        "I'm passing this to a person now, with everything you've told me."
    )
    angry.case(kind="complaint", order_number=late.number, what="late for a wedding", fault="late",
               wish="replacement")  # fmt: skip
    angry.promise("find out where the parcel is", 2)
    angry.handed_over("angry")
    angry.customer("Please, before Friday.", "inform", 0.61)

    broken = Scene(
        tx, playbook, now - 4 * minutes, "ja",
        Identity("cust-ja-1", "佐藤 美咲", "misaki.sato@example.jp", "bloom"),
    )  # fmt: skip
    broken.customer("昨日届いた急須の注ぎ口が欠けていました。", "complaint", 0.96, "displeased",
                    (("item", "kyusu"), ("fault", "chipped")))  # fmt: skip
    broken.bot(
        "急須の注ぎ口が欠けた状態でお届けしてしまい、誠に申し訳ございません。"
        "交換とご返金のどちらをご希望でしょうか。",
        buttons=("交換", "返金", "担当者と話す"),
    )
    broken.customer("交換でお願いします。母の誕生日が日曜日なので間に合いますか？", "inform", 0.88)
    broken.facts(item="kyusu", fault="chipped", wish="replacement", order_number=theirs.number)
    number = broken.case(
        kind="complaint", order_number=theirs.number, item="kyusu", fault="chipped",
        wish="replacement", what="注ぎ口が欠けている",
    )  # fmt: skip
    broken.bot(
        f"かしこまりました。交換のご希望を{number}として承りました。"
        "日曜日に間に合うかどうか、担当者が確認いたします。",
        "case", number=number, kind="complaint", state="open",
    )  # fmt: skip
    broken.handed_over("complaint")

    security = Scene(tx, playbook, now - 2 * minutes, channel="telegram")
    security.customer(
        "I got a mail from hanamori-pay.example asking for my card number, I think I typed it in: "
        "4111 1111 1111 1111",
        "security_concern", 0.97,
    )  # fmt: skip
    security.bot(
        "Please call your card company now and have the card blocked. We never ask for card "
        "numbers by mail.",
        "article", id="phishing", title="Suspicious mails", url="/help/en/phishing",
    )  # fmt: skip
    security.handed_over("security")

    asked = Scene(tx, playbook, now - 1 * minutes)
    asked.customer("Could I talk to a real person about a bulk order? 60 yunomi cups for our "
                   "office.", "request_human", 0.9)  # fmt: skip
    asked.handed_over("asked")

    chatting = Scene(tx, playbook, now - 6 * minutes, "ja")
    chatting.customer("送料はいくらですか？", "faq_delivery", 0.97)
    chatting.bot(
        "日本国内は全国一律660円、6,600円以上のご注文で無料です。",
        "article", id="delivery-cost", title="送料について", url="/help/ja/delivery-cost",
    )  # fmt: skip
    chatting.customer("ありがとうございます", "thank", 0.99)
    chatting.bot("どういたしまして。ほかにもございましたら、いつでもお知らせください。")

    puzzled = Scene(tx, playbook, now - 3 * minutes)
    puzzled.customer("can the kettle go on an open camp fire", "faq_products", 0.41)
    puzzled.bot("I'm not sure I know that one. Would you like me to ask a person?",
                buttons=("Yes, please", "No, thanks"))  # fmt: skip
    puzzled.missed("can the kettle go on an open camp fire", "products")

    for age, score, lang, question, answer in (
        (26, 5, "en", "do you ship to norway", "Yes: by EMS in 5 to 10 business days, 3,200 yen."),
        (50, 4, "ja", "ギフト包装はできますか", "はい。330円で承ります。のしは無料です。"),
        (75, 2, "en", "is there parking at the shop", "No, but there is coin parking nearby."),
    ):
        done = Scene(tx, playbook, now - timedelta(hours=age), lang)
        done.customer(question, "faq_store", 0.9)
        done.bot(answer, "article", id="x", title="Help", url=f"/help/{lang}/")
        done.resolved(score, "Quick!" if score == 5 else None)
    return {
        "angry": angry.conversation.id,
        "broken": broken.conversation.id,
        "security": security.conversation.id,
        "asked": asked.conversation.id,
        "bot": chatting.conversation.id,
        "puzzled": puzzled.conversation.id,
    }
