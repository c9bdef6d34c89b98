"""The routes below /help. Everything a visitor typed goes into a page as escaped text only."""

import asyncio
import hashlib
from typing import Final
from urllib.parse import unquote

from sanic import Blueprint, HTTPResponse, Request, html, raw, redirect
from sanic.exceptions import NotFound

from help.contact import ContactDetails
from help.contents import preferred_language
from help.pages import Pages, StaticFile
from support.knowledge import KnowledgeHolder
from support.knowledge.language import Lang, as_lang

# As long as a chat message may be; a longer question is answered by asking for a shorter one.
QUERY_CHARACTERS: Final = 4000
_PAGES_CACHE: Final = "public, max-age=300, stale-while-revalidate=3600"
_FILES_CACHE: Final = "public, max-age=31536000, immutable"


class _Routes:
    def __init__(self, pages: Pages, widget: str | None) -> None:
        self._pages = pages
        self._scripts = widget is not None

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
            case ["en" | "ja" as lang, id] if text := self._pages.article(lang, id):
                return self._page(request, text)
        raise NotFound(f"no page {path}")

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
    knowledge: KnowledgeHolder, contact: ContactDetails, *, widget: str | None = None
) -> Blueprint:
    """The help centre. `widget` is the address of the chat widget's script, if it should be there.

    Pages hold no inline script or style and forbid them by their Content-Security-Policy.
    """
    routes = _Routes(Pages(knowledge, contact, widget), widget)
    bp = Blueprint("help", url_prefix="/help")
    bp.add_route(routes.start, "/", methods=("GET", "HEAD"), name="start")
    bp.add_route(routes.page, "/<path:path>", methods=("GET", "HEAD"), name="page")
    bp.exception(NotFound)(routes.missing)
    return bp


def _file(file: StaticFile) -> HTTPResponse:
    headers = {"Cache-Control": _FILES_CACHE, "X-Content-Type-Options": "nosniff"}
    return raw(file.content, content_type=file.content_type, headers=headers)
