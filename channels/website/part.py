"""What the parts of the visitor interface have in common."""

from abc import ABC, abstractmethod

from sanic import Request

from channels.base import Surroundings
from channels.website.access import Door
from channels.website.routes import Routes
from web.limits import Limits


class Part(ABC):
    """A few of the visitor interface's addresses, about one thing."""

    def __init__(self, around: Surroundings, door: Door, limits: Limits) -> None:
        self._around = around
        self._db = around.db
        self._door = door
        self._limits = limits

    @abstractmethod
    def routes(self, routes: Routes) -> None:
        """Adds its own."""

    async def _thread_id(self, request: Request, action: str) -> str:
        """The visitor's thread. Raises ApiError 401 without a valid token, 429 where `action` is
        asked for too often."""
        thread_id = self._door.thread_id(request)
        await self._limits.check(action, thread_id)
        return thread_id
