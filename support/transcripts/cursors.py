"""Where a page of a list ended, for whoever asks for the next."""

import base64
from datetime import datetime


class BadCursor(ValueError):
    """The cursor is none of ours. Shown as 422."""


def make_cursor(key: datetime, last_id: str) -> str:
    return base64.urlsafe_b64encode(f"{key.isoformat()} {last_id}".encode()).decode()


def read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        key, _, last_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        moment = datetime.fromisoformat(key)
        if moment.tzinfo is None or "\x00" in last_id:
            raise ValueError("not made here")
        return moment, last_id
    except ValueError as error:
        raise BadCursor("no such page") from error
