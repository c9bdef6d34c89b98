"""Saying what set-up is doing, and starting the programs that do it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What an activated environment or a caller's own settings would tell the programs below.
_MISLEADING = ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__")
_ANSWER_WITHIN_S = 20.0


Command = list["str | Path"]


class SetUpFailed(Exception):
    """The text is the one sentence that tells a newcomer what to do. `main` prints it."""


@dataclass(frozen=True)
class Step:
    """One long piece of set-up; `due` is false where an earlier call has done it."""

    title: str
    due: bool
    do: Callable[[], None]


def carry_out(steps: Sequence[Step]) -> None:
    """Do what is due, each with a line before and after it. Raises SetUpFailed."""
    due = [step for step in steps if step.due]
    for number, step in enumerate(due, 1):
        say(f"[{number}/{len(due)}] {step.title} ...")
        began = time.monotonic()
        step.do()
        say(f"      done in {time.monotonic() - began:.0f} s")


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def call(command: Command, *, or_else: str, env: Mapping[str, str] | None = None) -> None:
    """Run a program whose output is shown. Raises SetUpFailed with `or_else`."""
    program = [str(part) for part in command]
    try:
        status = subprocess.run(  # noqa: S603 - set-up's own commands
            program, cwd=ROOT, env={**_environment(), **(env or {})}, stdin=subprocess.DEVNULL
        ).returncode
    except OSError as error:
        raise SetUpFailed(f"{or_else} ({error})") from error
    if status != 0:
        raise SetUpFailed(or_else)


def answer_of(command: Command) -> str | None:
    """What a program prints, without blanks around it; None if it fails or isn't there."""
    try:
        done = subprocess.run(  # noqa: S603 - set-up's own commands
            [str(part) for part in command],
            cwd=ROOT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ANSWER_WITHIN_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _MISLEADING}
