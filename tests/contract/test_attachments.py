"""Files of customers: taken or refused, stored once, theirs alone, acknowledged truthfully."""

import asyncio
import io
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from support.attachments.files import AttachmentFiles
from support.brain import Reply
from support.cases import cases
from support.store.database import StorageUnavailable
from tests import uploads
from tests.contract.test_handover import assigned, queued
from tests.harness import Server, TestClock, Visitor, answer
from web import limits

ATTACHMENTS = "/api/v1/visitor/attachments"


async def send(visitor: Visitor, content: bytes, name: str = "cup.jpg", **more: str) -> Any:
    return await uploads.send(visitor.client, ATTACHMENTS, content, name, **more)


async def sent(visitor: Visitor, content: bytes, name: str = "cup.jpg", **more: str) -> Any:
    response = await send(visitor, content, name, **more)
    assert response.status_code == 201, response.text
    return response.json()


def stored_files(server: Server) -> list[Path]:
    folder = server.settings.data_dir / "attachments"
    return [path for path in folder.rglob("*") if path.is_file()]


# Coming in ---------------------------------------------------------------------------------------


async def test_a_picture_is_a_message_of_the_customer_and_can_be_fetched(visitor: Visitor) -> None:
    made = await sent(visitor, uploads.picture(), "割れた 湯呑.jpg")
    message = (await visitor.read())[0]
    assert (message["author"], message["kind"]) == ("customer", "attachment")
    assert (made["id"], made["seq"]) == (message["id"], message["seq"])
    assert message["attachments"] == [made["attachment"]]
    attachment = made["attachment"]
    assert (attachment["name"], attachment["type"]) == ("割れた 湯呑.jpg", "image/jpeg")

    response = await visitor.client.get(attachment["url"])
    assert response.status_code == 200
    assert len(response.content) == attachment["size"]
    assert Image.open(io.BytesIO(response.content)).size == (60, 40)
    head = response.headers
    assert head["content-type"] == "image/jpeg"
    assert head["content-disposition"].startswith("attachment;")
    assert head["x-content-type-options"] == "nosniff"
    assert head["content-security-policy"] == "sandbox; default-src 'none'"
    assert "no-store" in head["cache-control"]


@pytest.mark.parametrize(
    ("content", "name", "type_"),
    [
        (uploads.picture("PNG"), "shot.png", "image/png"),
        (uploads.picture("WEBP"), "shot.webp", "image/webp"),
        (uploads.picture("GIF"), "shot.png", "image/png"),
        (uploads.PDF, "invoice.pdf", "application/pdf"),
    ],
)
async def test_types_come_from_the_bytes(
    visitor: Visitor, content: bytes, name: str, type_: str
) -> None:
    said = name.rpartition(".")[0] + ".exe"
    made = await sent(visitor, content, said, kind="text/html")
    assert made["attachment"]["type"] == type_
    assert made["attachment"]["name"] == name
    response = await visitor.client.get(made["attachment"]["url"])
    assert response.headers["content-type"] == type_


