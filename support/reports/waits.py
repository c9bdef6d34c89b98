"""How long customers waited for a person, and whether it was as they had been told.

A wait begins with a handover, with a place in line after the agent had gone, or with the
customer's writing again after the end; the first reply of a person after that answers it. Whoever
was taken on and put back into line without a word has waited all the while: that is one wait.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row

REOPENED: Final = "reopened"
# Put back into line: its agent had gone, or passed it on.
_PUT_BACK: Final = "agent"
_CLAIMED: Final = "claimed"


@dataclass(frozen=True, slots=True)
class Wait:
    """`answered_s`: seconds until the first reply of a person; `until`: by when one had been
    promised, at first, or by the customer's own choice of a call or a message; `outcome`: None
    while it lasts, else claimed, cancelled, returned or resolved. Of a customer who wrote again to
    somebody who had resolved it `reason` is REOPENED."""

    reason: str
    since: datetime
    answered_s: float | None
    until: datetime | None
    outcome: str | None

    @property
    def as_told(self) -> bool | None:
        """None where nothing was told, or nobody answered."""
        if self.answered_s is None or self.until is None:
            return None
        return self.since + timedelta(seconds=self.answered_s) <= self.until


def of_ticket(ticket: Row[*tuple[Any, ...]]) -> Wait:
    """A place in line, not answered yet."""
    return Wait(
        reason=ticket.reason,
        since=ticket.began_at or ticket.queued_at,
        answered_s=None,
        until=told_until(ticket),
        outcome=ticket.outcome,
    )


def told_until(ticket: Row[*tuple[Any, ...]]) -> datetime | None:
    until: datetime | None = ticket.told_until
    if until is None and ticket.estimated_at is not None and ticket.high_s is not None:
        until = ticket.estimated_at + timedelta(seconds=ticket.high_s)
    return until


def answered(begun: Sequence[Wait], replies: Sequence[datetime]) -> list[Wait]:
    """`begun`: a conversation's waits; `replies`: when persons answered in it, in order."""
    found: list[Wait] = []
    for wait in sorted(begun, key=lambda one: one.since):
        before = found[-1] if found else None
        if (
            before is not None
            and before.outcome == _CLAIMED
            and wait.reason == _PUT_BACK
            and _first(replies, before.since, wait.since) is None
        ):
            found[-1] = replace(before, outcome=wait.outcome)
        else:
            found.append(wait)
    ends = [*(wait.since for wait in found[1:]), None]
    return [_with_answer(wait, replies, end) for wait, end in zip(found, ends, strict=True)]


def _with_answer(wait: Wait, replies: Sequence[datetime], end: datetime | None) -> Wait:
    if wait.outcome != _CLAIMED:
        # It lasts, or ended without a person; what a person says later answers another one.
        return wait
    at = _first(replies, wait.since, end)
    return replace(wait, answered_s=None if at is None else (at - wait.since).total_seconds())


def _first(
    replies: Sequence[datetime], since: datetime, before: datetime | None
) -> datetime | None:
    place = bisect_left(replies, since)
    if place == len(replies) or (before is not None and replies[place] >= before):
        return None
    return replies[place]
