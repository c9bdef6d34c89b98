"""A visitor's event stream: the state, what is new since a seq, and then whatever comes."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from channels.base import Surroundings
from channels.website.shapes import message_shape, state_shape
from support import agents, conversations, messages, queue
from support.hints import QUEUE, thread_topic
from support.playbook import Playbook
from support.values import Conversation, Message
from web.events import COMMENT, HEARTBEAT_S, frame

PAGE = 500


def current(connection: Connection, thread_id: str) -> Conversation:
    """The matter that the visitor's thread is about. Raises NotFound."""
    conversation = conversations.latest(connection, thread_id)
    if conversation is None:
        raise conversations.NotFound(thread_id)
    return conversation


def state_of(
    connection: Connection, thread_id: str, playbook: Playbook, now: datetime
) -> dict[str, Any]:
    """Who owns the conversation, and the place in the queue. Raises NotFound."""
    conversation = current(connection, thread_id)
    place = queue.place_of(connection, conversation.id, playbook, now)
    agent = None
    if conversation.agent_id is not None:
        agent = agents.get(connection, conversation.agent_id).name
    return state_shape(conversation, place, agent)


async def frames(around: Surroundings, thread_id: str, after: int) -> AsyncIterator[str]:
    """Frames until the thread is erased. The caller has seen that there is a thread."""
    cursor = after

    def look(connection: Connection) -> list[Message]:
        return messages.of_thread(connection, thread_id, after=cursor, limit=PAGE)

    def state_now(connection: Connection) -> dict[str, Any]:
        return state_of(connection, thread_id, around.playbook, around.clock())

    # Subscribed before the first look, so that nothing happens between the two unseen.
    with around.db.hints.subscribe(thread_topic(thread_id), QUEUE) as hints:
        state = await around.db.reading(state_now)
        yield frame("state", state)
        while True:
            while found := await around.db.reading(look):
                for message in found:
                    yield frame("message", message_shape(message), message.seq)
                cursor = found[-1].seq
                if len(found) < PAGE:
                    break
            hint = await hints.next(HEARTBEAT_S)
            if hint is None:
                yield COMMENT
            arrived = [hint, *hints.drain()] if hint is not None else []
            for one in arrived:
                if one.kind in ("typing", "receipt"):
                    yield frame(one.kind, one.data)
            kinds = {one.kind for one in arrived}
            if "erased" in kinds:
                return
            waiting = state["state"] == "queued"
            if hint is not None and "state" not in kinds and not (waiting and "queue" in kinds):
                continue
            # Messages first: "someone is here" must not come before they said so. On a heartbeat
            # this is the slow poll that finds what a lost hint missed.
            for message in await around.db.reading(look):
                yield frame("message", message_shape(message), message.seq)
                cursor = message.seq
            try:
                fresh = await around.db.reading(state_now)
            except conversations.NotFound:
                return
            if _told(fresh) != _told(state):
                yield frame("state", fresh)
            state = fresh


def _told(state: dict[str, Any]) -> tuple[Any, ...]:
    """What makes a state worth telling: a range that merely runs down is not news."""
    place = state.get("queue") or {}
    return (
        state["state"],
        state["conversation_id"],
        state["lang"],
        state.get("agent"),
        place.get("position"),
        place.get("staffed"),
    )
