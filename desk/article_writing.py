"""Articles put in force by the desk: read back by the files' own reader before they count."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date

from desk.surroundings import DeskSurroundings
from support.knowledge import Article, ArticleError
from support.knowledge import edited as articles
from support.knowledge.edited import Draft
from support.store import Transaction
from support.team.agents import Login
from web.errors import ApiError

LONGEST_WAIT_S = 20.0


class ArticleWriting:
    """`file` is an article's place below the folder of articles, from a checked id."""

    def __init__(self, around: DeskSurroundings) -> None:
        self._around = around

    @property
    def today(self) -> date:
        return self._around.clock().astimezone(self._around.playbook.hours.zone).date()

    async def put(self, login: Login, file: str, content: str, base: int) -> int:
        now = self._around.clock()
        try:
            made = await self._around.db.writing(
                lambda tx: articles.save(tx, file, content, login.agent.id, base, now)
            )
        except articles.EditedMeanwhile as error:
            raise ApiError(409, "edited", "somebody saved another version meanwhile") from error
        await self.take_over()
        return made

    async def take_over(self) -> None:
        """Other servers see it within seconds; this one now, so that its lead sees it at once."""
        taking = asyncio.ensure_future(asyncio.to_thread(self._around.knowledge.refresh))
        # On a busy machine the index takes longer: it is taken over all the same.
        await asyncio.wait([taking], timeout=LONGEST_WAIT_S)

    async def present_text(self, file: str) -> tuple[str, int]:
        """The article's text, and the version that it is. Raises ApiError 404."""
        found = await self._around.db.reading(lambda c: articles.versions(c, file, 1))
        base = int(found[0]["id"]) if found else 0
        if found and found[0]["content"]:
            return str(found[0]["content"]), base
        path = self._around.knowledge.folder / file
        if not path.is_file():
            raise ApiError(404, "not_found", "there is no such article", "id")
        return await asyncio.to_thread(path.read_text, "utf-8"), base

    async def read_back(self, draft: Draft) -> Article:
        found = await self.check({draft.file: draft.written(self.today)})
        return next(a for a in found if (a.lang, a.id) == (draft.lang, draft.id))

    async def check(self, texts: dict[str, str], without: str | None = None) -> tuple[Article, ...]:
        """All articles with `texts` in place. Raises ApiError 422 with file and line."""
        knowledge = self._around.knowledge
        try:
            return await asyncio.to_thread(knowledge.checked, texts, without)
        except ArticleError as error:
            what = "; ".join(
                f"{problem.file.relative_to(knowledge.folder)}:{problem.line}: {problem.what}"
                for problem in error.problems[:5]
            )
            raise ApiError(422, "malformed", what, "body") from error

    async def add_questions(
        self,
        login: Login,
        file: str,
        questions: Sequence[str],
        also: Callable[[Transaction], object],
    ) -> bool:
        """Customers' questions become questions of an article, masked and without doubles; whether
        any was new. `also`: what is done in the same transaction."""
        text, base = await self.present_text(file)
        now = self._around.clock()
        added = articles.with_questions(text, questions, self.today)
        if added is not None:
            await self.check({file: added})

        def change(tx: Transaction) -> None:
            if added is not None:
                articles.save(tx, file, added, login.agent.id, base, now)
            also(tx)

        try:
            await self._around.db.writing(change)
        except articles.EditedMeanwhile as error:
            raise ApiError(409, "edited", "somebody saved another version meanwhile") from error
        await self.take_over()
        return added is not None
