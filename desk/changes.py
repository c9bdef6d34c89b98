"""A change to a conversation, with the domain's refusals as answers."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection

from desk.reading import checked_id, not_there
from desk.surroundings import DeskSurroundings
from support import conversations
from support.answering.handling import LeadNeeded, WroteAgain
from support.conversations import TransitionRefused
from support.handover.handoff import AlreadyClaimed
from support.store import Transaction
from support.team import agents
from support.values import Conversation
from web.errors import ApiError

T = TypeVar("T")


async def change(around: DeskSurroundings, id: str, what: Callable[[Transaction], T]) -> T:
    """`what` in one transaction. Raises ApiError 403, 404, 409."""
    checked_id(id)
    try:
        return await around.db.writing(what)
    except conversations.NotFound as error:
        raise not_there() from error
    except AlreadyClaimed as error:
        raise ApiError(409, "claimed", str(error)) from error
    except LeadNeeded as error:
        raise ApiError(403, "not_allowed", str(error)) from error
    except WroteAgain as error:
        raise ApiError(409, "wrote_again", str(error)) from error
    except TransitionRefused as error:
        raise ApiError(409, "refused", str(error)) from error


def owner_shape(connection: Connection, conversation: Conversation) -> dict[str, Any]:
    """What a change of hands answers."""
    holder = None
    if conversation.agent_id is not None:
        agent = agents.get(connection, conversation.agent_id)
        holder = {"id": agent.id, "name": agent.name}
    until = conversation.snoozed_until
    return {
        "id": conversation.id,
        "state": str(conversation.state),
        "epoch": conversation.epoch,
        "agent": holder,
        "snoozed_until": until.isoformat() if until else None,
    }
