"""What the assistant learns: missed questions by meaning, reviewed messages as examples, and the
runs that train with them."""

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response
from sqlalchemy import Connection

from desk.access import Gate
from desk.article_writing import ArticleWriting
from desk.bodies import LearningBody, LessonBody
from desk.pages import Pages
from desk.shapes import plain
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support.knowledge import Article, edited
from support.knowledge.edited import pairs
from support.learning import (
    learning_jobs,
    lessons,
    missed_groups,
    missed_questions,
    reviewed_questions,
)
from support.learning.training_data import alike, known_examples
from support.store import Transaction
from support.team.agents import Login
from web.errors import ApiError, read_body

SHOWN_GROUPS = 60
_EXAMPLES = Path(__file__).parents[1] / "data" / "nlu"


class Learning:
    def __init__(self, around: DeskSurroundings, gate: Gate) -> None:
        self._around = around
        self._gate = gate
        self._writing = ArticleWriting(around)

    def routes(self, bp: Blueprint) -> None:
        leads = partial(self._gate.guarded, "lead")
        for method, path, handler in (
            ("POST", "/lessons", self.decide_lesson),
            ("POST", "/reviewed-questions", self.decide_question),
            ("GET", "/learning/jobs", self.list_jobs),
            ("POST", "/learning/jobs", self.begin_job),
        ):
            bp.add_route(leads(handler), path, methods=[method], name=handler.__name__)

    async def decide_lesson(self, request: Request, login: Login) -> HTTPResponse:
        body, now = read_body(request, LessonBody), self._around.clock()
        try:
            state = await self._around.db.writing(
                lambda tx: lessons.decide(tx, body.review, login.agent.id, now, take=body.take)
            )
        except lessons.NothingToLearn as error:
            raise ApiError(404, "not_found", str(error), "review") from error
        return json_response({"review": body.review, "state": state})

    async def decide_question(self, request: Request, login: Login) -> HTTPResponse:
        """Taken, it becomes a question of the article that was right, or one that was missed."""
        body, db = read_body(request, LessonBody), self._around.db
        now = self._around.clock()

        def decided(tx: Transaction) -> str:
            return reviewed_questions.decide(tx, question, login.agent.id, now, take=body.take)

        try:
            question = await db.reading(lambda c: reviewed_questions.get(c, body.review))
            if body.take and question.article is not None:
                if not edited.is_id(question.article):
                    raise ApiError(404, "not_found", "there is no such article", "id")
                file = f"{question.lang}/{question.article}.md"
                await self._writing.add_questions(login, file, [question.text], decided)
                state = "taken"
            else:
                state = await db.writing(decided)
        except lessons.NothingToLearn as error:
            raise ApiError(404, "not_found", str(error), "review") from error
        return json_response({"review": body.review, "state": state})

    async def list_jobs(self, request: Request, login: Login) -> HTTPResponse:
        found = await self._around.db.reading(learning_jobs.latest)
        return json_response({"jobs": [plain(one) for one in found]}, headers=NO_STORE)

    async def begin_job(self, request: Request, login: Login) -> HTTPResponse:
        """The same as the command; what becomes of it is in the list of jobs."""
        body, now = read_body(request, LearningBody), self._around.clock()
        try:
            job = await self._around.db.writing(
                lambda tx: learning_jobs.begin(tx, body.kind, login.agent.id, now)
            )
        except learning_jobs.AlreadyRunning as error:
            raise ApiError(409, "running", "another run is under way") from error
        await asyncio.to_thread(self._around.start_learning, body.kind, job)
        return json_response({"id": job}, status=202)


class LearningPages:
    def __init__(self, around: DeskSurroundings, pages: Pages) -> None:
        self._around = around
        self._pages = pages

    def routes(self, bp: Blueprint) -> None:
        bp.add_route(self._pages.for_leads(self.learning), "/learning", name="learning")

    async def learning(self, request: Request, login: Login) -> HTTPResponse:
        around = self._around
        # Tens of thousands of lines: off the loop, and read anew, since switching changes them.
        known = await asyncio.to_thread(known_examples, _EXAMPLES)

        def read(connection: Connection) -> dict[str, Any]:
            return {
                "questions": missed_questions.listed(
                    connection, state="open", limit=missed_groups.MOST
                ),
                "reviewed": reviewed_questions.proposed(connection),
                "undecided": lessons.proposed(connection, known),
                "taken": lessons.of_state(connection, "taken"),
                "held_back": lessons.of_state(connection, "held_back"),
                "jobs": learning_jobs.latest(connection, 5),
                "to_switch": learning_jobs.offers_switch(connection),
            }

        found = await around.db.reading(read)
        questions = found.pop("questions")
        decided = {alike(one.text): one.intent for one in (*found["taken"], *found["held_back"])}
        proposals = [
            one if one.known else replace(one, known=decided.get(one.key[0]))
            for one in found.pop("undecided")
        ]
        titles = {(a.lang, a.id): a for a in around.knowledge.everything}
        reviewed = [
            (one, titles.get((one.lang, one.article or ""))) for one in found.pop("reviewed")
        ]
        # Seconds of work for hundreds of questions: not on the loop that serves customers.
        groups = await asyncio.to_thread(missed_groups.grouped, questions)
        return self._pages.show(
            "learning.html",
            login,
            groups=groups[:SHOWN_GROUPS],
            asked=len(questions),
            proposals=proposals,
            reviewed=[
                (one, article, article is not None and _asks(article, one.text))
                for one, article in reviewed
            ],
            pairs=pairs(around.knowledge.everything),
            now=around.clock(),
            **found,
        )


def _asks(article: Article, text: str) -> bool:
    """Whether the article has the question already."""
    return alike(text) in {alike(one) for one in article.questions}
