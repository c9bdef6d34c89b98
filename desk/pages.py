"""The pages below /desk: rendered here, made lively by the scripts in static/."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import jinja2
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, html, raw, redirect

from desk.access import Gate, Handler
from desk.files import LANGS, Files, load_texts
from desk.leading import Leading
from desk.surroundings import DeskSurroundings
from support.learning import missed_questions
from support.reports.reports import OPEN
from support.team.agents import Login
from web.errors import ApiError

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; media-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_FOREVER: Final = "public, max-age=31536000, immutable"
# Where a sign-in may lead on to: our own pages only.
_NEXT: Final = re.compile(r"/desk/[\w/?=&%.-]*\Z", re.ASCII)
_MISSED_SHOWN: Final = 100
# Whom a page is for, where not for its reader; or what isn't there.
Refusal = Literal["leads", "admins", "conversation", "page"]


class Pages:
    def __init__(self, around: DeskSurroundings, gate: Gate, leading: Leading) -> None:
        self._around = around
        self._gate = gate
        self._leading = leading
        self._texts = {lang: load_texts(lang) for lang in LANGS}
        self._files = Files(self._texts)
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self._templates.globals.update(
            static=self._files.address,
            shop=around.playbook.shop.name,
            zone=around.playbook.hours.zone,
            duration=duration,
            day_name=day_name,
            happening=happening,
            moment=datetime.fromisoformat,
        )

    def routes(self, bp: Blueprint) -> None:
        for path, handler in (
            ("/", self.for_agents(self.console)),
            ("/c/<id:str>", self.for_agents(self.console)),
            ("/sign-in", self.sign_in),
            ("/overview", self.for_leads(self.overview)),
            ("/static/<version:str>/<name:str>", self.static),
        ):
            name = re.sub(r"\W+", "_", path).strip("_") or "console"
            bp.add_route(handler, path, methods=["GET"], name=name)

    def for_newcomers(self, handler: Handler) -> Handler:
        """`handler` gets the Login after the request; who isn't signed in goes to sign in."""

        @wraps(handler)
        async def shown(request: Request, **path: str) -> HTTPResponse | None:
            login = await self._gate.login_of(request)
            return await handler(request, login, **path) if login else _to_sign_in(request)

        return shown

    def for_agents(self, handler: Handler) -> Handler:
        """The same; whoever has to set up a second factor is led there first."""

        async def checked(request: Request, login: Login, **path: str) -> HTTPResponse | None:
            if self._gate.must_set_up(login):
                return redirect("/desk/account", status=303)
            return await handler(request, login, **path)

        return self.for_newcomers(checked)

    def for_admins(self, handler: Handler) -> Handler:
        """The same for administrators."""

        async def checked(request: Request, login: Login, **path: str) -> HTTPResponse | None:
            if not login.administers:
                return self.refuse(login, "admins")
            return await handler(request, login, **path)

        return self.for_agents(checked)

    def for_leads(self, handler: Handler) -> Handler:
        """The same for leads; others are told that this page isn't for them."""

        async def checked(request: Request, login: Login, **path: str) -> HTTPResponse | None:
            if not login.agent.is_lead:
                return self.refuse(login, "leads")
            return await handler(request, login, **path)

        return self.for_agents(checked)

    async def console(self, request: Request, login: Login, id: str = "") -> HTTPResponse:
        """With an `id` that conversation is open: the page's script reads it from the address."""
        return self.show("console.html", login)

    async def sign_in(self, request: Request) -> HTTPResponse:
        onward = str(request.args.get("next") or "")
        onward = onward if _NEXT.match(onward) else "/desk/"
        if await self._gate.login_of(request) is not None:
            return redirect(onward, status=303)
        lang = _preferred(request)
        page = self._templates.get_template("sign_in.html").render(
            lang=lang, text=self._texts[lang], onward=onward, login=None
        )
        return html(page, headers=_HEADERS)

    async def overview(self, request: Request, login: Login) -> HTTPResponse:
        try:
            figures = await self._leading.overview_shape(request)
        except ApiError:
            return redirect("/desk/overview", status=303)
        questions = await self._around.db.reading(
            lambda c: missed_questions.listed(c, state="open", limit=_MISSED_SHOWN)
        )
        wall = bool(request.args.get("wall"))
        return self.show(
            "overview.html",
            login,
            figures=figures,
            questions=questions,
            wall=wall,
            open=",".join(OPEN),
        )

    async def static(self, request: Request, version: str, name: str) -> HTTPResponse:
        file = self._files.get(name)
        if file is None:
            raise ApiError(404, "not_found", "there is no such file")
        # Another version is a page from before a restart: it gets what there is, this once.
        cache = _FOREVER if version == self._files.version else "no-store"
        headers = {"Cache-Control": cache, "X-Content-Type-Options": "nosniff"}
        return raw(file.content, content_type=file.content_type, headers=headers)

    def show(self, name: str, login: Login, status: int = 200, **values: Any) -> HTTPResponse:
        lang = login.agent.lang if login.agent.lang in self._texts else "en"
        page = self._templates.get_template(name).render(
            lang=lang, text=self._texts[lang], login=login, **values
        )
        return html(page, status=status, headers=_HEADERS)

    def refuse(self, login: Login, why: Refusal) -> HTTPResponse:
        status = 403 if why in ("leads", "admins") else 404
        return self.show("refusal.html", login, status=status, why=why)


def duration(seconds: float, lang: str) -> str:
    """A wait in its largest sensible units, the same as the pages' scripts tell it."""
    ja = lang == "ja"
    if seconds < 60:
        return f"{round(seconds)}秒" if ja else f"{round(seconds)} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return f"{minutes}分" if ja else f"{minutes} min"
    if hours < 48:
        return f"{hours}時間{minutes}分" if ja else f"{hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days}日{hours}時間" if ja else f"{days} d {hours} h"


def happening(
    line: Mapping[str, Any], said: str, text: Mapping[str, Any], zone: ZoneInfo, lang: str
) -> str:
    """What happened to a conversation, in the reader's language; `said` where it has no words."""
    words = text["happened"].get(line.get("event"))
    if words is None:
        return said
    until, kind, amount = line.get("until"), line.get("kind"), line.get("amount")
    at = datetime.fromisoformat(until).astimezone(zone) if until else None
    values = {
        **line,
        "until": f"{day_name(at.date(), lang)} {at:%H:%M}" if at else "",
        "kind": text["remedy"].get(kind, kind or ""),
        "amount": f"¥{amount:,}" if amount else "",
    }
    try:
        return str(words.format_map(values))
    except KeyError:
        return said


def day_name(day: date, lang: str) -> str:
    if lang == "ja":
        return f"{day.year}年{day.month}月{day.day}日（{'月火水木金土日'[day.weekday()]}）"
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def _to_sign_in(request: Request) -> HTTPResponse:
    query = {} if request.path == "/desk/" else {"next": request.path}
    if request.headers.get("sec-fetch-site") == "cross-site":
        # A link in a mail: the browser kept the cookie back, and gives it when we ask again.
        query["from"] = "elsewhere"
    return redirect("/desk/sign-in" + (f"?{urlencode(query)}" if query else ""), status=303)


def _preferred(request: Request) -> str:
    """The sign-in page's language: as asked, else the browser's first that we speak."""
    asked = request.args.get("lang")
    if asked in LANGS:
        return str(asked)
    for part in request.headers.get("accept-language", "").split(","):
        lang = part.split(";")[0].strip().split("-")[0].lower()
        if lang in LANGS:
            return lang
    return LANGS[0]
