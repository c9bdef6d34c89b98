"""Run by Alembic. The connection, and the transaction around it, come from migrate.py."""

from alembic import context

from support.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    transactional_ddl=False,  # migrate.py holds the transaction, on SQLite too
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
