"""What happens at the desk, as server-sent events.

`agents`, `counts`, `tasks` {due, overdue}, `conversation` {id, seq?}, `typing` {id, typing}, `read`
{id, seq}, `presence` {id, present}, `given` {id} when a conversation became the agent's without
their doing, `alert` {id, alert} for whom it concerns (`mention`, `silent` and the like), a `beat`
by which a page knows that the connection lives, and `ended` when the sign-in did. They say that
there is something new; what it is, the page asks for.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from sanic import Blueprint, Request

from desk.access import Gate
from desk.reading import colleagues
from desk.shapes import present_shape
from desk.surroundings import DeskSurroundings
from support import conversations
from support.handover import presence
from support.hints import DESK, MISSED, Hint
from support.tasks import tasks
from support.team.agents import Login
from support.transcripts.transcripts import counts_for
from web.events import HEARTBEAT_S, frame, stream

# Hints come in bursts (a reply, a state, a timer): one event for all of them.
GATHER_S = 0.05
# An ended sign-in is noticed after so long at the latest, even while there is much to tell.
LOOK_AGAIN_S = 10.0
_COUNTED = frozenset({"state", "message", MISSED})
# Kinds of hints that say nothing new of a conversation itself.
_ELSEWHERE = frozenset({"agents", "presence", "given", "notice", "alert"})


class Live:
    def __init__(self, around: DeskSurroundings, gate: Gate) -> None:
        self._around = around
        self._gate = gate

    def routes(self, bp: Blueprint) -> None:
        handler = self._gate.guarded("agent", self.events)
        bp.add_route(handler, "/events", methods=["GET"], name="events")

    async def events(self, request: Request, login: Login) -> None:
        await stream(request, self._frames(login))

    async def _frames(self, login: Login) -> AsyncIterator[str]:
        looked = time.monotonic()
        threads: dict[str, str] = {}
        with self._around.db.hints.subscribe(DESK) as hints:
            yield await self._agents()
            yield await self._counts(login)
            tasks_told = await self._tasks()
            yield tasks_told
            while True:
                hint = await hints.next(HEARTBEAT_S)
                if hint is not None:
                    await asyncio.sleep(GATHER_S)
                arrived = [] if hint is None else [hint, *hints.drain()]
                kinds = {one.kind for one in arrived}
                beat = hint is None or time.monotonic() - looked > LOOK_AGAIN_S
                if beat or "agents" in kinds:
                    if await self._gate.still(login.token) is None:
                        yield frame("ended", {})
                        return
                    looked = time.monotonic()
                # The time alone makes a task due: it is looked for on every beat, too.
                if beat or "task" in kinds:
                    tasks_now = await self._tasks()
                    if tasks_now != tasks_told or "task" in kinds:
                        tasks_told = tasks_now
                        yield tasks_told
                if hint is None:
                    yield frame("beat", {})
                    continue
                for text in await self._told(arrived, threads):
                    yield text
                for text in await self._present(arrived):
                    yield text
                for one in arrived:
                    if one.kind == "given" and one.data["agent"] == login.agent.id:
                        yield frame("given", {"id": one.data["conversation"]})
                    if one.kind == "alert" and _concerns(one, login):
                        data = {"id": one.data.get("conversation"), "alert": one.data.get("alert")}
                        yield frame("alert", data)
                if kinds & {"agents", MISSED}:
                    yield await self._agents()
                if kinds & _COUNTED:
                    yield await self._counts(login)

    async def _told(self, arrived: Sequence[Hint], threads: dict[str, str]) -> list[str]:
        """Events of the hints, one for each conversation and one for each passing thing."""
        changed: dict[str | None, int | None] = {}
        passing: dict[tuple[str, str], str] = {}
        for hint in arrived:
            if hint.kind in ("typing", "read"):
                known = await self._conversation_of(str(hint.data.get("thread")), threads)
                data = {k: v for k, v in hint.data.items() if k != "thread"}
                if known is not None:
                    passing[hint.kind, known] = frame(hint.kind, {"id": known, **data})
            elif hint.kind not in _ELSEWHERE:
                id, seq = hint.data.get("conversation"), hint.data.get("seq")
                changed[id] = max(seq or 0, changed.get(id) or 0) or None
        events = [frame("conversation", {"id": id, "seq": seq}) for id, seq in changed.items()]
        return events + list(passing.values())

    async def _present(self, arrived: Sequence[Hint]) -> list[str]:
        """Who is now at the conversations where somebody came, went or began to type."""
        ids = {str(hint.data["conversation"]) for hint in arrived if hint.kind == "presence"}
        if not ids:
            return []
        now = self._around.clock()
        found = await self._around.db.reading(lambda c: presence.of(c, sorted(ids), now))
        return [
            frame("presence", {"id": id, "present": present_shape(found.get(id, ()))})
            for id in sorted(ids)
        ]

    async def _conversation_of(self, thread_id: str, threads: dict[str, str]) -> str | None:
        """A thread's newest conversation. Asked once a stream: a wrong guess about a passing thing
        is corrected by the next message."""
        if thread_id not in threads:
            found = await self._around.db.reading(lambda c: conversations.latest(c, thread_id))
            if found is None:
                return None
            if len(threads) > 1000:
                threads.clear()
            threads[thread_id] = found.id
        return threads[thread_id]

    async def _agents(self) -> str:
        found = await self._around.db.reading(lambda c: colleagues(c, self._around))
        return frame("agents", {"agents": found})

    async def _tasks(self) -> str:
        around = self._around
        soon = timedelta(minutes=around.playbook.contact.callbacks.remind_minutes)
        counts = await around.db.reading(lambda c: tasks.counts(c, around.clock(), soon))
        return frame("tasks", counts)

    async def _counts(self, login: Login) -> str:
        now = self._around.clock()
        counts = await self._around.db.reading(lambda c: counts_for(c, login.agent.id, now))
        return frame("counts", counts)


def _concerns(hint: Hint, login: Login) -> bool:
    """Alerts are for the agents they name, or for all leads."""
    if hint.data.get("leads") and login.agent.is_lead:
        return True
    return login.agent.id in (hint.data.get("agents") or ())