@pytest.mark.parametrize(
    ("content", "name", "status", "code"),
    [
        (uploads.SVG, "logo.svg", 415, "unknown_type"),
        (uploads.SVG, "logo.png", 415, "unknown_type"),
        (uploads.HTML, "cup.jpg", 415, "unknown_type"),
        (uploads.OGG, "voice.ogg", 415, "unknown_type"),
        (b"MZ" + bytes(200), "cup.jpg", 415, "unknown_type"),
        (b"hello", "cup.jpg", 415, "unknown_type"),
        (b"", "cup.jpg", 422, "broken_file"),
        (uploads.picture()[:300], "cup.jpg", 422, "broken_file"),
        (uploads.picture("PNG")[:60], "cup.png", 422, "broken_file"),
        (uploads.PDF[:30], "invoice.pdf", 422, "broken_file"),
        (uploads.bomb(), "cup.png", 422, "broken_file"),
        (b"\xff\xd8\xff" + bytes(10 * 1024 * 1024), "cup.jpg", 413, "too_large"),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_what_is_not_taken_is_told_and_stores_nothing(
    server: Server, visitor: Visitor, content: bytes, name: str, status: int, code: str
) -> None:
    response = await send(visitor, content, name)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert await visitor.read() == []
    assert stored_files(server) == []


async def test_a_hundred_megabytes_are_refused_before_they_are_read(visitor: Visitor) -> None:
    for length in ("Content-Length: 104857600", "Transfer-Encoding: chunked"):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", visitor.client.base_url.port or 80
        )
        writer.write(
            f"POST {ATTACHMENTS} HTTP/1.1\r\nHost: shop\r\n{length}\r\n"
            f"Authorization: {visitor.client.headers['authorization']}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n\r\n".encode()
        )
        if "chunked" in length:
            for _ in range(11):
                writer.write(b"100000\r\n" + bytes(0x100000) + b"\r\n")
        # Nothing more is sent, and still there is an answer.
        line = await asyncio.wait_for(reader.readline(), 60)
        assert line.startswith(b"HTTP/1.1 413"), length
        # Closing would wait for what nobody reads any more.
        writer.transport.abort()
    assert await visitor.read() == []


async def test_who_is_refused_while_sending_still_sees_the_answer(
    server: Server, visitor: Visitor
) -> None:
    large = b"\xff\xd8\xff" + bytes(9 * 1024 * 1024)
    assert (await send(visitor, large)).status_code == 422
    stranger = server.visitor()
    assert (await send(stranger, large)).status_code == 401
    assert (await visitor.client.get("/api/v1/visitor/messages")).status_code == 200


async def test_every_other_address_keeps_its_bound(visitor: Visitor) -> None:
    body = b'{"client_id": "a", "text": "' + b"x" * 2_000_000 + b'"}'
    response = await visitor.client.post(
        "/api/v1/visitor/messages", content=body, headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 413


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{}", "application/json", 415),
        (b"", "multipart/form-data", 415),
        (b"", "multipart/form-data; boundary=b", 422),
        (b"--b\r\nno colon here\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b", 400),
        (b'--b\r\nContent-Disposition: form-data; filename="\xff"\r\n\r\nx\r\n--b--\r\n',
         "multipart/form-data; boundary=b", 400),
    ],
)  # fmt: skip
async def test_what_is_no_form_is_refused(
    visitor: Visitor, content: bytes, kind: str, status: int
) -> None:
    response = await visitor.client.post(
        ATTACHMENTS, content=content, headers={"Content-Type": kind}
    )
    assert response.status_code == status, response.text
    assert response.json()["error"]["code"]


async def test_one_file_and_a_client_id_are_needed(server: Server, visitor: Visitor) -> None:
    image = ("a.jpg", uploads.picture(), "image/jpeg")
    for data, files in (
        ({}, [("file", image)]),
        ({"client_id": ""}, [("file", image)]),
        ({"client_id": "x" * 200}, [("file", image)]),
        ({"client_id": "a"}, [("file", image), ("file", image)]),
        ({"client_id": "a"}, [("other", image)]),
    ):
        response = await visitor.client.post(ATTACHMENTS, data=data, files=files)
        assert response.status_code == 422, (data, response.text)
    assert await visitor.read() == []
    assert stored_files(server) == []


async def test_the_same_client_id_is_one_file_with_the_same_answer(
    server: Server, visitor: Visitor
) -> None:
    first, second = await asyncio.gather(
        send(visitor, uploads.picture()), send(visitor, uploads.picture())
    )
    again = await send(visitor, uploads.picture("PNG"))
    assert first.json() == second.json() == again.json()
    assert [m["kind"] for m in await visitor.read()].count("attachment") == 1
    assert len(stored_files(server)) == 1


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "..\\..\\boot.ini", "/etc/shadow", "a\u202egpj.exe", "x" * 300]
)
async def test_a_name_is_only_ever_a_name(server: Server, visitor: Visitor, name: str) -> None:
    made = await sent(visitor, uploads.picture(), name)
    shown = made["attachment"]["name"]
    assert shown.endswith(".jpg")
    assert len(shown) <= 80
    assert not set("/\\\u202e") & set(shown)
    [file] = stored_files(server)
    assert file.relative_to(server.settings.data_dir / "attachments").parts == (
        made["attachment"]["id"][:2], made["attachment"]["id"],
    )  # fmt: skip


async def test_nothing_but_the_picture_is_kept(visitor: Visitor) -> None:
    for content in (uploads.photo_with_place(), uploads.polyglot()):
        made = await sent(visitor, content, client_id=str(len(content)))
        kept = (await visitor.client.get(made["attachment"]["url"])).content
        for secret in (b"Exif", b"living room", b"secret comment", b"<script>"):
            assert secret not in kept
        image = Image.open(io.BytesIO(kept))
        assert not image.getexif()
        # Lying on its side it was wider than high.
        assert image.size == ((40, 60) if b"Exif" in content else (60, 40))


