"""migrate, move, orders: the database."""

import json
from typing import Annotated

import typer

from demo import seeding
from omotenashi.moving import move_to
from omotenashi.parts import demo_today, open_database
from omotenashi.settings import load_settings
from support.clock import utc_now
from support.store.migrate import migrate as migrate_database


def register(app: typer.Typer) -> None:
    app.command()(migrate)
    app.command()(move)
    app.command()(orders)


def migrate() -> None:
    """Bring the database to the present shape."""
    db = open_database(load_settings())
    print(f"The database is at revision {migrate_database(db)}.")


def move(to: Annotated[str, typer.Option(help="postgresql+psycopg://…, empty.")]) -> None:
    """Copy everything into another, empty database. Stop the server first."""
    db = open_database(load_settings())
    migrate_database(db)
    for table, rows in move_to(db, to):
        print(f"{table}: {rows}")
    print("Done. Set OMOTENASHI_DATABASE_URL to the new address.")


def orders(limit: Annotated[int, typer.Option(min=1)] = 20) -> None:
    """The demonstration's orders, a JSON object per line, for trying things out."""
    db = open_database(load_settings())
    db.write(lambda tx: seeding.seed(tx.connection, demo_today(utc_now())))
    for order in db.read(lambda connection: seeding.list_orders(connection, limit)):
        print(json.dumps(order, ensure_ascii=False))
