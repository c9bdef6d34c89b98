"""What was measured, as a table, and on which machine."""

import os
import platform
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks.latency.talk import KINDS, Kind

Stage = Literal["turn 3", "turn 100"]
STAGES: tuple[Stage, Stage] = ("turn 3", "turn 100")
AIM_MS, AIM_TIMES, AIM_GROWTH = 40.0, 4.0, 1.3


@dataclass
class Samples:
    """Milliseconds by assistant, kind of answer and stage of the conversation."""

    taken: dict[tuple[str, Kind, Stage], list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )
    turns: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    processor_s: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, name: str, kind: Kind, stage: Stage, ms: float) -> None:
        self.taken[name, kind, stage].append(ms)

    def used(self, name: str, turns: int, processor_s: float) -> None:
        self.turns[name] += turns
        self.processor_s[name] += processor_s

    def processor_ms(self, name: str) -> float:
        """Of all its processes, a turn: what a busy machine doesn't lengthen."""
        return 1000 * self.processor_s[name] / self.turns[name]

    def percentile(self, name: str, kind: Kind, stage: Stage, share: float) -> float:
        return float(np.percentile(self.taken[name, kind, stage], share))


def table(samples: Samples, mine: str, other: str) -> list[str]:
    """Milliseconds; `times` is how often mine fits into the other."""
    head = f"{'':24}{mine + ' p50':>10}{'p99':>8}{'n':>6}{other + ' p50':>13}{'p99':>8}{'n':>6}"
    lines = [f"{head}{'times p50':>12}{'p99':>7}"]
    for stage in STAGES:
        for kind in KINDS:
            cells = []
            for name in (mine, other):
                p50, p99 = (samples.percentile(name, kind, stage, share) for share in (50, 99))
                cells.append((p50, p99, len(samples.taken[name, kind, stage])))
            (p50, p99, n), (their_p50, their_p99, their_n) = cells
            lines.append(
                f"{f'{kind} answer, {stage}':24}{p50:10.1f}{p99:8.1f}{n:6}"
                f"{their_p50:13.1f}{their_p99:8.1f}{their_n:6}"
                f"{their_p50 / p50:12.1f}{their_p99 / p99:7.1f}"
            )
    return lines


def growth(samples: Samples, name: str, kind: Kind) -> float:
    """How many times longer an answer takes (p50) at turn 100 than at turn 3."""
    early, late = (samples.percentile(name, kind, stage, 50) for stage in STAGES)
    return late / early


def aims(samples: Samples, mine: str, other: str) -> list[str]:
    """The three aims, each with what was measured; of the kinds the worse one counts."""
    slowest = max(samples.percentile(mine, kind, "turn 3", 50) for kind in KINDS)
    times = min(
        samples.percentile(other, kind, "turn 3", 50) / samples.percentile(mine, kind, "turn 3", 50)
        for kind in KINDS
    )
    grown = max(growth(samples, mine, kind) for kind in KINDS)
    return [
        _aim(f"p50 under {AIM_MS:g} ms", f"{slowest:.1f} ms", slowest < AIM_MS),
        _aim(f"at least {AIM_TIMES:g} times faster", f"{times:.1f} times", times >= AIM_TIMES),
        _aim(f"turn 100 at most {AIM_GROWTH:g} times turn 3", f"{grown:.2f}", grown <= AIM_GROWTH),
    ]


def _aim(what: str, measured: str, reached: bool) -> str:
    return f"  {'reached' if reached else 'MISSED':8}{what}: {measured}"


def machine() -> str:
    """Processor, memory, system, and how busy it is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_processor()}, {os.cpu_count()} cores,"
        f" {memory:.0f} GiB, {platform.system()},"
        f" Python {platform.python_version()}; {load()}"
    )


def load() -> str:
    return "load average {:.1f} {:.1f} {:.1f}".format(*os.getloadavg())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
