"""The pages below /desk: rendered here, made lively by the scripts in static/."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, get_args
from urllib.parse import urlencode

import jinja2
from sanic import Blueprint, Request
from sanic.response import HTTPResponse, html, raw, redirect

from desk.access import Gate
from desk.files import LANGS, Files, load_texts
from desk.filters import CHANNELS, read_filters
from desk.leading import Leading
from desk.reading import checked_id
from desk.surroundings import DeskSurroundings
from desk.transcript import read_transcript
from support import conversations, missed_questions, reviews
from support.agents import Login
from support.playbook import Reason
from support.transcripts import BadCursor, list_conversations
from support.values import State
from web.errors import ApiError

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
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
_FILTERS: Final = ("q", "state", "channel", "lang", "reason", "label", "from", "to")


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
        )

    def routes(self, bp: Blueprint) -> None:
        for path, handler in (
            ("/", self.console),
            ("/c/<id:str>", self.console_at),
            ("/sign-in", self.sign_in),
            ("/transcripts", self.transcripts),
            ("/transcripts/<id:str>", self.transcript),
            ("/overview", self.overview),
            ("/static/<version:str>/<name:str>", self.static),
        ):
            bp.add_route(handler, path, methods=["GET"], name=handler.__name__)

    async def console(self, request: Request) -> HTTPResponse:
        login = await self._gate.login_of(request)
        if login is None:
            return _to_sign_in(request)
        return self._page("console.html", login)

    async def console_at(self, request: Request, id: str) -> HTTPResponse:
        """The console with a conversation open: its script reads which from the address."""
        return await self.console(request)

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

    async def transcripts(self, request: Request) -> HTTPResponse:
        login = await self._gate.login_of(request)
        if login is None:
            return _to_sign_in(request)
        if not login.agent.is_lead:
            return self._refusal(login, 403)
        try:
            filters = read_filters(request, login.agent, self._around.playbook.hours.zone)
            now = self._around.clock()
            rows, cursor = await self._around.db.reading(
                lambda connection: list_conversations(connection, filters, now)
            )
        except (ApiError, BadCursor):
            return redirect("/desk/transcripts", status=303)
        given = {name: str(request.args.get(name) or "") for name in _FILTERS}
        return self._page(
            "transcripts.html",
            login,
            rows=[{**row, "at": datetime.fromisoformat(row["updated_at"])} for row in rows],
            more=urlencode({**given, "cursor": cursor}) if cursor else None,
            query=urlencode({name: value for name, value in given.items() if value}),
            given=given,
            states=[str(state) for state in State],
            channels=CHANNELS,
            reasons=get_args(Reason),
        )

    async def transcript(self, request: Request, id: str) -> HTTPResponse:
        login = await self._gate.login_of(request)
        if login is None:
            return _to_sign_in(request)
        agent, zone = login.agent, self._around.playbook.hours.zone
        try:
            known = checked_id(id)
            found = await self._around.db.reading(
                lambda connection: read_transcript(connection, known, agent, zone)
            )
        except (ApiError, conversations.NotFound):
            return self._refusal(login, 404)
        return self._page("transcript.html", login, found=found, verdicts=reviews.VERDICTS)

    async def overview(self, request: Request) -> HTTPResponse:
        login = await self._gate.login_of(request)
        if login is None:
            return _to_sign_in(request)
        if not login.agent.is_lead:
            return self._refusal(login, 403)
        try:
            figures = await self._leading.overview_shape(request)
        except ApiError:
            return redirect("/desk/overview", status=303)
        questions = await self._around.db.reading(
            lambda c: missed_questions.listed(c, state="open", limit=_MISSED_SHOWN)
        )
        return self._page("overview.html", login, figures=figures, questions=questions)

    async def static(self, request: Request, version: str, name: str) -> HTTPResponse:
        file = self._files.get(name)
        if file is None:
            raise ApiError(404, "not_found", "there is no such file")
        # Another version is a page from before a restart: it gets what there is, this once.
        cache = _FOREVER if version == self._files.version else "no-store"
        headers = {"Cache-Control": cache, "X-Content-Type-Options": "nosniff"}
        return raw(file.content, content_type=file.content_type, headers=headers)

    def _page(self, name: str, login: Login, status: int = 200, **values: Any) -> HTTPResponse:
        lang = login.agent.lang if login.agent.lang in self._texts else "en"
        page = self._templates.get_template(name).render(
            lang=lang, text=self._texts[lang], login=login, **values
        )
        return html(page, status=status, headers=_HEADERS)

    def _refusal(self, login: Login, status: int) -> HTTPResponse:
        return self._page("refusal.html", login, status=status, code=str(status))


def duration(seconds: float, lang: str) -> str:
    """A wait in its largest sensible unit."""
    minutes = round(seconds / 60)
    if lang == "ja":
        if seconds < 60:
            return f"{round(seconds)}秒"
        return f"{minutes}分" if minutes < 90 else f"{minutes // 60}時間{minutes % 60}分"
    if seconds < 60:
        return f"{round(seconds)} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


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
