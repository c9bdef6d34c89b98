"""What only one server does at a time: it holds a lease for it, and another takes over when that
has run out."""

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from support.store import Transaction
from support.store.schema import leases


def take(tx: Transaction, name: str, holder: str, now: datetime, lasting: timedelta) -> bool:
    """Whether `holder` has the lease from now on: it was free, run out, or theirs already."""
    values = {"holder": holder, "until": now + lasting}
    theirs = (leases.c.holder == holder) | (leases.c.until <= now)
    # One statement decides: of two at once the second finds the first one's row.
    if tx.execute(update(leases).where(leases.c.name == name, theirs).values(**values)).rowcount:
        return True
    if tx.execute(select(leases.c.name).where(leases.c.name == name)).first() is not None:
        return False
    try:
        with tx.connection.begin_nested():
            tx.execute(insert(leases).values(name=name, **values))
    except IntegrityError:
        return False
    return True


def give_back(tx: Transaction, name: str, holder: str) -> None:
    """Let another have it at once."""
    tx.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))
