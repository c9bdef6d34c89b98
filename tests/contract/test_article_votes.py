""" "Was this helpful?" below an article, over HTTP: counted once a reader, on both databases."""

from pathlib import Path

from support.knowledge import votes as article_votes
from support.knowledge.leaning import AllVotes, Votes
from tests.harness import ScriptedBrain, Server, TestClock, settings_for

PAGE = "/help/en/return-how"


def _counted(server: Server) -> AllVotes:
    return server.db.read(article_votes.counted)


async def test_a_readers_word_is_counted_once(
    tmp_path: Path, database_url: str, articles_cache: Path
) -> None:
    (tmp_path / "cache").symlink_to(articles_cache)
    settings = settings_for(tmp_path, database_url).model_copy(update={"limits": "on"})
    server = Server(settings, ScriptedBrain(), TestClock())
    await server.start()
    web = server.visitor().client
    asked = await web.get(PAGE)
    assert 'name="answer" value="no"' in asked.text

    for _ in range(2):
        answer = await web.post(f"{PAGE}/helpful", data={"answer": "no"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?told=no")
    thanked = await web.get(f"{PAGE}?told=no")

    assert "a person will answer you" in thanked.text
    assert 'name="answer"' not in thanked.text
    assert _counted(server) == {("en", "return-how"): Votes(0, 1)}
    await server.stop()


async def test_what_is_no_readers_word_counts_nothing(server: Server) -> None:
    web = server.visitor().client
    assert (await web.post(f"{PAGE}/helpful", data={"answer": "<b>"})).status_code == 303
    assert (await web.post(f"{PAGE}/helpful")).status_code == 303
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    await web.post(f"{PAGE}/helpful", data={"answer": "yes"}, headers=elsewhere)
    assert (await web.post("/help/en/nothing/helpful", data={"answer": "yes"})).status_code == 404

    assert _counted(server) == {}
