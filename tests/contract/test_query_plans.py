"""No everyday statement reads a whole table that grows, or a whole index of it: what costs nothing
with a hundred conversations would take seconds with a million."""

import re

import pytest

from tests.contract.desk_scenes import a_shop_at_noon
from tests.harness import Server, handover
from tests.query_plans import heard, plan, scans

DESK = "/api/v1/desk"
READ = (
    *(f"{DESK}/{path}" for path in (
        "counts", "outbox", "review-queue", "reports/figures", "reports/voices",
        "reports/overview", "missed-questions?state=open", "tasks", "agents",
        "conversations?state=queued&sort=queue", "conversations?state=queued,assigned&snoozed=0",
        "conversations?state=assigned&agent=me", "conversations?snoozed=1", "conversations",
        "conversations?state=resolved&channel=telegram", "conversations?q=kettle",
        "conversations?state=resolved&lang=ja&reason=angry", "conversations?failed=1",
        "conversations?state=resolved&agent=1", "conversations?tier=grove&rating=1,2&longer=40",
        "conversations?label=wholesale", "export?from=2026-11-01&to=2026-11-01",
    )),
    *(f"/desk/{path}" for path in (
        "transcripts", "overview", "review", "feedback", "reports", "voices", "tasks", "learning",
        "reports/behind?figure=handed_over", "people", "audit", "audit?action=export",
    )),
    "/metrics",
)  # fmt: skip


@pytest.fixture
def database_url(tmp_path_factory: pytest.TempPathFactory, sqlite_template: object) -> str:
    """SQLite alone: without statistics it plans the same whatever is stored."""
    import shutil

    folder = tmp_path_factory.mktemp("plans")
    shutil.copy(str(sqlite_template), folder / "omotenashi.sqlite3")
    return f"sqlite:///{folder / 'omotenashi.sqlite3'}"


async def test_nothing_reads_a_whole_table(server: Server) -> None:
    assert server.parts is not None
    playbook = server.parts.playbook
    shop = await server.db.writing(lambda tx: a_shop_at_noon(tx, playbook, server.clock()))
    server.brain.replies["a person please"] = handover()
    with heard(server.db) as asked:
        lead = await server.agent("Lena", "admin")
        visitor = await server.visitor().arrive(lang="en")
        await visitor.answers("Where is my order?")
        await visitor.answers("a person please")
        id = visitor.conversation_id
        await lead.do(id, "claim")
        await lead.reply(id, "Here I am.")
        for path in (f"{DESK}/conversations/{id}", f"{DESK}/conversations/{id}/messages",
                     f"/desk/transcripts/{shop['angry']}", *READ):  # fmt: skip
            response = await lead.client.get(path)
            assert response.status_code == 200, (path, response.text)
        await lead.do(id, "resolve", reason="solved")
        # What a server does by itself.
        server.clock.push(minutes=10)  # type: ignore[attr-defined]
        await server.tick()
    found = {
        statement: steps
        for statement, values in asked.items()
        if (steps := scans(statement, plan(server.db, statement, values)))
    }
    assert found == {}
    # PostgreSQL would read all there are: a subquery beside an OR opens no index.
    beside = re.compile(r" OR (\S+ IN|EXISTS) \(SELECT")
    assert [one for one in asked if beside.search(" ".join(one.split()))] == []
    assert len(asked) > 100


def test_a_scan_is_seen() -> None:
    assert scans("SELECT * FROM turns WHERE state = ?", ["SCAN turns"])
    assert scans("SELECT * FROM turns", ["SCAN turns USING INDEX ix_turns_done_at"])
    assert scans("SELECT * FROM t LIMIT ?", ["SCAN turns", "USE TEMP B-TREE FOR ORDER BY"])
    assert not scans("SELECT * FROM turns ORDER BY id LIMIT ?", ["SCAN turns"])
    assert not scans("SELECT * FROM turns", ["SCAN turns USING INDEX uq_turns_pending"])
    assert not scans("SELECT * FROM agents", ["SCAN agents"])
    assert scans("SELECT 1", ["  ->  Seq Scan on turns  (cost=0.00..1.00 rows=1 width=1)"])
