"""Wake-ups between the parts of a server: hints, never the truth.

A hint says that something about a topic may have changed; whoever hears it looks in the database.
A lost hint costs time until the next slow poll, never a message. Between several servers they go
over Redis: `support.shared_hints`.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.values import Message

DESK = "desk"
TURNS = "turns"
QUEUE = "queue"
OUTBOX = "outbox"
TIMERS = "timers"
REMEDIES = "remedies"
# Work is begun by the server that stored it; what it leaves behind, others find by their slow poll.
LOCAL = frozenset({TURNS, OUTBOX, TIMERS, REMEDIES})
# A subscriber who does not read is told once that it missed hints, instead of being remembered.
QUEUE_LIMIT = 256
# The kind of a hint that stands for any number of lost ones: look at everything.
MISSED = "missed"


def thread_topic(thread_id: str) -> str:
    return f"thread:{thread_id}"


@dataclass(frozen=True)
class Hint:
    """`message`: what a hint of kind "message" is about, where it was stored by this process. It
    spares whoever has all up to it (by `seq`) the reading; nobody else may go by it."""

    topic: str
    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    message: Message | None = None


class Subscription:
    """The hints of some topics, oldest first. Of more than QUEUE_LIMIT only a MISSED is kept."""

    def __init__(self, topics: tuple[str, ...], only: Callable[[Hint], bool] | None = None) -> None:
        self._queue: asyncio.Queue[Hint] = asyncio.Queue(QUEUE_LIMIT)
        self._topics = topics
        self._only = only

    def offer(self, hint: Hint) -> None:
        if self._only is not None and not self._only(hint):
            return
        if self._queue.full():
            self.drain()
            self.missed()
        self._queue.put_nowait(hint)

    def missed(self) -> None:
        """Have the subscriber look at everything."""
        if not self._queue.full():
            self._queue.put_nowait(Hint(self._topics[0], MISSED))

    async def next(self, seconds: float | None = None) -> Hint | None:
        """The next hint, or None after `seconds` without one."""
        try:
            async with asyncio.timeout(seconds):
                return await self._queue.get()
        except TimeoutError:
            return None

    def drain(self) -> list[Hint]:
        """What is already here, without waiting."""
        hints = []
        while not self._queue.empty():
            hints.append(self._queue.get_nowait())
        return hints


class Hints:
    """In-process publish and subscribe. Called on the event loop only."""

    def __init__(self) -> None:
        self._subscriptions: defaultdict[str, set[Subscription]] = defaultdict(set)

    async def run(self) -> None:
        """Whatever carries hints to other servers; within one there is nothing to do."""

    def publish(self, hint: Hint) -> None:
        self.deliver(hint)

    def deliver(self, hint: Hint) -> None:
        """Tell the subscribers in this process."""
        for subscription in tuple(self._subscriptions.get(hint.topic, ())):
            subscription.offer(hint)

    def listens(self, topic: str) -> bool:
        return topic in self._subscriptions

    def subscriptions(self) -> list[Subscription]:
        """Everybody who listens, each once."""
        return list({one for those in tuple(self._subscriptions.values()) for one in those})

    @contextmanager
    def subscribe(
        self, *topics: str, only: Callable[[Hint], bool] | None = None
    ) -> Iterator[Subscription]:
        """`only`: which hints are worth waking up for; asked for each, so it must be quick."""
        subscription = Subscription(topics, only)
        for topic in topics:
            self._subscriptions[topic].add(subscription)
        try:
            yield subscription
        finally:
            for topic in topics:
                self._subscriptions[topic].discard(subscription)
                if not self._subscriptions[topic]:
                    del self._subscriptions[topic]
