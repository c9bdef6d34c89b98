"""The brain by itself: `python -m benchmarks.brain_alone [--training]`.

How long `parse` takes on one processor (the development messages of tests/data/understanding, each
alone, through the brain's own `parse`; half of them English), and the memory it then has. With
`--training` how long a training takes from nothing, with nothing changed, and with a few examples
changed: on a copy of the training data, in a cache of its own.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.understanding import LANGUAGES, MESSAGES, ROOT
from omotenashi import models

# What somebody might change of an evening: three examples of one intent.
CHANGED = ("my parcel is late again", "the lid doesn't close", "荷物の角がつぶれていました")

# Runs in the brain's environment: reads a message a line, times each, says what it needed.
_TIMED = """
import asyncio, json, resource, sys, time
from brain.quiet import settle_environment
settle_environment()
from brain import lean
lean.install()
from brain.quiet import settle_logging
settle_logging()
from pathlib import Path
import numpy as np
from brain.loading import load_agent
from brain.parse import parse
agent, loop, times = load_agent(Path(sys.argv[1])), asyncio.new_event_loop(), []
for line in sys.stdin:
    clock, processor = time.perf_counter(), time.process_time()
    loop.run_until_complete(parse(agent, line.rstrip()))
    times.append((time.perf_counter() - clock, time.process_time() - processor))
middle, late = 1000 * np.percentile(times, [50, 99], axis=0)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([len(times), *middle, *late, memory]))
"""


def parsing(model: Path) -> str:
    lines = [
        " ".join(json.loads(line)["text"].split())
        for language in LANGUAGES
        for line in (MESSAGES / "development" / f"{language}.jsonl").read_text("utf-8").splitlines()
    ]
    command = [str(models.BRAIN_PYTHON), "-c", _TIMED, str(model)]
    if shutil.which("taskset"):
        command = ["taskset", "-c", "0", *command]
    done = subprocess.run(
        command, input="\n".join(lines), capture_output=True, cwd=ROOT, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    count, middle, own_middle, late, own_late, memory = json.loads(done.stdout.split("\n")[-2])
    return (
        f"parse, {count} messages on one processor: p50 {middle:.1f} ms, p99 {late:.1f} ms"
        f" (processor {own_middle:.1f}, {own_late:.1f}); memory at most {memory:.0f} MB"
    )


def trainings() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name in ("data", "brain", "encoders"):
            shutil.copytree(ROOT / name, folder / name)
        for name in ("config.yml", "domain.yml"):
            shutil.copy(ROOT / name, folder / name)
        print(f"training from nothing: {_trained(folder):.0f} s")
        print(f"training, nothing changed: {_trained(folder):.0f} s")
        file = folder / "data" / "nlu" / "en" / "complaint.yml"
        with file.open("a", encoding="utf-8") as examples:
            examples.writelines(f"      - {text}\n" for text in CHANGED)
        print(f"training, {len(CHANGED)} examples more: {_trained(folder):.0f} s")


def _trained(folder: Path) -> float:
    command, _ = models.training(folder / "models", folder)
    environment = {**os.environ, "RASA_CACHE_DIRECTORY": str(folder / "cache")}
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stdout[-1000:] + done.stderr[-1000:])
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--training", action="store_true", help="time trainings as well")
    parser.add_argument("--model", type=Path, help="another model than that of the present data")
    arguments = parser.parse_args()
    print(parsing(arguments.model or models.present_model() or models.train()))
    if arguments.training:
        trainings()


if __name__ == "__main__":
    main()
