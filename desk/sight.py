"""Who opened which conversation, for the audit: once for each agent, conversation and day."""

from desk.surroundings import DeskSurroundings
from support import audit
from support.team.agents import Login


async def remember(around: DeskSurroundings, login: Login, conversation_id: str) -> None:
    """`login` has it before their eyes. Days are the shop's."""
    now = around.clock()
    local = now.astimezone(around.playbook.hours.zone)
    today = local.replace(hour=0, minute=0, second=0, microsecond=0)
    actor = f"agent:{login.agent.id}"
    known = await around.db.reading(
        lambda c: audit.is_recorded(c, actor, "conversation_seen", conversation_id, since=today)
    )
    if not known:
        await around.db.writing(
            lambda tx: audit.record(tx, actor, "conversation_seen", now, subject=conversation_id)
        )
