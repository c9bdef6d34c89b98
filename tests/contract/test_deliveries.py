"""What a channel refuses is seen at the desk and tried again when somebody says so."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import insert, select, update

from support import conversations, messages
from support.delivery import outbox
from support.store import Database, Transaction
from support.store.schema import PENDING_PARCEL
from support.store.schema import messages as messages_table
from support.store.schema import outbox as outbox_table
from tests.contract.test_mail import Mailbox
from tests.harness import ScriptedBrain, Server, TestClock, Visitor, handover, settings_for


async def test_an_attempt_is_over_before_another_server_may_make_it(
    tmp_path: Path,
    database_url: str,
    articles_cache: Path,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A mail server that takes its time at every step keeps no letter longer than the lease."""
    monkeypatch.setattr(outbox, "MOST_S", 0.5)
    steps = 0
    serving: set[asyncio.Task[None]] = set()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal steps
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        writer.write(b"220 test\r\n")
        while (await reader.readline()).strip():
            steps += 1
            await asyncio.sleep(0.3)
            writer.write(b"250 ok\r\n")
        writer.close()

    smtp = await asyncio.start_server(slow, "127.0.0.1", 0)
    (tmp_path / "cache").symlink_to(articles_cache)
    settings = settings_for(
        tmp_path,
        database_url,
        smtp_url=f"smtp://127.0.0.1:{smtp.sockets[0].getsockname()[1]}",
        mail_from="Hanamori <hello@hanamori.example>",
    )
    server = Server(settings, ScriptedBrain(), clock)
    await server.start()
    try:
        visitor = await server.visitor().arrive(lang="en")
        await visitor.answers("hello")

        def post(tx: Transaction) -> None:
            thread, conversation = conversations.lock(tx, visitor.conversation_id)
            said = messages.of_thread(tx.connection, thread.id, after=0, limit=1)[0]
            outbox.post(tx, "email", "kenji@example.com", thread.id, clock(), said.id)

        await server.db.writing(post)
        query = select(outbox_table.c.attempts, outbox_table.c.error, outbox_table.c.lease_until)
        async with asyncio.timeout(60):
            while True:
                row = await server.db.reading(lambda c: c.execute(query).one())
                if row.attempts and row.lease_until is None:
                    assert row.error == "TimeoutError"
                    assert steps < 4 * row.attempts
                    if steps:
                        break
                    # A machine that stood still just then: not even the first step was made.
                    clock.push(minutes=1)
                await asyncio.sleep(0.05)
    finally:
        await server.stop()
        smtp.close()
        await asyncio.gather(*serving)


async def test_a_refused_letter_is_shown_retried_and_delivered_once(
    tmp_path: Path, database_url: str, articles_cache: Path, clock: TestClock
) -> None:
    mailbox = Mailbox(refuse=True)
    smtp = await asyncio.start_server(mailbox, "127.0.0.1", 0)
    (tmp_path / "cache").symlink_to(articles_cache)
    settings = settings_for(
        tmp_path,
        database_url,
        smtp_url=f"smtp://127.0.0.1:{smtp.sockets[0].getsockname()[1]}",
        mail_from="Hanamori <hello@hanamori.example>",
    )
    server = Server(settings, ScriptedBrain(), clock)
    await server.start()
    try:
        server.brain.replies["human"] = handover()
        agent = await server.agent()
        visitor = await server.visitor().arrive(lang="en")
        await visitor.answers("human")
        await visitor.client.post(
            "/api/v1/visitor/ticket", json={"action": "message", "contact": "kenji@example.com"}
        )
        await agent.do(visitor.conversation_id, "claim")
        seq = (await agent.reply(visitor.conversation_id, "It left us today.")).json()["seq"]
        clock.push(seconds=125)
        await server.tick()

        async def failed() -> list[dict[str, object]]:
            return list((await agent.client.get("/api/v1/desk/outbox")).json()["failed"])

        async with asyncio.timeout(60):
            while not (shown := await failed()):
                await asyncio.sleep(0.1)
        assert [(one["channel"], one["seq"]) for one in shown] == [("email", seq)]
        assert shown[0]["conversation"] == visitor.conversation_id
        retry = f"/api/v1/desk/outbox/{shown[0]['id']}/retry"

        page = f"/api/v1/desk/conversations/{visitor.conversation_id}/messages"
        told = (await agent.client.get(page, params={"after": seq - 1})).json()["messages"][0]
        assert told["deliveries"] == [{"id": shown[0]["id"], "channel": "email", "state": "failed"}]

        async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as stranger:
            assert (await stranger.get("/api/v1/desk/outbox")).status_code == 401
            assert (await stranger.post(retry)).status_code == 401
        assert len(await failed()) == 1

        mailbox.refuse = False
        assert (await agent.client.post(retry)).status_code == 202
        async with asyncio.timeout(60):
            while not mailbox.letters:
                await asyncio.sleep(0.05)
        assert await failed() == []
        assert (await agent.client.post(retry)).status_code == 404
        unknown = f"/api/v1/desk/outbox/{uuid4().int % 10**6 + 10**6}/retry"
        assert (await agent.client.post(unknown)).status_code == 404
        await asyncio.sleep(0.5)
        assert len(mailbox.letters) == 1
    finally:
        await server.stop()
        smtp.close()
        await smtp.wait_closed()


