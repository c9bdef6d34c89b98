"""The turn being answered, as a context variable: what came with the request, what came of it."""

from __future__ import annotations

import os
import time
from contextvars import ContextVar
from dataclasses import dataclass, field

from rasa.shared.core.trackers import DialogueStateTracker

ACTION_TIMEOUT_S = float(os.environ.get("OMOTENASHI_ACTION_TIMEOUT", "4"))


@dataclass
class Turn:
    """One hub request. All its actions together may take `ACTION_TIMEOUT_S` seconds."""

    tracker: DialogueStateTracker
    failures: list[str] = field(default_factory=list)
    deadline: float = field(default_factory=lambda: time.monotonic() + ACTION_TIMEOUT_S)

    def fail(self, what: str) -> None:
        """Notes a failure that Rasa itself would only log."""
        if what not in self.failures:
            self.failures.append(what)

    @property
    def failed(self) -> str | None:
        return "; ".join(self.failures) or None


current: ContextVar[Turn | None] = ContextVar("turn", default=None)
