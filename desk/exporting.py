"""Transcripts taken out by leads: CSV, JSON lines, PDF; one or many, masked unless asked for."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, raw
from sqlalchemy import Connection

from desk.access import Gate
from desk.files import load_texts
from desk.filters import choice, read_filters
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support.playbook.parts import LANGS
from support.privacy.masking import mask, mask_secrets
from support.team.agents import Agent, Login
from support.transcripts import exports
from support.transcripts.cursors import BadCursor
from support.transcripts.filters import Filters
from web.errors import ApiError

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl; charset=utf-8",
    "pdf": "application/pdf",
}
# More is no reading for a person, and a PDF is made as a whole.
MOST_IN_PDF = 200


@dataclass(frozen=True)
class Wanted:
    """What is taken out. `masked`: without personal data; card numbers never go out."""

    kind: str
    filters: Filters
    masked: bool

    @property
    def readable(self) -> Callable[[str], str]:
        return mask if self.masked else mask_secrets


class Exporting:
    def __init__(self, around: DeskSurroundings, gate: Gate) -> None:
        self._around = around
        self._gate = gate

    def routes(self, bp: Blueprint) -> None:
        bp.add_route(self._gate.guarded("lead", self.export), "/export", methods=["GET"])

    async def export(self, request: Request, login: Login) -> HTTPResponse | None:
        """The conversations of the list's filters, in pages, so that any number fits."""
        wanted = Wanted(
            kind=choice(request, "format", tuple(FORMATS)) or "csv",
            filters=read_filters(request, login.agent, self._around.playbook.hours.zone),
            masked=choice(request, "masked", ("0", "1")) != "0",
        )
        pages = self._pages(wanted)
        nothing: list[dict[str, Any]] = []
        # The first page is made before the answer begins, so that its errors are errors.
        try:
            first = await anext(pages, nothing)
            pdf = (
                await self._pdf(first, pages, wanted, login.agent) if wanted.kind == "pdf" else b""
            )
        except BadCursor as error:
            raise ApiError(422, "invalid", str(error), "cursor") from error
        await self._record(request, login.agent, wanted)
        headers = {
            "Content-Disposition": f'attachment; filename="{_name(wanted)}.{wanted.kind}"',
            "X-Content-Type-Options": "nosniff",
            **NO_STORE,
        }
        if wanted.kind == "pdf":
            return raw(pdf, content_type=FORMATS["pdf"], headers=headers)
        response = await request.respond(content_type=FORMATS[wanted.kind], headers=headers)
        await response.send(_text(first, wanted, head=True))
        async for page in pages:
            await response.send(_text(page, wanted, head=False))
        await response.eof()
        return None

    async def _record(self, request: Request, agent: Agent, wanted: Wanted) -> None:
        # Which filters, not what was searched for: that may be a customer's name.
        names = ",".join(sorted(name for name in request.args if name not in ("q", "masked")))
        detail = f"{wanted.kind} {'masked' if wanted.masked else 'unmasked'} {names}"
        await self._around.db.writing(
            lambda tx: exports.record(
                tx, f"agent:{agent.id}", detail[:200], self._around.clock(), wanted.filters.id
            )
        )

    async def _pages(self, wanted: Wanted) -> AsyncIterator[list[dict[str, Any]]]:
        filters, now = wanted.filters, self._around.clock()

        def read(connection: Connection) -> tuple[list[dict[str, Any]], str | None]:
            return exports.page(connection, filters, now, wanted.readable)

        while True:
            found, cursor = await self._around.db.reading(read)
            yield [{**one, "masked": wanted.masked} for one in found]
            if cursor is None:
                return
            filters = replace(filters, cursor=cursor)

    async def _pdf(
        self,
        first: list[dict[str, Any]],
        pages: AsyncIterator[list[dict[str, Any]]],
        wanted: Wanted,
        agent: Agent,
    ) -> bytes:
        found = first
        async for page in pages:
            found += page
            if len(found) > MOST_IN_PDF:
                raise ApiError(
                    422, "too_many", f"a PDF holds {MOST_IN_PDF} conversations at most", "format"
                )
        # Loaded when it is used: most servers never print anything.
        from support.transcripts.printed import as_pdf

        playbook, lang = self._around.playbook, agent.lang if agent.lang in LANGS else "en"
        return await asyncio.to_thread(
            as_pdf, found, _words(lang), playbook.shop.name.in_lang(lang), playbook.hours.zone
        )


def _text(page: list[dict[str, Any]], wanted: Wanted, *, head: bool) -> str:
    return exports.as_csv(page, head=head) if wanted.kind == "csv" else exports.as_jsonl(page)


def _name(wanted: Wanted) -> str:
    return f"conversation-{wanted.filters.id[:8]}" if wanted.filters.id else "conversations"


def _words(lang: str) -> dict[str, Any]:
    texts = load_texts(lang)
    return {
        "title": texts["transcript"]["title"],
        "masked": texts["transcript"]["masked"],
        "bot": texts["thread"]["assistant"],
        "customer": texts["actor"]["customer"],
        "system": texts["thread"]["system"],
        "agent": texts["thread"]["former"],
        "channel": texts["channel"],
        "state": {**texts["state"], "assigned": texts["overview"]["with_people"]},
        "reason": texts["reason"],
    }
