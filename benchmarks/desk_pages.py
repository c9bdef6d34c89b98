"""The desk with very many conversations stored: `python -m benchmarks.desk_pages`.

Generates conversations of two years (`--conversations`, a million by default; nearly all resolved,
a few hundred waiting or held), serves them by the real application, and opens every page of the
desk and every reading behind the console, over HTTP, one after the other. SQLite in a temporary
folder, or with `--postgresql` a server that is started for it (or OMOTENASHI_TEST_POSTGRES).
`--keep FOLDER` keeps the database and takes it up again. What reads a whole table that grows is
named in any case; `--plans` prints how the database goes about each statement. Requests and server
share one process here, so the times are upper bounds; with other work on the machine the column
`processor` (milliseconds of it that a page takes, client and server together) says more, and with
PostgreSQL `database`, what its processes take of one.
"""

import argparse
import asyncio
import contextlib
import os
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx
from sqlalchemy import Connection, func, select, text

from benchmarks.latency.figures import load, machine
from benchmarks.stored.generate import NOW, generate
from benchmarks.stored.pages import API, NO_PAGE, pages
from omotenashi.parts import PLAYBOOK
from support.clock import utc_now
from support.playbook.playbook import load_playbook
from support.reports.kept import SPANS, count, keep, keep_span, span, spans_due, stale_days
from support.store import Database, Transaction
from support.store.migrate import migrate
from support.store.schema import conversations, metadata
from tests.harness import ScriptedBrain, Server, TestClock, settings_for
from tests.query_plans import heard, plan, scans

AIM_MS = 150
WARM = 2


def frequent_customer(connection: Connection) -> str:
    """A conversation of the customer who has most of them."""
    customer = connection.execute(
        select(conversations.c.customer_id)
        .where(conversations.c.customer_id.is_not(None))
        .group_by(conversations.c.customer_id)
        .order_by(func.count().desc())
        .limit(1)
    ).scalar_one()
    query = select(conversations.c.id).where(conversations.c.customer_id == customer).limit(1)
    return str(connection.execute(query).scalar_one())


async def addresses(server: Server, client: httpx.AsyncClient) -> dict[str, str]:
    async def cursor(**query: str) -> str:
        found = await client.get(f"{API}/conversations", params={"state": "resolved", **query})
        return str(found.json()["cursor"])

    listed = await client.get(f"{API}/conversations", params={"state": "resolved", "limit": 50})
    one = listed.json()["conversations"][-1]["id"]
    ready = {
        "cursor": await cursor(),
        "deep": await cursor(to="2025-06-01"),
        "article": server.parts.services.knowledge.articles[0].id if server.parts else "",
        "frequent": await server.db.reading(frequent_customer),
    }
    return pages(one, ready)


def count_days(db: Database) -> None:
    """The daily figures of what was generated, which a server would count little by little."""
    begun, zone = time.perf_counter(), load_playbook(PLAYBOOK).hours.zone
    stale = db.read(lambda c: stale_days(c, zone, NOW))
    for day in stale:
        tallies, number = db.read(lambda c, day=day: count(c, day, zone, NOW))
        db.write(
            lambda tx, day=day, tallies=tallies, number=number: keep(
                tx, day, zone, tallies, number, NOW
            )
        )
    for length in SPANS:
        for begin in db.read(lambda c, length=length: spans_due(c, length, zone, NOW)):
            of = db.read(lambda c, at=begin, length=length: span(c, at, length, zone))
            db.write(
                lambda tx, at=begin, length=length, of=of: keep_span(tx, at, length, zone, *of)
            )
    took = time.perf_counter() - begun
    print(f"{len(stale)} days counted in {took:.0f} s", file=sys.stderr)


def forgotten(server: Server, known: dict[str, str]) -> list[str]:
    """Pages of the desk that are in no list here."""
    assert server.app is not None
    paths = [path.partition("?")[0] for path in known.values()]
    found = []
    for route in server.app.router.routes:
        path = "/" + route.path
        if "GET" not in route.methods or not path.startswith("/desk"):
            continue
        if "/static/" in path or path.endswith(("sign-in", "code.svg", "/new", "<id:str>")):
            continue
        shape = re.compile(re.sub(r"<[^>]+>", "[^/]+", path).rstrip("/") + "/?")
        if not any(shape.fullmatch(one) for one in paths):
            found.append(path)
    return found


def database_time(postmaster: Any) -> float:
    """Seconds of a processor that the database's processes have taken so far."""
    if postmaster is None:
        return 0.0
    times = [process.cpu_times() for process in postmaster.children()]
    return sum(took.user + took.system for took in times)


