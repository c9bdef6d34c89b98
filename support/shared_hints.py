"""Hints between servers: Redis pub/sub behind the same interface.

Without Redis, or while it is away, every server goes on with its own hints and with slow polls;
subscribers are then told now and then to look for themselves. Nothing is kept in Redis, and no
text of a message ever gets there.
"""

import asyncio
import json
import logging
import time

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from support.ending import end
from support.hints import LOCAL, Hint, Hints
from support.identifiers import new_id

log = logging.getLogger(__name__)

CHANNEL = "omotenashi:hints"
# What waits to be sent; beyond it hints are dropped, as they are while Redis is away.
MOST_WAITING = 10_000
MOST_AT_ONCE = 200
# A server hears itself over Redis. Silence for so long means that others don't hear it either.
BEAT_S, SILENCE_S = 1.0, 3.0
RETRY_S = 1.0
# Without Redis: how often subscribers are told to look, and how many of them a second.
LOOK_EVERY_S, LOOKS_A_SECOND = 2.0, 500
TIMEOUT_S = 2.0


class SharedHints(Hints):
    """Hints of this process and of all others at the same Redis. Called on the event loop only."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._origin = new_id()
        self._waiting: asyncio.Queue[Hint] = asyncio.Queue(MOST_WAITING)
        self._heard = 0.0
        self._down = True
        self._warned = False

    @property
    def connected(self) -> bool:
        """Whether other servers hear this one, as far as it can tell."""
        return not self._down

    def publish(self, hint: Hint) -> None:
        self.deliver(hint)
        if hint.topic not in LOCAL and not self._down and not self._waiting.full():
            self._waiting.put_nowait(hint)

    async def run(self) -> None:
        """Carry hints for ever; Redis may come and go."""
        looking = asyncio.create_task(self._look_while_down())
        try:
            while True:
                try:
                    await self._connected()
                except (RedisError, OSError, TimeoutError) as error:
                    self._fail(type(error).__name__)
                await asyncio.sleep(RETRY_S)
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    async def _connected(self) -> None:
        """One connection's life. Raises RedisError, OSError, TimeoutError."""
        async with (
            Redis.from_url(
                self._url, socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S
            ) as client,
            client.pubsub(ignore_subscribe_messages=True) as listener,
        ):
            await listener.subscribe(CHANNEL)
            self._heard = time.monotonic()
            both = (
                asyncio.create_task(self._send(client)),
                asyncio.create_task(self._hear(listener)),
            )
            try:
                done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                await end(both, again_s=1.0)

    async def _send(self, client: Redis) -> None:
        beat_at = 0.0
        while True:
            sending: list[str] = []
            try:
                async with asyncio.timeout(max(0.0, beat_at - time.monotonic())):
                    sending.append(self._packed(await self._waiting.get()))
            except TimeoutError:
                beat_at = time.monotonic() + BEAT_S
                sending.append(f"{self._origin} beat\n")
            while not self._waiting.empty() and len(sending) < MOST_AT_ONCE:
                sending.append(self._packed(self._waiting.get_nowait()))
            pipe = client.pipeline(transaction=False)
            for text in sending:
                pipe.publish(CHANNEL, text)
            await pipe.execute()

    async def _hear(self, listener: PubSub) -> None:
        while True:
            message = await listener.get_message(timeout=BEAT_S)
            if message is not None:
                self._take(message["data"])
            elif time.monotonic() - self._heard > SILENCE_S:
                raise TimeoutError("no beat of our own was heard")

    def _packed(self, hint: Hint) -> str:
        body = json.dumps({"kind": hint.kind, "data": hint.data})
        return f"{self._origin} hint\n{hint.topic}\n{body}"

    def _take(self, raw: bytes) -> None:
        head, _, rest = raw.decode().partition("\n")
        origin, _, what = head.partition(" ")
        if origin == self._origin:
            self._heard = time.monotonic()
            if self._down:
                self._recover()
            return
        # The topic stands before the JSON: most servers needn't read most hints.
        topic, _, body = rest.partition("\n")
        if what == "hint" and self.listens(topic):
            told = json.loads(body)
            self.deliver(Hint(topic, str(told["kind"]), dict(told["data"])))

    def _recover(self) -> None:
        log.info("hints go over Redis")
        self._down = self._warned = False
        for subscription in self.subscriptions():
            subscription.missed()

    def _fail(self, why: str) -> None:
        if not self._warned:
            log.warning("Redis is away (%s): other servers' messages are found by slow polls", why)
        self._down = self._warned = True
        while not self._waiting.empty():
            self._waiting.get_nowait()

    async def _look_while_down(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if not self._down:
                continue
            for number, subscription in enumerate(self.subscriptions(), 1):
                subscription.missed()
                if number % (LOOKS_A_SECOND // 10) == 0:
                    await asyncio.sleep(0.1)
