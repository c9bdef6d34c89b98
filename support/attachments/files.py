"""The files themselves: in the data folder, outside of anything that is served as it is.

A file is named by an id that can't be guessed and stands in one of 256 folders. It is there in
full or not at all, and on the disk before a row refers to it.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from support.identifiers import new_id
from support.store.database import StorageUnavailable


class AttachmentFiles:
    """Synchronous, as everything that touches the disk; callers keep it off the event loop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Store `content`; its id. Raises StorageUnavailable where the disk is full or read-only;
        nothing is left behind then."""
        made = new_id()
        path = self._path(made)
        half = path.with_suffix(".half")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            half.rename(path)
            _sync_folder(path.parent)
        except OSError as error:
            for left in (half, path):
                with contextlib.suppress(OSError):
                    left.unlink()
            raise StorageUnavailable(f"a file can't be stored: {error.strerror}") from error
        return made

    def read(self, id: str) -> bytes | None:
        """None where it is gone. Raises StorageUnavailable."""
        try:
            return self._path(id).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageUnavailable(f"a file can't be read: {error.strerror}") from error

    def remove(self, ids: Iterable[str]) -> None:
        """What can't be removed now is found by the next sweep."""
        for id in ids:
            with contextlib.suppress(OSError):
                self._path(id).unlink()

    def sweep(self, still_known: Callable[[list[str]], set[str]], older_than_s: float) -> int:
        """Remove what no row refers to; how many there were.

        `older_than_s` is longer than any file waits for its row.
        """
        removed = 0
        before = time.time() - older_than_s
        for folder in self._folders():
            old = [path for path in folder.iterdir() if _modified(path) < before]
            whole = [path.name for path in old if not path.suffix]
            known = still_known(whole) if whole else set()
            for path in old:
                if path.name not in known:
                    with contextlib.suppress(OSError):
                        path.unlink()
                        removed += 1
        return removed

    def _folders(self) -> Iterator[Path]:
        if self._folder.is_dir():
            yield from (path for path in self._folder.iterdir() if path.is_dir())

    def _path(self, id: str) -> Path:
        if not (id.isascii() and id.isalnum()):
            raise ValueError("not the id of a file")
        return self._folder / id[:2] / id


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        # Gone meanwhile: another server sweeps, too.
        return float("inf")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
