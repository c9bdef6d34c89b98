"""The whole product in a storm: `python -m tests.chaos.storm --faults 5000 --seed 7`.

Visitors and agents talk at random while processes are killed or paused, connections cut, requests
repeated and disks filled. Afterwards nothing acknowledged may be lost, shown twice or out of order.
The plan of faults follows from the seed; the same seed is the same plan.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import update

from omotenashi.app import prepare_database
from omotenashi.parts import PLAYBOOK
from support.clock import utc_now
from support.customers import visitors
from support.playbook.playbook import load_playbook
from support.store import Database, Transaction
from support.store.database import StorageUnavailable
from support.store.schema import conversations
from support.team import agents
from support.timers import set_timer
from tests.chaos import verdict
from tests.chaos.people import PASSWORD, Board, Colleague, Customer
from tests.chaos.processes import Postgres, Program, python, redis_program
from tests.chaos.wire import Wire
from tests.ports import free_port

QUIET = 24
# How often each kind of fault is drawn. What kills costs the most time to come back from.
WEIGHTS = {
    "kill server": 5,
    "pause server": 7,
    "kill brain": 6,
    "pause brain": 6,
    "kill actions": 3,
    "pause actions": 3,
    "kill redis": 5,
    "pause redis": 4,
    "kill postgres": 2,
    "pause postgres": 3,
    "fill disk": 4,
    "cut connections": 20,
    "tear answers": 14,
    "delay": 10,
    "repeat requests": 14,
}


@dataclass(frozen=True)
class Fault:
    kind: str
    # Which of several servers, brains or wires; how long it lasts; the pause before it.
    which: int
    seconds: float
    after_s: float


def plan(seed: int, faults: int, kinds: frozenset[str]) -> Iterator[Fault]:
    dice = random.Random(seed)
    names = [kind for kind in WEIGHTS if kind in kinds]
    for _ in range(faults):
        (kind,) = dice.choices(names, [WEIGHTS[name] for name in names])
        yield Fault(kind, dice.randrange(2), dice.uniform(0.2, 2.0), dice.uniform(0.15, 0.65))


@dataclass
class Report:
    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    counts: dict[str, int] = field(default_factory=dict)
    breaches: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        lines = [
            f"seed {self.seed}: {self.faults.total()} faults in {self.seconds:.0f} s",
            *(f"  {number:5} {kind}" for kind, number in self.faults.most_common()),
            "  " + ", ".join(f"{what} {number}" for what, number in self.counts.items()),
            f"  {len(self.breaches)} breaches",
            *(f"    {breach}" for breach in self.breaches[:40]),
        ]
        return "\n".join(lines)


@dataclass
class Product:
    """All processes, and the wires through which customers reach the servers."""

    folder: Path
    database_url: str
    servers: list[Program]
    brains: list[Program]
    wires: list[Wire]
    ports: list[int]
    others: dict[str, Program]
    postgres: Postgres | None = None

    @property
    def programs(self) -> list[Program]:
        return [*self.others.values(), *self.brains, *self.servers]

    @property
    def kinds(self) -> frozenset[str]:
        """The faults that there is something for."""
        found = {kind for kind in WEIGHTS if kind.split()[-1] in self.others}
        found |= {kind for kind in WEIGHTS if kind.split()[-1] in ("server", "brain")}
        found |= {"cut connections", "tear answers", "delay", "repeat requests"}
        # The quota of a data folder: where the database is a file in it.
        return frozenset(found if self.postgres is not None else found | {"fill disk"})

    async def ready(self, seconds: float = 180) -> None:
        async with (
            httpx.AsyncClient(trust_env=False, timeout=5) as http,
            asyncio.timeout(seconds),
        ):
            for port in self.ports:
                while True:
                    with suppress(httpx.HTTPError):
                        if (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                            break
                    await asyncio.sleep(0.1)

    async def stop(self) -> None:
        for wire in self.wires:
            await wire.stop()
        for program in reversed(self.programs):
            await program.stop()
        if self.postgres is not None:
            self.postgres.remove()


def build(
    folder: Path,
    *,
    big: bool,
    real_brain: bool,
    dice: random.Random,
    cache: Path | None = None,
    settings: Mapping[str, str] | None = None,
    patient: bool = False,
) -> Product:
    """`big`: PostgreSQL, Redis and two of each; otherwise one server on SQLite. `patient`: a slow
    machine is no brain that is down."""
    number = 2 if big else 1
    ports = [free_port() for _ in range(number)]
    brain_ports = [free_port() for _ in range(number)]
    common = {
        "OMOTENASHI_SECRET_KEY": "a storm of faults, and nothing lost",
        "OMOTENASHI_LIMITS": "off",
        "OMOTENASHI_BRAIN_URL": ",".join(f"http://127.0.0.1:{port}" for port in brain_ports),
    }
    others: dict[str, Program] = {}
    postgres = None
    url = f"sqlite:///{folder / 'omotenashi.sqlite3'}"
    if big:
        postgres, redis_port = Postgres(), free_port()
        postgres.prepare()
        url = postgres.url
        others["postgres"] = postgres.program(folder / "postgres.out")
        others["redis"] = redis_program(redis_port, folder / "redis.out")
        common["OMOTENASHI_REDIS_URL"] = f"redis://127.0.0.1:{redis_port}/0"
    common["OMOTENASHI_DATABASE_URL"] = url
    if real_brain:
        port = free_port()
        common["OMOTENASHI_ACTIONS_URL"] = f"http://127.0.0.1:{port}/actions/webhook"
        common["OMOTENASHI_DATA_DIR"] = str(folder / "data")
        command = python("omotenashi", "actions", "--port", str(port))
        others["actions"] = Program("actions", command, folder / "actions.out", dict(common))
    brains = [
        Program(
            f"brain {place}",
            python("omotenashi", "brain", "--port", str(port))
            if real_brain
            else python("tests.chaos.fast_brain", str(port)),
            folder / f"brain{place}.out",
            dict(common),
        )
        for place, port in enumerate(brain_ports)
    ]
    servers = []
    for place, port in enumerate(ports):
        data = folder / f"data{place}"
        data.mkdir()
        if cache is not None:
            (data / "cache").symlink_to(cache)
        env = common | {"OMOTENASHI_PORT": str(port), "OMOTENASHI_DATA_DIR": str(data)}
        env |= settings or {}
        servers.append(
            Program(
                f"server {place}",
                python("tests.e2e.patient" if patient else "omotenashi", "serve"),
                folder / f"server{place}.out",
                env,
            )
        )
    wires = [Wire(port, dice=random.Random(dice.random())) for port in ports]
    return Product(folder, url, servers, brains, wires, ports, others, postgres)


class Storm:
    def __init__(self, product: Product, board: Board, report: Report) -> None:
        self._product = product
        self._board = board
        self._report = report
        self._running: set[asyncio.Task[None]] = set()

    async def rage(self, faults: int, heard: Callable[[], int]) -> None:
        """`heard`: how many messages were acknowledged so far. The storm waits for people who come
        to say nothing in it, as on a slow machine."""
        for place, fault in enumerate(plan(self._report.seed, faults, self._product.kinds)):
            await asyncio.sleep(fault.after_s)
            async with asyncio.timeout(180):
                while heard() <= place / 2:
                    await asyncio.sleep(0.1)
            task = asyncio.create_task(self._do(fault))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            self._report.faults[fault.kind] += 1
        await asyncio.gather(*self._running)

    def _do(self, fault: Fault) -> Coroutine[Any, Any, None]:
        what, _, whose = fault.kind.partition(" ")
        product = self._product
        wire = product.wires[fault.which % len(product.wires)]
        targets = {"server": product.servers, "brain": product.brains}
        if whose in targets:
            program = targets[whose][fault.which % len(targets[whose])]
        else:
            program = product.others.get(whose, product.servers[0])
        if what == "kill":
            return self._kill(program)
        if what == "pause":
            return program.pause(fault.seconds)
        if what == "fill":
            return program.fill_disk(fault.seconds)
        if what == "cut":
            return self._cut(wire)
        return self._for_a_while(what, wire, fault.seconds)

    async def _kill(self, program: Program) -> None:
        program.kill()

    async def _cut(self, wire: Wire) -> None:
        wire.cut()

    async def _for_a_while(self, what: str, wire: Wire, seconds: float) -> None:
        if what == "tear":
            wire.torn = 0.15
            await asyncio.sleep(seconds)
            wire.torn = 0.0
        elif what == "delay":
            wire.delay_s = seconds / 10
            await asyncio.sleep(seconds)
            wire.delay_s = 0.0
        else:
            self._board.repeat = 0.5
            await asyncio.sleep(seconds)
            self._board.repeat = 0.0


def _prepare(db: Database, colleagues: list[Colleague], lasts_s: float) -> list[str]:
    """Tables, agents, and conversations in which nothing happens but a timer."""
    now = utc_now()
    prepare_database(db, now, demo=True)
    playbook = load_playbook(PLAYBOOK)

    def begin(tx: Transaction) -> list[str]:
        for one in colleagues:
            agents.add(
                tx, email=one.email, name=f"Agent {one.number}", role="agent", password=PASSWORD,
                now=now,
            )  # fmt: skip
        quiet = []
        for number in range(QUIET):
            _, conversation = visitors.arrive(
                tx, channel="website", now=now, playbook=playbook, lang="en"
            )
            tx.execute(
                update(conversations)
                .where(conversations.c.id == conversation.id)
                .values(updated_at=now - timedelta(hours=2))
            )
            due = now + timedelta(seconds=lasts_s * number / QUIET)
            set_timer(tx, "idle", conversation.id, due, now)
            quiet.append(conversation.id)
        return quiet

    return db.write(begin)


async def run(
    seed: int,
    faults: int,
    *,
    big: bool = True,
    real_brain: bool = False,
    customers: int = 8,
    colleagues: int = 3,
    cache: Path | None = None,
) -> Report:
    """Raise the product, the people and the storm; what was done and found."""
    began = time.monotonic()
    report = Report(seed)
    dice = random.Random(seed)
    folder = Path(tempfile.mkdtemp(prefix="storm-"))
    product = build(folder, big=big, real_brain=real_brain, dice=dice, cache=cache)
    board = Board([wire.url for wire in product.wires])
    people = [Customer(n, board, random.Random(dice.random())) for n in range(customers)]
    team = [Colleague(n, board, random.Random(dice.random())) for n in range(colleagues)]
    db: Database | None = None
    tasks: list[asyncio.Task[None]] = []
    watching: list[asyncio.Task[None]] = []
    try:
        db, quiet = await prepared(product, team, faults * 0.4)
        await product.ready()
        await asyncio.gather(*(one.arrive() for one in people), *(one.sign_in() for one in team))
        watching = [asyncio.create_task(one.watch()) for one in people]
        tasks = [asyncio.create_task(one.talk()) for one in people]
        tasks += [asyncio.create_task(one.work()) for one in team]
        await Storm(product, board, report).rage(
            faults, lambda: sum(len(one.acknowledged) for one in people)
        )
        async with asyncio.timeout(180):
            while not any(one.claims for one in team):
                await asyncio.sleep(0.1)
        board.stopping.set()
        await product.ready()
        async with asyncio.timeout(180):
            await asyncio.gather(*tasks)
        await _settle(db, people, quiet)
        await _judge(db, report, people, team, quiet, real_brain=real_brain)
        report.breaches += board.problems
        starts = {program.name: program.starts for program in product.programs}
        report.counts = {
            "messages": sum(len(one.acknowledged) for one in people),
            "agents' answers": sum(len(one.acknowledged) for one in team),
            "claims": sum(one.claims for one in team),
            "claims lost": sum(one.lost for one in team),
            "streams": sum(one.streams for one in people),
            **{f"starts of {name}": number for name, number in starts.items()},
        }
    except TimeoutError:
        report.breaches.append("it did not come to rest")
    finally:
        for task in (*tasks, *watching):
            task.cancel()
        await asyncio.gather(*tasks, *watching, return_exceptions=True)
        for one in (*people, *team):
            await one.http.aclose()
        if db is not None:
            db.close()
        await product.stop()
        report.seconds = time.monotonic() - began
        if report.breaches:
            print(f"logs are in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return report


async def prepared(
    product: Product, team: list[Colleague], lasts_s: float
) -> tuple[Database, list[str]]:
    """Everything started; its database, and the conversations in which only timers fire."""
    for program in product.others.values():
        program.start()
    db = Database(product.database_url)
    quiet = await _when_it_can(db, team, lasts_s)
    for program in [*product.brains, *product.servers]:
        program.start()
    for wire in product.wires:
        await wire.start()
    return db, quiet


async def _when_it_can(db: Database, team: list[Colleague], lasts_s: float) -> list[str]:
    async with asyncio.timeout(60):
        while True:
            try:
                return await asyncio.to_thread(_prepare, db, team, lasts_s)
            except StorageUnavailable:  # PostgreSQL is still starting
                await asyncio.sleep(0.2)


async def _settle(db: Database, people: list[Customer], quiet: list[str]) -> None:
    """Until every turn is done, every timer has fired and every stream has shown everything, or for
    long enough."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        await asyncio.sleep(0.5)
        if await db.reading(verdict.pending_turns):
            continue
        if await db.reading(lambda c: list(verdict.timers_fired_once(c, quiet))):
            continue
        stored = [await one.transcript() for one in people]
        if all(len(one.seen) >= len(s) for one, s in zip(people, stored, strict=True)):
            return


