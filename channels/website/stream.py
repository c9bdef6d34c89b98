"""A visitor's event stream: the state, what is new since a seq, and then whatever comes."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from channels.base import Surroundings
from channels.website.shapes import (
    callback_shape,
    hours_shape,
    links_shape,
    message_shape,
    state_shape,
)
from support import conversations, messages
from support.customers import links, visitors
from support.handover import queue
from support.hints import MISSED, QUEUE, Hint, thread_topic
from support.outreach import notices, tact
from support.playbook.playbook import Playbook
from support.tasks import callbacks
from support.team import agents
from support.turns import at_work
from support.values import Conversation, Message, State
from web.events import COMMENT, HEARTBEAT_S, frame

PAGE = 500
LOOK_AGAIN_S, LOOK_AGAIN_MOST_S = 15.0, 120.0


def current(connection: Connection, thread_id: str) -> Conversation:
    """The matter that the visitor's thread is about. Raises NotFound."""
    conversation = conversations.latest(connection, thread_id)
    if conversation is None:
        raise conversations.NotFound(thread_id)
    return conversation


def state_of(
    connection: Connection,
    thread_id: str,
    playbook: Playbook,
    now: datetime,
    offered: Iterable[str] = (),
    *,
    mail: bool = False,
) -> dict[str, Any]:
    """Who owns the conversation, the place in the queue, the call that is promised, where else it
    goes on or could (`offered`); whether people are there, what there is to know before one asks,
    whether transcripts go by e-mail (`mail`), and whether the visitor has signed in elsewhere and
    goes on there. Raises NotFound."""
    conversation = current(connection, thread_id)
    place = queue.place_of(connection, conversation.id, playbook, now)
    staffed = place.staffed if place else queue.staff(connection, playbook, now) > 0
    agent = None
    if conversation.agent_id is not None:
        agent = agents.get(connection, conversation.agent_id)
    shape = {
        **state_shape(conversation, place, agent),
        "links": links_shape(links.of_thread(connection, thread_id), offered),
        "hours": hours_shape(playbook.hours, now, staffed),
        "mail": mail,
        "moved": visitors.going_on(connection, thread_id).id != thread_id,
    }
    call = callbacks.of(connection, conversation.id)
    if call is not None:
        shape["callback"] = callback_shape(call)
    if conversation.state is State.RESOLVED:
        shape["rate"] = tact.may_ask(connection, conversation, now)
    notice = notices.before_chat(connection, now)
    if notice is not None:
        shape["notice"] = {"id": notice.id, "text": notice.text(conversation.lang)}
    return shape


async def frames(around: Surroundings, thread_id: str, after: int) -> AsyncIterator[str]:
    """Frames until the thread is erased. The caller has seen that there is a thread."""
    cursor = after

    def look(connection: Connection) -> list[Message]:
        return messages.of_thread(connection, thread_id, after=cursor, limit=PAGE)

    def state_now(connection: Connection) -> dict[str, Any]:
        return state_of(
            connection,
            thread_id,
            around.playbook,
            around.clock(),
            around.invitations,
            mail=around.mail is not None,
        )

    async def unseen() -> AsyncIterator[str]:
        nonlocal cursor
        while True:
            found = await around.db.reading(look)
            for message in found:
                cursor = message.seq
                yield frame("message", message_shape(message), cursor)
            if len(found) < PAGE:
                return

    state: dict[str, Any] = {}

    def concerns(hint: Hint) -> bool:
        """Others' places in the queue change all the time; they matter to who is in it, and while
        nobody knows yet who is."""
        return hint.kind != "queue" or state.get("state") in (None, State.QUEUED)

    clock, pause = asyncio.get_running_loop().time, LOOK_AGAIN_S
    looked = clock()
    # Subscribed before the first look, so that nothing happens between the two unseen.
    with around.db.hints.subscribe(thread_topic(thread_id), QUEUE, only=concerns) as hints:
        state = await around.db.reading(state_now)
        yield frame("state", state)
        async for text in unseen():
            yield text
        while True:
            hint = await hints.next(HEARTBEAT_S)
            if hint is None:
                yield COMMENT
            # The slow poll that finds what a lost hint missed, and what time alone changes. It
            # grows slower where nothing happens: most open pages are pages left open.
            due = clock() - looked >= pause
            arrived = [hint, *hints.drain()] if hint is not None else []
            kinds = {one.kind for one in arrived}
            behind = False
            for one in arrived:
                if one.kind in ("typing", "receipt"):
                    # A person who takes over and the assistant's last word can cross.
                    held = state["state"] == "assigned" or "state" in kinds
                    if not (held and at_work.is_news(one)):
                        yield frame(one.kind, one.data)
                elif one.kind == "message" and one.data["seq"] > cursor:
                    # Only the very next one may be taken from the hint: hints get lost, and over-
                    # take each other. Everything else is read.
                    if behind or one.message is None or one.message.seq != cursor + 1:
                        behind = True
                        continue
                    cursor = one.message.seq
                    yield frame("message", message_shape(one.message), cursor)
            if "erased" in kinds:
                return
            waiting = state["state"] == "queued"
            changed = bool(kinds & {"state", "notice", MISSED}) or (waiting and "queue" in kinds)
            if behind or changed or due:
                # Messages first: "someone is here" must not come before they said so.
                async for text in unseen():
                    yield text
            if arrived:
                pause = LOOK_AGAIN_S
            if not changed and not due:
                continue
            looked = clock()
            if not arrived:
                pause = min(2 * pause, LOOK_AGAIN_MOST_S)
            before, state = state, {}
            try:
                state = await around.db.reading(state_now)
            except conversations.NotFound:
                return
            if _told(state) != _told(before):
                yield frame("state", state)


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
        state["links"],
        state["hours"]["open"],
        state.get("callback"),
        state.get("notice"),
        state["moved"],
    )
