"""The server: one Sanic application put together from its parts."""

import asyncio
import gc
import logging
import os
from collections.abc import Coroutine
from datetime import datetime
from typing import Any

from sanic import Request, Sanic
from sanic.exceptions import SanicException
from sanic.response import BaseHTTPResponse, HTTPResponse

import demo.blueprint
import desk
import help
from channels.base import Channel, Surroundings
from channels.webhook.channel import Webhook, WebhookRules
from channels.website.access import WebsiteRules
from channels.website.channel import Website
from channels.website.files import widget_files
from demo import seeding
from desk.surroundings import DeskSurroundings
from omotenashi import actions_server, health, learning_job, models, openapi, votes
from omotenashi.article_watch import keep_fresh
from omotenashi.parts import PLAYBOOK, Parts, demo_today
from omotenashi.supervisor import CHILD
from support import timer_handlers
from support.attachments.storing import Attachments
from support.delivery.mail import MailSender
from support.delivery.outbox import OutboxRunner, Sender
from support.ending import end
from support.handover.assignment import AssignmentRunner
from support.outreach.notice_spread import NoticeSpreader
from support.playbook import playbook_edits
from support.remedies.runner import RemedyRunner
from support.reports.day_counter import DayCounter
from support.store import Database, Transaction
from support.store.database import StorageUnavailable
from support.store.migrate import migrate
from support.timers import TimerRunner
from support.turns.turns import TurnRunner, release_leases
from web.errors import ApiError
from web.limits import Limits

log = logging.getLogger(__name__)

LARGEST_BODY = 1024 * 1024
# Most of the training keeps both processors busy; its last part leaves one free.
TRAINING_LIMIT_S = 55
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}


def prepare(parts: Parts) -> None:
    """Bring the database to shape before the first request."""
    prepare_database(parts.db, parts.clock(), demo=parts.settings.demo)
    parts.services.knowledge.refresh()  # what was edited at the desk before


def prepare_database(db: Database, now: datetime, *, demo: bool) -> None:
    """Tables, recurring timers, and the demonstration's orders as of today."""
    migrate(db)

    def begin(tx: Transaction) -> None:
        tx.alone()
        if db.is_sqlite:
            release_leases(tx)
        timer_handlers.start_recurring(tx, now)
        if demo:
            seeding.seed(tx.connection, demo_today(now))

    db.write(begin)


class Application(Sanic[Any, Any]):
    """Sanic, whose routes are put together in one go.

    It makes a syntax tree of them. Where the garbage collector runs in the middle of that, another
    thread may get its turn, and if that parses something too (NumPy does, to read a file),
    CPython 3.11 fails with "AST constructor recursion depth mismatch".
    """

    def finalize(self) -> None:
        collects = gc.isenabled()
        gc.disable()
        try:
            super().finalize()
        finally:
            if collects:
                gc.enable()


def make_app(parts: Parts) -> Sanic[Any, Any]:
    """The application with everything mounted; background work starts with the server."""
    settings = parts.settings
    app = Application("omotenashi", configure_logging=False)
    app.config.REQUEST_MAX_SIZE = LARGEST_BODY
    app.config.RESPONSE_TIMEOUT = 60
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = 5.0
    app.config.FALLBACK_ERROR_FORMAT = "json"
    app.config.TOUCHUP = False
    limits = Limits(settings.limits == "on", settings.redis_url)
    attachments = Attachments(parts.files)
    around = Surroundings(
        parts.db, parts.playbook, parts.typing, parts.clock, parts.worker, attachments,
        mail=_mail(parts),
    )  # fmt: skip
    channels = _channels(parts, around, limits)
    for channel in channels:
        blueprint = channel.blueprint()
        if blueprint is not None:
            app.blueprint(blueprint)
    app.blueprint(widget_files())
    app.blueprint(health.blueprint(parts))
    app.blueprint(openapi.blueprint())
    app.blueprint(
        help.blueprint(
            parts.services.knowledge,
            help.contact_details(parts.playbook.shop, parts.playbook.opening),
            widget="/widget.js",
            vote=votes.voting(parts, limits),
        )
    )
    for blueprint in desk.blueprints(_desk_surroundings(parts, attachments), limits):
        app.blueprint(blueprint)
    if settings.actions_url is None:
        app.blueprint(actions_server.blueprint(parts.services, settings.key("actions")))
    if settings.demo:
        app.blueprint(demo.blueprint.blueprint(_samples(parts)))
    answer_errors(app)
    _work_in_background(app, parts, channels, around)

    @app.after_server_stop
    async def close_limits(app: Sanic[Any, Any]) -> None:
        await limits.close()

    return app


