"""How long a person will take: the queue's order and honest estimates. Pure decisions.

The typical wait is smoothed exponentially over accepted waits (new = 0.9 old + 0.1 last), the
convention named for queues that people can check; before there is anything to learn from, the
playbook's first guess per place serves.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from support.playbook.playbook import Escalation

SMOOTHING = 0.1
# A range is told as half to one and a half of the middle: people plan by the worse end.
LOW, HIGH = 0.5, 1.5
SHORTEST_HIGH_S = 60


@dataclass(frozen=True)
class Estimate:
    """Seconds from now; `low_s` <= `high_s`."""

    low_s: int
    high_s: int


def head_start(rules: Escalation, reason: str, anger: str, tier: str | None) -> timedelta:
    """How much earlier than their arrival somebody is placed in the queue."""
    minutes = (
        {str(k): v for k, v in rules.head_start_minutes.items()}.get(reason, 0)
        + {str(k): v for k, v in rules.anger_minutes.items()}.get(anger, 0)
        + rules.tier_minutes.get(tier or "", 0)
    )
    return timedelta(minutes=minutes)


def typical_wait(accepted_waits_s: Iterable[float], first_guess_s: float) -> float:
    """Seconds per place, from waits that ended with a person, oldest first."""
    typical = first_guess_s
    for wait in accepted_waits_s:
        typical = (1 - SMOOTHING) * typical + SMOOTHING * wait
    return typical


def estimate(position: int, agents: int, typical_s: float) -> Estimate:
    """The wait of whoever stands at `position` (from 1) before `agents` people."""
    rounds = -(-position // max(agents, 1))
    middle = typical_s * rounds
    low = int(LOW * middle)
    high = int(max(HIGH * middle, SHORTEST_HIGH_S))
    return Estimate(low, high)


def remaining(told: Estimate, since: datetime, now: datetime) -> Estimate:
    """What is left of a range that was told at `since`."""
    passed = int((now - since).total_seconds())
    return Estimate(max(0, told.low_s - passed), max(0, told.high_s - passed))
