"""The addresses of the visitor interface, each open to the pages that may use the chat."""

from sanic import Request
from sanic.response import HTTPResponse, empty

from channels.website.access import Door, Handler
from web.blueprint import Blueprint
from web.files import receiving


class Routes:
    """Adds handlers to `bp`.

    A page of another origin has its browser ask first (`OPTIONS`) whether it may. Sanic's router
    knows an address by its longest match before it looks at the method, so that one route for all
    such questions would never be found: each address has its own.
    """

    def __init__(self, bp: Blueprint, door: Door) -> None:
        self._bp = bp
        self._door = door
        self._answering: set[str] = set()
        bp.middleware("response")(door.tell_browser)

    def add(self, method: str, path: str, handler: Handler, *, upload: bool = False) -> None:
        """`upload`: what is sent may be large, and is looked at while it comes."""
        opened = self._door.open_to(handler)
        self._bp.add_route(
            receiving(opened) if upload else opened,
            path,
            methods=[method],
            name=_name(method, path),
            stream=upload,
        )
        if path not in self._answering:
            self._answering.add(path)
            may = self._door.open_to(_may)
            self._bp.add_route(may, path, methods=["OPTIONS"], name=_name("OPTIONS", path))


def _name(method: str, path: str) -> str:
    return f"{method}{path}".lower().translate(str.maketrans("/-<:>", "_____"))


async def _may(request: Request, **_: str) -> HTTPResponse:
    return empty()
