"""The agents' and leads' console: its JSON interface, its pages and their files."""

from desk.access import Gate
from desk.account import Account
from desk.administering import Administering
from desk.answering import Answering
from desk.articles import ArticlePages, Articles
from desk.attachments import DeskAttachments
from desk.casework import Casework
from desk.customers import Customers
from desk.deliveries import Deliveries
from desk.exporting import Exporting
from desk.handling import Handling
from desk.leading import Leading
from desk.learning import Learning, LearningPages
from desk.live import Live
from desk.notices import Notices
from desk.pages import Pages
from desk.playbook import PlaybookEditing
from desk.reading import Reading
from desk.remedying import Remedying
from desk.reports import Reports
from desk.reviewing import Reviewing, ReviewPages
from desk.searches import Searches
from desk.signing_in import SigningIn
from desk.surroundings import DeskSurroundings
from desk.tasks import Tasks
from desk.transcripts import Transcripts
from desk.views import Views
from web.blueprint import Blueprint
from web.limits import Limits

__all__ = ["DeskSurroundings", "blueprints"]


def blueprints(around: DeskSurroundings, limits: Limits) -> list[Blueprint]:
    """`/api/v1/desk` and `/desk`. The application turns ApiError into its response."""
    gate = Gate(around)
    api = Blueprint("desk_api", url_prefix="/api/v1/desk")
    leading = Leading(around, gate)
    for part in (
        SigningIn(around, gate, limits),
        Reading(around, gate),
        Handling(around, gate),
        Answering(around, gate),
        Customers(around, gate),
        Remedying(around, gate),
        Live(around, gate),
        Deliveries(around, gate),
        DeskAttachments(around, gate, limits),
        leading,
        Exporting(around, gate),
        Reviewing(around, gate),
        Articles(around, gate),
        Learning(around, gate),
        Searches(around, gate),
        Casework(around, gate),
        Views(around, gate),
    ):
        part.routes(api)
    pages = Blueprint("desk_pages", url_prefix="/desk")
    shown = Pages(around, gate, leading)
    for both in (
        Reports(around, gate, shown),
        Account(around, gate, shown, limits),
        Administering(around, gate, shown),
        PlaybookEditing(around, gate, shown),
        Tasks(around, gate, shown),
        Notices(around, gate, shown),
    ):
        both.routes(api, pages)
    for page in (
        shown,
        Transcripts(around, shown),
        ReviewPages(around, shown),
        ArticlePages(around, shown),
        LearningPages(around, shown),
    ):
        page.routes(pages)
    return [api, pages]