def _channels(parts: Parts, around: Surroundings, limits: Limits) -> list[Channel]:
    settings = parts.settings
    identity = settings.identity_secret
    rules = WebsiteRules(
        token_key=settings.key("visitor"),
        identity_secret=identity.get_secret_value() if identity else None,
        allowed_origins=tuple(settings.allowed_origins),
        trusted_proxies=tuple(settings.trusted_proxies),
        public_url=settings.public_url,
    )
    channels: list[Channel] = [Website(around, rules, limits)]
    if settings.telegram_token is not None:
        # Imported when it is used: the library is large, and most servers start without it.
        from channels.telegram.channel import Telegram, TelegramRules

        mode = settings.telegram_mode or ("webhook" if settings.public_url else "polling")
        secret = settings.telegram_secret
        telegram = TelegramRules(
            token=settings.telegram_token.get_secret_value(),
            api=settings.telegram_api,
            secret=secret.get_secret_value() if secret else settings.key("telegram"),
            webhook=mode == "webhook",
            base_url=settings.base_url,
        )
        channels.append(Telegram(around, telegram, limits))
    if settings.webhook_url is not None and settings.webhook_secret is not None:
        webhook = WebhookRules(
            url=settings.webhook_url.get_secret_value(),
            secret=settings.webhook_secret.get_secret_value(),
            private=settings.webhook_private == "on",
        )
        channels.append(Webhook(around, webhook, limits))
    return channels


def _desk_surroundings(parts: Parts, attachments: Attachments) -> DeskSurroundings:
    settings = parts.settings
    return DeskSurroundings(
        db=parts.db,
        playbook=parts.playbook,
        clock=parts.clock,
        orders=parts.services.orders,
        attachments=attachments,
        knowledge=parts.services.knowledge,
        playbook_folder=PLAYBOOK,
        start_learning=learning_job.start,
        cookie_secure=settings.base_url.startswith("https:"),
        trusted_proxies=tuple(settings.trusted_proxies),
        public_url=settings.public_url,
    )


def _samples(parts: Parts) -> demo.blueprint.ListSamples:
    async def read() -> tuple[seeding.OrderSample, ...]:
        today = demo_today(parts.clock())
        return await parts.db.reading(lambda connection: seeding.samples(connection, today))

    return read


def _mail(parts: Parts) -> MailSender | None:
    settings = parts.settings
    if settings.smtp_url is None or settings.mail_from is None:
        return None
    return MailSender(
        settings.smtp_url.get_secret_value(),
        settings.mail_from,
        settings.base_url,
        parts.db,
        parts.playbook,
    )


def _senders(around: Surroundings, channels: list[Channel]) -> dict[str, Sender]:
    senders: dict[str, Sender] = {}
    for channel in channels:
        sender = channel.sender()
        if sender is not None:
            senders[channel.name] = sender
    if around.mail is not None:
        senders["email"] = around.mail
    return senders


