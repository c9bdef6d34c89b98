"""What administrators do: the people at the desk, and the record of who did what."""

from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty
from sanic.response import json as json_response

from desk.access import Gate
from desk.bodies import NewPersonBody, PasswordBody, PersonBody
from desk.pages import Pages
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support import audit
from support.audit import Action
from support.store import Transaction
from support.team import agent_settings, agents, people
from support.team.agents import AgentRefused, Login
from support.team.people import Person
from web.errors import ApiError, read_body, whole_number

_LARGEST = 2**31 - 1


class Administering:
    def __init__(self, around: DeskSurroundings, gate: Gate, pages: Pages) -> None:
        self._around = around
        self._gate = gate
        self._pages = pages

    def routes(self, api: Blueprint, pages: Blueprint) -> None:
        for method, path, handler in (
            ("GET", "/people", self.people),
            ("POST", "/people", self.add),
            ("POST", "/people/<id:int>", self.change),
            ("POST", "/people/<id:int>/password", self.set_password),
            ("POST", "/people/<id:int>/two-factor/reset", self.reset_two_factor),
            ("POST", "/people/<id:int>/sign-out", self.sign_out),
            ("GET", "/audit", self.audit),
        ):
            guarded = self._gate.guarded("admin", handler)
            api.add_route(guarded, path, methods=[method], name=f"admin_{handler.__name__}")
        for path, page in (("/people", self.people_page), ("/audit", self.audit_page)):
            pages.add_route(self._pages.for_admins(page), path, name=page.__name__)

    async def people(self, request: Request, login: Login) -> HTTPResponse:
        found = await self._around.db.reading(people.listed)
        return json_response({"people": list(map(_shape, found))}, headers=NO_STORE)

    async def add(self, request: Request, login: Login) -> HTTPResponse:
        """409 where the address is somebody's: renewing people is the command line's."""
        body, now = read_body(request, NewPersonBody), self._around.clock()

        def make(tx: Transaction) -> int:
            if agents.by_email(tx.connection, body.email) is not None:
                raise ApiError(409, "known", "somebody has this e-mail address", "email")
            made = agents.add(tx, now=now, **body.model_dump())
            self._record(tx, login, "agent_added", made.id, made.role)
            return made.id

        return json_response({"id": await self._changed(make)}, status=201)

    async def change(self, request: Request, login: Login, id: int) -> HTTPResponse:
        body, now = read_body(request, PersonBody), self._around.clock()
        given = body.model_dump(exclude_none=True)
        who = {name: given.pop(name) for name in ("name", "role", "disabled") if name in given}

        def change(tx: Transaction) -> None:
            people.change(tx, id, playbook=self._around.playbook, now=now, **who)
            if given:
                agent_settings.set_abilities(tx, id, **given)
            told = ", ".join(sorted({*who, *given}))
            if "role" in who:
                told += f" ({who['role']})"
            self._record(tx, login, "agent_changed", id, told)

        await self._changed(change)
        return empty()

    async def set_password(self, request: Request, login: Login, id: int) -> HTTPResponse:
        body = read_body(request, PasswordBody)
        return await self._do(
            login, "password_set", id, lambda tx: people.set_password(tx, id, body.password)
        )

    async def reset_two_factor(self, request: Request, login: Login, id: int) -> HTTPResponse:
        return await self._do(
            login, "two_factor_reset", id, lambda tx: people.reset_two_factor(tx, id)
        )

    async def sign_out(self, request: Request, login: Login, id: int) -> HTTPResponse:
        return await self._do(login, "signed_out", id, lambda tx: agents.end_logins(tx, id))

    async def audit(self, request: Request, login: Login) -> HTTPResponse:
        rows = await self._audited(request)
        shape = [{**row, "at": row["at"].isoformat()} for row in rows]
        return json_response({"audit": shape}, headers=NO_STORE)

    async def people_page(self, request: Request, login: Login) -> HTTPResponse:
        found = await self._around.db.reading(people.listed)
        return self._pages.show("people.html", login, people=found, roles=agents.ROLES)

    async def audit_page(self, request: Request, login: Login) -> HTTPResponse:
        rows = await self._audited(request)
        return self._pages.show(
            "audit.html",
            login,
            rows=rows,
            actions=await self._around.db.reading(audit.actions),
            action=str(request.args.get("action") or ""),
            about_conversations=audit.ABOUT_CONVERSATIONS,
            more=rows[-1]["id"] if len(rows) == audit.SHOWN else None,
        )

    async def _audited(self, request: Request) -> list[dict[str, Any]]:
        action = str(request.args.get("action") or "")[:32] or None
        before = whole_number(request, "before", 0, 0, _LARGEST) or None
        return await self._around.db.reading(
            lambda c: audit.listed(c, action=action, before=before)
        )

    async def _do(self, login: Login, what: Action, id: int, deed: Any) -> HTTPResponse:
        def do(tx: Transaction) -> None:
            people.known(tx, id)
            deed(tx)
            self._record(tx, login, what, id)

        await self._changed(do)
        return empty()

    async def _changed(self, change: Any) -> Any:
        try:
            return await self._around.db.writing(change)
        except people.NoSuchPerson as error:
            raise ApiError(404, "not_found", "there is no such agent") from error
        except AgentRefused as error:
            field, _, why = str(error).partition(": ")
            raise ApiError(422, "refused", why or field, field) from error

    def _record(
        self, tx: Transaction, login: Login, what: Action, id: int, detail: str | None = None
    ) -> None:
        actor, now = f"agent:{login.agent.id}", self._around.clock()
        audit.record(tx, actor, what, now, subject=f"agent:{id}", detail=detail)


def _shape(person: Person) -> dict[str, Any]:
    agent = person.agent
    return {
        "id": agent.id,
        "email": agent.email,
        "name": agent.name,
        "role": agent.role,
        "lang": agent.lang,
        "status": agent.status,
        "skills": list(agent.skills),
        "langs": list(agent.langs),
        "team": agent.team,
        "capacity": agent.capacity,
        "two_factor": agent.two_factor,
        "disabled": person.disabled_at is not None,
        "seen_at": agent.seen_at.isoformat() if agent.seen_at else None,
    }
