"""The services that actions read from, set once by whoever serves the actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.services import Services

# rasa_sdk makes the action objects itself and passes them nothing, so this is the way in.
_services: Services | None = None


def configure(services: Services | None) -> None:
    """Set what all actions of this process use from now on; None takes it away again."""
    global _services
    _services = services


def services() -> Services:
    """The configured services. Raises RuntimeError before `configure`."""
    if _services is None:
        raise RuntimeError("actions.context.configure(services) must run before any action")
    return _services
