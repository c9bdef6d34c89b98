"""Signing in and out, and what agents say of themselves."""

import asyncio
from dataclasses import replace
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty
from sanic.response import json as json_response

from desk.access import COOKIE, Gate
from desk.bodies import LoginBody, MeBody
from desk.shapes import agent_shape
from desk.surroundings import DeskSurroundings
from support import audit
from support.store import Transaction
from support.team import agent_settings, agents, two_factor
from support.team.agents import Agent, Login
from web.errors import ApiError, read_body
from web.limits import Limits
from web.origins import client_address

NO_STORE = {"Cache-Control": "no-store"}


class SigningIn:
    def __init__(self, around: DeskSurroundings, gate: Gate, limits: Limits) -> None:
        self._around = around
        self._gate = gate
        self._limits = limits

    def routes(self, bp: Blueprint) -> None:
        guarded = self._gate.guarded
        bp.add_route(self.log_in, "/login", methods=["POST"], name="login")
        bp.add_route(guarded("newcomer", self.log_out), "/logout", methods=["POST"], name="logout")
        bp.add_route(guarded("newcomer", self.me), "/me", methods=["GET"], name="me")
        bp.add_route(guarded("newcomer", self.change_me), "/me", methods=["POST"], name="change_me")

    async def log_in(self, request: Request) -> HTTPResponse:
        """The same answer, and the same time, for a wrong password and an unknown agent."""
        self._gate.same_site(request)
        body = read_body(request, LoginBody)
        address = client_address(request, self._around.trusted_proxies)
        await self._limits.check("login_address", address)
        await self._limits.check("login", address, body.email.strip().lower())
        db = self._around.db
        # In a thread of its own: guesses must not take the database's readers from customers.
        agent = await asyncio.to_thread(
            db.read, lambda connection: agents.check_password(connection, body.email, body.password)
        )
        if agent is None:
            await self._refused(body.email, "password")
            raise ApiError(401, "wrong", "the e-mail address or the password is wrong")
        known: Agent = agent
        if known.two_factor and body.otp is None:
            raise ApiError(401, "otp_needed", "please give a code of your authenticator", "otp")
        code, now = body.otp or "", self._around.clock()
        # Whatever bytes a browser calls itself by are stored as text.
        device = request.headers.get("user-agent", "").encode(errors="replace").decode() or None

        def let_in(tx: Transaction) -> Login | None:
            if not two_factor.check(tx, known.id, code, now):
                return None
            audit.record(tx, f"agent:{known.id}", "sign_in", now)
            return agents.log_in(tx, known, now, address=address, device=device)

        login = await db.writing(let_in)
        if login is None:
            await self._refused(body.email, "code")
            raise ApiError(401, "otp_wrong", "the code is wrong, or was used before", "otp")
        response = self._me(login)
        self._set_cookie(response, login.token, int(agents.LOGIN_LIFETIME.total_seconds()))
        return response

    async def _refused(self, email: str, what: str) -> None:
        """On record, also where nobody has the address: the same work, so that none can be told
        from the other. Limits bound how many there are."""
        now = self._around.clock()

        def keep(tx: Transaction) -> None:
            meant = agents.by_email(tx.connection, email)
            subject = None if meant is None else f"agent:{meant.id}"
            audit.record(tx, "nobody", "sign_in_refused", now, subject=subject, detail=what)

        await self._around.db.writing(keep)

    async def log_out(self, request: Request, login: Login) -> HTTPResponse:
        await self._around.db.writing(lambda tx: agents.log_out(tx, login.token))
        response = empty()
        self._set_cookie(response, "", 0)
        return response

    async def me(self, request: Request, login: Login) -> HTTPResponse:
        return self._me(login)

    async def change_me(self, request: Request, login: Login) -> HTTPResponse:
        body = read_body(request, MeBody)

        def change(tx: Transaction) -> Agent:
            if body.status is not None:
                agents.set_status(tx, login.agent.id, body.status, self._around.clock())
            if body.lang is not None:
                agent_settings.set_lang(tx, login.agent.id, body.lang)
            return agents.get(tx.connection, login.agent.id)

        try:
            agent = await self._around.db.writing(change)
        except agents.AgentRefused as error:
            field = str(error).partition(":")[0]
            raise ApiError(422, "unknown_value", str(error), field) from error
        return self._me(replace(login, agent=agent))

    def _me(self, login: Login) -> HTTPResponse:
        shape: dict[str, Any] = {"csrf": login.csrf, "agent": agent_shape(login.agent)}
        return json_response(shape, headers=NO_STORE)

    def _set_cookie(self, response: HTTPResponse, token: str, max_age: int) -> None:
        response.add_cookie(
            COOKIE,
            token,
            path="/",
            httponly=True,
            samesite="Strict",
            secure=self._around.cookie_secure,
            max_age=max_age,
        )
