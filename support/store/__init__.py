"""Where everything is kept: tables, transactions, migrations."""

from support.store.database import Database, Transaction

__all__ = ["Database", "Transaction"]
