"""What agents had paid back for an order, for who may see the order."""

from sqlalchemy import select

from support.orders.refunds import PaidBack
from support.playbook.playbook import Playbook
from support.store import Database
from support.store.schema import order_effects


class PaidBackLookup:
    """The caller has shown that the order may be seen; nothing is asked here."""

    def __init__(self, db: Database, playbook: Playbook) -> None:
        self._db = db
        self._zone = playbook.hours.zone

    def of_order(self, number: str) -> PaidBack | None:
        """The newest refund that is decided; what waits for a lead is not announced."""
        query = (
            select(order_effects.c.amount, order_effects.c.done_at)
            .where(
                order_effects.c.order_number == number,
                order_effects.c.kind == "refund",
                order_effects.c.state.in_(("pending", "done")),
            )
            .order_by(order_effects.c.number.desc())
            .limit(1)
        )
        row = self._db.read(lambda connection: connection.execute(query).first())
        if row is None:
            return None
        on = row.done_at.astimezone(self._zone).date() if row.done_at else None
        return PaidBack(row.amount, on)
