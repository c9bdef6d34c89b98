"""Articles written at the desk: seen by customers, tried before, taken back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from support.knowledge import edited
from support.store.schema import missed_questions
from tests.harness import DeskAgent, ScriptedBrain, Server, TestClock, settings_for

DESK = "/api/v1/desk"
CAMPING: dict[str, Any] = {
    "lang": "en",
    "id": "camp-fire",
    "title": "Kettles over an open fire",
    "topic": "products",
    "questions": ["can the kettle go on an open camp fire", "iron kettle over a bonfire"],
    "body": "Please don't put our kettles on an open fire: the enamel inside cracks.\n\n"
    "## Instead\n"
    "A gas stove or [hot water](iron-kettle-care) is fine. <script>alert(1)</script>",
}


@pytest.fixture
async def server(
    tmp_path: Path, database_url: str, clock: TestClock, articles_cache: Path
) -> AsyncIterator[Server]:
    (tmp_path / "cache").symlink_to(articles_cache)
    settings = settings_for(tmp_path, database_url)
    running = Server(settings, ScriptedBrain(), clock, own_articles=True)
    await running.start()
    assert running.parts is not None
    # The first of a run makes the vectors of all articles.
    await asyncio.to_thread(running.parts.services.knowledge.current.wait)
    yield running
    await running.stop()


@pytest.fixture
async def lena(server: Server) -> DeskAgent:
    return await server.agent("Lena", "lead")


async def post(agent: DeskAgent, path: str, **body: Any) -> Any:
    return await agent.client.post(f"{DESK}/articles/{path}", json=body)


async def miss(server: Server, *texts: str) -> None:
    await server.db.writing(
        lambda tx: [
            tx.execute(
                missed_questions.insert().values(
                    text=text, lang="ja" if ord(text[0]) > 255 else "en", at=server.clock()
                )
            )
            for text in texts
        ]
    )


async def test_a_saved_article_is_seen_by_customers_and_can_be_taken_back(
    server: Server, lena: DeskAgent
) -> None:
    assert (await lena.client.get("/help/en/camp-fire")).status_code == 404
    first = await post(lena, "save", **CAMPING)
    assert first.status_code == 200, first.text
    page = await lena.client.get("/help/en/camp-fire")
    assert "the enamel inside cracks" in page.text
    assert "<script>alert" not in page.text
    # Somebody who still has the page from before doesn't overwrite it.
    assert (await post(lena, "save", **CAMPING)).status_code == 409
    changed = {**CAMPING, "title": "No open fire", "base": first.json()["version"]}
    second = await post(lena, "save", **changed)
    assert "No open fire" in (await lena.client.get("/help/en/camp-fire")).text
    where = {"lang": "en", "id": "camp-fire", "base": second.json()["version"]}
    back = await post(lena, "restore", **where, version=first.json()["version"])
    assert back.status_code == 200, back.text
    assert "Kettles over an open fire" in (await lena.client.get("/help/en/camp-fire")).text
    editor = await lena.client.get("/desk/articles/en/camp-fire")
    assert editor.text.count("<li><span>") == 3
    gone = await post(lena, "restore", **{**where, "base": back.json()["version"]}, version=0)
    assert gone.status_code == 200, gone.text
    assert (await lena.client.get("/help/en/camp-fire")).status_code == 404
    assert (await post(lena, "restore", **where, version=999)).status_code == 404


async def test_a_shipped_article_is_edited_and_its_file_stays(
    server: Server, lena: DeskAgent
) -> None:
    assert server.parts is not None
    knowledge = server.parts.services.knowledge
    before = knowledge.article("delivery-cost", "en")
    assert before is not None
    draft = {
        "lang": "en", "id": "delivery-cost", "title": "What delivery costs", "topic": "delivery",
        "questions": list(before.questions), "body": before.body,
    }  # fmt: skip
    assert (await post(lena, "save", **draft)).status_code == 200
    assert "What delivery costs" in (await lena.client.get("/help/en/delivery-cost")).text
    assert "Delivery charges in Japan" in (knowledge.folder / before.file).read_text("utf-8")
    # Another server, which was told nothing, sees it at its next look.
    again = Server(server.settings, ScriptedBrain(), server.clock, own_articles=True)
    await again.start()
    assert again.parts is not None
    found = again.parts.services.knowledge.article("delivery-cost", "en")
    assert found is not None
    assert found.title == "What delivery costs"
    await again.stop()


async def test_an_expired_article_is_gone_for_customers_only(
    server: Server, lena: DeskAgent
) -> None:
    for day, status in (("2099-01-01", 200), ("2020-01-01", 404)):
        draft = {**CAMPING, "id": f"until-{day}", "expires": day}
        assert (await post(lena, "save", **draft)).status_code == 200
        assert (await lena.client.get(f"/help/en/until-{day}")).status_code == status
    listed = (await lena.client.get(f"{DESK}/articles")).json()["articles"]
    assert {a["id"]: a["in_force"] for a in listed if a["id"].startswith("until-")} == {
        "until-2099-01-01": True,
        "until-2020-01-01": False,
    }


@pytest.mark.parametrize(
    ("change", "code", "what"),
    [
        ({"body": "## Begins with a heading\nno"}, "malformed", "must begin with a paragraph"),
        ({"body": "See [this](no-such-article)."}, "malformed", "en/camp-fire.md:"),
        ({"topic": "Not A Slug"}, "malformed", "topic"),
        ({"id": "../../etc"}, "invalid", "lower-case"),
        ({"id": "Camp"}, "invalid", "lower-case"),
        ({"questions": []}, "invalid", "question"),
        ({"expires": "soon"}, "invalid", "expires"),
        ({"lang": "fr"}, "invalid", "lang"),
    ],
)
async def test_a_draft_that_cannot_be_used_is_refused_with_its_place(
    server: Server, lena: DeskAgent, change: dict[str, Any], code: str, what: str
) -> None:
    for path in ("save", "preview", "try"):
        response = await post(lena, path, **{**CAMPING, **change})
        assert response.status_code == 422, response.text
        assert what in response.text
    assert (
        await server.db.reading(
            lambda c: c.exec_driver_sql("SELECT count(*) FROM edits").scalar_one()
        )
        == 0
    )


async def test_a_draft_is_previewed_and_tried_without_being_seen(
    server: Server, lena: DeskAgent
) -> None:
    await miss(server, "may I hang the iron kettle over a camp fire", "do you sell violins")
    seen = (await post(lena, "preview", **CAMPING)).json()
    assert seen["answer"].startswith("Please don't put our kettles on an open fire")
    assert "<h2>Instead</h2>" in seen["html"]
    assert "<script>" not in seen["html"]
    found = (await post(lena, "try", **CAMPING)).json()
    assert found["answers"] == ["may I hang the iron kettle over a camp fire"]
    assert found["asked"] == 2
    assert server.parts is not None
    cost = server.parts.services.knowledge.article("delivery-cost", "en")
    assert cost is not None
    greedy = {**CAMPING, "questions": list(cost.questions)}
    took = (await post(lena, "try", **greedy)).json()["takes"]
    # Where two are alike customers are asked, and the neighbours lose theirs.
    assert {one["from"] for one in took} & {"delivery-cost", "delivery-abroad"}
    assert (await lena.client.get("/help/en/camp-fire")).status_code == 404


async def test_missed_questions_are_grouped_and_put_into_an_article(
    server: Server, lena: DeskAgent
) -> None:
    await miss(
        server, "can I pick my order up at the shop in Kyoto", "violins?",
        "can i pick up my order at the kyoto shop", "my mail is mei@shop.example, can I pick up",
    )  # fmt: skip
    page = (await lena.client.get("/desk/learning")).text
    assert page.index("pick") < page.index("violins?")
    found = (await lena.client.get(f"{DESK}/missed-questions")).json()["questions"]
    picks = [one for one in found if "pick" in one["text"]]
    body = {
        "lang": "en", "id": "pickup-points", "questions": [one["text"] for one in picks],
        "missed": [one["id"] for one in picks],
    }  # fmt: skip
    done = await post(lena, "questions", **body)
    assert done.json() == {"added": True, "settled": 3}, done.text
    assert server.parts is not None
    article = server.parts.services.knowledge.article("pickup-points", "en")
    assert article is not None
    assert "can I pick my order up at the shop in Kyoto" in article.questions
    assert not any("mei@shop.example" in question for question in article.questions)
    left = (await lena.client.get(f"{DESK}/missed-questions", params={"state": "open"})).json()
    assert [one["text"] for one in left["questions"]] == ["violins?"]
    again = await post(lena, "questions", **{**body, "missed": []})
    assert again.json() == {"added": False, "settled": 0}
    wrong = await post(lena, "questions", **{**body, "id": "no-such"})
    assert wrong.status_code == 404


async def test_questions_never_go_over_what_was_saved_meanwhile(
    server: Server, lena: DeskAgent
) -> None:
    """Somebody saves another version after the article was read and before it is written."""
    await miss(server, "can the kettle go into an oven")
    missed = (await lena.client.get(f"{DESK}/missed-questions")).json()["questions"]
    first = (await post(lena, "save", **CAMPING)).json()["version"]
    body = {
        "lang": "en", "id": "camp-fire", "questions": ["can the kettle go into an oven"],
        "missed": [missed[0]["id"]],
    }  # fmt: skip
    assert server.parts is not None
    knowledge = server.parts.services.knowledge
    check = knowledge.checked

    def slowly(*texts: Any) -> Any:
        save = edited.save
        server.db.write(
            lambda tx: save(tx, "en/camp-fire.md", "", lena.me["id"], first, server.clock())
        )
        return check(*texts)

    knowledge.checked = slowly  # type: ignore[method-assign]
    refused = await post(lena, "questions", **body)
    knowledge.checked = check  # type: ignore[method-assign]
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "edited")
    left = (await lena.client.get(f"{DESK}/missed-questions", params={"state": "open"})).json()
    assert len(left["questions"]) == 1
    assert (await post(lena, "questions", **body)).status_code == 404  # it is gone, as was saved


async def test_articles_are_for_leads(server: Server) -> None:
    aya = await server.agent("Aya")
    for path in ("save", "preview", "try", "restore", "questions"):
        assert (await post(aya, path, **CAMPING)).status_code == 403
    for page in ("articles", "articles/new", "articles/en/delivery-cost", "learning"):
        assert (await aya.client.get(f"/desk/{page}")).status_code == 403
