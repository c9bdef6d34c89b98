"""An event stream that nobody reads is dropped, costs little until then, and is resumed."""

import asyncio
import socket

import pytest

import web.events
from support import conversations
from support.messages import Draft, append
from support.store import Transaction
from support.values import Author
from tests.harness import Server, Visitor

# More than the kernel keeps between two ends, some four megabytes and a half.
MESSAGES, LENGTH = 480, 4000


async def test_who_reads_nothing_is_dropped_and_resumes_where_it_was(
    server: Server, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.events, "TAKEN_WITHIN_S", 1.0)

    def much(tx: Transaction) -> None:
        _, conversation = conversations.lock(tx, visitor.conversation_id)
        for number in range(MESSAGES):
            text = f"{number} " + "寿" * LENGTH
            append(tx, conversation, Draft(Author.BOT, text), server.clock())

    await server.db.writing(much)
    loop = asyncio.get_running_loop()
    with socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.setblocking(False)
        await loop.sock_connect(lazy, ("127.0.0.1", server.port))
        request = (
            "GET /api/v1/visitor/events HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: {visitor.client.headers['Authorization']}\r\n\r\n"
        )
        await loop.sock_sendall(lazy, request.encode())
        own = lazy.getsockname()
        held: list[int] = []

        def transports() -> list[asyncio.Transport]:
            """Of the lazy one's connection, as long as there is one."""
            every = (c.transport for c in server.connections)
            return [one for one in every if one.get_extra_info("peername") == own]

        async with asyncio.timeout(240):
            while not transports():
                await asyncio.sleep(0.01)
            while there := transports():
                held += [one.get_write_buffer_size() for one in there if not one.is_closing()]
                await asyncio.sleep(0.05)
        # What asyncio calls full, and the frame that made it so.
        assert 0 < max(held) < 64 * 1024 + 4 * LENGTH

    last = MESSAGES - 5
    async with visitor.events(**{"Last-Event-ID": str(last)}) as events:
        assert (await events.next())[0] == "state"
        for seq in range(last + 1, MESSAGES + 1):
            kind, data, event_id = await events.next()
            assert (kind, data["seq"], event_id) == ("message", seq, str(seq))
            assert data["text"] == f"{seq - 1} " + "寿" * LENGTH


async def test_a_stream_resumes_after_a_restart_with_nothing_missing_and_nothing_twice(
    server: Server, visitor: Visitor
) -> None:
    async with visitor.events() as events:
        await visitor.say("first")
        seen = [(await events.until("message"))["seq"] for _ in range(2)]
    await visitor.say("second")
    await visitor.wait_for(lambda found: len(found) == 4)
    await server.stop()
    await server.start()
    again = server.again(visitor)
    async with again.events(**{"Last-Event-ID": str(seen[-1])}) as events:
        assert (await events.next())[0] == "state"
        await again.say("third")
        texts = [(await events.until("message"))["text"] for _ in range(4)]
    assert texts == ["second", "2: second", "third", "3: third"]


async def test_a_stream_that_breaks_off_is_logged(
    server: Server,
    visitor: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> str:
        raise LookupError("of our own making")

    monkeypatch.setattr("channels.website.stream.frame", broken)
    async with visitor.client.stream("GET", "/api/v1/visitor/events") as response:
        assert [line async for line in response.aiter_lines()] == []
    [told] = [one for one in caplog.records if one.name == "web.events"]
    assert told.exc_info is not None
    assert told.exc_info[0] is LookupError
