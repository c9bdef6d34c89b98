"""A virtual environment that holds exactly the packages of a lock file.

What is in it stands in a stamp file, so that a later call sees in a moment that nothing is to be
done. An installation that was broken off is started afresh (what was downloaded is kept by uv).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts.steps import ROOT

_STAMP = "set-up.json"
_UNFINISHED = "set-up.unfinished"


@dataclass(frozen=True)
class Environment:
    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def usable(self) -> bool:
        """Whether it can be built upon: whole, its Python still there, not moved elsewhere."""
        if not self.python.exists() or (self.folder / _UNFINISHED).exists():
            return False
        return self._stamp().get("root", str(ROOT)) == str(ROOT)

    def holds(self, lock: Path) -> bool:
        return self.usable and self._stamp().get(lock.name) == _digest(lock)

    def make(self, create: Callable[[], None]) -> None:
        """Begin from nothing. It stays unfinished until packages were installed."""
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir()
        self._begin()
        create()

    def install(self, lock: Path, sync: Callable[[], None], *, also: tuple[Path, ...] = ()) -> None:
        """Run `sync` and note that it ended well. `also`: lock files that are part of `lock`."""
        stamp = {**self._stamp(), "root": str(ROOT)}
        for each in (lock, *also):
            stamp.pop(each.name, None)
        self._begin()
        sync()
        stamp.update({each.name: _digest(each) for each in (lock, *also)})
        fresh = self.folder / f"{_STAMP}.new"
        fresh.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
        os.replace(fresh, self.folder / _STAMP)
        (self.folder / _UNFINISHED).unlink()

    def _begin(self) -> None:
        (self.folder / _UNFINISHED).touch()

    def _stamp(self) -> dict[str, str]:
        try:
            return dict(json.loads((self.folder / _STAMP).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()
