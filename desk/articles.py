"""Articles written and tried in the browser: listed by pairs, edited, previewed, with history."""

import asyncio
from datetime import date
from typing import Any
from urllib.parse import urlencode

from sanic import Blueprint, Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response
from sqlalchemy import Connection

from desk.access import Gate
from desk.article_writing import ArticleWriting
from desk.bodies import ArticleBody, ArticleQuestionsBody, DraftBody, RestoreBody
from desk.pages import Pages
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support.knowledge import Article
from support.knowledge import edited as articles
from support.knowledge.edited import Draft
from support.knowledge.front_matter import split_front_matter
from support.knowledge.rendering import to_html
from support.knowledge.trial import Trial, tried
from support.learning import missed_questions
from support.playbook.parts import LANGS
from support.store import Transaction
from support.team.agents import Login
from web.errors import ApiError, read_body

SHOWN_VERSIONS = 30
MISSED_TRIED = 500


class Articles:
    """The interface; every draft is read back by the same reader as the files before it counts."""

    def __init__(self, around: DeskSurroundings, gate: Gate) -> None:
        self._around = around
        self._gate = gate
        self._writing = ArticleWriting(around)

    def routes(self, bp: Blueprint) -> None:
        for method, path, handler in (
            ("GET", "/articles", self.list_articles),
            ("POST", "/articles/preview", self.preview_article),
            ("POST", "/articles/try", self.try_article),
            ("POST", "/articles/save", self.save_article),
            ("POST", "/articles/restore", self.restore_article),
            ("POST", "/articles/questions", self.add_questions),
        ):
            guarded = self._gate.guarded("lead", handler)
            bp.add_route(guarded, path, methods=[method], name=handler.__name__)

    async def list_articles(self, request: Request, login: Login) -> HTTPResponse:
        found = [
            {
                "id": article.id,
                "lang": article.lang,
                "title": article.title,
                "topic": article.topic,
                "updated": article.updated.isoformat() if article.updated else None,
                "expires": article.expires.isoformat() if article.expires else None,
                "in_force": article.in_force(self._writing.today),
            }
            for article in self._around.knowledge.everything
        ]
        return json_response({"articles": found}, headers=NO_STORE)

    async def preview_article(self, request: Request, login: Login) -> HTTPResponse:
        draft = _draft(read_body(request, DraftBody))
        article = await self._writing.read_back(draft)
        known = {one.id for one in self._around.knowledge.everything if one.lang == draft.lang}

        def link(id: str) -> str | None:
            return f"/help/{draft.lang}/{id}" if id in known else None

        shape = {
            "title": article.title,
            "answer": article.answer,
            "html": to_html(article.body, link),
        }
        return json_response(shape, headers=NO_STORE)

    async def try_article(self, request: Request, login: Login) -> HTTPResponse:
        draft = _draft(read_body(request, DraftBody))
        article = await self._writing.read_back(draft)
        missed = await self._around.db.reading(
            lambda c: missed_questions.listed(c, state="open", lang=draft.lang, limit=MISSED_TRIED)
        )
        knowledge, text = self._around.knowledge, draft.written(self._writing.today)

        def compare() -> Trial:
            after = knowledge.tried({draft.file: text})
            return tried(knowledge.current, after, article, [one["text"] for one in missed])

        result = await asyncio.to_thread(compare)
        titles = {a.id: a.title for a in knowledge.everything if a.lang == draft.lang}
        shape = {
            "asked": result.asked,
            "answers": list(result.answers),
            "takes": [
                {"question": question, "from": id, "title": titles.get(id, id)}
                for question, id in result.takes
            ],
        }
        return json_response(shape, headers=NO_STORE)

    async def save_article(self, request: Request, login: Login) -> HTTPResponse:
        body = read_body(request, ArticleBody)
        draft = _draft(body)
        await self._writing.read_back(draft)
        made = await self._writing.put(
            login, draft.file, draft.written(self._writing.today), body.base
        )
        return json_response({"version": made})

    async def restore_article(self, request: Request, login: Login) -> HTTPResponse:
        """Back to an earlier version, or with 0 to the shipped file."""
        body = read_body(request, RestoreBody)
        file = _file(body.lang, body.id)
        try:
            content = (
                ""
                if body.version == 0
                else await self._around.db.reading(
                    lambda c: articles.content_of(c, file, body.version)
                )
            )
        except articles.NoSuchEdit as error:
            raise ApiError(404, "not_found", "there is no such version", "version") from error
        await self._writing.check({file: content} if content else {}, without=file)
        made = await self._writing.put(login, file, content, body.base)
        return json_response({"version": made})

    async def add_questions(self, request: Request, login: Login) -> HTTPResponse:
        """Missed questions become questions of an article, masked and without doubles."""
        body = read_body(request, ArticleQuestionsBody)

        def settle(tx: Transaction) -> None:
            for number in body.missed:
                missed_questions.settle(tx, number, "answered")

        file = _file(body.lang, body.id)
        try:
            added = await self._writing.add_questions(login, file, body.questions, settle)
        except missed_questions.NoSuchQuestion as error:
            raise ApiError(404, "not_found", "there is no such question", "missed") from error
        return json_response({"added": added, "settled": len(body.missed)})


