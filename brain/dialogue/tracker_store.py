"""The tracker store of a brain that keeps nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import InMemoryTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from brain.dialogue import actions_link
from brain.dialogue.turn import current

# Whatever Rasa command loads this store (endpoints.yml) calls the actions our way.
actions_link.install()


class StatelessTrackerStore(TrackerStore):
    """Inside a hub turn the tracker lives with the request; elsewhere (`rasa shell`) in memory."""

    def __init__(
        self,
        domain: Domain | None = None,
        event_broker: EventBroker | None = None,
        host: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, event_broker)
        self._memory = InMemoryTrackerStore(self.domain)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        turn = current.get()
        if turn is not None:
            return turn.tracker
        self._memory.domain = self.domain
        return await self._memory.retrieve(sender_id)

    async def save(self, tracker: DialogueStateTracker) -> None:
        turn = current.get()
        if turn is not None:
            turn.tracker = tracker
        else:
            await self._memory.save(tracker)

    async def keys(self) -> Iterable[str]:
        return await self._memory.keys()