async def not_as_stored(customer: Customer, seconds: float = 60) -> list[str]:
    """What the stream showed otherwise than it is stored. What is said of itself just now, as time
    passes, is on its way for a moment; what was shown twice or in another order stays so."""
    until = time.monotonic() + seconds
    while found := list(verdict.seen_as_stored(customer, await customer.transcript())):
        if time.monotonic() > until:
            break
        await asyncio.sleep(0.2)
    return found


async def _judge(
    db: Database,
    report: Report,
    people: list[Customer],
    team: list[Colleague],
    quiet: list[str],
    *,
    real_brain: bool,
) -> None:
    for one in people:
        report.breaches += await not_as_stored(one)
    found = report.breaches
    found += await db.reading(lambda c: list(verdict.acknowledged_once(c, people, team)))
    found += await db.reading(lambda c: list(verdict.one_owner_at_a_time(c)))
    found += await db.reading(lambda c: list(verdict.the_bot_kept_to_its_turn(c)))
    found += await db.reading(lambda c: list(verdict.everything_was_answered(c)))
    found += await db.reading(lambda c: list(verdict.timers_fired_once(c, quiet)))
    if not real_brain:
        found += await db.reading(lambda c: list(verdict.every_turn_had_one_effect(c)))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--faults", type=int, default=200)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options.add_argument("--sqlite", action="store_true", help="one server on SQLite")
    options.add_argument("--real-brain", action="store_true", help="Rasa, with the present model")
    given = options.parse_args()
    report = asyncio.run(
        run(given.seed, given.faults, big=not given.sqlite, real_brain=given.real_brain)
    )
    print(report)
    sys.exit(1 if report.breaches else 0)


if __name__ == "__main__":
    main()
