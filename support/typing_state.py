"""Who is typing now: a passing thing, kept in memory only."""

from datetime import datetime, timedelta

LASTS = timedelta(seconds=6)


class Typing:
    """Customers who type, by thread."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def note(self, thread_id: str, typing: bool, now: datetime) -> None:
        for known, until in tuple(self._until.items()):
            if until < now:
                del self._until[known]
        if typing:
            self._until[thread_id] = now + LASTS
        else:
            self._until.pop(thread_id, None)

    def is_typing(self, thread_id: str, now: datetime) -> bool:
        return self._until.get(thread_id, now) > now
