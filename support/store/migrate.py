"""Bringing a database to the present shape, with Alembic."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from support.store.database import Database, Transaction

FOLDER = Path(__file__).parent / "migrations"


def migrate(db: Database) -> str:
    """Apply what is missing, all or nothing; the revision the database is at now."""
    present = db.read(_revision)
    if present == newest():
        return present

    def upgrade(tx: Transaction) -> str:
        # Several servers may start at once; whoever comes second finds nothing to do.
        tx.alone()
        # Alembic takes a second to load, and most starts have nothing to migrate.
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        config.attributes["connection"] = tx.connection
        command.upgrade(config, "head")
        return newest()

    return db.write(upgrade)


def newest() -> str:
    """The revision that this code was written for: migrations are numbered files."""
    return max(path.name for path in (FOLDER / "versions").glob("[0-9]*.py")).partition("_")[0]


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
