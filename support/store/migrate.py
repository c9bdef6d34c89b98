"""Bringing a database to the present shape, with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from support.store.database import Database

FOLDER = Path(__file__).parent / "migrations"


def migrate(db: Database, revision: str = "head") -> str:
    """Apply what is missing, all or nothing; the revision the database is at now."""

    def upgrade(connection: Connection) -> str:
        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        return _revision(connection) or "empty"

    return db.write(lambda tx: upgrade(tx.connection))


def is_current(db: Database) -> bool:
    """Whether the database has the shape that this code was written for."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    head = ScriptDirectory.from_config(config).get_current_head()
    return db.read(_revision) == head


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
