"""The desk with very many conversations stored: `python -m benchmarks.desk_pages`.

Generates conversations of two years (`--conversations`, a million by default; nearly all resolved,
a few hundred waiting or held), then times what the desk's pages ask the database for, and prints
the plan of every statement with `--plans`. SQLite in a temporary folder, or with `--postgresql` a
server that is started for it (or OMOTENASHI_TEST_POSTGRES). `--keep FILE` keeps the SQLite file and
takes it up again. Times are of the reading alone: HTTP and JSON come on top, some milliseconds.
"""

import argparse
import contextlib
import json
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

from sqlalchemy import Connection, Table, event, insert, select, text

from desk.detail import detail
from omotenashi.parts import PLAYBOOK
from support import conversations, messages
from support.handover import presence
from support.handover.unanswered import unanswered
from support.playbook.playbook import Playbook, load_playbook
from support.store import Database
from support.store.migrate import migrate
from support.store.schema import agents as agents_table
from support.store.schema import (
    conversation_labels,
    customers,
    desk_logins,
    feedback,
    threads,
    tickets,
    transitions,
)
from support.store.schema import conversations as conversations_table
from support.store.schema import messages as messages_table
from support.team import agents
from support.transcripts import exports
from support.transcripts.search import index_all
from support.transcripts.transcripts import Filters, counts_for, list_conversations

NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
PIECE = 2000
AGENTS, CUSTOMERS = 40, 20_000
OPEN = {"queued": 300, "assigned": 160, "bot": 400}
AIM_MS = 150
SAID = {
    "en": (
        "Hello, my order {n} has not arrived and it was promised for Friday.",
        "The {thing} came with a crack in it, could you send me another one?",
        "Do you deliver to {place}, and what does it cost?",
        "I would like to return the {thing}. It is unused and still in its box.",
        "Thank you, that is very kind. One more thing: is the {thing} safe in a dishwasher?",
    ),
    "ja": (
        "注文{n}がまだ届きません。金曜日に届くはずでした。",
        "届いた{thing}にひびが入っていました。交換していただけますか。",
        "{place}への送料はいくらですか。",
        "{thing}を返品したいのですが、箱のまま未使用です。",
        "ありがとうございます。{thing}は食洗機で洗えますか。",
    ),
}
THINGS = {
    "en": (
        "teapot",
        "kyusu",
        "whisk",
        "iron kettle",
        "tea caddy",
        "yunomi",
        "matcha bowl",
        "sencha",
    ),
    "ja": ("急須", "湯呑み", "茶筅", "鉄瓶", "茶筒", "抹茶茶碗", "煎茶", "ほうじ茶"),
}
PLACES = {"en": ("Canada", "Leeds", "Porto", "Osaka"), "ja": ("札幌", "那覇", "松江", "台湾")}
REASONS = ("asked", "angry", "stuck", "delicate", "complaint", "security")
TOPICS = (
    "order_status",
    "complaint",
    "faq_delivery",
    "return_order",
    "faq_products",
    "faq_payment",
)


def sentence(chance: random.Random, lang: str) -> str:
    return chance.choice(SAID[lang]).format(
        n=f"HN-{chance.randrange(10_000, 99_999)}",
        thing=chance.choice(THINGS[lang]),
        place=chance.choice(PLACES[lang]),
    )


