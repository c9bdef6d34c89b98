"""Reviewed messages become examples, and runs of learning are one at a time."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omotenashi import learning_job
from support.learning import learning_jobs, lessons
from support.store import Transaction
from tests.harness import DeskAgent, ScriptedBrain, Server, TestClock, Visitor, settings_for

DESK = "/api/v1/desk"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The runs that would have been started: training takes a minute."""
    runs: list[tuple[str, int]] = []
    monkeypatch.setattr(learning_job, "start", lambda kind, job: runs.append((kind, job)))
    return runs


@pytest.fixture
async def server(
    tmp_path: Path,
    database_url: str,
    clock: TestClock,
    articles_cache: Path,
    started: list[tuple[str, int]],
) -> AsyncIterator[Server]:
    (tmp_path / "cache").symlink_to(articles_cache)
    running = Server(settings_for(tmp_path, database_url), ScriptedBrain(), clock)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def lena(server: Server) -> DeskAgent:
    return await server.agent("Lena", "lead")


async def reviewed(lena: DeskAgent, visitor: Visitor, text: str, intent: str | None) -> int:
    seq = await visitor.say(text)
    values = {"verdict": "wrong_intent", "seq": seq, **({"intent": intent} if intent else {})}
    made = await lena.do(visitor.conversation_id, "review", **values)
    assert made.status_code == 201, made.text
    return int(made.json()["id"])


async def test_a_reviewed_message_is_decided_once_and_without_personal_data(
    server: Server, lena: DeskAgent, visitor: Visitor
) -> None:
    text = "tell [mei@shop.example](x) where {my} parcel\nis hiding"
    first = await reviewed(lena, visitor, text, "order_status")
    second = await reviewed(lena, visitor, "how long does delivery take", "faq_delivery")
    without = await reviewed(lena, visitor, "just bad", None)
    # An intent that isn't there would keep everything from being learned.
    strange = {"verdict": "wrong_intent", "seq": 1, "intent": "buy_a_moon"}
    refused = await lena.do(visitor.conversation_id, "review", **strange)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "intent")
    page = (await lena.client.get("/desk/learning")).text
    assert "tell m***@*** (x) where my parcel is hiding" in page
    assert "mei@shop.example" not in page
    # What is in the training data already isn't offered again.
    assert "already known as" in page
    aya = await server.agent("Aya")
    for agent, review, take, status in (
        (aya, first, True, 403), (lena, without, True, 404), (lena, 999, True, 404),
        (lena, first, True, 200), (lena, first, False, 404), (lena, second, False, 200),
    ):  # fmt: skip
        body = {"review": review, "take": take}
        response = await agent.client.post(f"{DESK}/lessons", json=body)
        assert (body, response.status_code) == (body, status)
    taken = await server.db.reading(lambda c: lessons.of_state(c, "taken", "held_back"))
    assert [(one.text, one.intent, one.lang) for one in taken] == [
        ("tell m***@*** (x) where my parcel is hiding", "order_status", "en")
    ]
    # An erased customer's words are no example any more.
    assert (await visitor.client.delete("/api/v1/visitor/data")).status_code == 204
    assert await server.db.reading(lambda c: lessons.of_state(c, "taken", "held_back")) == []


async def test_one_run_at_a_time_and_a_lost_one_blocks_nobody(
    server: Server, lena: DeskAgent, clock: TestClock, started: list[tuple[str, int]]
) -> None:
    aya = await server.agent("Aya")
    address = f"{DESK}/learning/jobs"
    assert (await aya.client.post(address, json={"kind": "learn"})).status_code == 403
    assert (await lena.client.post(address, json={"kind": "dance"})).status_code == 422
    first = await lena.client.post(address, json={"kind": "learn"})
    assert first.status_code == 202
    assert (await lena.client.post(address, json={"kind": "switch"})).status_code == 409
    assert started == [("learn", first.json()["id"])]
    result = {
        "messages": 4, "old_right": 2, "new_right": 3, "dialogues": {},
        "better": [{"text": "<b>hi</b>", "intent": "greet", "old": "thank", "new": "greet"}],
        "worse": [],
    }  # fmt: skip

    def finish(tx: Transaction) -> None:
        job = first.json()["id"]
        learning_jobs.report(tx, job, "training", clock())
        learning_jobs.end(tx, job, well=True, result=result, now=clock())

    await server.db.writing(finish)
    page = (await lena.client.get("/desk/learning")).text
    assert "Understood: 2 of 4 before, 3 of 4 now." in page
    assert "&lt;b&gt;hi&lt;/b&gt;" in page
    assert "Switch to the new model" in page
    assert (await lena.client.post(address, json={"kind": "switch"})).status_code == 202
    # Its machine went away: after a while the next one may begin.
    assert (await lena.client.post(address, json={"kind": "learn"})).status_code == 409
    clock.push(minutes=6)
    assert (await lena.client.post(address, json={"kind": "learn"})).status_code == 202
    jobs = (await lena.client.get(address)).json()["jobs"]
    assert [job["state"] for job in jobs] == ["running", "failed", "done"]