async def test_too_many_files_are_limited_and_others_unaffected(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # For as long as the slowest machine may take.
    monkeypatch.setitem(limits.RULES, "attachment", "12/hour")
    await server.stop()
    server.settings = server.settings.model_copy(update={"limits": "on"})
    server.port = 0
    await server.start()
    visitor, other = await server.visitor().arrive(), await server.visitor().arrive()
    answers = [await send(visitor, b"nothing", client_id=str(n)) for n in range(13)]
    assert [one.status_code for one in answers] == [415] * 12 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (await send(other, uploads.picture())).status_code == 201


# Whose it is -------------------------------------------------------------------------------------


async def test_another_visitor_gets_404_whether_it_exists_or_not(
    server: Server, visitor: Visitor
) -> None:
    made = await sent(visitor, uploads.picture())
    other = await server.visitor().arrive(lang="en")
    theirs = await other.client.get(made["attachment"]["url"])
    absent = await other.client.get(f"{ATTACHMENTS}/{'0' * 24}")
    assert (theirs.status_code, theirs.json()) == (absent.status_code, absent.json())
    assert theirs.status_code == 404
    for strange in ("..%2F..%2Fsecret_key", "%00", "x" * 500):
        response = await visitor.client.get(f"{ATTACHMENTS}/{strange}")
        assert response.status_code == 404
    nobody = httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False)
    assert (await nobody.get(made["attachment"]["url"])).status_code == 401
    assert (await nobody.post(ATTACHMENTS)).status_code == 401
    await nobody.aclose()
    assert (await visitor.client.get(made["attachment"]["url"])).status_code == 200


async def test_a_page_of_another_origin_may_not(visitor: Visitor) -> None:
    made = await sent(visitor, uploads.picture())
    evil = {"Origin": "https://evil.example"}
    response = await visitor.client.get(made["attachment"]["url"], headers=evil)
    assert response.status_code == 403
    response = await visitor.client.post(
        ATTACHMENTS,
        data={"client_id": "e"},
        files={"file": ("a.jpg", uploads.picture(), "image/jpeg")},
        headers=evil,
    )
    assert response.status_code == 403


# What the customer hears -------------------------------------------------------------------------


async def said(visitor: Visitor, after: int) -> list[dict[str, Any]]:
    return [m for m in await visitor.read(after) if m["author"] != "customer"]


async def test_the_assistant_thanks_and_says_that_people_see_it(
    server: Server, visitor: Visitor
) -> None:
    made = await sent(visitor, uploads.picture())
    [thanks] = await said(visitor, made["seq"])
    assert thanks["author"] == "bot"
    assert "our team can" in thanks["text"]
    assert [button["title"] for button in thanks["buttons"]] == ["Talk to a person"]
    await asyncio.sleep(0.3)
    assert server.brain.requests == []  # nothing was understood, and nothing misunderstood
    assert (await visitor.page())["state"] == "bot"


async def test_several_pictures_are_thanked_for_once(visitor: Visitor, clock: TestClock) -> None:
    for n in range(3):
        await sent(visitor, uploads.picture(), client_id=str(n))
    assert len(await said(visitor, 0)) == 1
    clock.push(minutes=5)
    await sent(visitor, uploads.picture(), client_id="later")
    assert len(await said(visitor, 0)) == 2


async def test_in_japanese(server: Server) -> None:
    visitor = await server.visitor().arrive(lang="ja")
    await sent(visitor, uploads.picture())
    [thanks] = await said(visitor, 0)
    assert "担当者" in thanks["text"]


async def test_an_open_question_stays_open_and_is_asked_again(
    server: Server, visitor: Visitor
) -> None:
    server.brain.replies["my cup is broken"] = answer(
        "I'm sorry. How shall we put it right?", intent="complaint", kind="choice",
        active_loop="complaint_form", state={"turns": 1},
        buttons=(("Refund", "/refund"), ("Replacement", "/replacement")),
    )  # fmt: skip
    [asked] = await visitor.answers("my cup is broken")
    made = await sent(visitor, uploads.picture())
    [again] = await said(visitor, made["seq"])
    assert again["text"].endswith("How shall we put it right?")
    assert [button["title"] for button in again["buttons"]] == ["Refund", "Replacement"]
    # Either of the two rows of buttons may be pressed, and the form goes on where it was.
    response = await visitor.press(asked["buttons"][0]["id"])
    assert response.status_code == 202
    await visitor.wait_for(lambda m: any(x["author"] == "bot" for x in m), response.json()["seq"])
    assert server.brain.requests[-1].payload == "/refund"
    assert server.brain.requests[-1].state == {"turns": 1}
    assert (await visitor.press(again["buttons"][0]["id"])).status_code == 409


