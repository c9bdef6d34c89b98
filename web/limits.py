"""How often somebody may ask: the `limits` library, with answers that say when to come back."""

import time

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter

from web.errors import ApiError

RULES = {
    # One visitor, one address. A shop's office or a school is one address, too.
    "message": "30/10 seconds;600/hour",
    "session": "120/minute;3000/hour",
    "signal": "120/10 seconds",
    "login": "10/5 minutes",
    "login_address": "40/5 minutes",
}


class Limits:
    """Counts by rule and key; off for benchmarks."""

    def __init__(self, enabled: bool, redis_url: str | None = None) -> None:
        storage: Storage = RedisStorage(f"async+{redis_url}") if redis_url else MemoryStorage()
        self._limiter = MovingWindowRateLimiter(storage)
        self._enabled = enabled
        self._rules: dict[str, list[RateLimitItem]] = {
            name: parse_many(rule) for name, rule in RULES.items()
        }

    async def check(self, rule: str, *key: str) -> None:
        """Count one use. Raises ApiError 429 with Retry-After."""
        if not self._enabled:
            return
        for item in self._rules[rule]:
            if not await self._limiter.hit(item, rule, *key):
                window = await self._limiter.get_window_stats(item, rule, *key)
                raise ApiError(
                    429,
                    "too_many",
                    "too many requests; please wait a moment",
                    retry_after=max(1.0, window.reset_time - time.time()),
                )
