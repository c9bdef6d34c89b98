"""Who gets a waiting conversation: the decision alone."""

from datetime import UTC, datetime, timedelta

import pytest

from support.handover.assignment import Candidate, Wanted, choose, suitable

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def one(
    agent_id: int,
    *,
    skills: str = "",
    langs: str = "",
    team: str | None = None,
    holds: int = 0,
    room: int = 3,
    given: int | None = None,
) -> Candidate:
    """`given`: so many minutes after LONG_AGO they were given their last one."""
    return Candidate(
        agent_id=agent_id,
        skills=frozenset(skills.split()),
        langs=frozenset(langs.split()),
        team=team,
        holds=holds,
        room=room,
        assigned_at=None if given is None else LONG_AGO + timedelta(minutes=given),
    )


def wanted(lang: str | None = None, skills: str = "", team: str | None = None) -> Wanted:
    return Wanted(lang, frozenset(skills.split()), team)


def test_in_turn_the_longest_without_a_new_one_gets_it() -> None:
    people = [one(1, given=5), one(2, given=1, holds=2), one(3, given=9)]
    chosen = choose("round_robin", wanted(), people)
    assert chosen is not None
    assert chosen.agent_id == 2
    newcomer = choose("round_robin", wanted(), [*people, one(4)])
    assert newcomer is not None
    assert newcomer.agent_id == 4


def test_the_least_busy_gets_it_and_turns_decide_a_draw() -> None:
    people = [one(1, holds=2), one(2, holds=1, given=7), one(3, holds=1, given=2)]
    chosen = choose("least_busy", wanted(), people)
    assert chosen is not None
    assert chosen.agent_id == 3


def test_manual_gives_nothing() -> None:
    assert choose("manual", wanted(), [one(1)]) is None


@pytest.mark.parametrize("mode", ["round_robin", "least_busy"])
def test_nobody_gets_more_than_they_have_room_for(mode: str) -> None:
    assert choose(mode, wanted(), [one(1, room=0), one(2, room=-1)]) is None


def test_a_language_or_skill_that_somebody_has_is_waited_for() -> None:
    people = [one(1, langs="en"), one(2, langs="en ja", room=0)]
    assert choose("least_busy", wanted("ja"), people) is None
    chosen = choose("least_busy", wanted("en"), people)
    assert chosen is not None
    assert chosen.agent_id == 1
    skilled = [one(1), one(2, skills="returns", room=0)]
    assert choose("least_busy", wanted(skills="returns"), skilled) is None


def test_what_nobody_has_holds_nobody_up() -> None:
    people = [one(1, langs="en"), one(2, langs="en", skills="returns")]
    assert {c.agent_id for c in suitable(wanted("ja"), people)} == {1, 2}
    assert {c.agent_id for c in suitable(wanted("ja", "returns engraving"), people)} == {2}


def test_no_language_named_is_every_language() -> None:
    assert {c.agent_id for c in suitable(wanted("ja"), [one(1), one(2, langs="en")])} == {1}


def test_a_team_is_meant_as_said() -> None:
    people = [one(1), one(2, team="tea")]
    assert [c.agent_id for c in suitable(wanted(team="tea"), people)] == [2]
    assert suitable(wanted(team="pottery"), people) == []
