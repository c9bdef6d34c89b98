"""The parts of a server, made from the settings and handed to whoever needs them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from omotenashi.settings import ROOT, Settings
from support.attachments.files import AttachmentFiles
from support.brain import RasaBrain
from support.cases.cases import CaseLookup
from support.clock import utc_now
from support.hints import Hints
from support.identifiers import new_id
from support.knowledge import KnowledgeHolder
from support.knowledge.edited import ArticleEdits
from support.orders import make_repository
from support.playbook import playbook_edits
from support.playbook.playbook import Playbook
from support.remedies.paid_back import PaidBackLookup
from support.services import Services, order_access
from support.store import Database
from support.typing_state import Typing

PLAYBOOK = ROOT / "data" / "playbook"
KNOWLEDGE = ROOT / "data" / "knowledge"
DEMO_ZONE = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True)
class Parts:
    settings: Settings
    playbook: Playbook
    db: Database
    services: Services
    brain: RasaBrain
    typing: Typing
    clock: Callable[[], datetime]
    worker: str

    @property
    def files(self) -> AttachmentFiles:
        return open_files(self.settings)


def open_database(settings: Settings, hints: Hints | None = None) -> Database:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return Database(settings.database, hints)


def make_hints(settings: Settings) -> Hints:
    """Hints within this process, and to all others where there is a Redis."""
    if settings.redis_url is None:
        return Hints()
    # Imported when it is used: most servers start without it.
    from support.shared_hints import SharedHints

    return SharedHints(settings.redis_url)


def open_files(settings: Settings) -> AttachmentFiles:
    """What customers and agents sent; several servers share this folder."""
    return AttachmentFiles(settings.data_dir / "attachments")


def with_ways(playbook: Playbook, settings: Settings) -> Playbook:
    """`playbook`, knowing by which ways this server brings answers."""
    ways = {
        "email": settings.smtp_url is not None,
        "telegram": settings.telegram_token is not None,
    }
    there = frozenset(way for way, is_there in ways.items() if is_there)
    return playbook.model_copy(update={"ways": there})


def make_services(
    settings: Settings, db: Database, playbook: Playbook, knowledge: KnowledgeHolder
) -> Services:
    repository = make_repository(
        playbook.orders,
        db.engine,
        token=settings.orders_token.get_secret_value() if settings.orders_token else None,
        database_url=settings.orders_database_url.get_secret_value()
        if settings.orders_database_url
        else None,
    )
    return Services(
        db=db,
        orders=order_access(db, repository, playbook),
        knowledge=knowledge,
        cases=CaseLookup(db),
        paid_back=PaidBackLookup(db, playbook),
        playbook=playbook,
    )


def load_knowledge(settings: Settings, playbook: Playbook, db: Database) -> KnowledgeHolder:
    """The articles as shipped; the desk's edits of them come with the first `refresh`."""
    zone = playbook.hours.zone
    return KnowledgeHolder(
        KNOWLEDGE,
        settings.data_dir / "cache",
        playbook.synonyms.model_dump(),
        ArticleEdits(db),
        lambda: utc_now().astimezone(zone).date(),
    )


def make_parts(settings: Settings) -> Parts:
    """Raises FileError or ArticleError, naming file and line, where the shop's files are wrong."""
    db = open_database(settings, make_hints(settings))
    playbook = with_ways(playbook_edits.at_start(db, PLAYBOOK), settings)
    knowledge = load_knowledge(settings, playbook, db)
    return Parts(
        settings=settings,
        playbook=playbook,
        db=db,
        services=make_services(settings, db, playbook, knowledge),
        brain=RasaBrain(
            settings.brains, settings.key("brain"), prepared=lambda: knowledge.current.ready
        ),
        typing=Typing(),
        clock=utc_now,
        worker=new_id(),
    )


def demo_today(now: datetime) -> date:
    return now.astimezone(DEMO_ZONE).date()
