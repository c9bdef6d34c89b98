"""How long a customer waits for an answer, here and with a stock Rasa: `python -m benchmarks.turn`.

Ours: `omotenashi serve` and `brain serve` as processes, SQLite; from sending POST
/api/v1/visitor/messages to the answer's `message` event on the visitor's stream. Stock: `rasa run`
with the pipeline and policies of `rasa init`, trained for one epoch (which makes no difference to
latency) on the same domain, data and actions, REST channel, SQLite tracker store; the round trip of
its POST. Both get the same questions in the same run, some turns one and then some turns the other,
so that whatever else the machine does meets both.

Conversations begin with proving whose order it is (turns 1 and 2). "Turn 3" is turns 3 and 4 of
every conversation; turns 30, 100 and 300 are the ten turns around them in the long ones. An answer
that is no article, or doesn't show the order, ends the run: only real answers are counted. What
either fails to understand when first asked is left out for both; after one epoch, stock may.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.latency import figures
from benchmarks.latency.figures import Samples, Stage
from benchmarks.latency.ours import OURS, ours, with_known_vectors
from benchmarks.latency.stock import EPOCHS, STOCK, stock, stock_model
from benchmarks.latency.talk import (
    KINDS,
    Assistant,
    Conversation,
    Order,
    Turn,
    check,
    turns,
    understood_by_both,
)
from demo.orders import demo_orders
from omotenashi import models
from omotenashi.parts import demo_today
from support.clock import utc_now
from support.orders import OrderState

WHEN: Mapping[Stage, range] = {
    "turn 3": range(3, 5),
    "turn 30": range(26, 36),
    "turn 100": range(96, 106),
    "turn 300": range(296, 306),
}
SHORT, LONG = WHEN["turn 3"][-1], WHEN["turn 300"][-1]
# One assistant's turns before it is the other's turn.
BLOCK = 10


@dataclass(frozen=True)
class Plan:
    """How many conversations: short ones end after turn 4, long ones after turn 305."""

    long: int
    short: int


FULL, QUICK = Plan(long=10, short=100), Plan(long=2, short=15)


async def talk(
    assistants: tuple[Assistant, ...], order: Order, plan: list[Turn], number: int, samples: Samples
) -> None:
    """One conversation with each of `assistants`, turn and turn about."""
    conversations = [(each, await each.begin(order)) for each in assistants]
    if number % 2:
        conversations.reverse()
    try:
        for each, conversation in conversations:
            used = each.processor_s()
            await conversation.prove()
            await say(each, conversation, plan[:2], samples)
            samples.used(each.name, 4, each.processor_s() - used)
        for start in range(2, len(plan), BLOCK):
            for each, conversation in conversations:
                used = each.processor_s()
                block = plan[start : start + BLOCK]
                await say(each, conversation, block, samples)
                samples.used(each.name, len(block), each.processor_s() - used)
    finally:
        for _, conversation in conversations:
            await conversation.end()


async def say(
    assistant: Assistant, conversation: Conversation, block: list[Turn], samples: Samples
) -> None:
    for turn in block:
        answer = await conversation.ask(turn.text)
        check(assistant.name, turn, answer)
        stage = stage_of(turn.number)
        if stage is not None:
            samples.add(assistant.name, turn.kind, stage, answer.ms)


def stage_of(number: int) -> Stage | None:
    return next((stage for stage, numbers in WHEN.items() if number in numbers), None)


def known_orders() -> list[Order]:
    """Orders of the demonstration shop that are on their way and in time."""
    today = demo_today(utc_now())
    return [
        Order(order.number, order.email)
        for order in demo_orders(today)
        if order.state is OrderState.SHIPPED and not order.is_late(today)
    ]


async def measure(plan: Plan, folder: Path, alone: bool) -> Samples:
    trained_stock = None if alone else stock_model()
    trained = models.present_model() or models.train()
    ours_folder, stock_folder = with_known_vectors(folder / "ours"), folder / "stock"
    stock_folder.mkdir()
    orders = known_orders()
    samples = Samples()
    print("starting (loading stock Rasa takes a minute or two) ...", file=sys.stderr)
    async with AsyncExitStack() as stack:
        mine = await stack.enter_async_context(ours(ours_folder, trained))
        assistants: tuple[Assistant, ...] = (mine,)
        if trained_stock is not None:
            other = stock(stock_folder, trained_stock, mine.settings)
            assistants = (mine, await stack.enter_async_context(other))
        questions = await understood_by_both(assistants, orders[0])
        for kind in KINDS:
            print(f"{len(questions[kind])} questions of kind {kind}", file=sys.stderr)
        lasts = spread(plan)
        for number, last in enumerate(lasts, 1):
            order = orders[number % len(orders)]
            await talk(assistants, order, turns(questions, order, number, last), number, samples)
            print(f"\r{number} of {len(lasts)} conversations", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    return samples


def spread(plan: Plan) -> list[int]:
    """The last turn of each conversation, the long ones spread evenly among the short ones."""
    total = plan.long + plan.short
    long = {place * total // plan.long for place in range(plan.long)}
    return [LONG if place in long else SHORT for place in range(total)]


def report(samples: Samples) -> None:
    print("A turn, in milliseconds, from sending a message to having its answer")
    print(f"stock: rasa init's pipeline and policies, trained for {EPOCHS} epoch (see --help)\n")
    names = [name for name in (OURS, STOCK) if samples.turns[name]]
    for line in figures.table(samples, names):
        print(line)
    print()
    for name in names:
        for stage in figures.STAGES[1:]:
            grown = [f"{kind} {figures.growth(samples, name, kind, stage):.2f}" for kind in KINDS]
            print(f"{name:6} {stage} / turn 3 (p50): {', '.join(grown)}")
        print(
            f"{name:6} processor time {samples.processor_ms(name):.1f} ms a turn"
            f" over {samples.turns[name]} turns"
        )
    print()
    for line in figures.aims(samples, names):
        print(line)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few conversations: no p99 to quote")
    parser.add_argument("--alone", action="store_true", help="without stock Rasa, ours only")
    arguments = parser.parse_args()
    print(figures.machine(), flush=True)
    with tempfile.TemporaryDirectory() as made:
        samples = asyncio.run(
            measure(QUICK if arguments.quick else FULL, Path(made), arguments.alone)
        )
    report(samples)
    print(f"\nat the end: {figures.load()}")


if __name__ == "__main__":
    main()