class ArticlePages:
    def __init__(self, around: DeskSurroundings, pages: Pages) -> None:
        self._around = around
        self._pages = pages

    def routes(self, bp: Blueprint) -> None:
        leads = self._pages.for_leads
        bp.add_route(leads(self.listed), "/articles", name="articles")
        bp.add_route(leads(self.new), "/articles/new", name="new_article")
        bp.add_route(leads(self.one), "/articles/<lang:str>/<id:str>", name="article")

    async def listed(self, request: Request, login: Login) -> HTTPResponse:
        edited = await self._around.db.reading(articles.in_force)
        knowledge = self._around.knowledge
        today = self._around.clock().astimezone(self._around.playbook.hours.zone).date()
        return self._pages.show(
            "articles.html",
            login,
            pairs=articles.pairs(knowledge.everything),
            edited=edited,
            today=today,
            langs=LANGS,
            problem=str(knowledge.problem) if knowledge.problem else None,
        )

    async def new(self, request: Request, login: Login) -> HTTPResponse:
        asked = request.args.get("question") or ""
        lang = request.args.get("lang")
        lang = lang if lang in LANGS else login.agent.lang
        return self._editor(login, lang, "", _EMPTY | {"questions": [str(asked)[:400]]}, 0, [])

    async def one(self, request: Request, login: Login, lang: str, id: str) -> HTTPResponse:
        if lang not in LANGS or not articles.is_id(id):
            return self._pages.refuse(login, "page")
        file = f"{lang}/{id}.md"

        def read(connection: Connection) -> tuple[list[dict[str, Any]], dict[str, str]]:
            return (
                articles.versions(connection, file, SHOWN_VERSIONS),
                articles.in_force(connection),
            )

        versions, edited = await self._around.db.reading(read)
        present = self._article(lang, id)
        values: dict[str, Any] = dict(_EMPTY)
        if present is not None:
            values = {
                "title": present.title,
                "topic": present.topic or "",
                "questions": list(present.questions),
                "body": present.body.strip(),
                "expires": present.expires.isoformat() if present.expires else "",
            }
        elif self._pair(lang, id) is None:
            return self._pages.refuse(login, "page")
        elif pair := self._pair(lang, id):
            values["topic"] = pair.topic or ""
        base = versions[0]["id"] if versions else 0
        shipped = (self._around.knowledge.folder / file).is_file()
        return self._editor(
            login, lang, id, values, base, versions, shipped=shipped and file in edited
        )

    def _editor(
        self,
        login: Login,
        lang: str,
        id: str,
        values: dict[str, Any],
        base: int,
        versions: list[dict[str, Any]],
        *,
        shipped: bool = False,
    ) -> HTTPResponse:
        pair = self._pair(lang, id) if id else None
        everything = self._around.knowledge.everything
        return self._pages.show(
            "article.html",
            login,
            article_lang=lang,
            article_id=id,
            values=values,
            base=base,
            versions=[{**one, "title": _title(one["content"])} for one in versions],
            shipped=shipped,
            pair=pair,
            pair_html=to_html(pair.body, lambda _: None) if pair else "",
            topics=sorted({a.topic for a in everything if a.topic}),
            langs=LANGS,
            others=urlencode({"lang": "ja" if lang == "en" else "en"}),
        )

    def _article(self, lang: str, id: str) -> Article | None:
        every = self._around.knowledge.everything
        return next((a for a in every if (a.lang, a.id) == (lang, id)), None)

    def _pair(self, lang: str, id: str) -> Article | None:
        return next(
            (a for other in LANGS if other != lang and (a := self._article(other, id))), None
        )


_EMPTY: dict[str, Any] = {"title": "", "topic": "", "questions": [], "body": "", "expires": ""}


def _draft(body: DraftBody) -> Draft:
    _file(body.lang, body.id)
    return Draft(
        id=body.id,
        lang=body.lang,
        title=body.title,
        topic=body.topic,
        questions=tuple(body.questions),
        body=body.body,
        expires=date.fromisoformat(body.expires) if body.expires else None,
    )


def _file(lang: str, id: str) -> str:
    """The article's place in the folder: from a checked id, so that it never leads out of it."""
    if not articles.is_id(id):
        what = "an id is lower-case letters, digits and hyphens"
        raise ApiError(422, "invalid", what, "id")
    return f"{lang}/{id}.md"


def _title(content: str) -> str | None:
    front, _, _ = split_front_matter(content)
    return front.title if front else None
