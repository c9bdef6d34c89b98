"""When we can call back: slots within the opening hours. Pure decisions.

A slot is its beginning, in UTC; what it is called depends on where the customer is.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from support.playbook.hours import LONGEST_CLOSURE, Hours
from support.playbook.playbook import CallbackRules


class UnknownZone(ValueError):
    """No time zone has this name. Shown as 422."""


def known_zone(name: str) -> ZoneInfo:
    """The IANA zone `name`, such as Europe/Berlin. Raises UnknownZone."""
    try:
        return ZoneInfo(name)
    # A name such as "../x" or "America" is a ValueError or an OSError, by platform.
    except (KeyError, ValueError, OSError) as error:
        raise UnknownZone(f"no time zone is called {name[:64]!r}") from error


def slots(hours: Hours, rules: CallbackRules, now: datetime) -> Iterator[datetime]:
    """All that can still be chosen, taken or not: whole slots between opening and closing."""
    length = timedelta(minutes=rules.slot_minutes)
    earliest = now + timedelta(minutes=rules.earliest_after_minutes)
    today = now.astimezone(hours.zone).date()
    open_days = 0
    for offset in range(LONGEST_CLOSURE):
        opening = hours.on(today + timedelta(days=offset))
        if opening is None:
            continue
        begins, closes = opening
        found = False
        while begins + length <= closes:
            if begins >= earliest:
                found = True
                yield begins
            begins += length
        # A day whose slots are all over is not one of the days that were promised.
        open_days += found
        if open_days == rules.open_days_ahead:
            return


def free_slots(
    hours: Hours, rules: CallbackRules, now: datetime, taken: Mapping[datetime, int]
) -> list[datetime]:
    """Those with a place left. `taken`: how many calls each is promised for."""
    return [at for at in slots(hours, rules, now) if taken.get(at, 0) < rules.per_slot]
