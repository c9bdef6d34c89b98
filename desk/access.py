"""Who may use the desk: the one check that every route of it passes.

The sign-in is a cookie that no page of another site can make use of: it is SameSite=Strict, a
request that another site caused is refused, and a change needs the value that only our own pages
were given.
"""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Literal

from sanic import Request
from sanic.response import HTTPResponse

from desk.surroundings import DeskSurroundings
from support.team import agents
from support.team.agents import Login
from web.errors import ApiError
from web.origins import allowed_origin

COOKIE = "omotenashi_desk"
CSRF_HEADER = "x-csrf-token"
# "newcomer": an agent who may still have to set up a second factor.
Role = Literal["newcomer", "agent", "lead", "admin"]
Handler = Callable[..., Coroutine[Any, Any, HTTPResponse | None]]
_READS = ("GET", "HEAD")


class Gate:
    """Lets signed-in agents in, each to what their role may see."""

    def __init__(self, around: DeskSurroundings) -> None:
        self._around = around

    async def login_of(self, request: Request) -> Login | None:
        """Who is signed in with this request's cookie."""
        token = request.cookies.get(COOKIE)
        login = await self.still(token) if token else None
        if login is not None:
            db, now, agent = self._around.db, self._around.clock(), login.agent
            if agent.seen_at is None or now - agent.seen_at >= agents.SEEN_EVERY:
                await db.writing(lambda tx: agents.seen(tx, agent.id, now))
        return login

    async def still(self, token: str) -> Login | None:
        """Whose cookie this is now. Only a request counts as being seen: a stream stays open for
        many minutes after the browser at its other end has vanished."""
        now = self._around.clock()
        return await self._around.db.reading(lambda c: agents.logged_in(c, token, now))

    async def admit(self, request: Request, role: Role) -> Login:
        """Raises ApiError 401, or 403 for another site's request, a missing CSRF value, a role."""
        self.same_site(request)
        login = await self.login_of(request)
        if login is None:
            raise ApiError(401, "not_signed_in", "please sign in")
        if request.method not in _READS:
            given = request.headers.get(CSRF_HEADER)
            if not agents.csrf_matches(login, given):
                raise ApiError(403, "csrf", "the X-CSRF-Token header is missing or wrong")
        if role != "newcomer" and self.must_set_up(login):
            raise ApiError(403, "two_factor_needed", "please set up two-factor sign-in first")
        if role == "lead" and not login.agent.is_lead:
            raise ApiError(403, "not_allowed", "only support leads may do this")
        if role == "admin" and not login.administers:
            raise ApiError(403, "not_allowed", "only administrators may do this")
        return login

    def must_set_up(self, login: Login) -> bool:
        """Whether the agent needs a second factor and has none."""
        agent = login.agent
        return not agent.two_factor and self._around.playbook.security.needs_two_factor(agent.role)

    def same_site(self, request: Request) -> None:
        """Refuse what a page of another site, or of a neighbouring one, made a browser send."""
        fetched = request.headers.get("sec-fetch-site", "same-origin")
        if fetched not in ("same-origin", "none") or not allowed_origin(
            request, (), self._around.public_url
        ):
            raise ApiError(403, "cross_site", "another site may not use the desk")

    def guarded(self, role: Role, handler: Handler) -> Handler:
        """`handler` behind the check; it gets the Login after the request."""

        @wraps(handler)
        async def guarded(request: Request, **path: Any) -> HTTPResponse | None:
            login = await self.admit(request, role)
            return await handler(request, login, **path)

        return guarded
