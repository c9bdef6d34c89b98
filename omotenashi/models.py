"""Trained models: one for each state of the training data, found by its fingerprint."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from omotenashi.settings import ROOT
from support.errors import Mendable

MODELS = ROOT / "models"
BRAIN_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
# Everything that makes a model what it is.
_SOURCES = ("config.yml", "domain.yml", "data/nlu", "data/rules", "data/stories", "data/mood")


class TrainingFailed(Mendable):
    """Rasa could not train; its own words have been printed."""


def fingerprint(root: Path = ROOT) -> str:
    """Twelve hexadecimal digits of what would be trained from now."""
    digest = hashlib.sha256()
    for path in sorted(_files(root)):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def present_model(models: Path = MODELS, root: Path = ROOT) -> Path | None:
    """The newest model of the present data."""
    found = sorted(models.glob(f"*-{fingerprint(root)}.tar.gz"))
    return found[-1] if found else None


def train(models: Path = MODELS, root: Path = ROOT) -> Path:
    """Train a model of the present data, or of a copy's. Raises TrainingFailed."""
    command, model = training(models, root)
    if subprocess.run(command, cwd=root, stdout=sys.stderr).returncode != 0:  # noqa: S603 - ours
        raise TrainingFailed("training failed; see above")
    return model


def training(models: Path = MODELS, root: Path = ROOT) -> tuple[list[str], Path]:
    """The command that trains a model of the present data, and the file it makes."""
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{fingerprint(root)}"
    command = [str(BRAIN_PYTHON), "-m", "brain", "train", "--out", str(models), "--name", name]
    return command, models / f"{name}.tar.gz"


def _files(root: Path) -> Iterator[Path]:
    for source in _SOURCES:
        path = root / source
        if path.is_file():
            yield path
        yield from (file for file in path.rglob("*.yml") if file.is_file())
    for room in ("brain", "encoders"):
        yield from (root / room).rglob("*.py")
