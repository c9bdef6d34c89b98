"""Who may use the chat, and as whom: pages, visitors' tokens, the shop's signed-in customers."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sanic import Request
from sanic.response import BaseHTTPResponse, HTTPResponse

from channels.website.tokens import TokenRefused, make_token, read_identity, read_token
from support import conversations
from support.clock import Clock
from support.customers.visitors import Identity
from support.store import Database, Transaction
from web.errors import ApiError
from web.origins import allowed_origin, client_address

Handler = Callable[..., Coroutine[Any, Any, HTTPResponse | None]]
_CROSS_ORIGIN = {
    "Access-Control-Allow-Headers": "authorization, content-type, last-event-id",
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Expose-Headers": "retry-after",
    "Access-Control-Max-Age": "600",
    "Vary": "Origin",
}


@dataclass(frozen=True)
class WebsiteRules:
    """What the settings say about visitors."""

    token_key: str
    identity_secret: str | None
    allowed_origins: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    public_url: str | None


class Door:
    """Lets in whom the rules allow; everybody else gets an ApiError."""

    def __init__(self, rules: WebsiteRules, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock

    def open_to(self, handler: Handler) -> Handler:
        """`handler` for the pages that may use the chat."""

        async def answered(request: Request, **parameters: str) -> HTTPResponse | None:
            if not self._admits(request):
                raise ApiError(403, "origin", "this page may not use the chat")
            return await handler(request, **parameters)

        return answered

    def tell_browser(self, request: Request, response: BaseHTTPResponse) -> None:
        """What lets a page on another, allowed origin read an answer, errors and all: without it
        a browser shows the page no more than that something failed."""
        origin = request.headers.get("origin")
        if origin is not None and self._admits(request):
            response.headers.update({"Access-Control-Allow-Origin": origin, **_CROSS_ORIGIN})

    def _admits(self, request: Request) -> bool:
        return allowed_origin(request, self._rules.allowed_origins, self._rules.public_url)

    def address(self, request: Request) -> str:
        """Where the visitor is, for limits."""
        return client_address(request, self._rules.trusted_proxies)

    def token(self, thread_id: str, now: datetime) -> str:
        return make_token(thread_id, self._rules.token_key, now)

    def thread_id(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ApiError(401, "not_signed_in", "a visitor token is needed")
        try:
            return read_token(token.strip(), self._rules.token_key, self._clock())
        except TokenRefused as error:
            raise ApiError(401, "expired", "the visitor token is not valid any more") from error

    def identity(self, signed: str | None) -> Identity | None:
        if signed is None:
            return None
        if self._rules.identity_secret is None:
            raise ApiError(401, "identity", "this shop has no customer sign-in", "identity")
        try:
            return read_identity(signed, self._rules.identity_secret)
        except TokenRefused as error:
            raise ApiError(401, "identity", "the identity is not valid", "identity") from error


def gone() -> ApiError:
    """Erased, or a token of another installation: the widget begins anew."""
    return ApiError(401, "expired", "the visitor token is not valid any more")


async def write(db: Database, change: Callable[[Transaction], None]) -> None:
    """A change in a visitor's thread. Raises ApiError 401 where there is none."""
    try:
        await db.writing(change)
    except conversations.NotFound as error:
        raise gone() from error
