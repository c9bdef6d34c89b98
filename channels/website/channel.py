"""The website: customers on web pages post, fetch and stream (see the OpenAPI page for the
shapes); nothing is pushed to them."""

from channels.base import Surroundings
from channels.website.access import Door, WebsiteRules
from channels.website.attachments import WebsiteAttachments
from channels.website.going_on import GoingOn
from channels.website.own_data import OwnData
from channels.website.routes import Routes
from channels.website.signals import Signals
from channels.website.talking import Talking
from channels.website.waiting import Waiting
from support.delivery.outbox import Sender
from web.blueprint import Blueprint
from web.limits import Limits


class Website:
    name = "website"

    def __init__(self, around: Surroundings, rules: WebsiteRules, limits: Limits) -> None:
        self._door = Door(rules, around.clock)
        self._parts = (
            Talking(self.name, around, self._door, limits),
            Signals(around, self._door, limits),
            Waiting(around, self._door, limits),
            GoingOn(around, self._door, limits),
            OwnData(around, self._door, limits),
            WebsiteAttachments(around, self._door, limits),
        )

    def sender(self) -> Sender | None:
        return None

    async def run(self) -> None:
        return None

    def blueprint(self) -> Blueprint:
        bp = Blueprint("visitor", url_prefix="/api/v1/visitor")
        routes = Routes(bp, self._door)
        for part in self._parts:
            part.routes(routes)
        return bp