async def test_a_picture_during_a_turn_disturbs_neither(server: Server, visitor: Visitor) -> None:
    began, release = asyncio.Event(), asyncio.Event()

    async def hold(_: Any) -> None:
        began.set()
        await release.wait()

    server.brain.before = hold
    seq = await visitor.say("my cup is broken")
    await began.wait()
    await sent(visitor, uploads.picture())
    release.set()
    found = await visitor.wait_for(lambda m: len([x for x in m if x["author"] == "bot"]) == 2, seq)
    texts = [m["text"] for m in found if m["author"] == "bot"]
    assert "kept it with what you're telling me" in texts[0]
    assert texts[1] == "1: my cup is broken"
    await asyncio.sleep(0.3)
    assert len(server.brain.requests) == 1


async def test_it_belongs_to_the_open_case_and_to_one_that_is_opened_later(
    server: Server, visitor: Visitor
) -> None:
    agent = await assigned(server, visitor)
    await agent.do(visitor.conversation_id, "return")
    before = await sent(visitor, uploads.picture(), "before.jpg", client_id="1")
    server.brain.replies["open it"] = answer(
        "Your case is {case_number}.", intent="complaint", kind="text",
        commands=({"type": "open_case", "kind": "complaint", "what": "broken cup"},),
    )  # fmt: skip
    [opened] = await visitor.answers("open it")
    after = await sent(visitor, uploads.PDF, "after.pdf", client_id="2")
    [thanks] = await said(visitor, after["seq"])
    [case] = await server.db.reading(lambda c: cases.of_conversation(c, visitor.conversation_id))
    assert case.number in opened["text"]
    assert case.number in thanks["text"]
    response = await agent.client.get(f"/api/v1/desk/conversations/{visitor.conversation_id}")
    [shown] = response.json()["cases"]
    assert [one["name"] for one in shown["attachments"]] == ["before.jpg", "after.pdf"]
    assert before["attachment"]["id"] == shown["attachments"][0]["id"]


async def test_who_waits_is_told_that_it_is_passed_on(server: Server, visitor: Visitor) -> None:
    await queued(server, visitor)
    made = await sent(visitor, uploads.picture())
    [told] = await said(visitor, made["seq"])
    assert (told["author"], told["text"]) == (
        "system", "I've added that to what the team will read.",
    )  # fmt: skip
    assert (await visitor.page())["state"] == "queued"


async def test_a_person_who_is_there_just_gets_it(server: Server, visitor: Visitor) -> None:
    agent = await assigned(server, visitor)
    made = await sent(visitor, uploads.picture())
    assert await said(visitor, made["seq"]) == []
    address = f"/api/v1/desk/conversations/{visitor.conversation_id}/messages"
    message = (await agent.client.get(address)).json()["messages"][-1]
    assert message["attachments"][0]["name"] == "cup.jpg"


async def test_a_file_after_the_end_goes_on_with_the_matter(
    server: Server, visitor: Visitor
) -> None:
    agent = await assigned(server, visitor)
    await agent.do(visitor.conversation_id, "resolve", reason="answered")
    made = await sent(visitor, uploads.picture())
    page = await visitor.page(made["seq"])
    assert page["state"] == "assigned"
    assert [m["author"] for m in page["messages"]] == ["system"]


async def test_a_file_days_after_the_end_begins_a_new_matter(
    server: Server, visitor: Visitor, clock: TestClock
) -> None:
    agent = await assigned(server, visitor)
    await agent.do(visitor.conversation_id, "resolve", reason="answered")
    clock.push(days=30)
    await sent(visitor, uploads.picture())
    page = await visitor.page()
    assert page["state"] == "bot"
    assert page["conversation_id"] != visitor.conversation_id


# When things go wrong ----------------------------------------------------------------------------


