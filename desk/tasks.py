"""Tasks: what is due, who does it, and how it ended."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response
from sqlalchemy import Connection

from desk.access import Gate
from desk.bodies import TaskDoneBody, TaskMoveBody
from desk.filters import choice
from desk.pages import Pages
from desk.shapes import moment
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support.customers.reachable import spoken
from support.privacy.masking import mask_secrets
from support.store import Transaction
from support.tasks import callbacks, desk_tasks, tasks
from support.tasks.tasks import Listed, Task
from support.team.agents import Login
from web.errors import ApiError, read_body


class Tasks:
    def __init__(self, around: DeskSurroundings, gate: Gate, pages: Pages) -> None:
        self._around = around
        self._gate = gate
        self._pages = pages

    def routes(self, bp: Blueprint, pages: Blueprint) -> None:
        page = self._pages.for_agents(self.page)
        pages.add_route(page, "/tasks", methods=["GET"], name="tasks")
        for method, path, handler, name in (
            ("GET", "/tasks", self.list, "tasks"),
            ("GET", "/callback-slots", self.slots, "callback_slots"),
            ("POST", "/tasks/<id:int>/take", self.take, "take_task"),
            ("POST", "/tasks/<id:int>/done", self.done, "finish_task"),
            ("POST", "/tasks/<id:int>/move", self.move, "move_task"),
            ("POST", "/tasks/<id:int>/cancel", self.cancel, "cancel_task"),
        ):
            bp.add_route(self._gate.guarded("agent", handler), path, methods=[method], name=name)

    async def page(self, request: Request, login: Login) -> HTTPResponse:
        return self._pages.show("tasks.html", login)

    async def list(self, request: Request, login: Login) -> HTTPResponse:
        state = choice(request, "state", tasks.STATES) or "open"
        owner = _owner(request.args.get("owner"), login)
        now = self._around.clock()
        found = await self._around.db.reading(lambda c: tasks.listed(c, state=state, owner=owner))
        shape = {"tasks": [listed_shape(one, now) for one in found]}
        return json_response(shape, headers=NO_STORE)

    async def slots(self, request: Request, login: Login) -> HTTPResponse:
        """The times to which a call-back can be moved."""
        around = self._around

        def read(connection: Connection) -> list[datetime]:
            return callbacks.free(connection, around.playbook, around.clock())

        found = await around.db.reading(read)
        return json_response({"slots": [at.isoformat() for at in found]}, headers=NO_STORE)

    async def take(self, request: Request, login: Login, id: int) -> HTTPResponse:
        return await self._change(lambda tx: tasks.take(tx, id, login.agent))

    async def done(self, request: Request, login: Login, id: int) -> HTTPResponse:
        body, around = read_body(request, TaskDoneBody), self._around
        return await self._change(
            lambda tx: desk_tasks.done(
                tx, id, login.agent, body.outcome, around.playbook, around.clock()
            )
        )

    async def move(self, request: Request, login: Login, id: int) -> HTTPResponse:
        body, around = read_body(request, TaskMoveBody), self._around
        return await self._change(
            lambda tx: desk_tasks.move(
                tx, id, login.agent, body.at, around.playbook, around.clock()
            )
        )

    async def cancel(self, request: Request, login: Login, id: int) -> HTTPResponse:
        around = self._around
        return await self._change(
            lambda tx: desk_tasks.cancel(tx, id, login.agent, around.playbook, around.clock())
        )

    async def _change(self, change: Callable[[Transaction], Task]) -> HTTPResponse:
        try:
            task = await self._around.db.writing(change)
        except tasks.NoSuchTask as error:
            raise ApiError(404, "not_found", "there is no such task") from error
        except tasks.TaskRefused as error:
            raise ApiError(409, "refused", str(error)) from error
        except callbacks.SlotTaken as error:
            raise ApiError(409, "slot_taken", str(error), "at") from error
        return json_response(task_shape(task, self._around.clock()), headers=NO_STORE)


def _owner(given: str | None, login: Login) -> int | Literal["none"] | None:
    if given in (None, ""):
        return None
    if given == "none":
        return "none"
    if given == "me":
        return login.agent.id
    if given is not None and given.isdecimal() and len(given) < 10:
        return int(given)
    raise ApiError(422, "unknown_value", "owner is me, none or an agent's number", "owner")


def task_shape(task: Task, now: datetime) -> dict[str, Any]:
    """`contact` is shown in full: it is what the agent needs to do the task."""
    return {
        "id": task.id,
        "kind": task.kind,
        "what": mask_secrets(task.what),
        "state": task.state,
        "conversation": task.conversation_id,
        "made_by": task.made_by.partition(":")[0],
        "made_at": task.made_at.isoformat(),
        "due_at": task.due_at.isoformat(),
        "overdue": task.state == "open" and task.due_at < now,
        "owner": task.owner_id,
        "contact": spoken(task.contact) if task.contact and task.state == "open" else None,
        "tz": task.zone,
        "closed_at": moment(task.closed_at),
    }


def listed_shape(one: Listed, now: datetime) -> dict[str, Any]:
    owner = {"id": one.task.owner_id, "name": one.owner} if one.owner is not None else None
    return {
        **task_shape(one.task, now),
        "owner": owner,
        "channel": one.channel,
        "lang": one.lang,
        "customer": {"id": one.customer_id, "name": one.customer} if one.customer_id else None,
    }
