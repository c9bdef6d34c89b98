"""Learning as a row that every desk can watch: begun by a button or by the command line."""

import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from omotenashi.learning import Say, Step
from omotenashi.parts import open_database
from omotenashi.settings import ROOT, Settings
from support.clock import utc_now
from support.errors import Mendable
from support.learning import learning_jobs
from support.store.migrate import migrate

EVERY_S = 20.0


class Busy(Mendable):
    """Another run is under way; two would train over each other."""


def reported(
    settings: Settings,
    kind: str,
    job: int | None,
    work: Callable[[Say], dict[str, Any]],
) -> dict[str, Any]:
    """Do `work`, with what it says in the job's row and on standard error. Raises Busy."""
    db = open_database(settings)
    migrate(db)
    if job is None:
        try:
            job = db.write(lambda tx: learning_jobs.begin(tx, kind, None, utc_now()))
        except learning_jobs.AlreadyRunning as error:
            raise Busy("learning is under way already; see /desk/learning") from error
    number, lines, over = job, list[str](), threading.Event()
    steps: list[Step] = []

    def write() -> None:
        log, step = "\n".join(lines), steps[-1] if steps else None
        db.write(lambda tx: learning_jobs.report(tx, number, log, step, utc_now()))

    def say(line: str, step: Step | None = None) -> None:
        lines.append(line)
        steps.extend([step] if step else [])
        print(line, file=sys.stderr, flush=True)
        write()

    def live() -> None:
        while not over.wait(EVERY_S):
            write()

    living = threading.Thread(target=live, daemon=True)
    living.start()
    result: dict[str, Any] = {}
    well = False
    try:
        result = work(say)
        well = True
    except Mendable as error:
        say(str(error))
        raise
    finally:
        over.set()
        living.join()
        db.write(lambda tx: learning_jobs.end(tx, number, well=well, result=result, now=utc_now()))
        db.close()
    return result


def start(kind: str, job: int) -> None:
    """The same command in a process of its own, so that the server goes on serving."""
    commands = {
        "learn": ("learn", "--train"),
        "switch": ("learn", "--switch"),
        "replay": ("replay",),
    }
    command = [sys.executable, "-m", "omotenashi", *commands[kind], "--job", str(job)]
    process = subprocess.Popen(  # noqa: S603 - ours
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    # Somebody has to take note of its end.
    threading.Thread(target=process.wait, daemon=True).start()
