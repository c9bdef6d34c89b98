"""How often somebody may ask: the `limits` library, with answers that say when to come back.

Servers that share a Redis count together. While it is away each counts for itself: a customer must
not be refused because of it, and nobody may guess passwords without limit.
"""

import logging
import time
from typing import Any

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from web.errors import ApiError

RULES = {
    # One visitor, one address. A shop's office or a school is one address, too.
    "message": "30/10 seconds;600/hour",
    # A file takes the time and memory of many messages.
    "attachment": "12/minute;100/hour",
    "attachment_desk": "60/minute;600/hour",
    "session": "120/minute;3000/hour",
    # How often somebody on a channel without error messages is told that it was too much.
    "slow_down": "1/minute",
    "signal": "120/10 seconds",
    # To one mailbox, from one visitor, from one address.
    "transcript": "5/hour",
    # A reader's word on one article, from one address; on all of them.
    "vote": "1/day",
    "votes": "60/hour",
    "login": "10/5 minutes",
    "login_address": "40/5 minutes",
}


log = logging.getLogger(__name__)

# Redis answers within this, or is left alone for a while.
TIMEOUT_S, LEFT_ALONE_S = 0.5, 5.0


class Limits:
    """Counts by rule and key; off for benchmarks."""

    def __init__(self, enabled: bool, redis_url: str | None = None) -> None:
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._shared: MovingWindowRateLimiter | None = None
        self._connections: Any = None
        if redis_url is not None:
            # Imported when it is used: most servers start without it.
            from redis.asyncio import ConnectionPool

            # Our own, since the storage has no way to close those that it makes.
            self._connections = ConnectionPool.from_url(
                redis_url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
            )
            given: dict[str, Any] = {"connection_pool": self._connections}
            storage = RedisStorage(
                f"async+{redis_url}", wrap_exceptions=True, implementation="redispy", **given
            )
            self._shared = MovingWindowRateLimiter(storage)
        self._away_until = 0.0
        self._enabled = enabled
        self._rules: dict[str, list[RateLimitItem]] = {
            name: parse_many(rule) for name, rule in RULES.items()
        }

    async def close(self) -> None:
        if self._connections is not None:
            await self._connections.aclose()

    async def check(self, rule: str, *key: str) -> None:
        """Count one use. Raises ApiError 429 with Retry-After."""
        if not self._enabled:
            return
        for item in self._rules[rule]:
            seconds = await self._seconds_to_wait(item, rule, *key)
            if seconds is not None:
                raise ApiError(
                    429, "too_many", "too many requests; please wait a moment", retry_after=seconds
                )

    async def _seconds_to_wait(self, item: RateLimitItem, *key: str) -> float | None:
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                return await _hit(self._shared, item, *key)
            except (StorageError, OSError, TimeoutError) as error:
                log.warning("limits are counted by each server: %s", type(error).__name__)
                self._away_until = time.monotonic() + LEFT_ALONE_S
        return await _hit(self._own, item, *key)


async def _hit(limiter: MovingWindowRateLimiter, item: RateLimitItem, *key: str) -> float | None:
    """Count one use; seconds until there may be another one, or None if this one may be."""
    if await limiter.hit(item, *key):
        return None
    window = await limiter.get_window_stats(item, *key)
    return max(1.0, window.reset_time - time.time())
