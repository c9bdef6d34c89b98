"""The routes below /help. Everything a visitor typed goes into a page as escaped text only."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import unquote

from sanic import HTTPResponse, Request, html, raw, redirect
from sanic.exceptions import NotFound

from help.contact import ContactDetails
from help.contents import preferred_language
from help.pages import Pages, StaticFile, address
from support.knowledge import KnowledgeHolder
from support.knowledge.language import Lang, as_lang
from web.blueprint import Blueprint

# As long as a chat message may be; a longer question is answered by asking for a shorter one.
QUERY_CHARACTERS: Final = 4000
_PAGES_CACHE: Final = "public, max-age=300, stale-while-revalidate=3600"
_ANSWERS: Final = ("yes", "no")
# How a browser says that a request comes from our own page.
_OURS: Final = "same-origin"
_FILES_CACHE: Final = "public, max-age=31536000, immutable"


# Counts one reader's word: request, language and id of the article, whether it helped.
Vote = Callable[[Request, Lang, str, bool], Awaitable[None]]


class _Routes:
    def __init__(self, pages: Pages, widget: str | None, vote: Vote | None) -> None:
        self._pages = pages
        self._scripts = widget is not None
        self._vote = vote

    async def start(self, request: Request) -> HTTPResponse:
        lang = preferred_language(request.headers.get("accept-language", ""))
        return redirect(f"/help/{lang}/", headers={"Vary": "Accept-Language"})

    async def page(self, request: Request, path: str) -> HTTPResponse:
        """`en/`, `en/returns`, `static/help.css`: everything else is a page that isn't there.

        One route with its own dispatch, because Sanic only hands errors of a blueprint's own
        routes to the blueprint, and a catch-all beside others takes their requests.
        """
        match [unquote(part) for part in path.split("/")]:
            case ["static", name] if name in self._pages.files:
                return _file(self._pages.files[name])
            case ["en" | "ja" as lang] | ["en" | "ja" as lang, ""]:
                return await self._home(request, as_lang(lang) or "en")
            case ["en" | "ja" as lang, id] if text := self._article(request, lang, id):
                told = "told" in request.args
                return self._page(request, text, cache="no-store" if told else _PAGES_CACHE)
        raise NotFound(f"no page {path}")

    def _article(self, request: Request, lang: str, id: str) -> str | None:
        told = request.args.get("told", "")
        told = told if told in _ANSWERS else ""
        return self._pages.article(lang, id, votes=self._vote is not None, told=told)

    async def helpful(self, request: Request, lang: str, id: str) -> HTTPResponse:
        """A reader's word on an article; a page of another site has none."""
        found, id = as_lang(lang), unquote(id)
        if self._vote is None or found is None or self._pages.article(lang, id) is None:
            raise NotFound(f"no page {lang}/{id}")
        form = request.form
        answer = form.get("answer", "") if form else ""
        if answer not in _ANSWERS or request.headers.get("sec-fetch-site", _OURS) != _OURS:
            return redirect(address(found, id), status=303)
        await self._vote(request, found, id, answer == "yes")
        return redirect(f"{address(found, id)}?told={answer}", status=303)

    async def _home(self, request: Request, lang: Lang) -> HTTPResponse:
        query = (request.args.get("q") or "").strip()
        if not query:
            return self._page(request, self._pages.home(lang))
        if len(query) > QUERY_CHARACTERS:
            return self._page(request, self._pages.too_long(lang), status=422)
        # Searching takes milliseconds of work, or waits while the articles are still being read.
        text = await asyncio.to_thread(self._pages.results, lang, query)
        return self._page(request, text, cache="private, no-store")

    async def missing(self, request: Request, exception: NotFound) -> HTTPResponse:
        parts = request.path.split("/")
        named = as_lang(parts[2]) if len(parts) > 2 else None
        lang = named or preferred_language(request.headers.get("accept-language", ""))
        return self._page(request, self._pages.missing(lang), status=404)

    def _page(
        self, request: Request, text: str, *, status: int = 200, cache: str = _PAGES_CACHE
    ) -> HTTPResponse:
        scripts = "; script-src 'self'; connect-src 'self'" if self._scripts else ""
        headers = {
            "Cache-Control": cache if status == 200 else "no-store",
            "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
            f"form-action 'self'; base-uri 'none'; frame-ancestors 'none'{scripts}",
            # A question may hold something personal: it doesn't travel on to other sites.
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }
        if status == 200 and cache == _PAGES_CACHE:
            tag = f'"{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"'
            headers["ETag"] = tag
            if request.headers.get("if-none-match") == tag:
                return HTTPResponse(status=304, headers=headers)
        return html(text, status=status, headers=headers)


def blueprint(
    knowledge: KnowledgeHolder,
    contact: ContactDetails,
    *,
    widget: str | None = None,
    vote: Vote | None = None,
) -> Blueprint:
    """The help centre. `widget` is the address of the chat widget's script, if it should be there;
    `vote` counts what readers say of an article, who are not asked without it.

    Pages hold no inline script or style and forbid them by their Content-Security-Policy.
    """
    routes = _Routes(Pages(knowledge, contact, widget), widget, vote)
    bp = Blueprint("help", url_prefix="/help")
    bp.add_route(routes.start, "/", methods=("GET", "HEAD"), name="start")
    bp.add_route(routes.helpful, "/<lang:str>/<id:str>/helpful", methods=("POST",), name="helpful")
    bp.add_route(routes.page, "/<path:path>", methods=("GET", "HEAD"), name="page")
    bp.exception(NotFound)(routes.missing)
    return bp


def _file(file: StaticFile) -> HTTPResponse:
    headers = {"Cache-Control": _FILES_CACHE, "X-Content-Type-Options": "nosniff"}
    return raw(file.content, content_type=file.content_type, headers=headers)