def generate(db: Database, number: int) -> None:
    chance = random.Random(7)  # noqa: S311 - the same conversations every time
    people = [
        {
            "id": one, "email": f"agent{one}@example.com", "name": f"Agent {one}", "role": "lead",
            "password_hash": "-", "created_at": NOW, "seen_at": NOW,
        }
        for one in range(1, AGENTS + 1)
    ]  # fmt: skip
    signed_in = [
        {
            "token_hash": f"{one}", "agent_id": one, "csrf": "-", "created_at": NOW,
            "expires_at": NOW + timedelta(days=1),
        }
        for one in range(1, AGENTS + 1)
    ]  # fmt: skip
    buyers = [
        {
            "id": f"K{one}", "name": f"Customer {one}", "created_at": NOW,
            "tier": chance.choices(("leaf", "bloom", "grove"), (80, 18, 2))[0],
        }
        for one in range(CUSTOMERS)
    ]  # fmt: skip
    db.write(lambda tx: tx.execute(insert(agents_table), people))
    db.write(lambda tx: tx.execute(insert(desk_logins), signed_in))
    db.write(lambda tx: tx.execute(insert(customers), buyers))
    states = [state for state, some in OPEN.items() for _ in range(min(some, number // 10))]
    for start in range(0, number, PIECE):
        rows: dict[Table, list[dict[str, Any]]] = {}
        for at in range(start, min(start + PIECE, number)):
            # The open ones are the newest.
            back = number - 1 - at
            _one(rows, chance, at, states[back] if back < len(states) else "resolved", number)

        def store(tx: Any, rows: dict[Table, list[dict[str, Any]]] = rows) -> None:
            for table, made in rows.items():
                tx.execute(insert(table), made)

        db.write(store)
        if start % (PIECE * 25) == 0:
            print(f"  {start:,} of {number:,}", file=sys.stderr, flush=True)
    print("  words", file=sys.stderr, flush=True)
    db.write(index_all)


def _one(
    rows: dict[Table, list[dict[str, Any]]],
    chance: random.Random,
    at: int,
    state: str,
    number: int,
) -> None:
    def add(table: Table, **values: Any) -> None:
        rows.setdefault(table, []).append(values)

    lang = chance.choices(("en", "ja"), (60, 40))[0]
    id, thread = f"{at:024x}", f"t{at:023x}"
    begun = NOW - timedelta(days=730) * (1 - at / number) - timedelta(minutes=5)
    if state != "resolved":
        begun = NOW - timedelta(seconds=chance.randrange(30, 3600))
    ended = begun + timedelta(minutes=4)
    person = state in ("queued", "assigned") or chance.random() < 0.2
    agent = chance.randrange(1, AGENTS + 1)
    reason = chance.choice(REASONS) if person else None
    channel = chance.choices(("website", "telegram"), (85, 15))[0]
    labels = ["wholesale"] if chance.random() < 0.01 else []
    add(
        threads, id=thread, channel=channel, lang=lang, last_seq=4, read_seq=4, created_at=begun,
        seen_at=ended,
    )  # fmt: skip
    add(
        conversations_table, id=id, thread_id=thread, number=1, state=state, channel=channel,
        customer_id=f"K{chance.randrange(CUSTOMERS)}" if chance.random() < 0.3 else None, lang=lang,
        reason=reason, anger=chance.choices(("none", "displeased", "angry"), (85, 10, 5))[0],
        agent_id=agent if state == "assigned" else None, topic=chance.choice(TOPICS), labels=labels,
        last_text=sentence(chance, lang), created_at=begun, updated_at=ended,
        resolved_at=ended if state == "resolved" else None,
        resolved_by=agent if state == "resolved" and person else None,
    )  # fmt: skip
    if labels:
        add(conversation_labels, label="wholesale", conversation_id=id)
    who = ("customer", "bot", "customer", "agent" if person and state != "queued" else "bot")
    for seq, author in enumerate(who, 1):
        mine = agent if author == "agent" else None
        add(
            messages_table, thread_id=thread, conversation_id=id, seq=seq, author=author,
            sender=f"agent:{mine}" if mine else author, agent_id=mine, kind="text",
            text=sentence(chance, lang), epoch=1, created_at=begun + timedelta(minutes=seq),
        )  # fmt: skip
    if person:
        over = state != "queued"
        add(
            tickets, conversation_id=id, queued_at=begun, sort_at=begun, reason=reason,
            closed_at=ended if over else None, outcome="claimed" if over else None,
        )  # fmt: skip
        add(
            transitions, conversation_id=id, at=begun, from_state="bot", to_state="queued", epoch=2,
            actor="bot", why=reason,
        )  # fmt: skip
    if state == "resolved" and chance.random() < 0.1:
        score = chance.choice((1, 3, 4, 5, 5))
        add(feedback, conversation_id=id, score=score, at=ended)


Reading = Callable[[Connection], object]


def readings(db: Database, playbook: Playbook) -> dict[str, Reading]:
    """What the desk's pages ask for, by name."""

    def listed(**values: Any) -> Reading:
        def read(connection: Connection) -> None:
            rows, _ = list_conversations(connection, Filters(**values), NOW)
            ids = [row["id"] for row in rows]
            unanswered(connection, ids)
            presence.of(connection, ids, NOW)

        return read

    def second_page(connection: Connection) -> None:
        _, cursor = list_conversations(connection, Filters(states=("resolved",)), NOW)
        list_conversations(connection, Filters(states=("resolved",), cursor=cursor), NOW)

    def export(connection: Connection) -> None:
        day = NOW - timedelta(days=300)
        filters, cursor = Filters(since=day, until=day + timedelta(days=1)), ""
        while cursor is not None:
            wanted = Filters(since=filters.since, until=filters.until, cursor=cursor or None)
            found, cursor = exports.page(connection, wanted, NOW)  # type: ignore[assignment]
            exports.as_csv(found, head=True)

    ids = list(
        db.read(
            lambda c: c.execute(
                select(conversations_table.c.id).order_by(conversations_table.c.id).limit(1000)
            ).scalars()
            .all()
        )
    )  # fmt: skip
    lena = db.read(lambda c: agents.get(c, 1))
    chance = random.Random(1)  # noqa: S311

    def one(connection: Connection) -> None:
        found = conversations.get(connection, chance.choice(ids))
        detail(connection, found, lena, playbook, NOW)
        messages.of_thread(
            connection, found.thread_id, private=True, conversation_id=found.id, limit=500
        )

    past = ("resolved",)
    return {
        "queue": listed(states=("queued",), sort="queue"),
        "queue, over 15 minutes, Japanese": listed(
            states=("queued",), sort="queue", waiting=15, lang="ja"
        ),
        "mine": listed(states=("assigned",), agent_id=1, snoozed=False),
        "all open": listed(states=("queued", "assigned"), snoozed=False),
        "with the assistant": listed(states=("bot",)),
        "snoozed": listed(snoozed=True),
        "resolved": listed(states=past),
        "resolved, second page": second_page,
        "resolved, Telegram": listed(states=past, channel="telegram"),
        "resolved, Japanese, angry": listed(states=past, lang="ja", reason="angry"),
        "resolved, one topic": listed(states=past, topic="faq_payment"),
        "resolved, a topic nobody had": listed(states=past, topic="nothing"),
        "resolved, a reason nobody had": listed(states=past, reason="brain_down"),
        "resolved, highest tier": listed(states=past, tier="grove"),
        "resolved, a label": listed(states=past, label="wholesale"),
        "resolved, a label nobody gave": listed(states=past, label="nothing"),
        "everything, newest": listed(),
        "everything, a day a year ago": listed(
            since=NOW - timedelta(days=365), until=NOW - timedelta(days=364)
        ),
        "counts": lambda connection: counts_for(connection, 1, NOW),
        "search, a common word": listed(q="teapot"),
        "search, three words": listed(q="急須 ひび 交換"),
        "search, an order number": listed(q="HN-48213"),
        "one conversation": one,
        "export of a day": export,
    }


def timed(db: Database, read: Reading, times: int) -> list[float]:
    """Milliseconds each, after one that warms the caches."""
    db.read(read)
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        db.read(read)
        found.append((time.perf_counter() - begun) * 1000)
    return found


def plans(db: Database, read: Reading) -> Iterator[str]:
    """How the database goes about each statement of a reading."""
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, values: Any, *rest: Any) -> None:
        asked.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        db.read(read)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    word = "EXPLAIN QUERY PLAN " if db.is_sqlite else "EXPLAIN "
    with db.engine.connect() as connection:
        for statement, values in asked:
            if not statement.lstrip().upper().startswith(("SELECT", "WITH")):
                continue
            yield "    " + " ".join(statement.split())[:160]
            for row in connection.exec_driver_sql(word + statement, values):
                yield f"      {row[-1]}"


@contextlib.contextmanager
def database(postgresql: bool, keep: Path | None) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        url = f"sqlite:///{keep or Path(folder) / 'desk.sqlite3'}"
        if postgresql:
            given = os.environ.get("OMOTENASHI_TEST_POSTGRES")
            if given is None:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    import pgserver

                    server = pgserver.get_server(Path(folder) / "postgresql")
                stack.callback(server.cleanup)
                given = server.get_uri()
            url = given.replace("postgresql://", "postgresql+psycopg://")
        db = Database(url)
        stack.callback(db.close)
        yield db


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--plans", action="store_true")
    given = parser.parse_args()
    playbook = load_playbook(PLAYBOOK)
    with database(given.postgresql, given.keep) as db:
        migrate(db)
        if not db.read(agents.count):
            begun = time.perf_counter()
            generate(db, given.conversations)
            if given.postgresql:  # as its autovacuum would, before long
                db.write(lambda tx: tx.execute(text("ANALYZE")))
            print(f"generated in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
        kind = "PostgreSQL" if given.postgresql else "SQLite"
        print(f"{given.conversations:,} conversations on {kind}, milliseconds")
        print("| reading | p50 | p95 |\n| --- | --- | --- |")
        slow: dict[str, float] = {}
        wanted = readings(db, playbook)
        for name, read in wanted.items():
            found = timed(db, read, given.times)
            cuts = quantiles(found, n=20, method="inclusive")
            print(f"| {name} | {cuts[9]:.1f} | {cuts[18]:.1f} |", flush=True)
            if cuts[18] > AIM_MS and name != "export of a day":
                slow[name] = cuts[18]
        print(f"Over {AIM_MS} ms: {json.dumps(list(slow)) if slow else 'none'}")
        if given.plans:
            for name, read in wanted.items():
                print(f"\n{name}")
                for line in plans(db, read):
                    print(line)


if __name__ == "__main__":
    main()
