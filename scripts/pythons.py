"""Finding the two Pythons: one for the server, and a 3.10 for Rasa.

A candidate is executed, not just found: a version manager's shim may be on PATH and fail.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.steps import SetUpFailed, answer_of, call, say

# The modules are those that a Python compiled without some library lacks.
_PROBE = """
import ctypes, sqlite3, ssl, sys, zlib
print("%d.%d" % sys.version_info[:2], getattr(sys, "_base_executable", sys.executable))
"""
_FOR_SERVER = ("3.11", "3.12", "3.13", "3.14")
_FOR_RASA = "3.10"
NO_RASA_PYTHON = (
    "Rasa needs a Python 3.10 beside your own, and none was found or could be downloaded: "
    "install one (with pyenv, say: `pyenv install 3.10`) and run this again."
)


def server_python() -> Path:
    """The running Python where it will do, else one from PATH. Raises SetUpFailed."""
    candidates = [sys.executable, *(f"python{version}" for version in _FOR_SERVER)]
    for candidate in candidates:
        found = _probed(candidate, _FOR_SERVER)
        if found is not None:
            return found
    raise SetUpFailed(
        "Python 3.11 or newer (with its sqlite3 and ssl modules) is needed: "
        "install it and run this again."
    )


def rasa_python(uv: Path) -> Path:
    """A Python 3.10: from PATH, from pyenv, or downloaded by uv. Raises SetUpFailed."""
    for candidate in _candidates(uv):
        found = _probed(candidate, (_FOR_RASA,))
        if found is not None:
            return found
    say("      no Python 3.10 on this machine yet; downloading one")
    call([uv, "python", "install", "--no-bin", _FOR_RASA], or_else=NO_RASA_PYTHON)
    found = _probed(_downloaded(uv), (_FOR_RASA,))
    if found is None:
        raise SetUpFailed(NO_RASA_PYTHON)
    return found


def _candidates(uv: Path) -> Iterator[str | Path | None]:
    yield f"python{_FOR_RASA}"
    homes = [os.environ.get("PYENV_ROOT"), "~/.pyenv"]
    for home in (Path(home).expanduser() for home in homes if home):
        folders = (home / "versions").glob(f"{_FOR_RASA}*")
        for folder in sorted(folders, key=_version, reverse=True):
            yield folder / "bin" / f"python{_FOR_RASA}"
    yield _downloaded(uv)


def _version(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", folder.name)]


def _downloaded(uv: Path) -> str | None:
    return answer_of([uv, "python", "find", "--managed-python", "--no-python-downloads", _FOR_RASA])


def _probed(candidate: str | Path | None, versions: tuple[str, ...]) -> Path | None:
    """The real program behind `candidate`, if it runs and is one of `versions`."""
    program = shutil.which(candidate) if candidate else None
    answer = answer_of([program, "-c", _PROBE]) if program else None
    version, _, path = (answer or "").partition(" ")
    return Path(path) if version in versions and path else None
