"""What was measured, as a table, and on which machine."""

import os
import platform
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks.latency.talk import KINDS, Kind

Stage = Literal["turn 3", "turn 30", "turn 100", "turn 300"]
STAGES: tuple[Stage, ...] = ("turn 3", "turn 30", "turn 100", "turn 300")
AIM_MS, AIM_TIMES, AIM_GROWTH = 40.0, 4.0, 1.2


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


def table(samples: Samples, names: Sequence[str]) -> list[str]:
    """Milliseconds; `times` is how often the first one's fits into the second one's, if there is
    one."""
    lines = ["".join([f"{'':24}", *(f"{name + ' p50':>13}{'p99':>8}{'n':>6}" for name in names)])]
    if len(names) > 1:
        lines[0] += f"{'times p50':>12}{'p99':>7}"
    for stage in STAGES:
        for kind in KINDS:
            line = f"{f'{kind} answer, {stage}':24}"
            found = []
            for name in names:
                p50, p99 = (samples.percentile(name, kind, stage, share) for share in (50, 99))
                found.append((p50, p99))
                line += f"{p50:13.1f}{p99:8.1f}{len(samples.taken[name, kind, stage]):6}"
            if len(names) > 1:
                (p50, p99), (their_p50, their_p99) = found
                line += f"{their_p50 / p50:12.1f}{their_p99 / p99:7.1f}"
            lines.append(line)
    return lines


def growth(samples: Samples, name: str, kind: Kind, stage: Stage) -> float:
    """How many times longer an answer takes (p50) at `stage` than at turn 3."""
    return samples.percentile(name, kind, stage, 50) / samples.percentile(name, kind, "turn 3", 50)


def aims(samples: Samples, names: Sequence[str]) -> list[str]:
    """The aims, each with what was measured; of the kinds the worse one counts."""
    mine, *others = names
    slowest = max(samples.percentile(mine, kind, "turn 3", 50) for kind in KINDS)
    grown = max(growth(samples, mine, kind, stage) for kind in KINDS for stage in STAGES[1:])
    found = [
        _aim(f"p50 under {AIM_MS:g} ms", f"{slowest:.1f} ms", slowest < AIM_MS),
        _aim(f"later at most {AIM_GROWTH:g} times turn 3", f"{grown:.2f}", grown <= AIM_GROWTH),
    ]
    for other in others:
        times = min(
            samples.percentile(other, kind, "turn 3", 50)
            / samples.percentile(mine, kind, "turn 3", 50)
            for kind in KINDS
        )
        aim = f"at least {AIM_TIMES:g} times faster"
        found.append(_aim(aim, f"{times:.1f} times", times >= AIM_TIMES))
    return found


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
