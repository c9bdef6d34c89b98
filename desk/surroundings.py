"""What the desk is given by whoever assembles the server."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from support.attachments.storing import Attachments
from support.knowledge import KnowledgeHolder
from support.orders import OrderAccess
from support.playbook.playbook import Playbook
from support.store import Database


@dataclass(frozen=True)
class DeskSurroundings:
    """`cookie_secure`: whether browsers reach the desk by https only. `trusted_proxies`: addresses
    or networks whose X-Forwarded-For counts. `start_learning`: begins a run of the kind with the
    number (support.learning.learning_jobs) and returns at once."""

    db: Database
    playbook: Playbook
    clock: Callable[[], datetime]
    orders: OrderAccess
    attachments: Attachments
    knowledge: KnowledgeHolder
    start_learning: Callable[[str, int], None]
    cookie_secure: bool
    playbook_folder: Path
    trusted_proxies: tuple[str, ...] = ()
    public_url: str | None = None
