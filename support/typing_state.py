"""Who is typing now: a passing thing, kept in memory only; servers tell each other by hints."""

from collections.abc import Callable
from datetime import datetime, timedelta

from support.hints import DESK, Hints

LASTS = timedelta(seconds=6)


class Typing:
    """Customers who type, by thread."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    async def follow(self, hints: Hints, clock: Callable[[], datetime]) -> None:
        """Hear for ever of those who type at another server."""
        with hints.subscribe(DESK) as heard:
            while True:
                hint = await heard.next()
                if hint is not None and hint.kind == "typing" and "thread" in hint.data:
                    self.note(str(hint.data["thread"]), bool(hint.data.get("typing")), clock())

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
