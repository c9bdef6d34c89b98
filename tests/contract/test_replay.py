"""Past conversations on another model: only what customers would see changed is told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sanic import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response
from sqlalchemy import func, select

from omotenashi import replaying
from support.learning import learning_jobs
from support.privacy.erasure import erase_thread
from support.store import Transaction
from support.store.schema import messages, tickets, transitions, turns
from tests.contract.desk_scenes import Scene
from tests.contract.test_brains import FakeBrain
from tests.harness import Server


class NewModel(FakeBrain):
    """Answers the first question otherwise, the second as before; counts turns in its state."""

    heard: list[dict[str, Any]]

    async def _turn(self, request: Request) -> HTTPResponse:
        self.heard.append(request.json)
        count = (request.json["state"] or {}).get("turns", 0) + 1
        same = "Order HN-2 is on its way, case {case_number}."
        return json_response(
            {
                "messages": [{"text": same if count > 1 else "<b>By ship</b> to a.b@shop.example"}],
                "commands": [{"type": "handover", "reason": "angry"}],
                "intent": "order_status" if count > 1 else "faq_delivery",
                "confidence": 0.9,
                "understood": True,
                "state": {"turns": count},
            }
        )


@pytest.fixture
async def model() -> AsyncIterator[NewModel]:
    brain = NewModel()
    brain.heard = []
    await brain.start()
    yield brain
    await brain.stop()


async def test_a_replay_shows_what_changed_and_changes_nothing(
    server: Server, model: NewModel
) -> None:
    assert server.parts is not None
    playbook, now = server.parts.playbook, server.clock()

    def scene(tx: Transaction) -> Scene:
        told = Scene(tx, playbook, now - timedelta(days=2))
        told.customer("hello", "greet")
        told.customer("how do you send to mei@shop.example", "faq_store")
        told.bot("By air.")
        told.customer("and my order?", "order_status")
        told.bot("Order HN-1 is on its way, case C-17.")
        told.handed_over("asked")
        told.customer("a person please", "request_human")
        told.bot("They are coming.")
        old = Scene(tx, playbook, now - timedelta(days=30))
        old.customer("long ago", "greet")
        old.bot("Hello.")
        return told

    told = await server.db.writing(scene)
    # What is due in these conversations by now is said before they are compared.
    await server.tick()
    before = await _stored(server)
    begin, end = now - timedelta(days=7), now
    result = await replaying.replay(server.settings, begin, end, model.url)
    [changed] = result.pop("differences")
    assert result == {"conversations": 1, "asked": 2, "same": 1}
    # Gathered messages are asked together; what a person was there for isn't asked at all.
    assert [one["text"] for one in model.heard] == [
        "hello\nhow do you send to mei@shop.example", "and my order?",
    ]  # fmt: skip
    assert model.heard[1]["state"] == {"turns": 1}
    assert (changed["old"], changed["old_intent"]) == (["By air."], "faq_store")
    assert changed["new"] == ["<b>By ship</b> to a***@***"]
    assert "mei@" not in changed["text"]
    # Nobody was handed over, nothing was said.
    assert await _stored(server) == before
    lena = await server.agent("Lena", "lead")

    def finish(tx: Transaction) -> None:
        job = learning_jobs.begin(tx, "replay", None, now)
        learning_jobs.end(tx, job, well=True, result={**result, "differences": [changed]}, now=now)

    await server.db.writing(finish)
    page = (await lena.client.get("/desk/learning")).text
    assert "&lt;b&gt;By ship&lt;/b&gt;" in page
    assert "What customers would see changed: 1" in page
    # An erased customer's words are gone from it too.
    thread = told.thread.id
    files = server.parts.files
    await server.db.writing(lambda tx: erase_thread(tx, thread, "test", now, files))
    [job] = await server.db.reading(learning_jobs.latest)
    assert job["result"]["differences"] == []


async def _stored(server: Server) -> list[int]:
    """How many messages, transitions and turns there are."""
    return await server.db.reading(
        lambda c: [
            c.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (messages, transitions, turns, tickets)
        ]
    )


def test_days_that_are_none() -> None:
    for since, until in (("soon", None), ("2026-11-02", "2026-11-01"), (None, "2026-13-01")):
        with pytest.raises(replaying.UnknownDay):
            replaying.days(since, until)
    begin, end = replaying.days("2026-11-01", "2026-11-02")
    assert end - begin == timedelta(days=2)
