"""The one checked way to an order: who may see what.

Nothing else reaches a repository. A denial is vague on purpose and takes its time, so that
trying out numbers, addresses or postcodes teaches nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
import unicodedata
from collections.abc import Callable, Collection

from support.orders.config import AttemptLimits
from support.orders.effects import OrderEffect
from support.orders.errors import OrderNotVisible, OrdersUnavailable, TooManyAttempts
from support.orders.model import Order
from support.orders.repository import OrderRepository

_REFUSAL_SECONDS = 0.1
# Blanks, the postal mark and everything people use as a hyphen (the long vowel mark too).
_IN_POSTCODES = re.compile(r"[\s〒\-‐‑‒–—―−ーｰ]+")


class OrderAccess:
    """Decides whether an order may be seen, and fetches it.

    `failures_for_number` counts the recent failed look-ups of an order number over all
    threads, whether or not there is such an order; it gets the number as `canonical_number`
    writes it. All methods block.
    """

    def __init__(
        self,
        repository: OrderRepository,
        *,
        limits: AttemptLimits | None = None,
        failures_for_number: Callable[[str], int] = lambda number: 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._repository = repository
        self._limits = limits or AttemptLimits()
        self._failures_for_number = failures_for_number
        self._clock = clock
        self._sleep = sleep

    def find(
        self,
        number: str,
        *,
        customer_id: str | None = None,
        email: str | None = None,
        postcode: str | None = None,
        verified: Collection[str] = (),
        recent_failures: int = 0,
    ) -> Order:
        """The order `number`, if the asker may see it.

        Enough is: it belongs to the signed-in `customer_id`; or it is among the thread's
        `verified` numbers; or `email` or `postcode` is the one on it. `recent_failures` are
        this thread's failed look-ups of late. Too many of them, or of the number's, stop
        look-ups by e-mail or postcode only.

        Raises `OrderNotVisible` (absent, or not theirs: alike), `TooManyAttempts`,
        `OrdersUnavailable`. Callers count a failure where an e-mail or postcode was offered.
        """
        started = self._clock()
        wanted = canonical_number(number)
        proof_allowed = self._proof_allowed(wanted, recent_failures)
        known = wanted in {canonical_number(one) for one in verified}
        order = None
        if proof_allowed or known or customer_id:
            order = self._repository.by_number(wanted) if _plausible(wanted) else None
            if order is not None and canonical_number(order.number) != wanted:
                raise OrdersUnavailable("the source gave another order than the one asked for")

        # Every comparison is made every time, against nothing where there is no order.
        own = _same(customer_id, order.customer_id if order else None)
        proven = _same(email_key(email), email_key(order.email if order else None))
        proven |= _same(postcode_key(postcode), postcode_key(order.postcode if order else None))
        if order is not None and (own or known or (proven and proof_allowed)):
            return order

        self._sleep(max(0.0, started + _REFUSAL_SECONDS - self._clock()))
        if not proof_allowed:
            raise TooManyAttempts
        raise OrderNotVisible

    def of_customer(self, customer_id: str) -> tuple[Order, ...]:
        """The orders of a signed-in customer, the newest first. Raises `OrdersUnavailable`."""
        if not customer_id:
            return ()
        orders = self._repository.of_customer(customer_id)
        # A source that ignores whose orders were asked for must not show a stranger's.
        return tuple(order for order in orders if _same(order.customer_id, customer_id))

    def apply(self, effect: OrderEffect) -> None:
        """Have something done about an order that `find` has shown to whoever asks for it.

        Raises `EffectRefused`, `OrdersUnavailable`.
        """
        self._repository.apply(effect)

    def close(self) -> None:
        """Give back what the source holds open; nothing is asked afterwards."""
        self._repository.close()

    def _proof_allowed(self, number: str, recent_failures: int) -> bool:
        for_number = self._failures_for_number(number)
        return recent_failures < self._limits.per_thread and for_number < self._limits.per_number


def canonical_number(text: str) -> str:
    """An order number as it is compared: NFKC, upper case, without blanks or a leading `#`."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    return plain.removeprefix("#")


def email_key(text: str | None) -> str:
    """An e-mail address as it is compared: NFKC, any case. Empty if there is none."""
    return unicodedata.normalize("NFKC", text or "").strip().casefold()


def postcode_key(text: str | None) -> str:
    """A postcode as it is compared: NFKC, any case, without blanks, hyphens or 〒."""
    return _IN_POSTCODES.sub("", unicodedata.normalize("NFKC", text or "")).casefold()


def _plausible(number: str) -> bool:
    # Control characters and lone surrogates make databases fail instead of finding nothing.
    return 0 < len(number) <= 64 and number.isprintable()


def _same(one: str | None, other: str | None) -> bool:
    """Whether both are there and equal; takes as long whatever they are."""
    equal = hmac.compare_digest(_digest(one), _digest(other))
    return equal and bool(one)


def _digest(text: str | None) -> bytes:
    # Digests are of one length, so the comparison does not tell how long the secret is.
    return hashlib.sha256((text or "").encode("utf-8", "surrogatepass")).digest()
