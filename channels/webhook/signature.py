"""How both sides prove who they are: an HMAC over the moment and what is sent."""

import hashlib
import hmac
import re
from datetime import datetime

TIMESTAMP, SIGNATURE = "X-Omotenashi-Timestamp", "X-Omotenashi-Signature"
# What was written down on the way is worthless after so long.
WINDOW_S = 300
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


class NotSigned(Exception):
    """The signature is missing or wrong. Shown as 403."""


class Stale(Exception):
    """Signed rightly, but too long ago or in the future. Shown as 403."""


def signature(secret: str, timestamp: str, content: bytes) -> str:
    """`sha256=` and the HMAC of `timestamp.content` in hexadecimal digits."""
    signed = timestamp.encode("utf-8", "replace") + b"." + content
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def signed_headers(secret: str, content: bytes, now: datetime) -> dict[str, str]:
    timestamp = str(int(now.timestamp()))
    return {TIMESTAMP: timestamp, SIGNATURE: signature(secret, timestamp, content)}


def check(secret: str, timestamp: str, given: str, content: bytes, now: datetime) -> None:
    """Raises NotSigned, Stale."""
    expected = signature(secret, timestamp, content)
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise NotSigned("the signature is missing or wrong")
    if not _SECONDS.fullmatch(timestamp) or abs(now.timestamp() - int(timestamp)) > WINDOW_S:
        raise Stale("the timestamp is not within five minutes of now")