async def test_a_full_disk_is_told_and_nothing_is_stored(
    server: Server, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        response = await send(visitor, uploads.picture())
    assert response.status_code == 503
    assert response.headers["retry-after"]
    assert await visitor.read() == []
    assert stored_files(server) == []
    # The same again once there is room: the widget's retry.
    assert (await send(visitor, uploads.picture())).status_code == 201


async def test_a_database_that_fails_leaves_no_file(
    server: Server, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> None:
        raise StorageUnavailable("read-only")

    with monkeypatch.context() as patch:
        patch.setattr(server.db, "_write", failing)
        response = await send(visitor, uploads.picture())
    assert response.status_code == 503
    assert stored_files(server) == []


async def test_a_crash_leaves_at_worst_a_file_that_is_swept(
    server: Server, visitor: Visitor
) -> None:
    made = await sent(visitor, uploads.picture())
    files = AttachmentFiles(server.settings.data_dir / "attachments")
    orphan, young = files.put(b"nobody's"), files.put(b"not yet anybody's")
    [half] = [path for path in stored_files(server) if path.name == orphan]
    half = half.rename(half.with_suffix(".half"))
    files.put(b"x")
    long_ago = time.time() - 7200
    for path in stored_files(server):
        if path.name != young:
            os.utime(path, (long_ago, long_ago))

    from support.attachments import records

    removed = await asyncio.to_thread(
        files.sweep, lambda ids: server.db.read(lambda c: records.known(c, ids)), 3600
    )
    assert removed == 2
    left = {path.name for path in stored_files(server)}
    assert left == {made["attachment"]["id"], young}


async def test_a_file_that_is_gone_is_not_there(server: Server, visitor: Visitor) -> None:
    made = await sent(visitor, uploads.picture())
    for path in stored_files(server):
        path.unlink()
    assert (await visitor.client.get(made["attachment"]["url"])).status_code == 404


# Leaving -----------------------------------------------------------------------------------------


async def test_the_transcript_names_it(visitor: Visitor) -> None:
    await sent(visitor, uploads.picture(), "cup.jpg")
    text = (await visitor.client.get("/api/v1/visitor/transcript")).text
    assert "[File: cup.jpg]" in text
    response = await visitor.client.get(
        "/api/v1/visitor/transcript", headers={"Accept": "application/json"}
    )
    assert response.json()["messages"][0]["attachments"][0]["name"] == "cup.jpg"


async def test_erasing_takes_the_files_along(server: Server, visitor: Visitor) -> None:
    other = await server.visitor().arrive(lang="en")
    kept = await sent(other, uploads.picture(), client_id="other")
    made = await sent(visitor, uploads.picture())
    assert len(stored_files(server)) == 2
    assert (await visitor.client.delete("/api/v1/visitor/data")).status_code == 204
    assert [path.name for path in stored_files(server)] == [kept["attachment"]["id"]]
    assert (await other.client.get(made["attachment"]["url"])).status_code == 404
    assert (await other.client.get(kept["attachment"]["url"])).status_code == 200


# An answer ---------------------------------------------------------------------------------------


async def asked_what_happened(server: Server, visitor: Visitor) -> None:
    question = Reply("What happened?", "text", {"takes_file": True}, ())
    server.brain.replies["something is wrong"] = replace(
        answer("", intent="complaint", active_loop="complaint_form"), replies=(question,)
    )
    await visitor.answers("something is wrong")


async def test_a_picture_alone_answers_what_happened_and_the_assistant_goes_on(
    server: Server, visitor: Visitor
) -> None:
    await asked_what_happened(server, visitor)
    server.brain.replies["/inform"] = answer(
        "Thank you for the picture. Which order is it about?",
        intent="inform", kind="text", active_loop="complaint_form",
    )  # fmt: skip
    made = await sent(visitor, uploads.picture())
    said = await visitor.wait_for(lambda found: bool(found), made["seq"])
    await asyncio.sleep(0.3)
    # Thanked by the assistant, and what it asked is not asked again.
    assert [m["text"] for m in await visitor.read(made["seq"])] == [said[-1]["text"]]
    assert said[-1]["text"] == "Thank you for the picture. Which order is it about?"
    request = server.brain.requests[-1]
    assert (request.payload, request.metadata["file"]) == ("/inform", "cup.jpg")
    # To any other question a picture is no answer, and it stays open.
    before = len(server.brain.requests)
    made = await sent(visitor, uploads.picture(), client_id="f-2")
    again = (await visitor.read(made["seq"]))[-1]["text"]
    assert again.endswith("Which order is it about?")
    assert len(server.brain.requests) == before
    await visitor.answers("HN-10001")
    assert server.brain.requests[-1].text == "HN-10001"
    assert "file" not in server.brain.requests[-1].metadata


async def test_a_picture_for_a_brain_that_is_down_is_kept_and_answered_by_a_person(
    server: Server, visitor: Visitor
) -> None:
    await asked_what_happened(server, visitor)
    server.brain.down = True
    made = await sent(visitor, uploads.picture())
    await visitor.wait_for(lambda found: any("I'm sorry" in m["text"] for m in found), made["seq"])
    assert (await visitor.page())["state"] == "queued"
    server.brain.down = False
    await visitor.answers("how much is delivery?")
    assert server.brain.requests[-1].payload is None
