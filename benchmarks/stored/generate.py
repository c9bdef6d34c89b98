"""Conversations of two years in a database, with all that the desk reads of them.

Written by the driver's own means, without the product's code: a million of them takes minutes, and
through the product it would take days. What the rows look like is the product's; how often a person
was needed, a rating given or a case opened is made up, once and for all (a fixed seed).
"""

import json
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, text

from benchmarks.stored.texts import Said, assistants_words, customers_words
from support.store import Database
from support.store.schema import (
    agents,
    audit,
    cases,
    conversation_labels,
    conversations,
    customer_notes,
    customers,
    desk_logins,
    feedback,
    links,
    messages,
    missed_questions,
    nps,
    outbox,
    reviews,
    tasks,
    threads,
    tickets,
    transitions,
    turns,
)

NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
PIECE = 5000
AGENTS, CUSTOMERS, DAYS = 40, 20_000, 730
OPEN = {"queued": 300, "assigned": 160, "bot": 400}
REASONS = ("asked", "angry", "stuck", "delicate", "complaint", "security")
TOPICS = (
    "order_status", "complaint", "faq_delivery", "return_order", "faq_products", "faq_payment",
    "cancel_order", "faq_account", "faq_store", "faq_loyalty", "change_address", "goodbye",
)  # fmt: skip
FAULTS = ("damaged", "late", "wrong_item", "missing", "taste", None)
_READING = json.dumps(
    {"intent": "faq_delivery", "confidence": 0.91, "language": "en", "anger": "none",
     "ranking": [["faq_delivery", 0.91], ["order_status", 0.04]], "entities": []}
)  # fmt: skip

Rows = dict[str, list[tuple[Any, ...]]]
# Of each table the columns that are filled; the others have their defaults.
COLUMNS: Mapping[Table, Sequence[str]] = {
    agents: ("id", "email", "name", "role", "password_hash", "created_at", "seen_at"),
    desk_logins: ("token_hash", "agent_id", "csrf", "created_at", "expires_at"),
    customers: ("id", "name", "tier", "created_at"),
    threads: (
        "id", "channel", "lang", "last_seq", "read_seq", "page", "created_at", "seen_at",
    ),
    conversations: (
        "id", "thread_id", "number", "state", "agent_id", "channel", "customer_id", "lang",
        "reason", "anger", "topic", "labels", "handled_seq", "last_text", "created_at",
        "updated_at", "resolved_at", "resolved_by",
    ),
    conversation_labels: ("label", "conversation_id"),
    messages: (
        "id", "thread_id", "conversation_id", "seq", "author", "sender", "agent_id", "kind", "text",
        "reading", "epoch", "created_at",
    ),
    turns: (
        "id", "conversation_id", "state", "from_seq", "to_seq", "created_at", "done_at", "outcome",
        "intent", "confidence",
    ),
    transitions: ("conversation_id", "at", "from_state", "to_state", "epoch", "actor", "why"),
    tickets: (
        "conversation_id", "queued_at", "sort_at", "reason", "low_s", "high_s", "closed_at",
        "outcome",
    ),
    cases: (
        "number", "kind", "state", "thread_id", "conversation_id", "fault", "what", "lang",
        "opened_at", "updated_at",
    ),
    feedback: ("conversation_id", "score", "comment", "at"),
    nps: ("customer_id", "conversation_id", "asked_at", "score", "at"),
    missed_questions: ("conversation_id", "text", "lang", "topic", "at", "state"),
    reviews: ("conversation_id", "agent_id", "seq", "verdict", "score", "to_agent_id", "at"),
    tasks: (
        "kind", "conversation_id", "what", "made_by", "made_at", "due_at", "owner_id", "state",
        "closed_at",
    ),
    customer_notes: ("thread_id", "agent_id", "client_id", "text", "at"),
    links: ("channel", "address", "thread_id", "shown_seq", "created_at"),
    outbox: ("channel", "address", "thread_id", "message_id", "state", "next_at", "created_at",
             "sent_at"),
    audit: ("at", "actor", "action", "subject", "detail"),
}  # fmt: skip


