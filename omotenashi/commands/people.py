"""agent add, export, erase: people and their data.

What a command needs is imported when it runs: `omotenashi run` passes here too, and must be quick.
"""

import csv
import json
import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from support.store import Database, Transaction
    from support.team.agents import Agent


agent_app = typer.Typer(help="The people at the desk.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(agent_app, name="agent")
    app.command()(export)
    app.command()(erase)


@agent_app.command("add")
def add_agent(
    email: Annotated[str, typer.Option()],
    name: Annotated[str, typer.Option()],
    role: Annotated[Literal["agent", "lead", "admin"], typer.Option()] = "agent",
    lang: Annotated[Literal["en", "ja"], typer.Option(help="Language of the desk.")] = "en",
    skills: Annotated[str | None, typer.Option(help="What they are good at: a,b.")] = None,
    langs: Annotated[str | None, typer.Option(help="Languages they answer in: en,ja.")] = None,
    team: Annotated[str | None, typer.Option(help="The team they belong to.")] = None,
    capacity: Annotated[
        int | None, typer.Option(help="Conversations at once; 0 for everybody's figure.")
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Add an agent, or renew the one with this e-mail address."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    from support.clock import utc_now
    from support.team import agent_settings, agents

    def add(tx: "Transaction") -> "Agent":
        agent = agents.add(
            tx, email=email, name=name, role=role, password=password, now=utc_now(), lang=lang
        )
        agent_settings.set_abilities(
            tx,
            agent.id,
            skills=_parts(skills),
            langs=_parts(langs),
            team=team,
            capacity=capacity,
        )
        return agent

    agent = _database().write(add)
    print(f"{agent.role} {agent.name} <{agent.email}> can sign in at the desk.")


@agent_app.command("disable")
def disable_agent(email: Annotated[str, typer.Option()]) -> None:
    """End somebody's access now; what they hold returns to the queue."""
    from omotenashi.parts import PLAYBOOK
    from support.clock import utc_now
    from support.handover import vanished
    from support.playbook import playbook_edits
    from support.team import agents
    from support.team.agents import AgentRefused

    db = _database()
    playbook = playbook_edits.at_start(db, PLAYBOOK)

    def disable(tx: "Transaction") -> int:
        agent = agents.by_email(tx.connection, email)
        if agent is None:
            raise AgentRefused(f"email: nobody at the desk has the address {email!r}")
        return vanished.disable(tx, agent.id, playbook, utc_now())

    returned = db.write(disable)
    print(f"{email} can't sign in any more. Conversations returned to the queue: {returned}.")


def export(
    customer: Annotated[
        str | None, typer.Option(help="Customer number, e-mail address or thread.")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="YYYY-MM-DD, included.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="YYYY-MM-DD, included.")] = None,
    format_: Annotated[Literal["jsonl", "csv"], typer.Option("--format")] = "jsonl",
) -> None:
    """Everything of one customer, or the masked messages of some days."""
    from support.privacy.erasure import data_of_thread, threads_of
    from support.transcripts.exports import exported, inert

    db = _database()
    if customer is not None:
        for thread_id in db.read(lambda connection: threads_of(connection, customer)):
            data = db.read(lambda c, wanted=thread_id: data_of_thread(c, wanted))  # type: ignore[misc]
            print(json.dumps(data, ensure_ascii=False))
        return
    rows = db.read(lambda connection: exported(connection, _day(since, 0), _day(until, 1)))
    if format_ == "jsonl":
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
        return
    writer = csv.DictWriter(sys.stdout, ["conversation", "seq", "at", "author", "kind", "text"])
    writer.writeheader()
    for row in rows:
        writer.writerow({name: inert(value) for name, value in row.items()})


def erase(
    customer: Annotated[str, typer.Option(help="Customer number, e-mail address or thread.")],
) -> None:
    """Erase everything of a customer for good."""
    from omotenashi.parts import open_files
    from omotenashi.settings import load_settings
    from support.clock import utc_now
    from support.privacy.erasure import erase_customer

    db, files = _database(), open_files(load_settings())
    erased = db.write(lambda tx: erase_customer(tx, customer, "command line", utc_now(), files))
    print(f"Erased {erased} thread{'s' if erased != 1 else ''}.")


def _parts(text: str | None) -> list[str] | None:
    """`a, b` as its parts."""
    if text is None:
        return None
    return [part.strip() for part in text.split(",") if part.strip()]


def _day(text: str | None, add: int) -> datetime | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=add)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a date like 2026-11-30") from error
    return datetime.combine(day, time(), UTC)


def _database() -> "Database":
    from omotenashi.parts import open_database
    from omotenashi.settings import load_settings
    from support.store.migrate import migrate

    db = open_database(load_settings())
    migrate(db)
    return db
