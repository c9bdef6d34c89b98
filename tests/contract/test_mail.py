"""An answer that nobody reads goes to the address the customer left."""

import asyncio
import contextlib
import email
import email.policy
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from support.store.schema import outbox
from tests.contract.telegram_bot_api import until
from tests.harness import (
    ScriptedBrain,
    Server,
    TestClock,
    Visitor,
    answer,
    handover,
    settings_for,
)
from tests.uploads import picture, send


class Mailbox:
    """Just enough of an SMTP server (RFC 5321) to take letters in."""

    def __init__(self, refuse: bool = False) -> None:
        self.letters: list[str] = []
        self.refuse = refuse

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := (await reader.readline()).decode().strip():
            command = line.upper()
            if command.startswith("EHLO"):
                writer.write(b"250 test\r\n")
            elif command.startswith("RCPT") and self.refuse:
                writer.write(b"550 no such mailbox\r\n")
            elif command == "DATA":
                writer.write(b"354 go on\r\n")
                letter = await reader.readuntil(b"\r\n.\r\n")
                self.letters.append(letter.decode())
                writer.write(b"250 taken\r\n")
            elif command == "QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
        await writer.drain()
        writer.close()


@pytest.mark.parametrize("reads", [False, True])
async def test_an_unread_answer_is_sent_after_two_minutes(
    tmp_path: Path, articles_cache: Path, clock: TestClock, reads: bool
) -> None:
    mailbox = Mailbox()
    smtp = await asyncio.start_server(mailbox, "127.0.0.1", 0)
    port = smtp.sockets[0].getsockname()[1]
    (tmp_path / "cache").symlink_to(articles_cache)
    settings = settings_for(
        tmp_path,
        smtp_url=f"smtp://127.0.0.1:{port}",
        mail_from="Hanamori <hello@hanamori.example>",
        public_url="http://shop.example",
    )
    server = Server(settings, ScriptedBrain(), clock)
    await server.start()
    try:
        server.brain.replies["human"] = handover()
        agent = await server.agent()
        visitor = await server.visitor().arrive(lang="en")
        await visitor.answers("human")
        ticket = {"action": "message", "contact": "kenji@example.com"}
        response = await visitor.client.post("/api/v1/visitor/ticket", json=ticket)
        assert response.status_code == 204
        await agent.do(visitor.conversation_id, "claim")
        response = await agent.reply(visitor.conversation_id, "It left us this morning.")
        assert response.status_code == 202, response.text
        response = await agent.reply(visitor.conversation_id, "Here is its number: 4711.")
        seq = response.json()["seq"]
        if reads:
            await visitor.client.post("/api/v1/visitor/read", json={"seq": seq})
        clock.push(seconds=125)
        await server.tick()
        # What is to be sent is known by then.
        posted = select(func.count()).select_from(outbox)
        number = 0 if reads else 2
        assert await server.db.reading(lambda c: c.execute(posted).scalar_one()) == number
        await until(lambda: len(mailbox.letters) == number)
        if not reads:
            letter = email.message_from_string(mailbox.letters[0], policy=email.policy.default)
            body = letter.get_body()
            assert body is not None
            text = body.get_content()
            assert letter["To"] == "kenji@example.com"
            assert "It left us this morning." in text
            assert "Aya" in text
            assert "http://shop.example" in text
    finally:
        await server.stop()
        smtp.close()
        await smtp.wait_closed()


