"""What a channel is to the rest of the product.

A channel takes customers' messages in through `support.customers.visitors` and `support.inbox`,
and it brings answers out: either its customers fetch and stream what is stored (the website), or
it has a Sender to which the outbox gives one message at a time (Telegram). It owns its addresses,
its limits and its formatting, and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sanic import Blueprint

from support.attachments.storing import Attachments
from support.delivery.mail import MailSender
from support.delivery.outbox import Sender
from support.playbook.playbook import Playbook
from support.store import Database
from support.typing_state import Typing


@dataclass(frozen=True)
class Surroundings:
    """What every channel is given. `worker` serves the turns of messages taken in here.

    `mail` is there where a mail server is. `invitations`: by channel, what to put a one-time code
    behind (see `support.customers.links`) so that a customer goes on there; a channel adds its own
    once it knows it.
    """

    db: Database
    playbook: Playbook
    typing: Typing
    clock: Callable[[], datetime]
    worker: str
    attachments: Attachments
    mail: MailSender | None = None
    invitations: dict[str, str] = field(default_factory=dict)


class Channel(Protocol):
    """One way to reach customers."""

    name: str

    def blueprint(self) -> Blueprint | None:
        """Its routes, if it has any."""
        ...

    def sender(self) -> Sender | None:
        """Its way out, if answers are sent rather than fetched."""
        ...

    async def run(self) -> None:
        """Whatever it does by itself while the server runs; returns at once if nothing."""
        ...
