"""The way out: one stored message to the shop's address."""

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from sqlalchemy import Connection

from channels.base import Surroundings
from channels.webhook.addresses import AddressRefused, CheckedTransport
from channels.webhook.shapes import outgoing
from channels.webhook.signature import signed_headers
from support import messages
from support.delivery.outbox import DeliveryDelayed, DeliveryRefused, Parcel
from support.values import Message

CONNECT_S, ANSWER_S = 10.0, 30.0
# Whoever asks for more patience than this is asked again all the same.
LONGEST_WAIT_S = 3600.0
REQUEST_TIMEOUT, TOO_EARLY, TOO_MANY = 408, 425, 429


class NotTaken(Exception):
    """The other side can't take it now. The outbox tries again."""


class WebhookSender:
    """The channel's Sender."""

    def __init__(self, url: str, secret: str, around: Surroundings, *, private: bool) -> None:
        self._url = url
        self._secret = secret
        self._around = around
        self._client = httpx.AsyncClient(
            transport=CheckedTransport(httpx.AsyncHTTPTransport(), private=private),
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            trust_env=False,
            follow_redirects=False,
        )

    async def send(self, parcel: Parcel) -> None:
        """Raises DeliveryRefused, DeliveryDelayed, NotTaken, httpx.HTTPError."""
        message_id = parcel.message_id
        if message_id is None:
            raise DeliveryRefused("nothing that this channel can carry")

        def read(connection: Connection) -> Message | None:
            return messages.by_id(connection, message_id)

        message = await self._around.db.reading(read)
        if message is None:
            return  # erased meanwhile
        content = json.dumps(outgoing(message, parcel.address), ensure_ascii=False).encode()
        now = self._around.clock()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": str(message.id),
            **signed_headers(self._secret, content, now),
        }
        try:
            # Nothing of the answer is read but its head: nobody keeps us busy with a long one.
            async with self._client.stream(
                "POST", self._url, content=content, headers=headers
            ) as answer:
                judge(answer.status_code, answer.headers.get("retry-after"), now)
        except AddressRefused as error:
            raise DeliveryRefused(str(error)) from error

    async def close(self) -> None:
        await self._client.aclose()


def judge(status: int, retry_after: str | None, now: datetime) -> None:
    """What an answer means. Raises DeliveryRefused, DeliveryDelayed, NotTaken."""
    if 200 <= status < 300:
        return
    if status == TOO_MANY:
        seconds = seconds_until(retry_after, now)
        if seconds is not None:
            raise DeliveryDelayed(seconds)
    if status >= 500 or status in (REQUEST_TIMEOUT, TOO_EARLY, TOO_MANY):
        raise NotTaken(f"answered {status}")
    raise DeliveryRefused(f"answered {status}")


def seconds_until(retry_after: str | None, now: datetime) -> float | None:
    """A Retry-After header as seconds from `now`, within reason; None if it says nothing."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        # Cut short first: a number of a thousand digits is no number worth making.
        return min(float(text[:9]), LONGEST_WAIT_S)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return min(max(0.0, (at - now).total_seconds()), LONGEST_WAIT_S)
