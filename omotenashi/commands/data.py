"""migrate, move, orders: the database. What a command needs is imported when it runs."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from support.errors import Mendable

if TYPE_CHECKING:
    from support.store import Database


def register(app: typer.Typer) -> None:
    app.command()(migrate)
    app.command()(move)
    app.command()(orders)


def migrate() -> None:
    """Bring the database to the present shape."""
    from support.store.migrate import migrate as bring_to_shape

    print(f"The database is at revision {bring_to_shape(_database())}.")


def move(to: Annotated[str, typer.Option(help="postgresql+psycopg://…, empty.")]) -> None:
    """Copy everything into another, empty database. Stop the server first."""
    from omotenashi.moving import move_to
    from omotenashi.settings import database_address
    from support.store.migrate import migrate as bring_to_shape

    try:
        address = database_address(to)
    except ValueError as error:
        raise Mendable(f"--to {error}") from None
    db = _database()
    bring_to_shape(db)
    for table, rows in move_to(db, address):
        print(f"{table}: {rows}")
    print("Done. Set OMOTENASHI_DATABASE_URL to the new address.")


def orders(limit: Annotated[int, typer.Option(min=1)] = 20) -> None:
    """The demonstration's orders, a JSON object per line, for trying things out."""
    from demo import seeding
    from omotenashi.parts import demo_today
    from support.clock import utc_now

    db = _database()
    db.write(lambda tx: seeding.seed(tx.connection, demo_today(utc_now())))
    for order in db.read(lambda connection: seeding.list_orders(connection, limit)):
        print(json.dumps(order, ensure_ascii=False))


def _database() -> "Database":
    from omotenashi.parts import open_database
    from omotenashi.settings import load_settings

    return open_database(load_settings())
