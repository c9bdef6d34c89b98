"""Reviewed messages become examples, and runs of learning are one at a time."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omotenashi import learning_job
from support.learning import learning_jobs, lessons
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
    running = Server(
        settings_for(tmp_path, database_url), ScriptedBrain(), clock, own_articles=True
    )
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


async def test_a_reviewed_answer_teaches_what_it_answered(
    server: Server, lena: DeskAgent, visitor: Visitor
) -> None:
    await visitor.answers("something else before")
    first, second = "my parcel {never} came,", "write to mei@shop.example"
    await visitor.answers(first)
    await visitor.say(second)
    await visitor.wait_for(lambda ms: any(m["author"] == "bot" and second in m["text"] for m in ms))
    bots = [m for m in await visitor.read() if m["author"] == "bot"]
    values = {"verdict": "wrong_intent", "seq": bots[-1]["seq"], "intent": "order_status"}
    made = [await lena.do(visitor.conversation_id, "review", **values) for _ in range(2)]
    page = (await lena.client.get("/desk/learning")).text
    taught = "write to m***@***"
    assert page.count(taught) == 1, "what was reviewed twice is proposed once"
    assert "mei@shop.example" not in page
    assert "something else before" not in page
    body = {"review": made[0].json()["id"], "take": True}
    assert (await lena.client.post(f"{DESK}/lessons", json=body)).status_code == 200
    found = await server.db.reading(lambda c: lessons.of_state(c, "taken", "held_back"))
    assert [taught in one.text for one in found] == [True]
    # The other review of the same is decided with it.
    assert taught not in (await lena.client.get("/desk/learning")).text
    body = {"review": made[1].json()["id"], "take": True}
    assert (await lena.client.post(f"{DESK}/lessons", json=body)).status_code == 404


async def test_the_right_article_gets_the_question_and_a_missing_one_is_missed(
    server: Server, lena: DeskAgent, visitor: Visitor
) -> None:
    async def review(text: str, **values: object) -> int:
        seq = await visitor.say(text)
        said = await visitor.wait_for(lambda ms: any(m["author"] == "bot" for m in ms), seq)
        answer = next(m["seq"] for m in said if m["author"] == "bot")
        made = await lena.do(visitor.conversation_id, "review", seq=answer, **values)
        return int(made.json()["id"])

    wrong = {"verdict": "wrong_answer"}
    asked = "may my cousin rei@shop.example fetch the box in kyoto"
    right = await review(asked, **wrong, article="pickup-points")
    nowhere = await review("is the moon for sale", **wrong, article="moon")
    missing = await review("do you repair violins", verdict="no_answer")
    declined = await review("do you tune violins", verdict="no_answer")
    nothing = await review("thanks all the same", verdict="good")
    page = (await lena.client.get("/desk/learning")).text
    assert "may my cousin r***@*** fetch the box in kyoto" in page
    assert "There is no article “moon” in English." in page
    aya = await server.agent("Aya")
    for agent, review_id, take, status in (
        (aya, right, True, 403), (lena, right, True, 200), (lena, right, True, 404),
        (lena, nowhere, True, 404), (lena, nowhere, False, 200), (lena, missing, True, 200),
        (lena, declined, False, 200), (lena, nothing, True, 404), (lena, 999, True, 404),
    ):  # fmt: skip
        body = {"review": review_id, "take": take}
        response = await agent.client.post(f"{DESK}/reviewed-questions", json=body)
        assert (body, response.status_code) == (body, status), response.text
    assert server.parts is not None
    knowledge = server.parts.services.knowledge
    for _ in range(600):  # on a busy machine the index takes its time
        article = knowledge.article("pickup-points", "en")
        assert article is not None
        if any("cousin" in question for question in article.questions):
            break
        await asyncio.sleep(0.1)
    assert "may my cousin r***@*** fetch the box in kyoto" in article.questions
    missed = (await lena.client.get(f"{DESK}/missed-questions")).json()["questions"]
    assert [(one["text"], one["lang"], one["state"]) for one in missed] == [
        ("do you repair violins", "en", "open")
    ]
    page = (await lena.client.get("/desk/learning")).text
    assert "cousin" not in page
    assert "tune violins" not in page
    # Asked again and reviewed again: the article has it.
    await review(asked, **wrong, article="pickup-points")
    assert "the article has this question already" in (await lena.client.get("/desk/learning")).text


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
        "messages": 4, "old_right": 2, "new_right": 3,
        "dialogues": {
            "old": {"failed": ["en-stays", "en-mended"]},
            "new": {"failed": ["en-stays", "ja-broken"]},
        },
        "better": [{"text": "<b>hi</b>", "intent": "greet", "old": "thank", "new": "greet"}],
        "worse": [],
        "learned": {"messages": 2, "right": 1},
        "still_wrong": [{"text": "a card", "intent": "greet", "old": "thank", "new": "thank"}],
    }  # fmt: skip

    job = first.json()["id"]
    assert "Getting ready" in (await lena.client.get("/desk/learning")).text
    clock.push(minutes=3)
    await server.db.writing(
        lambda tx: learning_jobs.report(tx, job, "playing", "dialogues_new", clock())
    )
    page = (await lena.client.get("/desk/learning")).text
    assert "Playing the dialogue tests with the new model" in page
    assert "for 3 min" in page
    await server.db.writing(
        lambda tx: learning_jobs.end(tx, job, well=True, result=result, now=clock())
    )
    page = (await lena.client.get("/desk/learning")).text
    assert "Of the messages learned, 1 of 2 are read as they should be now." in page
    assert "Learned, but still misread: 1." in page
    assert "Dialogue tests failing: 2 before, 2 now." in page
    assert re.search(
        r"Dialogues that failed only now: 1</summary><ul[^>]*><li>ja-broken</li></ul>", page
    )
    assert re.search(
        r"Dialogues that are well now: 1</summary><ul[^>]*><li>en-mended</li></ul>", page
    )
    assert "Understood: 2 of 4 before, 3 of 4 now." in page
    assert "&lt;b&gt;hi&lt;/b&gt;" in page
    assert "Switch to the new model" in page

    async def run(kind: str, well: bool = True) -> str:
        job = (await lena.client.post(address, json={"kind": kind})).json()["id"]
        values = {"new": "other.tar.gz"} if kind == "switch" else {}
        await server.db.writing(
            lambda tx: learning_jobs.end(tx, job, well=well, result=values, now=clock())
        )
        return (await lena.client.get("/desk/learning")).text

    # What an older version has kept of a run is shown as far as it goes.
    old = {name: result[name] for name in ("messages", "old_right", "new_right", "worse")}
    await server.db.writing(
        lambda tx: learning_jobs.end(tx, job, well=True, result=old, now=clock())
    )
    page = (await lena.client.get("/desk/learning")).text
    assert "Understood: 2 of 4 before, 3 of 4 now." in page
    assert "Of the messages learned" not in page

    # Looking at the replay first, or a switch that failed, takes nothing away.
    assert "Switch to the new model" in await run("replay")
    assert "Switch to the new model" in await run("switch", well=False)
    assert "Switch to the new model" not in await run("switch")
    assert "Switch to the new model" not in await run("replay")
    assert "Switch to the new model" not in await run("learn", well=False)
    done = (await lena.client.get(f"{DESK}/audit")).json()["audit"]
    switches = [(row["actor"], row["subject"]) for row in done if row["action"] == "model_switched"]
    assert switches == [("Lena", "other.tar.gz")]
    assert (await lena.client.post(address, json={"kind": "switch"})).status_code == 202
    # Its machine went away: after a while the next one may begin.
    assert (await lena.client.post(address, json={"kind": "learn"})).status_code == 409
    clock.push(minutes=6)
    assert (await lena.client.post(address, json={"kind": "learn"})).status_code == 202
    jobs = (await lena.client.get(address)).json()["jobs"]
    assert [job["state"] for job in jobs][:2] == ["running", "failed"]
