"""The turn being answered, as a context variable: what came with the request, what came of it."""

from __future__ import annotations

import os
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import List, Optional

from rasa.shared.core.trackers import DialogueStateTracker

ACTION_TIMEOUT_S = float(os.environ.get("OMOTENASHI_ACTION_TIMEOUT", "4"))


@dataclass
class Turn:
    """One hub request. All its actions together may take `ACTION_TIMEOUT_S` seconds."""

    tracker: DialogueStateTracker
    failures: List[str] = field(default_factory=list)
    deadline: float = field(default_factory=lambda: time.monotonic() + ACTION_TIMEOUT_S)

    def fail(self, what: str) -> None:
        """Notes a failure that Rasa itself would only log."""
        if what not in self.failures:
            self.failures.append(what)

    @property
    def failed(self) -> Optional[str]:
        return "; ".join(self.failures) or None


current: ContextVar[Optional[Turn]] = ContextVar("turn", default=None)
