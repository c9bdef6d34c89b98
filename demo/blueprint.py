"""The demonstration shop's page: `/`, with its style and drawings under `/shop/`."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sanic import Request
from sanic.response import HTTPResponse, html

from demo.catalogue import catalogue
from demo.seeding import OrderSample
from web.blueprint import Blueprint

log = logging.getLogger(__name__)

_PAGE = Path(__file__).with_name("page")
LANGUAGES = ("en", "ja")

# Everything comes from this server, and nothing is written into the page itself.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "media-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)

ListSamples = Callable[[], Awaitable[Sequence[OrderSample]]]


def blueprint(list_samples: ListSamples) -> Blueprint:
    """The page's blueprint. `list_samples` gives the orders that a newcomer may try.

    If it fails, the page says so and is otherwise whole.
    """
    shop = Blueprint("shop")
    shop.static("/shop", _PAGE / "static", name="files")

    @shop.get("/")
    async def page(request: Request) -> HTTPResponse:
        lang = page_language(request.args.get("lang"), request.headers.get("accept-language"))
        samples: Sequence[OrderSample] = ()
        try:
            samples = await list_samples()
        except Exception:
            # The shop stays open whatever happens to its sample orders.
            log.exception("no sample orders for the page")
        return html(
            render(lang, samples),
            headers={
                "Content-Language": lang,
                "Content-Security-Policy": _POLICY,
                "Cache-Control": "no-cache",
                "Referrer-Policy": "strict-origin-when-cross-origin",
                "Vary": "Accept-Language",
                "X-Content-Type-Options": "nosniff",
            },
        )

    return shop


def render(lang: str, samples: Sequence[OrderSample]) -> str:
    """The page in `lang` (en or ja)."""
    texts = _texts()[lang]
    number = samples[0].number if samples else "HN-10234"
    return (
        _templates()
        .get_template("shop.html")
        .render(
            lang=lang,
            t=texts,
            samples=samples,
            questions=[question.format(number=number) for question in texts["questions"]],
            products=catalogue(),
        )
    )


def page_language(asked: str | None, accepted: str | None) -> str:
    """The language asked for in the address, else the browser's favourite, else English."""
    if asked in LANGUAGES:
        return str(asked)
    best, weight = "en", 0.0
    for part in (accepted or "").split(","):
        tag, _, parameter = part.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        try:
            quality = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if primary in LANGUAGES and quality > weight:
            best, weight = primary, quality
    return best


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_PAGE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _texts() -> dict[str, dict[str, Any]]:
    with (_PAGE / "texts.yml").open(encoding="utf-8") as file:
        return dict(yaml.safe_load(file))