@contextlib.asynccontextmanager
async def shop_with_mail(
    folder: Path, articles_cache: Path, clock: TestClock
) -> AsyncIterator[tuple[Server, Mailbox]]:
    mailbox = Mailbox()
    smtp = await asyncio.start_server(mailbox, "127.0.0.1", 0)
    (folder / "cache").symlink_to(articles_cache)
    settings = settings_for(
        folder,
        smtp_url=f"smtp://127.0.0.1:{smtp.sockets[0].getsockname()[1]}",
        mail_from="hello@hanamori.example",
        public_url="http://shop.example",
    )
    server = Server(settings, ScriptedBrain(), clock)
    await server.start()
    try:
        yield server, mailbox
    finally:
        await server.stop()
        smtp.close()
        await smtp.wait_closed()


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", "A file for you: label.png (a picture, 1 KB). To see it, open http://shop.example"),
        (
            "ja",
            "ファイルをお送りいたしました：label.png（画像、1 KB）。同じブラウザで http://shop.example",
        ),
    ],
)
async def test_a_letter_about_a_file_says_what_it_is_and_how_to_see_it(
    tmp_path: Path, articles_cache: Path, clock: TestClock, lang: str, told: str
) -> None:
    async with shop_with_mail(tmp_path, articles_cache, clock) as (server, mailbox):
        server.brain.replies["human"] = replace(handover(), lang=lang)
        agent = await server.agent()
        visitor = await server.visitor().arrive(lang=lang)
        await visitor.answers("human")
        ticket = {"action": "message", "contact": "kenji@example.com"}
        await visitor.client.post("/api/v1/visitor/ticket", json=ticket)
        await agent.do(visitor.conversation_id, "claim")
        address = f"/api/v1/desk/conversations/{visitor.conversation_id}/attachments"
        sent = await send(agent.client, address, picture("PNG"), "label.png")
        assert sent.status_code == 201, sent.text
        clock.push(seconds=125)
        await until(lambda: bool(mailbox.letters))
        letter = email.message_from_string(mailbox.letters[0], policy=email.policy.default)
        body = letter.get_body()
        assert body is not None
        assert told in body.get_content()


# An answer that comes later --------------------------------------------------------------------


MAIL_WORDS = ("mail", "メール")


async def told_at_night(server: Server, clock: TestClock, lang: str) -> tuple[Visitor, list[Any]]:
    """What is said to somebody who asks for a person when nobody is there and leaves a message."""
    clock.push(hours=10)
    server.brain.replies["human"] = replace(handover(), lang=lang)
    visitor = await server.visitor().arrive(lang=lang)
    await visitor.answers("human")
    ticket = {"action": "message"}
    response = await visitor.client.post("/api/v1/visitor/ticket", json=ticket)
    assert response.status_code == 204
    return visitor, [m for m in await visitor.read() if m["author"] in ("bot", "system")]


@pytest.mark.parametrize(
    ("lang", "waits", "noted"),
    [
        ("en", "The answer will wait for you here", "come here, in this chat"),
        ("ja", "お返事はこのページに届きます", "このチャットでお届けします"),
    ],
)
async def test_without_a_mail_server_no_mail_is_promised_and_no_address_asked_for(
    server: Server, clock: TestClock, lang: str, waits: str, noted: str
) -> None:
    visitor, told = await told_at_night(server, clock, lang)
    assert sum(waits in m["text"] for m in told) == 2  # in line, and for the message
    assert [m for m in told if m["kind"] == "contact"] == []
    assert (await visitor.page())["mail"] is False
    # Left all the same, it is for the team, and no promise.
    text = "write to kenji@example.com please"
    server.brain.replies[text] = replace(answer("", understood=False), lang=lang)
    answered = await visitor.answers(text)
    ticket = {"action": "message", "contact": "kenji@example.com"}
    await visitor.client.post("/api/v1/visitor/ticket", json=ticket)
    told += [*answered, (await visitor.read())[-1]]
    assert sum(noted in m["text"] and "kenji@example.com" in m["text"] for m in told) == 2
    for message in told:
        assert not any(word in message["text"].lower() for word in MAIL_WORDS), message["text"]


async def test_without_a_mail_server_nobody_is_called_back_by_mail(
    server: Server, clock: TestClock
) -> None:
    visitor, _ = await told_at_night(server, clock, "en")
    free = (await visitor.client.get("/api/v1/visitor/callback-slots")).json()["slots"][0]
    body = {"action": "callback", "at": free["at"], "contact": "kenji@example.com"}
    response = await visitor.client.post("/api/v1/visitor/ticket", json=body)
    assert (response.status_code, response.json()["error"]["field"]) == (422, "contact")
    del body["contact"]
    assert (await visitor.client.post("/api/v1/visitor/ticket", json=body)).status_code == 204
    assert (await visitor.page())["callback"]["contact"] == "chat"


