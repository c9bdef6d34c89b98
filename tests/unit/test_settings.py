"""The secret from which all others are derived: made whole, once, and never taken for good when it
is not."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from omotenashi.settings import Settings, kept_secret
from support.errors import Mendable


@pytest.fixture(autouse=True)
def _read_anew() -> None:
    kept_secret.cache_clear()


def key(folder: Path) -> str:
    return Settings(_env_file=None, data_dir=folder).key("visitors")


def test_it_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = key(tmp_path)
    kept_secret.cache_clear()
    assert key(tmp_path) == first
    [made] = tmp_path.iterdir()
    assert (made.name, made.stat().st_mode & 0o777) == ("secret_key", 0o600)


def test_processes_that_start_at_once_have_the_same(tmp_path: Path) -> None:
    for number in range(30):
        folder = tmp_path / str(number)
        with ThreadPoolExecutor(8) as pool:
            found = set(pool.map(kept_secret.__wrapped__, [folder] * 8))
        assert found == {(folder / "secret_key").read_text()}


def test_a_disk_that_is_full_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:

        def refuse(handle: int) -> None:
            raise OSError(28, "No space left on device")

        full.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="No space"):
            key(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(key(tmp_path)) == 64


@pytest.mark.parametrize("kept", ["", "\n", "cut-off"])
def test_nothing_is_derived_from_what_is_left_of_one(tmp_path: Path, kept: str) -> None:
    (tmp_path / "secret_key").write_text(kept)
    with pytest.raises(Mendable, match="empty or cut off"):
        key(tmp_path)
