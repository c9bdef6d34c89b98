"""Files at the desk: who may send one, who may see one, and what is written down about it."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from support import conversations
from support.store.schema import audit
from tests import uploads
from tests.contract.test_attachments import sent, stored_files
from tests.contract.test_commands import omotenashi
from tests.contract.test_handover import assigned
from tests.harness import DeskAgent, Server, Visitor

VISITORS = "/api/v1/visitor/attachments"
DESK = "/api/v1/desk/attachments"


def address(visitor: Visitor) -> str:
    return f"/api/v1/desk/conversations/{visitor.conversation_id}/attachments"


async def looked(server: Server) -> list[tuple[str, str]]:
    """(who, which conversation) of the looks that were written down."""
    rows = await server.db.reading(
        lambda c: c.execute(select(audit).where(audit.c.action == "see_file")).all()
    )
    return [(row.actor, row.subject) for row in rows]


async def test_an_agents_file_reaches_the_customer(server: Server, visitor: Visitor) -> None:
    agent = await assigned(server, visitor)
    async with visitor.events() as events:
        await events.until("state")
        response = await uploads.send(
            agent.client, address(visitor), uploads.photo_with_place(), "返送ラベル.jpg"
        )
        assert response.status_code == 201, response.text
        while (message := await events.until("message"))["author"] != "agent":
            pass
    made = response.json()
    assert (message["id"], message["seq"]) == (made["id"], made["seq"])
    assert message["agent"] == {"name": "Aya"}
    [file] = message["attachments"]
    assert file["name"] == made["attachment"]["name"] == "返送ラベル.jpg"
    assert file["url"] == f"{VISITORS}/{file['id']}"
    assert made["attachment"]["url"] == f"{DESK}/{file['id']}"
    theirs = await visitor.client.get(file["url"])
    ours = await agent.client.get(made["attachment"]["url"])
    assert theirs.content == ours.content
    assert b"living room" not in theirs.content
    assert ours.headers["content-disposition"].startswith("attachment;")
    other = await server.visitor().arrive(lang="en")
    assert (await other.client.get(file["url"])).status_code == 404


async def test_the_same_client_id_is_one_file(server: Server, visitor: Visitor) -> None:
    agent = await assigned(server, visitor)
    first, second = await asyncio.gather(
        *(uploads.send(agent.client, address(visitor), uploads.picture()) for _ in range(2))
    )
    assert first.status_code == 201
    assert first.json() == second.json()
    assert len(stored_files(server)) == 1


async def test_only_who_holds_the_conversation_sends(server: Server, visitor: Visitor) -> None:
    agent = await assigned(server, visitor)
    other, lead = await server.agent("Ben"), await server.agent("Lea", "lead")
    for one in (other, lead):
        response = await uploads.send(one.client, address(visitor), uploads.picture())
        assert response.status_code == 409
    await agent.do(visitor.conversation_id, "resolve", reason="answered")
    response = await uploads.send(agent.client, address(visitor), uploads.picture())
    assert response.status_code == 409
    assert stored_files(server) == []
    assert all(m["kind"] != "attachment" for m in await visitor.read())


async def test_who_is_not_signed_in_or_comes_from_elsewhere_is_refused(
    server: Server, visitor: Visitor
) -> None:
    agent = await assigned(server, visitor)
    made = await sent(visitor, uploads.picture())
    seen = f"{DESK}/{made['attachment']['id']}"
    async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as stranger:
        assert (await stranger.get(seen)).status_code == 401
        response = await uploads.send(stranger, address(visitor), uploads.picture())
        assert response.status_code == 401
    token = agent.client.headers.pop("X-CSRF-Token")
    response = await uploads.send(agent.client, address(visitor), uploads.picture())
    assert (response.status_code, response.json()["error"]["code"]) == (403, "csrf")
    agent.client.headers["X-CSRF-Token"] = token
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert (await agent.client.get(seen, headers=elsewhere)).status_code == 403
    assert (await agent.client.get(seen)).status_code == 200


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (uploads.SVG, 415),
        (uploads.bomb(), 422),
        (uploads.picture()[:200], 422),
        (b"\xff\xd8\xff" + bytes(10 * 1024 * 1024), 413),
    ],
    ids=["svg", "bomb", "cut", "large"],
)
async def test_agents_files_are_checked_as_customers_are(
    server: Server, visitor: Visitor, content: bytes, status: int
) -> None:
    agent = await assigned(server, visitor)
    response = await uploads.send(agent.client, address(visitor), content)
    assert response.status_code == status, response.text
    assert stored_files(server) == []


async def test_what_is_not_there_is_404(server: Server, visitor: Visitor) -> None:
    agent = await assigned(server, visitor)
    for path in (f"{DESK}/{'0' * 24}", f"{DESK}/..%2F..%2Fsecret_key", f"{DESK}/%00"):
        assert (await agent.client.get(path)).status_code == 404
    nowhere = f"/api/v1/desk/conversations/{'0' * 24}/attachments"
    response = await uploads.send(agent.client, nowhere, uploads.picture())
    assert response.status_code == 404
    assert stored_files(server) == []


async def test_looking_into_somebody_elses_matter_is_written_down_once(
    server: Server, visitor: Visitor
) -> None:
    agent = await assigned(server, visitor)
    other = await server.agent("Ben")
    made = await sent(visitor, uploads.picture())
    seen = f"{DESK}/{made['attachment']['id']}"
    assert (await agent.client.get(seen)).status_code == 200
    assert await looked(server) == []
    for _ in range(3):
        assert (await other.client.get(seen)).status_code == 200
    assert await looked(server) == [(f"agent:{other.me['id']}", visitor.conversation_id)]
    await agent.do(visitor.conversation_id, "resolve", reason="answered")
    assert (await agent.client.get(seen)).status_code == 200
    assert len(await looked(server)) == 2


async def test_a_name_is_masked_once_the_matter_is_closed(server: Server, visitor: Visitor) -> None:
    agent = await assigned(server, visitor)
    await sent(visitor, uploads.picture(), "mei@example.com.jpg")
    messages = f"/api/v1/desk/conversations/{visitor.conversation_id}/messages"

    async def shown() -> dict[str, Any]:
        page = (await agent.client.get(messages)).json()
        return next(m for m in page["messages"] if m["kind"] == "attachment")

    assert (await shown())["attachments"][0]["name"] == "mei@example.com.jpg"
    await agent.do(visitor.conversation_id, "resolve", reason="answered")
    message = await shown()
    assert "mei@" not in message["attachments"][0]["name"]
    assert "mei@" not in message["text"]


async def test_the_summary_counts_them_and_quotes_no_name(server: Server, visitor: Visitor) -> None:
    await sent(visitor, uploads.picture(), "cup.jpg")
    agent: DeskAgent = await assigned(server, visitor)
    response = await agent.client.get(f"/api/v1/desk/conversations/{visitor.conversation_id}")
    lines = {line["line"]: line["text"] for line in response.json()["summary"]}
    assert "files 1" in lines["facts"]
    assert "cup.jpg" not in json.dumps(lines)


async def test_exports_and_transcripts_name_them(server: Server, visitor: Visitor) -> None:
    await sent(visitor, uploads.picture(), "=cup.jpg")
    agent = await assigned(server, visitor)
    lead = await server.agent("Lea", "lead")
    await agent.do(visitor.conversation_id, "resolve", reason="answered")
    export = (await lead.client.get("/api/v1/desk/export", params={"format": "csv"})).text
    assert "attachment,'=cup.jpg" in export
    page = (await lead.client.get(f"/desk/transcripts/{visitor.conversation_id}")).text
    assert "File: =cup.jpg" in page


async def test_the_command_line_exports_names_and_erases_files(
    server: Server, visitor: Visitor
) -> None:
    made = await sent(visitor, uploads.picture())
    conversation = await server.db.reading(lambda c: conversations.get(c, visitor.conversation_id))
    data_dir = server.settings.data_dir

    async def run(command: str) -> str:
        done = await asyncio.to_thread(
            omotenashi, data_dir, command, "--customer", conversation.thread_id,
            OMOTENASHI_DATABASE_URL=server.settings.database,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    [first, *_] = json.loads((await run("export")).splitlines()[0])["messages"]
    assert first["attachments"] == [
        {key: made["attachment"][key] for key in ("name", "type", "size")}
    ]
    assert len(stored_files(server)) == 1
    await run("erase")
    assert stored_files(server) == []
