"""What a visitor shows without words: writing, having read, how it was."""

from sanic import Request
from sanic.response import HTTPResponse, empty
from sqlalchemy import update

from channels.website.access import write
from channels.website.part import Part
from channels.website.routes import Routes
from channels.website.shapes import FeedbackBody, ReadBody, TypingBody
from channels.website.stream import current
from support import conversations
from support.hints import DESK, Hint
from support.reports import feedback
from support.store import Transaction
from support.store.schema import threads
from web.errors import read_body


class Signals(Part):
    """Typing, read up to here, a rating."""

    def routes(self, routes: Routes) -> None:
        routes.add("POST", "/typing", self._typing)
        routes.add("POST", "/read", self._read)
        routes.add("POST", "/feedback", self._feedback)

    async def _typing(self, request: Request) -> HTTPResponse:
        thread_id = await self._thread_id(request, "signal")
        body = read_body(request, TypingBody)
        self._around.typing.note(thread_id, body.typing, self._around.clock())
        data = {"thread": thread_id, "typing": body.typing}
        self._db.hints.publish(Hint(DESK, "typing", data))
        return empty()

    async def _read(self, request: Request) -> HTTPResponse:
        thread_id = await self._thread_id(request, "signal")
        body = read_body(request, ReadBody)

        def mark(tx: Transaction) -> None:
            thread = conversations.lock_thread(tx, thread_id)
            seq = min(body.seq, thread.last_seq)
            if seq > thread.read_seq:
                query = update(threads).where(threads.c.id == thread_id)
                tx.execute(query.values(read_seq=seq, seen_at=self._around.clock()))
                tx.hint(DESK, "read", thread=thread_id, seq=seq)

        await write(self._db, mark)
        return empty()

    async def _feedback(self, request: Request) -> HTTPResponse:
        thread_id = await self._thread_id(request, "signal")
        body = read_body(request, FeedbackBody)

        def rate(tx: Transaction) -> None:
            conversations.lock_thread(tx, thread_id)
            conversation = current(tx.connection, thread_id)
            feedback.give(tx, conversation, body.score, body.comment, self._around.clock())

        await write(self._db, rate)
        return empty()
