"""The playbook edited at the desk, over HTTP: checked, counted on every server, kept."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import yaml
from sqlalchemy import insert

from omotenashi.parts import make_parts
from support.playbook import playbook_edits
from support.store.schema import edits
from tests.harness import DeskAgent, Server, Visitor, handover

PLAYBOOK = "/api/v1/desk/playbook"


async def _read(agent: DeskAgent, name: str) -> dict[str, Any]:
    return dict((await agent.client.get(f"{PLAYBOOK}/{name}")).json())


async def _save(
    agent: DeskAgent, name: str, content: str, after: int
) -> tuple[int, dict[str, Any]]:
    body = {"content": content, "after": after}
    answer = await agent.client.post(f"{PLAYBOOK}/{name}", json=body)
    return answer.status_code, answer.json().get("error", {}) if answer.content else {}


TEA = "\n  - key: tea\n    text: {en: Tea is on its way., ja: お茶をお持ちします。}\n"


async def _soon(met: Callable[[], Awaitable[bool]]) -> None:
    """Servers look for edits again and again; this waits until one has."""
    async with asyncio.timeout(60):
        while not await met():
            await asyncio.sleep(0.05)


async def _offers_tea(agent: DeskAgent) -> bool:
    return "Tea is on its way." in (await agent.client.get("/api/v1/desk/canned")).text


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playbook_edits, "EVERY_S", 0.1)


async def test_an_edit_counts_and_can_be_taken_back(server: Server, visitor: Visitor) -> None:
    lena = await server.agent("Lena", "lead")
    file = await _read(lena, "canned")
    assert (file["edited"], file["after"], file["history"]) == (False, 0, [])
    added = file["content"] + TEA

    assert await _save(lena, "canned", added, 0) == (204, {})
    await _soon(lambda: _offers_tea(lena))
    file = await _read(lena, "canned")
    assert (file["edited"], file["content"]) == (True, added)
    assert [one["by"] for one in file["history"]] == ["Lena"]

    assert (await _save(lena, "canned", "", file["after"]))[0] == 204

    async def taken_back() -> bool:
        return not await _offers_tea(lena)

    await _soon(taken_back)
    assert len((await _read(lena, "canned"))["history"]) == 2


async def test_what_customers_are_told_changes_without_a_restart(
    server: Server, visitor: Visitor
) -> None:
    lena = await server.agent("Lena", "lead")
    server.brain.replies["a person please"] = handover("asked")
    words = yaml.safe_load((await _read(lena, "messages"))["content"])
    for name in ("queued", "queued_alone", "closed_now", "nobody_now"):
        words[name] = {"en": "Dear guest, a person is called.", "ja": "担当者をお呼びします。"}
    assert (await _save(lena, "messages", yaml.safe_dump(words, allow_unicode=True), 0))[0] == 204
    # What was saved later counts no earlier.
    canned = (await _read(lena, "canned"))["content"]
    assert (await _save(lena, "canned", canned + TEA, 0))[0] == 204
    await _soon(lambda: _offers_tea(lena))

    said = await visitor.answers("a person please")
    assert "Dear guest, a person is called." in str(said)


@pytest.mark.parametrize(
    ("name", "spoil", "line"),
    [
        ("opening", ("promise_working_hours:", "promise_workng_hours:"), "line"),
        ("goodwill", ("currency:", "currency: ["), "line"),
        ("macros", ("reply: goodbye", "reply: nobody"), "no canned reply"),
    ],
)
async def test_what_is_malformed_is_refused_with_its_line(
    server: Server, name: str, spoil: tuple[str, str], line: str
) -> None:
    lena = await server.agent("Lena", "lead")
    content = (await _read(lena, name))["content"]
    assert spoil[0] in content
    status, error = await _save(lena, name, content.replace(*spoil, 1), 0)

    assert (status, error["code"], error["field"]) == (422, "malformed", "content")
    assert line in error["message"]
    assert (await _read(lena, name))["history"] == []


async def test_two_editors_dont_overwrite_each_other(server: Server) -> None:
    lena, reika = await server.agent("Lena", "lead"), await server.agent("Reika", "lead")
    content = (await _read(lena, "goodwill"))["content"]
    assert (await _save(lena, "goodwill", content + "# first\n", 0))[0] == 204
    status, error = await _save(reika, "goodwill", content + "# second\n", 0)
    assert (status, error["code"]) == (409, "edited")


async def test_who_may_edit_what(server: Server) -> None:
    aya, lena = await server.agent("Aya"), await server.agent("Lena", "lead")
    root = await server.agent("Root", "admin")
    assert (await aya.client.get(PLAYBOOK)).status_code == 403
    assert (await aya.client.get("/desk/playbook")).status_code == 403
    assert (await _save(lena, "security", "two_factor: leads\n", 0))[0] == 403
    assert (await _save(lena, "nothing", "a: 1\n", 0))[0] == 404
    assert (await lena.client.get("/desk/playbook/security")).status_code == 200
    assert (await lena.client.get("/desk/playbook/nothing")).status_code == 404
    assert (await root.client.get("/desk/playbook")).status_code == 200
    assert (await _save(root, "security", "two_factor: everybody\n", 0))[0] == 204

    async def refused() -> bool:
        answer = await lena.client.get("/api/v1/desk/conversations")
        return bool(answer.json().get("error", {}).get("code") == "two_factor_needed")

    await _soon(refused)


async def _stored(server: Server, agent: DeskAgent, name: str, content: str) -> None:
    """An edit as an earlier version of the product had accepted it."""
    row = {"kind": "playbook", "name": name, "content": content, "at": server.clock()}
    await server.db.writing(lambda tx: tx.execute(insert(edits).values(**row)))


NEW_WORDS = ("standing_next", "standing_in_line")


async def test_an_edit_from_before_an_update_gets_the_shipped_text_for_what_it_lacks(
    server: Server, visitor: Visitor
) -> None:
    lena = await server.agent("Lena", "lead")
    shipped = yaml.safe_load((await _read(lena, "messages"))["content"])
    ours = {"en": "Dear guest, a person is called.", "ja": "担当者をお呼びします。"}
    old = {key: words for key, words in shipped.items() if key not in NEW_WORDS}
    old |= {name: ours for name in ("queued", "queued_alone", "closed_now", "nobody_now")}
    # In a file of their own the words stand one level down; what an update took away is no fault.
    contact = yaml.safe_load((await _read(lena, "contact"))["content"])
    offers = contact["texts"].pop("offers")
    text = yaml.safe_dump({"gone": {"en": "Gone", "ja": "なし"}, **old}, allow_unicode=True)
    await _stored(server, lena, "messages", "# Ours\n" + text)
    await _stored(server, lena, "contact", yaml.safe_dump(contact, allow_unicode=True))

    # It counts all the same, and so does what others change beside it.
    canned = (await _read(lena, "canned"))["content"]
    assert await _save(lena, "canned", canned + TEA, 0) == (204, {})
    await _soon(lambda: _offers_tea(lena))
    server.brain.replies["a person please"] = handover("asked")
    assert "Dear guest, a person is called." in str(await visitor.answers("a person please"))
    assert server.parts is not None
    playbook = server.parts.playbook
    assert playbook.messages.standing_next.model_dump() == shipped["standing_next"]
    assert playbook.contact.texts.offers.model_dump() == offers

    # The page says so, and has it whole.
    pages = lena.client
    assert (await pages.get("/desk/playbook")).text.count("written before an update") == 2
    page = (await pages.get("/desk/playbook/messages")).text
    assert "standing_in_line, standing_next" in page
    assert "take them out before you save: gone." in page
    file = await _read(lena, "messages")
    assert (file["lacking"], file["unknown"]) == (["standing_in_line", "standing_next"], ["gone"])
    assert file["refused"] is None
    whole = yaml.safe_load(file["content"])
    assert {key: whole[key] for key in NEW_WORDS} == {key: shipped[key] for key in NEW_WORDS}
    status, error = await _save(lena, "messages", file["content"], file["after"])
    assert (status, "gone" in error["message"]) == (422, True)
    mended = yaml.safe_dump({k: v for k, v in whole.items() if k != "gone"}, allow_unicode=True)
    assert (await _save(lena, "messages", mended, file["after"]))[0] == 204
    file = await _read(lena, "contact")
    assert yaml.safe_load(file["content"])["texts"]["offers"] == offers
    assert (await _save(lena, "contact", file["content"], file["after"]))[0] == 204
    assert "written before an update" not in (await pages.get("/desk/playbook")).text


async def test_an_edit_that_an_update_refuses_stops_no_other(server: Server) -> None:
    lena = await server.agent("Lena", "lead")
    await _stored(server, lena, "opening", "timezone: Mars/Olympus\n")
    macros = yaml.safe_load((await _read(lena, "macros"))["content"])
    macros["macros"].append({**macros["macros"][0], "key": "old", "reply": "gone"})
    await _stored(server, lena, "macros", yaml.safe_dump(macros, allow_unicode=True))
    canned = (await _read(lena, "canned"))["content"]
    # Canned replies and macros have to fit each other for whoever saves one of them.
    assert (await _save(lena, "canned", canned + TEA, 0))[0] == 422
    goodwill = (await _read(lena, "goodwill"))["content"]
    assert await _save(lena, "goodwill", goodwill.replace("JPY", "EUR"), 0) == (204, {})
    assert server.parts is not None
    playbook = server.parts.playbook

    async def counts() -> bool:
        return playbook.goodwill.currency == "EUR"

    await _soon(counts)
    assert playbook.opening.timezone == "Asia/Tokyo"
    assert {one.key for one in playbook.macros.macros} == {
        one["key"] for one in macros["macros"][:-1]
    }
    page = (await lena.client.get("/desk/playbook/opening")).text
    assert "opening.yml, line 1" in page
    assert "The shipped file counts instead" in page


async def test_what_counts_from_the_next_start_on_counts_then(server: Server) -> None:
    lena = await server.agent("Lena", "lead")
    shop = (await _read(lena, "shop"))["content"]
    known = yaml.safe_load(shop)["email"]
    assert await _save(lena, "shop", shop.replace(known, "tea@shop.example"), 0) == (204, {})
    parts = make_parts(server.settings)
    try:
        assert parts.playbook.shop.email == "tea@shop.example"
    finally:
        await asyncio.to_thread(parts.db.close)
