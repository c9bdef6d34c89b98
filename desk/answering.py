"""What helps an agent answer: suggestions and mentions."""

import asyncio
from dataclasses import asdict
from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, empty
from sanic.response import json as json_response
from sqlalchemy import Connection

from desk.access import Gate
from desk.bodies import MacroBody
from desk.changes import change, owner_shape
from desk.reading import checked_id, not_there
from desk.signing_in import NO_STORE
from desk.surroundings import DeskSurroundings
from support import conversations
from support.answering import macros, mentions
from support.answering.canned import Unfilled
from support.answering.suggestions import SuggestedArticle, articles_for, question_of, replies_for
from support.privacy.masking import mask_secrets
from support.store import Transaction
from support.team.agents import Login
from support.values import Conversation, Message
from web.errors import ApiError, read_body


class Answering:
    def __init__(self, around: DeskSurroundings, gate: Gate) -> None:
        self._around = around
        self._gate = gate

    def routes(self, bp: Blueprint) -> None:
        for method, path, handler in (
            ("GET", "/conversations/<id:str>/suggestions", self.suggestions),
            ("POST", "/conversations/<id:str>/macro", self.macro),
            ("GET", "/macros", self.macros),
            ("GET", "/mentions", self.mentions),
            ("POST", "/mentions", self.mentions_seen),
        ):
            guarded = self._gate.guarded("agent", handler)
            bp.add_route(guarded, path, methods=[method], name=handler.__name__)

    async def suggestions(self, request: Request, login: Login, id: str) -> HTTPResponse:
        """Articles and vetted replies for the customer's last question."""
        around, known = self._around, checked_id(id)

        def read(connection: Connection) -> tuple[Conversation, Message | None]:
            conversation = conversations.get(connection, known)
            return conversation, question_of(connection, conversation)

        try:
            conversation, question = await around.db.reading(read)
        except conversations.NotFound as error:
            raise not_there() from error
        replies = replies_for(around.playbook, conversation, question)
        shape: dict[str, Any] = {
            "lang": conversation.lang,
            "question": None,
            "articles": [],
            "replies": [{"key": one.key, "text": one.text.model_dump()} for one in replies],
        }
        if question is not None:
            found = await asyncio.to_thread(
                articles_for,
                around.knowledge,
                question.text,
                conversation.lang,
                login.agent.lang,
            )
            shape["question"] = {"seq": question.seq, "text": mask_secrets(question.text)}
            shape["articles"] = [self._article(one) for one in found]
        return json_response(shape, headers=NO_STORE)

    def _article(self, article: SuggestedArticle) -> dict[str, Any]:
        # A chat has no address of its own to be relative to.
        base = (self._around.public_url or "").rstrip("/")
        return {**asdict(article), "url": base + article.url}

    async def macros(self, request: Request, login: Login) -> HTTPResponse:
        playbook = self._around.playbook
        texts = {one.key: one.text for one in playbook.canned.replies}
        shapes = [
            {
                "key": one.key,
                "title": one.title.in_lang(login.agent.lang),
                "text": texts[one.reply].model_dump(),
                "labels": list(one.labels),
                "resolve": one.resolve,
                "snooze_hours": one.snooze_hours,
            }
            for one in playbook.macros.macros
        ]
        return json_response({"macros": shapes}, headers=NO_STORE)

    async def macro(self, request: Request, login: Login, id: str) -> HTTPResponse:
        """Reply, labels and end or pause, all or nothing."""
        body, around = read_body(request, MacroBody), self._around

        def run(tx: Transaction) -> dict[str, Any]:
            done = macros.run(
                tx, id, login.agent, body.key, body.text, body.client_id, around.playbook,
                around.clock(), body.seen_seq,
            )  # fmt: skip
            return owner_shape(tx.connection, done)

        try:
            return json_response(await change(around, id, run))
        except macros.UnknownMacro as error:
            raise ApiError(422, "unknown_macro", str(error), "key") from error
        except Unfilled as error:
            raise ApiError(422, "unfilled", str(error), error.name) from error

    async def mentions(self, request: Request, login: Login) -> HTTPResponse:
        found = await self._around.db.reading(lambda c: mentions.of_agent(c, login.agent.id))
        return json_response({"mentions": found}, headers=NO_STORE)

    async def mentions_seen(self, request: Request, login: Login) -> HTTPResponse:
        around = self._around
        await around.db.writing(lambda tx: mentions.mark_seen(tx, login.agent.id, around.clock()))
        return empty()
