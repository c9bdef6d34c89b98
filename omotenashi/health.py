"""Whether this server is alive, whether customers get answers, and figures for Prometheus."""

import hmac

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sanic import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response
from sqlalchemy import Connection, func, select

from omotenashi.parts import Parts
from support.store.database import StorageUnavailable
from support.store.schema import (
    FAILED_PARCEL,
    PENDING_PARCEL,
    PENDING_TURN,
    REPEATED_PARCEL,
    outbox,
    tickets,
    turns,
)
from web.blueprint import Blueprint
from web.errors import ApiError

LOOPBACK = ("127.0.0.1", "::1")


def blueprint(parts: Parts) -> Blueprint:
    bp = Blueprint("health")

    @bp.get("/healthz")
    async def alive(request: Request) -> HTTPResponse:
        return json_response({"status": "alive"})

    @bp.get("/readyz")
    async def ready(request: Request) -> HTTPResponse:
        """200 when customers get answers: the database is there and a brain is ready."""
        try:
            await parts.db.reading(lambda connection: connection.execute(select(1)).scalar_one())
            database = "ready"
        except StorageUnavailable:
            database = "unavailable"
        brain = "ready" if parts.brain.ready else "starting"
        if brain != "ready" and parts.brain.ever_ready:
            brain = "unavailable"
        articles = "ready" if parts.services.knowledge.current.ready else "starting"
        if parts.services.knowledge.problem is not None:
            articles = "last good version"
        states = {
            "database": database,
            "brain": brain,
            "knowledge": articles,
        }
        well = database == "ready" and brain == "ready"
        return json_response(
            {"status": "ready" if well else "not ready", "dependencies": states},
            status=200 if well else 503,
            headers={} if well else {"Retry-After": "2"},
        )

    @bp.get("/metrics")
    async def metrics(request: Request) -> HTTPResponse:
        token = parts.settings.metrics_token
        given = request.headers.get("authorization", "")
        if token is not None:
            wanted = f"Bearer {token.get_secret_value()}"
            if not hmac.compare_digest(given.encode(errors="replace"), wanted.encode()):
                raise ApiError(401, "not_signed_in", "the metrics token is needed")
        elif request.ip not in LOOPBACK or "x-forwarded-for" in request.headers:
            raise ApiError(403, "forbidden", "metrics are shown to this machine only")
        body = await parts.db.reading(_figures)
        return HTTPResponse(body, content_type=CONTENT_TYPE_LATEST)

    return bp


def _figures(connection: Connection) -> str:
    """Read from the database, so that every process shows the same."""
    registry = CollectorRegistry()

    def gauge(name: str, what: str, value: float, **labels: str) -> None:
        known = _made.get(name)
        if known is None:
            known = Gauge(name, what, list(labels), registry=registry)
            _made[name] = known
        (known.labels(**labels) if labels else known).set(value)

    _made: dict[str, Gauge] = {}
    waiting, oldest = connection.execute(
        select(func.count(), func.min(tickets.c.queued_at)).where(tickets.c.closed_at.is_(None))
    ).one()
    gauge("omotenashi_queue_length", "Customers waiting for a person", waiting)
    gauge(
        "omotenashi_queue_oldest_timestamp_seconds",
        "Since when the longest waiting customer waits, 0 when nobody does",
        oldest.timestamp() if oldest else 0,
    )
    pending = connection.execute(
        select(func.count()).select_from(turns).where(PENDING_TURN)
    ).scalar_one()
    gauge("omotenashi_turns_pending", "Turns that wait for the assistant", pending)
    for state, these in (("pending", PENDING_PARCEL), ("failed", FAILED_PARCEL)):
        number = connection.execute(
            select(func.count()).select_from(outbox).where(these)
        ).scalar_one()
        gauge("omotenashi_outbox", "Messages to send, by state", number, state=state)
    for channel, number in connection.execute(
        select(outbox.c.channel, func.count()).where(REPEATED_PARCEL).group_by(outbox.c.channel)
    ):
        gauge(
            "omotenashi_deliveries_possibly_repeated",
            "Deliveries whose server died or hung in the middle: they may have arrived twice",
            number,
            channel=channel,
        )
    return generate_latest(registry).decode()
