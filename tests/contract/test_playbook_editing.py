"""The playbook edited at the desk, over HTTP: checked, counted on every server, kept."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import yaml

from support.playbook import playbook_edits
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
