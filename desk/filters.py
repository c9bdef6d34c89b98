"""The query of a list of conversations: an unknown value is an error, not an empty list."""

from datetime import date, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from sanic import Request

from support.playbook.parts import LANGS, Reason
from support.team.agents import Agent
from support.transcripts.filters import Filters, Sort
from support.values import MOODS, State
from web.errors import ApiError, whole_number

CHANNELS = ("website", "telegram", "webhook")
SORTS: tuple[Sort, ...] = ("queue", "newest", "oldest")
MOST_ROWS = 200
LONGEST_WORDS = 400
_LARGEST = 2**31 - 1


def read_filters(request: Request, agent: Agent, zone: ZoneInfo, sort: Sort = "newest") -> Filters:
    """The request's filters. Days are the shop's. Raises ApiError 422."""
    states = tuple(part for part in (_given(request, "state") or "").split(",") if part)
    for state in states:
        _one_of("state", state, tuple(State))
    wanted_sort = _choice(request, "sort", SORTS) or sort
    return Filters(
        states=states,
        channel=_choice(request, "channel", CHANNELS),
        lang=_choice(request, "lang", LANGS),
        reason=_choice(request, "reason", get_args(Reason)),
        agent_id=_agent(request, agent),
        label=_given(request, "label"),
        topic=_given(request, "topic"),
        tier=_given(request, "tier"),  # the shop's own
        mood=_choice(request, "mood", MOODS),
        scores=_scores(request),
        longer=whole_number(request, "longer", 0, 0, 10_000) or None,
        failed=_choice(request, "failed", ("1",)) is not None,
        id=_given(request, "id"),
        waiting=whole_number(request, "waiting", 0, 0, 100_000) or None,
        snoozed={"1": True, "0": False, None: None}[_choice(request, "snoozed", ("0", "1"))],
        q=_given(request, "q"),
        since=moment(request, "from", zone),
        until=moment(request, "to", zone, end=True),
        sort=next(one for one in SORTS if one == wanted_sort),
        limit=whole_number(request, "limit", 50, 1, MOST_ROWS),
        cursor=_given(request, "cursor"),
    )


def moment(request: Request, name: str, zone: ZoneInfo, *, end: bool = False) -> datetime | None:
    """A query parameter as a moment. A date alone is the beginning of that day in the shop's zone;
    as an `end` it is the day's end. Raises ApiError 422."""
    given = _given(request, name)
    if given is None:
        return None
    try:
        if len(given) == len("2026-01-31"):
            day = date.fromisoformat(given) + timedelta(days=1 if end else 0)
            return datetime.combine(day, time(), zone)
        # A plus sign that nobody escaped arrives as a blank.
        at = datetime.fromisoformat(given.replace(" ", "+"))
    except (ValueError, OverflowError) as error:
        raise ApiError(422, "invalid", f"{name} must be an ISO 8601 date", name) from error
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone)
    if not 1970 <= at.year <= 9000:
        raise ApiError(422, "invalid", f"{name} is out of range", name)
    return at


def choice(request: Request, name: str, known: tuple[str, ...]) -> str | None:
    """A query parameter that is one of `known`, or None where it isn't given. Raises ApiError."""
    return _choice(request, name, known)


def _given(request: Request, name: str) -> str | None:
    given = request.args.get(name)
    if given is None or not str(given).strip():
        return None
    text = str(given)
    if len(text) > LONGEST_WORDS:
        raise ApiError(422, "invalid", f"{name} is longer than {LONGEST_WORDS} characters", name)
    if "\x00" in text or any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise ApiError(422, "invalid", f"{name} has a character that can't be searched", name)
    return text


def _choice(request: Request, name: str, known: tuple[str, ...]) -> str | None:
    given = _given(request, name)
    if given is not None:
        _one_of(name, given, known)
    return given


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ApiError(422, "unknown_value", f"{name} must be one of {', '.join(known)}", name)


def _scores(request: Request) -> tuple[int, ...]:
    given = [part for part in (_given(request, "rating") or "").split(",") if part]
    for part in given:
        _one_of("rating", part, tuple("12345"))
    return tuple(map(int, given))


def _agent(request: Request, agent: Agent) -> int | None:
    given = _given(request, "agent")
    if given is None:
        return None
    if given == "me":
        return agent.id
    if not (given.isascii() and given.isdigit()) or int(given) > _LARGEST:
        raise ApiError(422, "unknown_value", 'agent must be "me" or a number', "agent")
    return int(given)