def _work_in_background(
    app: Sanic[Any, Any], parts: Parts, channels: list[Channel], around: Surroundings
) -> None:
    turns = TurnRunner(
        parts.db, parts.brain, parts.playbook, parts.typing, parts.clock, parts.worker
    )
    attachments, senders = around.attachments, _senders(around, channels)
    outbox = OutboxRunner(parts.db, senders, parts.clock)
    remedies = RemedyRunner(parts.db, parts.services.orders, parts.playbook, parts.clock)
    mail = "email" in senders
    timers = TimerRunner(parts.db, timer_handlers.handlers(parts.playbook, mail=mail), parts.clock)

    assignment = AssignmentRunner(parts.db, parts.playbook, parts.clock)
    spreader = NoticeSpreader(parts.db, parts.services.orders, parts.playbook, parts.clock)
    days = DayCounter(parts.db, parts.playbook, parts.clock, parts.worker)

    @app.before_server_start
    async def open_up(app: Sanic[Any, Any]) -> None:
        app.ctx.stopping = asyncio.Event()

    @app.after_server_start
    async def start(app: Sanic[Any, Any]) -> None:
        # After the first requests can be taken: the articles' index alone keeps a core busy.
        app.ctx.work = [
            asyncio.create_task(_guarded(name, work), name=name)
            for name, work in (
                ("hints", parts.db.hints.run()),
                ("typing", parts.typing.follow(parts.db.hints, parts.clock)),
                ("brain watch", parts.brain.watch()),
                ("turns", turns.run()),
                ("timers", timers.run()),
                ("outbox", outbox.run()),
                ("remedies", remedies.run()),
                ("assignment", assignment.run()),
                ("notices", spreader.run()),
                ("daily figures", days.run()),
                ("articles", _watch_articles(parts)),
                ("votes", votes.heed_votes(parts)),
                ("playbook", playbook_edits.follow(parts.db, PLAYBOOK, parts.playbook)),
                ("attachments", attachments.tidy(parts.db)),
                *((channel.name, channel.run()) for channel in channels),
            )
        ]

    @app.before_server_stop
    async def stop(app: Sanic[Any, Any]) -> None:
        # Open event streams would hold up the end for as long as the grace time lasts.
        app.ctx.stopping.set()
        await end(app.ctx.work)
        await turns.stop()
        await outbox.stop()

    @app.after_server_stop
    async def close(app: Sanic[Any, Any]) -> None:
        await parts.brain.close()
        parts.services.orders.close()
        parts.db.close()


async def _guarded(name: str, work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except asyncio.CancelledError:
        raise
    except Exception:
        # Nothing that runs for ever may end in silence: the process ends, and is started again.
        log.exception("%s broke off", name)
        raise SystemExit(1) from None


async def _watch_articles(parts: Parts) -> None:
    # Made before the first question, not by it: the holidays and the articles' index.
    await asyncio.to_thread(parts.playbook.hours.is_open, parts.clock())
    knowledge = parts.services.knowledge
    if CHILD in os.environ:
        # On a first start the training has the processors; the index is made while the brain
        # loads. Whoever searches before that begins it.
        for _ in range(TRAINING_LIMIT_S):
            trained = await asyncio.to_thread(lambda: models.present_model() is not None)
            if trained or knowledge.current.ready:
                break
            await asyncio.sleep(1)
    knowledge.current.begin()
    # Looked at rather than waited for in a thread: a stop would have to wait with it.
    while not knowledge.current.ready:
        if knowledge.current.failed:
            await asyncio.to_thread(knowledge.current.wait)  # raises what went wrong
        await asyncio.sleep(0.1)
    # What a server has made by now stays: looked through again and again, the articles alone hold
    # up whoever is waiting by a tenth of a second.
    gc.freeze()
    await keep_fresh(knowledge)


def answer_errors(app: Sanic[Any, Any]) -> None:
    """Every error in the one format, and nothing of our insides."""

    @app.exception(ApiError)
    async def told(request: Request, error: ApiError) -> HTTPResponse:
        return error.response()

    @app.exception(StorageUnavailable)
    async def storage(request: Request, error: StorageUnavailable) -> HTTPResponse:
        log.error("storage unavailable at %s", request.path)
        return ApiError(
            503, "unavailable", "we can't store anything right now", retry_after=5
        ).response()

    @app.exception(SanicException)
    async def framework(request: Request, error: SanicException) -> HTTPResponse:
        status = error.status_code or 500
        code = _CODES.get(status, "bad_request" if status < 500 else "internal")
        return ApiError(status, code, str(error) if status < 500 else "internal error").response()

    @app.exception(Exception)
    async def unforeseen(request: Request, error: Exception) -> HTTPResponse:
        log.error("%s %s failed", request.method, request.path, exc_info=error)
        return ApiError(500, "internal", "internal error").response()

    async def harden(request: Request, response: BaseHTTPResponse) -> None:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")

    app.register_middleware(harden, "response")
