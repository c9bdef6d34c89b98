"""Everything that `make run` and `make test` need, from a bare checkout on.

`python3 -m scripts.set_up [--tests]`. Takes a moment where nothing has changed, and can be broken
off and called again at any time.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts import for_tests
from scripts.debian import apt_install, may_install_packages
from scripts.environments import Environment
from scripts.pythons import rasa_python, server_python
from scripts.steps import ROOT, Command, SetUpFailed, Step, answer_of, call, carry_out, say

SERVER = Environment(ROOT / ".venv")
BRAIN = Environment(ROOT / ".venv-rasa")
UV = SERVER.folder / "bin" / "uv"
COMMAND = SERVER.folder / "bin" / "omotenashi"
LOCKS = ROOT / "requirements"
_SEE_ABOVE = "could not be installed; see above, and run this again once it is mended."

# A shell script and a Python program at once: it works from any folder, in a checkout with any
# path, and needs no build. The package itself is imported from the checkout.
_COMMAND_TEXT = """#!/bin/sh
'''exec' "$(dirname -- "$(readlink -f -- "$0")")/python" "$0" "$@"
' '''
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])
from omotenashi.commands import main

main()
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", action="store_true", help="what the tests need as well")
    tests = parser.parse_args().tests
    try:
        with _one_at_a_time():
            set_up(tests=tests)
    except SetUpFailed as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("\nStopped. The next call goes on from here.")
        return 130
    return 0


def set_up(*, tests: bool) -> None:
    """Raises SetUpFailed."""
    # Running the shop must not take the tools away that an earlier `make test` brought.
    tools = tests or (SERVER.folder / "bin" / "pytest").exists()
    lock = LOCKS / ("dev.txt" if tools else "server.txt")
    carry_out(
        (
            Step(
                "Making the server's environment",
                not SERVER.holds(LOCKS / "uv.txt") or not UV.exists(),
                _make_server,
            ),
            Step(
                f"Installing the server's packages{' and the tests' if tools else ''}"
                f" (about {'900' if tools else '700'} MB)",
                not SERVER.holds(lock) or not COMMAND.exists(),
                lambda: _install_server(lock),
            ),
            Step(
                "Installing Rasa's environment (about 2.5 GB, a minute or two)",
                not BRAIN.holds(LOCKS / "brain.txt"),
                _install_brain,
            ),
        )
    )
    if tests:
        for_tests.link_node(SERVER)
        carry_out(
            (
                Step(
                    "Installing a Chromium for the browser tests",
                    not for_tests.browser_is_there(),
                    lambda: for_tests.install_browser(SERVER),
                ),
                Step(
                    "Installing the widget's build tools",
                    not for_tests.widget_is_ready(),
                    lambda: for_tests.install_widget_packages(SERVER),
                ),
            )
        )


def _make_server() -> None:
    if not SERVER.usable:
        python = server_python()
        SERVER.make(lambda: _make_venv(python))
    lock = LOCKS / "uv.txt"
    pip: Command = [SERVER.python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    pip += ["--require-hashes", "-r", lock]
    SERVER.install(lock, lambda: call(pip, or_else=f"uv {_SEE_ABOVE}"))


def _make_venv(python: Path) -> None:
    missing = (
        "Python's venv module is incomplete: "
        "install your system's package (python3-venv on Debian) and run this again."
    )
    if answer_of([python, "-c", "import ensurepip, venv; print()"]) is None:
        # Debian splits Python up; as root on such a machine we can help ourselves.
        if not may_install_packages():
            raise SetUpFailed(missing)
        say("      installing Debian's python3-venv")
        apt_install(("python3-venv",), or_else=missing)
    call([python, "-m", "venv", SERVER.folder], or_else=missing)


def _install_server(lock: Path) -> None:
    also = (LOCKS / "server.txt",) if lock.name == "dev.txt" else ()
    SERVER.install(lock, lambda: _sync(SERVER, lock), also=also)
    COMMAND.write_text(_COMMAND_TEXT, encoding="utf-8")
    COMMAND.chmod(0o755)


def _install_brain() -> None:
    if not BRAIN.usable:
        python = rasa_python(UV)
        create: Command = [
            UV,
            "venv",
            "--quiet",
            "--allow-existing",
            "--python",
            python,
            BRAIN.folder,
        ]
        BRAIN.make(lambda: call(create, or_else=f"Rasa's environment {_SEE_ABOVE}"))
    lock = LOCKS / "brain.txt"
    BRAIN.install(lock, lambda: _sync(BRAIN, lock))


def _sync(env: Environment, lock: Path) -> None:
    # uv shows its own progress to a person; a log needs only what goes wrong.
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    command: Command = [UV, "pip", "sync", *quiet, "--require-hashes", "--python", env.python]
    # Compiled once here, or every start of a program would do it again wherever Python may not
    # write its cache (PYTHONDONTWRITEBYTECODE, folders of another user): 4.3 s instead of 1.8 s.
    command += ["--compile-bytecode", lock]
    call(
        command,
        or_else=f"The packages of {lock.relative_to(ROOT)} {_SEE_ABOVE}",
        env={"UV_PYTHON_DOWNLOADS": "never"},
    )


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is at work in this folder; waiting for it.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


if __name__ == "__main__":
    sys.exit(main())
