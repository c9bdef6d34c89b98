"""What agents set for themselves, besides their status."""

from sqlalchemy import update

from support.agents import AgentRefused
from support.playbook import LANGS
from support.store import Transaction
from support.store.schema import agents


def set_lang(tx: Transaction, agent_id: int, lang: str) -> None:
    """The language of the agent's own desk. Raises AgentRefused."""
    if lang not in LANGS:
        raise AgentRefused(f"lang: {lang!r} is none of {', '.join(LANGS)}")
    tx.execute(update(agents).where(agents.c.id == agent_id).values(lang=lang))
