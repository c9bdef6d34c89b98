"""The pages of past conversations: the list that is searched, and one of them in full."""

from datetime import datetime
from typing import Any, get_args
from urllib.parse import urlencode

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, redirect
from sqlalchemy import Connection

from desk import sight
from desk.filters import CHANNELS, read_filters
from desk.pages import Pages
from desk.reading import checked_id
from desk.searches import FIELDS
from desk.surroundings import DeskSurroundings
from desk.transcript import read_transcript
from support import conversations
from support.customers import visitors
from support.learning import reviews
from support.playbook.parts import Reason
from support.reports.reports import OPEN
from support.team import agents
from support.team.agents import Login
from support.transcripts import saved_searches
from support.transcripts.cursors import BadCursor
from support.transcripts.transcripts import list_conversations
from support.values import MOODS, NO_TOPICS, State
from web.errors import ApiError

RATINGS = ("1,2", "3", "4,5")
LENGTHS = ("5", "10", "20", "40")
# All that is not over yet, as one choice.
OPEN_ONES = ",".join(OPEN)


class Transcripts:
    def __init__(self, around: DeskSurroundings, pages: Pages) -> None:
        self._around = around
        self._pages = pages

    def routes(self, bp: Blueprint) -> None:
        bp.add_route(self._pages.for_leads(self.listed), "/transcripts", name="transcripts")
        bp.add_route(self._pages.for_agents(self.one), "/transcripts/<id:str>", name="transcript")

    async def listed(self, request: Request, login: Login) -> HTTPResponse:
        agent, now = login.agent, self._around.clock()

        def read(connection: Connection) -> dict[str, Any]:
            rows, cursor = list_conversations(connection, filters, now)
            return {
                "rows": [{**row, "at": datetime.fromisoformat(row["updated_at"])} for row in rows],
                "cursor": cursor,
                "searches": saved_searches.of_agent(connection, agent.id),
                "people": agents.everyone(connection),
                "tiers": visitors.tiers(connection, self._around.playbook),
            }

        try:
            filters = read_filters(request, agent, self._around.playbook.hours.zone)
            found = await self._around.db.reading(read)
        except (ApiError, BadCursor):
            return redirect("/desk/transcripts", status=303)
        given = {name: str(request.args.get(name) or "") for name in FIELDS}
        query = urlencode({name: value for name, value in given.items() if value})
        cursor = found.pop("cursor")
        return self._pages.show(
            "transcripts.html",
            login,
            **found,
            more=f"{query}&{urlencode({'cursor': cursor})}" if cursor else None,
            query=query,
            given=given,
            states=[OPEN_ONES, *map(str, State)],
            open=OPEN_ONES,
            moods=MOODS,
            no_topics=NO_TOPICS,
            channels=CHANNELS,
            reasons=get_args(Reason),
            ratings=RATINGS,
            lengths=LENGTHS,
        )

    async def one(self, request: Request, login: Login, id: str) -> HTTPResponse:
        agent, zone = login.agent, self._around.playbook.hours.zone
        try:
            known = checked_id(id)
            found = await self._around.db.reading(
                lambda connection: read_transcript(connection, known, agent, zone)
            )
        except (ApiError, conversations.NotFound):
            return self._pages.refuse(login, "conversation")
        await sight.remember(self._around, login, known)
        lang = found.conversation.lang or agent.lang
        return self._pages.show(
            "transcript.html",
            login,
            found=found,
            verdicts=reviews.VERDICTS,
            criteria=reviews.CRITERIA,
            articles=[(a.id, a.title) for a in self._around.knowledge.articles if a.lang == lang],
        )