async def timed(
    client: httpx.AsyncClient, path: str, times: int, postmaster: Any
) -> tuple[list[float], float, float]:
    """Milliseconds each, after some that warm the caches; and of a processor, on average, here and
    in the database."""
    found = []
    for place in range(times + WARM):
        if place == WARM:
            used, there = time.process_time(), database_time(postmaster)
        begun = time.perf_counter()
        response = await client.get(path)
        took = (time.perf_counter() - begun) * 1000
        assert response.status_code == 200, (path, response.status_code, response.text[:300])
        if place >= WARM:
            found.append(took)
    used, there = time.process_time() - used, database_time(postmaster) - there
    return found, used * 1000 / times, there * 1000 / times


async def measure(
    folder: Path, url: str, postmaster: Any, times: int, only: str, show_plans: bool
) -> bool:
    server = Server(
        settings_for(folder, url), ScriptedBrain(), TestClock(offset=NOW - utc_now())
    )  # fmt: skip
    await server.start()
    slow, scanned = {}, {}
    try:
        lead = await server.agent(f"Lead{time.time_ns()}", "admin")
        known = await addresses(server, lead.client)
        missing = forgotten(server, known)
        print("| | p50 | p95 | processor | database |\n| --- | --- | --- | --- | --- |")
        asked = {}
        for name, path in known.items():
            if only not in name:
                continue
            with heard(server.db) as statements:
                found, used, there = await timed(lead.client, path, times, postmaster)
            cuts = quantiles(found, n=20, method="inclusive")
            figures = (cuts[9], cuts[18], used, there)
            print(f"| {name} | {' | '.join(f'{one:.0f}' for one in figures)} |", flush=True)
            if cuts[18] > AIM_MS and name not in NO_PAGE:
                slow[name] = round(cuts[18])
            asked[name] = statements
        for name, statements in asked.items():
            for statement, values in statements.items():
                lines = plan(server.db, statement, values)
                for step in scans(statement, lines):
                    scanned.setdefault(f"{step} <- {' '.join(statement.split())[:300]}", name)
                if show_plans:
                    print(f"\n{name}: {' '.join(statement.split())[:400]}")
                    print("\n".join(f"    {line}" for line in lines))
    finally:
        await server.stop()
    print(f"\nOver {AIM_MS} ms: {slow or 'none'}")
    print(f"Reading a whole table: {'' if scanned else 'none'}")
    for step, name in scanned.items():
        print(f"  {name}: {step}")
    print(f"Pages that are not measured: {missing or 'none'}")
    return not (slow or scanned or missing)


@contextlib.contextmanager
def database(postgresql: bool, folder: Path) -> Iterator[tuple[str, Any]]:
    """Its address, and the process whose children serve PostgreSQL, where we have started it."""
    postmaster = None
    url = f"sqlite:///{folder / 'omotenashi.sqlite3'}"
    with contextlib.ExitStack() as stack:
        if postgresql:
            given = os.environ.get("OMOTENASHI_TEST_POSTGRES")
            if given is None:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    import pgserver

                    server = pgserver.get_server(folder / "postgresql")
                stack.callback(server.cleanup)
                given = server.get_uri()
                postmaster = server.get_postmaster_info().process
            url = given.replace("postgresql://", "postgresql+psycopg://")
        yield url, postmaster


def settle(tx: Transaction) -> None:
    """PostgreSQL's numbers go on after those that were given, and its statistics are what the
    autovacuum would have made of them before long."""
    for table in metadata.sorted_tables:
        if table.autoincrement_column is not None and len(table.primary_key) == 1:
            name, column = table.name, table.autoincrement_column.name
            # Names of our own tables.
            next_one = f"SELECT coalesce(max({column}), 0) + 1 FROM {name}"  # noqa: S608
            sequence = f"pg_get_serial_sequence('{name}', '{column}')"
            tx.execute(text(f"SELECT setval({sequence}, ({next_one}), false)"))
    tx.execute(text("ANALYZE"))


def fill(url: str, number: int) -> int:
    """The conversations that there are, or that are generated."""
    db = Database(url)
    try:
        migrate(db)
        number_of = select(func.count()).select_from(conversations)
        known = db.read(lambda c: c.execute(number_of).scalar_one())
        if not known:
            begun = time.perf_counter()
            generate(db, number)
            if not db.is_sqlite:
                db.write(settle)
            print(f"generated in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
        count_days(db)
        return known or number
    finally:
        db.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only", default="", help="only what has this in its name")
    parser.add_argument("--plans", action="store_true")
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        url, postmaster = stack.enter_context(database(given.postgresql, folder))
        number = fill(url, given.conversations)
        kind = "PostgreSQL" if given.postgresql else "SQLite"
        print(f"{machine()}\n{number:,} conversations on {kind}, milliseconds over HTTP")
        good = asyncio.run(measure(folder, url, postmaster, given.times, given.only, given.plans))
        print(f"at the end: {load()}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
