"""The widget's files: the script that one line embeds, and the style and words that it fetches."""

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sanic import Request
from sanic.response import HTTPResponse, raw

from web.blueprint import Blueprint
from web.errors import ApiError

STATIC: Final = Path(__file__).parent / "static"
SCRIPT: Final = "widget.js"
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
}
# Pages of any site embed it; what it may do there is the visitor interface's to decide.
_FOR_ANY_PAGE: Final = {"Access-Control-Allow-Origin": "*"}
_A_YEAR: Final = "public, max-age=31536000, immutable"


def version_of(files: Mapping[str, bytes]) -> str:
    """What widget/build.mjs writes into the script: changes with the content of these files."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(files[name])
    return digest.hexdigest()[:12]


def widget_files() -> Blueprint:
    """`/widget.js`, and below `/widget/VERSION/` what it fetches."""
    bp = Blueprint("widget")
    content = {path.name: path.read_bytes() for path in STATIC.iterdir()}
    version = version_of({name: content[name] for name in content if name != SCRIPT})
    packed = {name: gzip.compress(plain, mtime=0) for name, plain in content.items()}

    def answer(request: Request, name: str, cache: str) -> HTTPResponse:
        headers = {"Cache-Control": cache, "Vary": "Accept-Encoding", **_FOR_ANY_PAGE}
        body = content[name]
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = packed[name]
        return raw(body, content_type=_TYPES[Path(name).suffix], headers=headers)

    @bp.get("/widget.js")
    async def embedded(request: Request) -> HTTPResponse:
        return answer(request, SCRIPT, "public, max-age=300")

    @bp.get("/widget/<asked:str>/<name:str>")
    async def fetched(request: Request, asked: str, name: str) -> HTTPResponse:
        if name not in content or name == SCRIPT:
            raise ApiError(404, "not_found", "there is no such file")
        # A script from before an update, or from a server that has it already: it gets what
        # there is, but nobody keeps that under the wrong version.
        return answer(request, name, _A_YEAR if asked == version else "no-store")

    return bp