class Away:
    """Telegram during an outage, and everything else as it should be."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, parcel: outbox.Parcel) -> None:
        if parcel.channel == "telegram":
            raise outbox.DeliveryDelayed(3600)
        self.sent.append(parcel.address)


async def test_many_who_have_to_wait_hold_up_nobody_else(server: Server, visitor: Visitor) -> None:
    """More chats than are looked at at once, each with a delayed message and more behind it."""
    await visitor.answers("hello")
    now = server.clock()

    def post(tx: Transaction) -> None:
        thread, _ = conversations.lock(tx, visitor.conversation_id)
        row = {"thread_id": thread.id, "state": "pending", "created_at": now}
        later, long_ago = now + timedelta(hours=1), now - timedelta(hours=1)
        chats = [
            {**row, "channel": "telegram", "address": str(chat), "next_at": at}
            for at in (later, long_ago, long_ago)
            for chat in range(300)
        ]
        tx.execute(insert(outbox_table), chats)
        outbox.post(tx, "email", "kenji@example.com", thread.id, now)

    await server.db.writing(post)
    away = Away()
    runner = outbox.OutboxRunner(server.db, {"telegram": away, "email": away}, server.clock)
    running = asyncio.create_task(runner.run())
    try:
        async with asyncio.timeout(60):
            while not away.sent:
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
        await runner.stop()
    assert away.sent == ["kenji@example.com"]


class Slow:
    """A channel that has the message before it says so."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.answer = asyncio.Event()

    async def send(self, parcel: outbox.Parcel) -> None:
        self.taken.append(parcel.address)
        await self.answer.wait()


async def test_only_what_waits_for_the_other_side_goes_at_once_when_it_is_back(
    server: Server, visitor: Visitor
) -> None:
    await visitor.answers("hello")
    now = server.clock()
    later = now + timedelta(minutes=4)

    def back(tx: Transaction) -> None:
        thread, _ = conversations.lock(tx, visitor.conversation_id)
        row = {"thread_id": thread.id, "state": "pending", "created_at": now, "next_at": later}
        why = [("telegram", "NetworkError"), ("telegram", "again in 240 s"), ("x", "NetworkError")]
        waiting = [
            {**row, "channel": channel, "address": f"{n}", "error": error}
            for n, (channel, error) in enumerate(why)
        ]
        tx.execute(insert(outbox_table), waiting)
        outbox.hasten(tx, "telegram", ("NetworkError", "TimedOut"), now)

    await server.db.writing(back)
    query = select(outbox_table.c.next_at).order_by(outbox_table.c.address)
    times = await server.db.reading(lambda c: list(c.execute(query).scalars()))
    assert times == [now, later, later]