async def test_with_a_mail_server_an_address_is_asked_for(
    tmp_path: Path, articles_cache: Path, clock: TestClock
) -> None:
    async with shop_with_mail(tmp_path, articles_cache, clock) as (server, _):
        visitor, told = await told_at_night(server, clock, "en")
        asked = [m for m in told if m["kind"] == "contact"]
        assert "e-mail" in asked[0]["text"]
        ticket = {"action": "message", "contact": "kenji@example.com"}
        await visitor.client.post("/api/v1/visitor/ticket", json=ticket)
        kept = (await visitor.read())[-1]["text"]
        assert "sent to kenji@example.com" in kept


async def test_the_assistant_is_told_where_an_answer_will_be(
    server: Server, visitor: Visitor, tmp_path_factory: pytest.TempPathFactory,
    articles_cache: Path, clock: TestClock,
) -> None:  # fmt: skip
    await visitor.answers("a question")
    without = server.brain.requests[-1].metadata
    assert (without["mail"], without["waits_on_page"]) == (False, True)
    folder = tmp_path_factory.mktemp("mail")
    async with shop_with_mail(folder, articles_cache, clock) as (other, _):
        await (await other.visitor().arrive(lang="en")).answers("a question")
        assert other.brain.requests[-1].metadata["mail"] is True


async def test_a_transcript_is_sent_masked_and_only_so_often(
    tmp_path: Path, articles_cache: Path, clock: TestClock
) -> None:
    mailbox = Mailbox()
    smtp = await asyncio.start_server(mailbox, "127.0.0.1", 0)
    port = smtp.sockets[0].getsockname()[1]
    (tmp_path / "cache").symlink_to(articles_cache)
    settings = settings_for(
        tmp_path, smtp_url=f"smtp://127.0.0.1:{port}", mail_from="hello@hanamori.example"
    )
    server = Server(settings.model_copy(update={"limits": "on"}), ScriptedBrain(), clock)
    await server.start()
    transcript = "/api/v1/visitor/transcript"
    try:
        visitor = await server.visitor().arrive(lang="ja")
        assert (await visitor.page())["mail"] is True
        await visitor.answers("My card is 4111 1111 1111 1111.")
        for wrong in (
            "nobody",
            "a@b.example, c@d.example",
            "A <a@b.example>",
            "a@b.example\r\nX: y",
        ):
            refused = await visitor.client.post(transcript, json={"email": wrong})
            assert refused.status_code == 422, wrong
        sent = await visitor.client.post(transcript, json={"email": "mei@example.com"})
        assert sent.status_code == 204
        letter = email.message_from_string(mailbox.letters[0], policy=email.policy.default)
        assert letter["To"] == "mei@example.com"
        body = letter.get_body()
        assert body is not None
        assert "My card is" in body.get_content()
        assert "1111 1111" not in body.get_content()
        # When it was said is there to be read.
        said = (await visitor.read())[0]["created_at"]
        local = datetime.fromisoformat(said).astimezone(ZoneInfo("Asia/Tokyo"))
        assert f"[{local:%Y-%m-%d %H:%M}] You" in body.get_content()
        mailbox.refuse = True
        refused = await visitor.client.post(transcript, json={"email": "gone@example.com"})
        assert refused.status_code == 422
        mailbox.refuse = False
        smtp.close()
        await smtp.wait_closed()
        away = await visitor.client.post(transcript, json={"email": "mei@example.com"})
        assert away.status_code == 503
        assert int(away.headers["Retry-After"]) > 0
        for _ in range(5):
            last = await visitor.client.post(transcript, json={"email": "mei@example.com"})
        assert last.status_code == 429
        assert len(mailbox.letters) == 1
    finally:
        await server.stop()


async def test_without_a_mail_server_no_transcript_is_mailed(visitor: Visitor) -> None:
    assert (await visitor.page())["mail"] is False
    asked = {"email": "mei@example.com"}
    refused = await visitor.client.post("/api/v1/visitor/transcript", json=asked)
    assert refused.status_code == 404
