"""Who may use the chat, and as whom: pages, visitors' tokens, the shop's signed-in customers."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from sanic import Request
from sanic.response import HTTPResponse

from channels.website.tokens import TokenRefused, read_identity, read_token
from support.customers.visitors import Identity
from web.errors import ApiError
from web.origins import allowed_origin

Handler = Callable[..., Coroutine[Any, Any, HTTPResponse | None]]


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

    def __init__(self, rules: WebsiteRules) -> None:
        self._rules = rules

    def open_to(self, handler: Handler) -> Handler:
        """`handler` for the pages that may use the chat, with the headers that browsers want."""
        rules = self._rules

        async def answered(request: Request, **parameters: str) -> HTTPResponse | None:
            if not allowed_origin(request, rules.allowed_origins, rules.public_url):
                raise ApiError(403, "origin", "this page may not use the chat")
            try:
                response = await handler(request, **parameters)
            except ApiError as error:
                response = error.response()
            if response is not None:
                response.headers.update(cross_origin(request))
            return response

        return answered

    def thread_id(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ApiError(401, "not_signed_in", "a visitor token is needed")
        try:
            return read_token(token.strip(), self._rules.token_key)
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


def cross_origin(request: Request) -> dict[str, str]:
    """What lets a page on another, allowed origin read the answer."""
    origin = request.headers.get("origin")
    if origin is None:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Headers": "authorization, content-type, last-event-id",
        "Access-Control-Allow-Methods": "GET, POST, DELETE",
        "Access-Control-Expose-Headers": "retry-after",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }
