"""What agents set for themselves, and what is set for them: what they can take, and how much."""

import re
from typing import Any

from sqlalchemy import update

from support.hints import DESK
from support.playbook.parts import LANGS
from support.store import Transaction
from support.store.schema import agents
from support.team.agents import AgentRefused


def set_lang(tx: Transaction, agent_id: int, lang: str) -> None:
    """The language of the agent's own desk. Raises AgentRefused."""
    if lang not in LANGS:
        raise AgentRefused(f"lang: {lang!r} is none of {', '.join(LANGS)}")
    tx.execute(update(agents).where(agents.c.id == agent_id).values(lang=lang))


MOST_SKILLS = 20
LARGEST_CAPACITY = 100
_WORD = re.compile(r"[\w-]{1,40}\Z")


def set_abilities(
    tx: Transaction,
    agent_id: int,
    *,
    skills: list[str] | None = None,
    langs: list[str] | None = None,
    team: str | None = None,
    capacity: int | None = None,
) -> None:
    """What the automatic assignment may give an agent; None leaves a thing as it is. An empty
    `team` and a `capacity` of 0 take the agent's own away. Raises AgentRefused."""
    values: dict[str, Any] = {}
    if skills is not None:
        wrong = next((one for one in skills if not _WORD.match(one)), None)
        if wrong is not None or len(skills) > MOST_SKILLS:
            raise AgentRefused(f"skills: at most {MOST_SKILLS} words of letters and hyphens")
        values["skills"] = list(dict.fromkeys(skills))
    if langs is not None:
        if not set(langs) <= set(LANGS):
            raise AgentRefused(f"langs: {', '.join(langs)!r} are not all of {', '.join(LANGS)}")
        values["langs"] = list(dict.fromkeys(langs))
    if team is not None:
        if team and not _WORD.match(team):
            raise AgentRefused("team: a word of letters and hyphens")
        values["team"] = team or None
    if capacity is not None:
        if not 0 <= capacity <= LARGEST_CAPACITY:
            raise AgentRefused(f"capacity: between 1 and {LARGEST_CAPACITY}, or 0 for everybody's")
        values["capacity"] = capacity or None
    if values:
        tx.execute(update(agents).where(agents.c.id == agent_id).values(**values))
        tx.hint(DESK, "agents")
