"""The command line. Each module has the commands of one kind; errors are one clear sentence."""

import sys

import typer
from pydantic import ValidationError

from omotenashi.commands import data, learning, people, running
from support.errors import Mendable

app = typer.Typer(
    name="omotenashi",
    help="A customer-service assistant that a shop can run itself.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for module in (running, learning, people, data):
    module.register(app)


def main() -> None:
    try:
        app()
    except ValidationError as error:
        for problem in error.errors():
            where = ".".join(str(part) for part in problem["loc"]).upper()
            name = f"OMOTENASHI_{where}" if where else "settings"
            print(f"{name}: {problem['msg']}", file=sys.stderr)
        sys.exit(2)
    except Mendable as error:
        print(error, file=sys.stderr)
        sys.exit(2)
