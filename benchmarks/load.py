"""How many conversations a second one machine carries: `python -m benchmarks.load`.

Customers arrive, open their event stream, ask three everyday questions, each when the last one is
answered, and leave. First so many at once that the answers take long (`--at-once`): what gets
through is the highest load. Then, after a fresh start of the same, customers come in even steps at
half of that and at nine tenths, whether or not the others are done; a question's time runs from
when its turn had come. One brain and two, on SQLite and on PostgreSQL, and a stock Rasa server with
the same questions (see `benchmarks.turn`), each with the machine to itself and the customers on it,
too.
"""

import argparse
import asyncio
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.latency.figures import load, machine
from benchmarks.latency.ours import Ours, ours, with_known_vectors
from benchmarks.latency.stock import Stock, stock, stock_model
from benchmarks.latency.talk import QUESTIONS, Assistant, Order
from benchmarks.turn import known_orders
from omotenashi import models
from omotenashi.app import prepare_database
from omotenashi.settings import Settings
from support.clock import utc_now
from support.store import Database

TURNS = 3
SHARES = (0.5, 0.9)
NAMES = ("SQLite, 1 brain", "SQLite, 2 brains", "PostgreSQL, 1 brain", "PostgreSQL, 2 brains",
         "stock Rasa")  # fmt: skip


@dataclass
class Round:
    """What came of a stretch of load. `ms`: each question's time; `wrong`: not answered by an
    article, or not at all."""

    seconds: float = 0.0
    conversations: int = 0
    ms: list[float] = field(default_factory=list)
    wrong: int = 0

    @property
    def a_second(self) -> float:
        return self.conversations / self.seconds

    def percentile(self, share: float) -> float:
        return float(np.percentile(self.ms, share))


async def converse(
    assistant: Assistant, order: Order, questions: Sequence[str], number: int, found: Round
) -> None:
    begun = time.perf_counter()
    conversation = None
    try:
        conversation = await assistant.begin(order)
        for turn in range(TURNS):
            answer = await conversation.ask(questions[(number + turn) % len(questions)])
            found.wrong += answer.kind != "article"
            # The first one's time includes the arrival.
            found.ms.append((time.perf_counter() - begun) * 1000 if turn == 0 else answer.ms)
        found.conversations += 1
    except Exception as error:
        found.wrong += 1
        print(f"no answer: {type(error).__name__} {error}", file=sys.stderr)
    finally:
        if conversation is not None:
            await conversation.end()


async def at_once(
    assistant: Assistant, order: Order, questions: Sequence[str], number: int, seconds: float
) -> Round:
    """So many customers at any time."""
    found = Round()
    begun = time.perf_counter()

    async def keep_coming(which: int) -> None:
        turn = which
        while time.perf_counter() - begun < seconds:
            await converse(assistant, order, questions, turn, found)
            turn += number

    await asyncio.gather(*(keep_coming(one) for one in range(number)))
    found.seconds = time.perf_counter() - begun
    return found


async def arriving(
    assistant: Assistant, order: Order, questions: Sequence[str], rate: float, seconds: float
) -> Round:
    """So many customers a second, come what may."""
    found, running = Round(), []
    begun = time.perf_counter()
    for number in range(int(rate * seconds)):
        wait = begun + number / rate - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        running.append(asyncio.create_task(converse(assistant, order, questions, number, found)))
    await asyncio.gather(*running)
    found.seconds = time.perf_counter() - begun
    return found


@asynccontextmanager
async def assistant_of(name: str, folder: Path) -> AsyncIterator[Ours | Stock]:
    async with AsyncExitStack() as stack:
        if name == "stock Rasa":
            # Its actions read our orders and articles.
            data = with_known_vectors(folder / "data")
            settings = Settings(_env_file=None, data_dir=data, secret_key="stock" * 8)
            db = Database(settings.database)
            prepare_database(db, utc_now(), demo=True)
            db.close()
            (folder / "stock").mkdir()
            yield await stack.enter_async_context(stock(folder / "stock", stock_model(), settings))
            return
        database = None
        if name.startswith("PostgreSQL"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import pgserver

                server = await asyncio.to_thread(pgserver.get_server, folder / "postgresql")
            stack.callback(server.cleanup)
            database = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        brains = 2 if "2" in name else 1
        model = models.present_model() or models.train()
        made = with_known_vectors(folder / "ours")
        yield await stack.enter_async_context(ours(made, model, brains, database))


async def usable(assistant: Assistant, order: Order) -> list[str]:
    """The questions that it answers by an article: nothing else is measured."""
    conversation = await assistant.begin(order)
    found = [
        text for text in QUESTIONS["article"] if (await conversation.ask(text)).kind == "article"
    ]
    await conversation.end()
    return found


async def measure(name: str, number: int, seconds: float) -> None:
    order = known_orders()[0]
    with tempfile.TemporaryDirectory() as made:
        async with assistant_of(name, Path(made)) as assistant:
            questions = await usable(assistant, order)
            await at_once(assistant, order, questions, number, seconds / 4)  # warms up
            before = [one.processor_s() for one in assistant.running]
            most = await at_once(assistant, order, questions, number, seconds)
            used = [one.processor_s() - b for one, b in zip(assistant.running, before, strict=True)]
            cells = [f"{most.a_second:.1f}", f"{most.percentile(50):.0f}",
                     f"{most.percentile(99):.0f}"]  # fmt: skip
            wrong = most.wrong
            for share in SHARES:
                found = await arriving(assistant, order, questions, share * most.a_second, seconds)
                cells += [f"{found.percentile(50):.0f}", f"{found.percentile(99):.0f}"]
                wrong += found.wrong
    # The first process is the one that customers speak to.
    turns = most.conversations * TURNS / 1000
    a_turn = f"{used[0] / turns:.0f} + {sum(used[1:]) / turns:.0f}"
    print(f"| {name} | {' | '.join(cells)} | {a_turn} | {wrong} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each stretch")
    parser.add_argument("--only", default="", help=f"only what has this in its name: {NAMES}")
    given = parser.parse_args()
    print(machine())
    print(f"{TURNS} questions a conversation; {given.at_once} at once, then 50 % and 90 % of that")
    print(
        "| | conversations/s | p50 | p99 | 50 %: p50 | p99 | 90 %: p50 | p99"
        " | processor ms a turn, server + rest | wrong |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    )
    for name in NAMES:
        if given.only in name:
            asyncio.run(measure(name, given.at_once, given.seconds))
    print(f"at the end: {load()}")


if __name__ == "__main__":
    main()
