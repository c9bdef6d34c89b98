"""An agent's own account: picture, second factor, and where they are signed in."""

import asyncio
from typing import Any

import segno
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty, raw
from sanic.response import json as json_response

from desk.access import Gate
from desk.bodies import CodeBody, PasswordBody
from desk.pages import Pages
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support import audit
from support.attachments.checking import LARGEST
from support.attachments.images import portrait
from support.attachments.refusals import FileRefused
from support.store import Transaction
from support.team import agents, pictures, sign_ins, two_factor
from support.team.agents import Login
from web.errors import ApiError, read_body
from web.files import download, read_upload, receiving, refused
from web.limits import Limits


class Account:
    def __init__(self, around: DeskSurroundings, gate: Gate, pages: Pages, limits: Limits) -> None:
        self._around = around
        self._gate = gate
        self._pages = pages
        self._limits = limits

    def routes(self, api: Blueprint, pages: Blueprint) -> None:
        for method, path, handler in (
            ("POST", "/two-factor/begin", self.begin),
            ("POST", "/two-factor/confirm", self.confirm),
            ("POST", "/two-factor/end", self.end),
            ("GET", "/sign-ins", self.sign_ins),
            ("POST", "/sign-ins/<id:str>/end", self.end_sign_in),
            ("DELETE", "/picture", self.remove_picture),
            ("GET", "/pictures/<id:str>", self.see_picture),
        ):
            guarded = self._gate.guarded("newcomer", handler)
            api.add_route(guarded, path, methods=[method], name=f"account_{handler.__name__}")
        api.add_route(
            receiving(self._gate.guarded("newcomer", self.put_picture)),
            "/picture",
            methods=["POST"],
            name="account_put_picture",
            stream=True,
        )
        pages.add_route(self._pages.for_newcomers(self.page), "/account", name="account")
        pages.add_route(self._pages.for_newcomers(self.code), "/account/code.svg", name="code")

    async def begin(self, request: Request, login: Login) -> HTTPResponse:
        """A new secret; its picture is at /desk/account/code.svg until it is confirmed."""
        if login.agent.two_factor:
            raise ApiError(409, "on_already", "two-factor sign-in is on; end it first")
        secret = await self._around.db.writing(lambda tx: two_factor.begin(tx, login.agent.id))
        return json_response({"secret": secret}, headers=NO_STORE)

    async def code(self, request: Request, login: Login) -> HTTPResponse:
        db, agent = self._around.db, login.agent
        secret = await db.writing(lambda tx: two_factor.pending(tx, agent.id))
        if secret is None:
            raise ApiError(404, "not_found", "there is nothing to set up")
        shop = self._around.playbook.shop.name.in_lang(agent.lang)
        code = segno.make(two_factor.uri(secret, agent.email, shop), error="m")
        picture = code.svg_inline(scale=5, light="#fff", dark="#000")
        headers = {**NO_STORE, "X-Content-Type-Options": "nosniff"}
        return raw(
            picture.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1).encode(),
            content_type="image/svg+xml",
            headers=headers,
        )

    async def confirm(self, request: Request, login: Login) -> HTTPResponse:
        """201 with the recovery codes, which are never shown again."""
        body, now = read_body(request, CodeBody), self._around.clock()
        await self._limits.check("login", f"otp:{login.agent.id}")

        def take(tx: Transaction) -> list[str] | None:
            codes = two_factor.confirm(tx, login.agent.id, body.otp, now)
            if codes is not None:
                audit.record(tx, _actor(login), "two_factor_on", now)
            return codes

        try:
            codes = await self._around.db.writing(take)
        except two_factor.NotSetUp as error:
            raise ApiError(409, "not_begun", str(error), "otp") from error
        if codes is None:
            raise ApiError(422, "otp_wrong", "the code is wrong", "otp")
        return json_response({"recovery_codes": codes}, status=201, headers=NO_STORE)

    async def end(self, request: Request, login: Login) -> HTTPResponse:
        """Only with the password: a desk left open must not be enough."""
        body, now = read_body(request, PasswordBody), self._around.clock()
        await self._limits.check("login", login.agent.email)
        known = await self._around.db.reading(
            lambda c: agents.check_password(c, login.agent.email, body.password)
        )
        if known is None:
            raise ApiError(422, "wrong", "the password is wrong", "password")

        def off(tx: Transaction) -> None:
            two_factor.end(tx, login.agent.id)
            audit.record(tx, _actor(login), "two_factor_off", now)

        await self._around.db.writing(off)
        return empty()

    async def put_picture(self, request: Request, login: Login) -> HTTPResponse:
        """Their face beside their name, for customers and colleagues."""
        await self._limits.check("attachment_desk", str(login.agent.id))
        upload = await read_upload(request, LARGEST)
        try:
            image = await asyncio.to_thread(portrait, upload.content)
        except FileRefused as error:
            raise refused(error.code, str(error)) from error
        made = await self._around.db.writing(lambda tx: pictures.put(tx, login.agent.id, image))
        return json_response({"picture": made}, status=201)

    async def remove_picture(self, request: Request, login: Login) -> HTTPResponse:
        await self._around.db.writing(lambda tx: pictures.remove(tx, login.agent.id))
        return empty()

    async def see_picture(self, request: Request, login: Login, id: str) -> HTTPResponse:
        found = await self._around.db.reading(lambda c: pictures.read(c, id))
        if found is None:
            raise ApiError(404, "not_found", "there is no such picture")
        return download(found, f"{id}.webp", "image/webp", pictures.KEPT)

    async def sign_ins(self, request: Request, login: Login) -> HTTPResponse:
        found = await self._listed(login)
        shape = [
            {**one, "since": one["since"].isoformat(), "until": one["until"].isoformat()}
            for one in found
        ]
        return json_response({"sign_ins": shape}, headers=NO_STORE)

    async def end_sign_in(self, request: Request, login: Login, id: str) -> HTTPResponse:
        now = self._around.clock()

        def end(tx: Transaction) -> None:
            sign_ins.end(tx, login.agent.id, id)
            audit.record(tx, _actor(login), "sign_in_ended", now)

        try:
            await self._around.db.writing(end)
        except sign_ins.NoSuchSignIn as error:
            raise ApiError(404, "not_found", "there is no such sign-in") from error
        return empty()

    async def page(self, request: Request, login: Login) -> HTTPResponse:
        return self._pages.show(
            "account.html",
            login,
            sign_ins=await self._listed(login),
            needed=self._gate.must_set_up(login),
        )

    async def _listed(self, login: Login) -> list[dict[str, Any]]:
        now = self._around.clock()
        found = await self._around.db.reading(
            lambda c: sign_ins.listed(c, login.agent.id, login.csrf, now)
        )
        return [
            {"id": one.id, "address": one.address, "device": one.device, "since": one.since,
             "until": one.until, "here": one.here}
            for one in found
        ]  # fmt: skip


def _actor(login: Login) -> str:
    return f"agent:{login.agent.id}"