@pytest.fixture
async def in_hand(server: Server, visitor: Visitor) -> tuple[Slow, outbox.OutboxRunner]:
    """A slow channel that has the first of two messages, and the runner that gave it to it and was
    told to go no further."""
    await visitor.answers("hello")

    def post(tx: Transaction) -> None:
        thread, _ = conversations.lock(tx, visitor.conversation_id)
        for _ in range(2):
            outbox.post(tx, "telegram", "1", thread.id, server.clock())

    await server.db.writing(post)
    channel = Slow()
    runner = outbox.OutboxRunner(server.db, {"telegram": channel}, server.clock)
    running = asyncio.create_task(runner.run())
    async with asyncio.timeout(60):
        while not channel.taken:
            await asyncio.sleep(0.01)
    running.cancel()
    return channel, runner


async def leases(server: Server) -> list[tuple[str, datetime | None]]:
    """(state, until when somebody has it in hand) of the messages on their way, oldest first."""
    query = select(outbox_table.c.state, outbox_table.c.lease_until).order_by(outbox_table.c.id)
    return await server.db.reading(
        lambda c: [(row.state, row.lease_until) for row in c.execute(query)]
    )


async def test_a_server_that_stops_lets_arrive_what_is_on_its_way_and_sends_no_more(
    server: Server, in_hand: tuple[Slow, outbox.OutboxRunner]
) -> None:
    channel, runner = in_hand
    stopping = asyncio.create_task(runner.stop())
    await asyncio.sleep(0)
    channel.answer.set()
    await stopping
    assert await leases(server) == [("sent", None), ("pending", None)]
    assert channel.taken == ["1"]


async def test_a_server_that_stops_waits_for_no_channel_that_hangs(
    server: Server,
    in_hand: tuple[Slow, outbox.OutboxRunner],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox, "LAST_S", 0.1)
    _, runner = in_hand
    async with asyncio.timeout(60):
        await runner.stop()
    (first, until), second = await leases(server)
    # Whoever takes it when the lease is over knows that it may have arrived.
    assert first == "pending"
    assert until is not None
    assert second == ("pending", None)


async def test_what_a_dead_server_had_in_hand_is_delivered_and_counted(
    tmp_path: Path, database_url: str, articles_cache: Path, clock: TestClock
) -> None:
    mailbox = Mailbox()
    smtp = await asyncio.start_server(mailbox, "127.0.0.1", 0)
    (tmp_path / "cache").symlink_to(articles_cache)
    settings = settings_for(
        tmp_path,
        database_url,
        smtp_url=f"smtp://127.0.0.1:{smtp.sockets[0].getsockname()[1]}",
        mail_from="Hanamori <hello@hanamori.example>",
    )
    server = Server(settings, ScriptedBrain(), clock)
    await server.start()

    async def counted() -> list[str]:
        async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as client:
            text = (await client.get("/metrics")).text
        name = "omotenashi_deliveries_possibly_repeated{"
        return [line for line in text.splitlines() if line.startswith(name)]

    async def letters(wanted: int) -> None:
        async with asyncio.timeout(60):
            while len(mailbox.letters) < wanted:
                await asyncio.sleep(0.05)

    try:
        visitor = await server.visitor().arrive(lang="en")
        thread = await server.db.reading(
            lambda c: conversations.get(c, visitor.conversation_id).thread_id
        )
        seq = await visitor.say("Hello")
        message = select(messages_table.c.id).where(
            messages_table.c.thread_id == thread, messages_table.c.seq == seq
        )
        id = await server.db.reading(lambda c: c.execute(message).scalar_one())

        def post(tx: Transaction) -> None:
            outbox.post(tx, "email", "kenji@example.com", thread, clock(), id)

        await server.db.writing(post)
        await letters(1)
        assert await counted() == []
        gone = select(outbox_table.c.sent_at)
        async with asyncio.timeout(60):
            while await server.db.reading(lambda c: c.execute(gone).scalar_one()) is None:
                await asyncio.sleep(0.05)
        await server.stop()
        db = Database(settings.database)

        def left_behind(tx: Transaction) -> None:
            # As a server leaves it that dies between taking it and knowing what came of it.
            post(tx)
            taken = update(outbox_table).where(PENDING_PARCEL)
            tx.execute(taken.values(lease_until=clock() - timedelta(seconds=1)))

        db.write(left_behind)
        db.close()
        await server.start()
        await letters(2)
        assert [line.partition("{")[2] for line in await counted()] == ['channel="email"} 1.0']
    finally:
        await server.stop()
        smtp.close()
        await smtp.wait_closed()
