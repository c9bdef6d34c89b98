"""Who is asking, and from which page: addresses behind proxies, and allowed origins."""

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from sanic import Request


def client_address(request: Request, trusted: Sequence[str]) -> str:
    """The client's address: the nearest one in X-Forwarded-For that is no trusted proxy of ours.

    The header counts only when the peer itself is a trusted proxy.
    """
    peer = str(request.ip)
    networks = [ipaddress.ip_network(proxy, strict=False) for proxy in trusted]

    def is_ours(address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in networks)

    if not is_ours(peer):
        return peer
    hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",")]
    for hop in reversed([hop for hop in hops if hop]):
        if not is_ours(hop):
            return str(hop)
    return peer


def allowed_origin(request: Request, allowed: Sequence[str], public_url: str | None) -> bool:
    """Whether the page that asks may: our own pages, and those of the allowed origins.

    Without an Origin header it is no page of another site (browsers always send it there).
    """
    origin = request.headers.get("origin")
    if origin is None:
        return True
    if origin in allowed or (public_url and origin == _origin(public_url)):
        return True
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc == request.host


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