class Shop:
    """Makes rows, conversation by conversation, oldest first."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.chance = random.Random(7)  # noqa: S311 - the same conversations every time
        self.said = {lang: customers_words(lang, self.chance) for lang in ("en", "ja")}
        self.answers = {lang: assistants_words(lang) for lang in ("en", "ja")}
        self.message_id = 0
        self.rows: Rows = {}
        self.words: list[tuple[int, str]] = []
        self.open = [state for state, some in OPEN.items() for _ in range(min(some, number // 10))]
        self.threads: list[tuple[str, int, int]] = []  # id, conversations so far, last seq

    def add(self, table: Table, *values: Any) -> None:
        self.rows.setdefault(table.name, []).append(values)

    def taken(self) -> tuple[Rows, list[tuple[int, str]]]:
        found = self.rows, self.words
        self.rows, self.words = {}, []
        return found

    def people(self) -> None:
        later, choices = NOW + timedelta(days=1), self.chance.choices
        for one in range(1, AGENTS + 1):
            self.add(agents, one, f"agent{one}@example.com", f"Agent {one}",
                     "admin" if one == 1 else "lead", "-", NOW, NOW)  # fmt: skip
            self.add(desk_logins, f"{one}", one, "-", NOW, later)
        for one in range(CUSTOMERS):
            tier = choices(("leaf", "bloom", "grove"), (80, 18, 2))[0]
            self.add(customers, f"K{one}", f"Customer {one}", tier, NOW)

    def conversation(self, at: int) -> None:
        chance, id = self.chance, f"{at:024x}"
        back = self.number - 1 - at
        # The open ones are the newest.
        state = self.open[back] if back < len(self.open) else "resolved"
        begun = NOW - timedelta(days=DAYS) * (1 - at / self.number) - timedelta(minutes=5)
        if state != "resolved":
            begun = NOW - timedelta(seconds=chance.randrange(30, 3600))
        # Most matters are settled in minutes, some take days; none ends in the future.
        lasts = chance.choices((4, 40, 600, 2880), (70, 20, 7, 3))[0] * (0.5 + chance.random())
        ended = min(begun + timedelta(minutes=lasts), NOW)
        lang = chance.choices(("en", "ja"), (60, 40))[0]
        channel = chance.choices(("website", "telegram"), (85, 15))[0]
        agent = chance.randrange(1, AGENTS + 1)
        person = state in ("queued", "assigned") or chance.random() < 0.2
        reason = chance.choice(REASONS) if person else None
        topic = chance.choice(TOPICS)
        resolved = state == "resolved"
        customer = f"K{chance.randrange(CUSTOMERS)}" if chance.random() < 0.3 else None
        labels = ["wholesale"] if chance.random() < 0.01 else []
        thread, number, seq = self.thread(id, channel, lang, begun, ended)
        said = self.exchange(id, thread, seq, lang, begun, person and state != "queued", agent)
        holder = agent if state == "assigned" else None
        self.add(
            conversations, id, thread, number, state, holder, channel, customer, lang, reason,
            chance.choices(("none", "displeased", "angry"), (85, 10, 5))[0], topic,
            json.dumps(labels), seq + len(said), said[-1].text, begun, ended,
            ended if resolved else None, agent if resolved and person else None,
        )  # fmt: skip
        if labels:
            self.add(conversation_labels, "wholesale", id)
        if person:
            self.wait(id, state, str(reason), begun, ended, agent)
        if resolved:
            self.add(transitions, id, ended, "assigned" if person else "bot", "resolved", 9,
                     f"agent:{agent}" if person else "system", "idle")  # fmt: skip
            self.aftermath(id, thread, topic, lang, ended, customer, agent, said)
        if channel == "telegram":
            self.add(outbox, "telegram", f"{at}", thread, self.message_id, "sent", ended, begun,
                     ended)  # fmt: skip

    def thread(
        self, id: str, channel: str, lang: str, begun: datetime, ended: datetime
    ) -> tuple[str, int, int]:
        """A new one, or one of the last thousand visitors comes again."""
        if self.threads and self.chance.random() < 0.15:
            place = self.chance.randrange(len(self.threads))
            thread, number, seq = self.threads[place]
            self.threads[place] = (thread, number + 1, seq + 4)
            return thread, number + 1, seq
        thread = f"t{id[1:]}"
        page = "https://shop.example/"
        self.add(threads, thread, channel, lang, 40, 40, page, begun, ended)
        if len(self.threads) >= 1000:
            self.threads.pop(self.chance.randrange(1000))
        self.threads.append((thread, 1, 4))
        if self.chance.random() < 0.02:
            self.add(links, "telegram", f"l{id}", thread, 0, begun)
        return thread, 1, 0

    def exchange(
        self, id: str, thread: str, seq: int, lang: str, begun: datetime, person: bool, agent: int
    ) -> list[Said]:
        chance, said = self.chance, []
        for place, author in enumerate(("customer", "bot", "customer", "agent" if person else
                                        "bot"), 1):  # fmt: skip
            one = chance.choice((self.answers if author == "bot" else self.said)[lang])
            mine = agent if author == "agent" else None
            self.message_id += 1
            self.add(
                messages, self.message_id, thread, id, seq + place, author,
                f"agent:{mine}" if mine else author, mine, "text", one.text,
                _READING if author == "customer" else None, 1, begun + timedelta(minutes=place),
            )  # fmt: skip
            self.words.append((self.message_id, one.words))
            said.append(one)
        intents = (chance.choice(TOPICS), chance.choice((*TOPICS, "thank", "thank", "goodbye")))
        for place, intent in enumerate(intents):
            at = begun + timedelta(minutes=2 * place + 1)
            self.add(turns, f"{id}{place}", id, "done", seq + 2 * place + 1, seq + 2 * place + 1,
                     at, at + timedelta(seconds=1), "answered", intent,
                     0.3 if chance.random() < 0.02 else 0.9)  # fmt: skip
        return said

    def wait(
        self, id: str, state: str, reason: str, begun: datetime, ended: datetime, agent: int
    ) -> None:
        over = state != "queued"
        outcome = self.chance.choices(("claimed", "cancelled"), (9, 1))[0] if over else None
        claimed = min(begun + timedelta(seconds=self.chance.randrange(20, 900)), NOW)
        self.add(tickets, id, begun, begun, reason, 60, 300, claimed if over else None, outcome)
        self.add(transitions, id, begun, "bot", "queued", 2, "bot", reason)
        if over:
            self.add(transitions, id, claimed, "queued", "assigned", 3, f"agent:{agent}", "claim")

    def aftermath(
        self,
        id: str,
        thread: str,
        topic: str,
        lang: str,
        ended: datetime,
        customer: str | None,
        agent: int,
        said: Sequence[Said],
    ) -> None:
        chance = self.chance
        asked = said[0].text
        if chance.random() < 0.1:
            comment = asked if chance.random() < 0.3 else None
            self.add(feedback, id, chance.choice((1, 3, 4, 5, 5)), comment, ended)
        if topic == "complaint" or chance.random() < 0.01:
            kind = "complaint" if topic == "complaint" else "idea"
            self.add(cases, f"C-{id[12:]}", kind, "done", thread, id, chance.choice(FAULTS), asked,
                     lang, ended, ended)  # fmt: skip
        if chance.random() < 0.03:
            state = "open" if chance.random() < 0.1 else "answered"
            self.add(missed_questions, id, asked, lang, topic, ended, state)
        if chance.random() < 0.005:
            verdict = chance.choice(("good", "wrong_intent", "wrong_article", "tone"))
            self.add(reviews, id, 1, 1, verdict, chance.randrange(1, 6), agent, ended)
        if customer and chance.random() < 0.05:
            self.add(nps, customer, id, ended, chance.choice((None, 2, 7, 9, 10)), ended)
        if chance.random() < 0.01:
            self.add(tasks, "promise", id, asked, "bot", ended, ended, agent, "done", ended)
            self.add(customer_notes, thread, agent, id, "Prefers e-mail.", ended)
        if chance.random() < 0.2:
            action = chance.choice(("seen", "seen", "seen", "export", "resolved"))
            self.add(audit, ended, f"agent:{agent}", action, id, None)


def generate(db: Database, number: int) -> None:
    """Fill a migrated, empty database with `number` conversations."""
    made = Shop(number)
    made.people()
    connection = db.engine.raw_connection()
    try:
        store = _Sqlite(connection) if db.is_sqlite else _Postgresql(connection)
        for start in range(0, number, PIECE):
            for at in range(start, min(start + PIECE, number)):
                made.conversation(at)
            rows, words = made.taken()
            for table, columns in COLUMNS.items():
                if table.name in rows:
                    store.add(table.name, columns, rows[table.name])
            store.add_words(words)
            store.commit()
            if start % (PIECE * 20) == 0:
                print(f"  {start:,} of {number:,}", file=sys.stderr, flush=True)
    finally:
        connection.close()
    if not db.is_sqlite:
        # The rows brought their own numbers.
        db.write(
            lambda tx: tx.execute(
                text("SELECT setval(pg_get_serial_sequence('messages', 'id'), :last)"),
                {"last": made.message_id},
            )
        )


class _Sqlite:
    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        for pragma in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-400000"):
            self._cursor.execute(f"PRAGMA {pragma}")
        self._cursor.execute("BEGIN")

    def add(self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        places = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608
        self._cursor.executemany(statement, (tuple(map(_stored, row)) for row in rows))

    def add_words(self, words: Iterable[tuple[int, str]]) -> None:
        self._cursor.executemany("INSERT INTO message_words (rowid, words) VALUES (?, ?)", words)

    def commit(self) -> None:
        self._cursor.execute("COMMIT")
        self._cursor.execute("BEGIN")


def _stored(value: Any) -> Any:
    """As SQLAlchemy writes a date for SQLite."""
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


class _Postgresql:
    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._cursor = connection.cursor()

    def add(self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        with self._cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def add_words(self, words: Iterable[tuple[int, str]]) -> None:
        self._cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS said (id BIGINT, words TEXT)")
        with self._cursor.copy("COPY said (id, words) FROM STDIN") as copy:
            for one in words:
                copy.write_row(one)
        self._cursor.execute(
            "INSERT INTO message_words (message_id, words)"
            " SELECT id, array_to_tsvector(array_remove(string_to_array(words, ' '), '')) FROM said"
        )
        self._cursor.execute("TRUNCATE said")

    def commit(self) -> None:
        self._connection.commit()
