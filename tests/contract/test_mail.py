"""An answer that nobody reads goes to the address the customer left."""

import asyncio
import email
import email.policy
from pathlib import Path

import pytest

from tests.harness import ScriptedBrain, Server, TestClock, Visitor, handover, settings_for


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
        seq = response.json()["seq"]
        if reads:
            await visitor.client.post("/api/v1/visitor/read", json={"seq": seq})
        clock.push(seconds=125)
        for _ in range(80 if not reads else 20):
            if mailbox.letters:
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)
        assert len(mailbox.letters) == (0 if reads else 1)
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
