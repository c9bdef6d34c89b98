"""A circuit breaker: stops asking a service that keeps failing, and tries again later."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock


class CircuitBreaker:
    """Opens after `failures` in a row; after `seconds` lets one caller probe (half-open).

    Every caller that `allows()` let through must tell the outcome with `succeeded()` or
    `failed()`. Safe to share between threads.
    """

    def __init__(
        self, failures: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = failures
        self._seconds = seconds
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._blocked_until: float | None = None

    def allows(self) -> bool:
        """Whether the service may be asked now."""
        with self._lock:
            if self._blocked_until is None:
                return True
            if self._clock() < self._blocked_until:
                return False
            # This caller probes. The others wait for its outcome, or as long again should it
            # never tell.
            self._blocked_until = self._clock() + self._seconds
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0
            self._blocked_until = None

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= self._limit:
                self._blocked_until = self._clock() + self._seconds
