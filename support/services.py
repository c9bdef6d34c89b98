"""What the assistant's actions may look things up in. Nothing here writes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from support.cases.cases import CaseLookup
from support.knowledge import KnowledgeHolder
from support.orders import OrderAccess, OrderRepository
from support.playbook.playbook import Playbook
from support.remedies.paid_back import PaidBackLookup
from support.store import Database
from support.store.schema import lookup_failures


@dataclass(frozen=True)
class Services:
    db: Database
    orders: OrderAccess
    knowledge: KnowledgeHolder
    cases: CaseLookup
    paid_back: PaidBackLookup
    playbook: Playbook


def order_access(db: Database, repository: OrderRepository, playbook: Playbook) -> OrderAccess:
    """The one way to an order, with the guesses counted that commands have recorded."""
    limits = playbook.orders.attempts
    window = timedelta(minutes=limits.window_minutes)

    def failures_for_number(number: str) -> int:
        query = (
            select(func.count())
            .select_from(lookup_failures)
            .where(
                lookup_failures.c.order_number == number,
                lookup_failures.c.at > datetime.now(UTC) - window,
            )
        )
        return int(db.read(lambda connection: connection.execute(query).scalar_one()))

    return OrderAccess(repository, limits=limits, failures_for_number=failures_for_number)
