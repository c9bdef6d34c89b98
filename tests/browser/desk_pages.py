"""Every page of the desk by name, a running desk with something on each, and who looks at it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page

from tests.harness import PATIENCE_S

Desk = dict[str, str]
# Where the server says when it is; what it says is no secret.
SCRIPT = Path(__file__).with_name("desk_server.py")
LEADS = {"en": "lena", "ja": "reika"}
AGENTS = {"en": "aya", "ja": "kenji"}
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# name: path; "{angry}" and the like are conversations.
PAGES = {
    "console": "",
    "conversation": "c/{angry}",
    "tasks": "tasks",
    "notices": "notices",
    "transcripts": "transcripts",
    "transcripts-none": "transcripts?q=zebra",
    "transcript": "transcripts/{angry}",
    "transcript-ja": "transcripts/{broken}",
    "review": "review",
    "learning": "learning",
    "articles": "articles",
    "article": "articles/en/delivery-cost",
    "article-new": "articles/new?lang=ja",
    "overview": "overview",
    "wall": "overview?wall=1",
    "reports": "reports",
    "reports-topic": "reports?by=topic",
    "reports-behind": "reports/behind?figure=handed_over",
    "voices": "voices",
    "people": "people",
    "playbook": "playbook",
    "playbook-file": "playbook/messages",
    "audit": "audit",
    "feedback": "feedback",
    "account": "account",
}
# What an agent may not open, and what nobody has signed in for.
REFUSED = "people"
SIGN_IN = "sign-in?lang={lang}"


@contextmanager
def running(folder: Path) -> Iterator[Desk]:
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdout.close()
        process.terminate()
        process.wait()


def furnish(desk: Desk) -> None:
    """Something on the pages that are empty at first: reviews, a notice, a search, a task."""
    api = f"{desk['url']}/api/v1/desk"
    with httpx.Client(trust_env=False, timeout=PATIENCE_S) as lead:
        body = {"email": "lena@example.com", "password": desk["password"]}
        lead.headers["X-CSRF-Token"] = lead.post(f"{api}/login", json=body).json()["csrf"]
        people = {a["name"]: a["id"] for a in lead.get(f"{api}/agents").json()["agents"]}

        def do(path: str, **values: Any) -> None:
            answer = lead.post(f"{api}/{path}", json=values)
            assert answer.is_success, answer.text

        for name, values in (
            ("puzzled", {"verdict": "wrong_intent", "seq": 1, "intent": "feedback_idea"}),
            ("puzzled", {"verdict": "no_answer", "seq": 2}),
            ("bot", {"verdict": "wrong_answer", "seq": 2, "article": "delivery-cost"}),
            ("angry", {"verdict": "late_handover", "score": 2, "comment": "Earlier, please.",
                       "scorecard": {"understood": 2, "warm": 1}, "to_agent": people["Aya Mori"]}),
            ("angry", {"verdict": "good", "comment": "とても丁寧でした。", "score": 5,
                       "to_agent": people["田中 健二"]}),
        ):  # fmt: skip
            do(f"conversations/{desk[name]}/review", **values)
        until = (datetime.now(UTC) + timedelta(days=400)).isoformat()
        texts = {
            "en": "Parcels to Hokkaido take two days longer because of snow.",
            "ja": "大雪のため、北海道へのお届けに2日ほど余分にお時間をいただいております。",
        }
        do("notices", text=texts, topic="delivery", until=until)
        do("searches", name="Teapots", query="q=急須")
        do(f"conversations/{desk['asked']}/claim")
        note = "@Aya Mori bulk orders are yours, aren't they?"
        do(f"conversations/{desk['asked']}/note", client_id="gallery-note", text=note)


def sign_in(context: BrowserContext, desk: Desk, who: str) -> None:
    """Not by the page's form, which has a test of its own."""
    body = {"email": f"{who}@example.com", "password": desk["password"]}
    response = context.request.post("/api/v1/desk/login", data=body)
    assert response.ok, response.text()


def opened(
    browser: Browser, desk: Desk, who: str, view: dict[str, int], scheme: str = "light"
) -> Page:
    """A page of somebody who has signed in."""
    context = browser.new_context(
        viewport=view,  # type: ignore[arg-type]  # a dict is what it is
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        base_url=desk["url"],
    )
    context.set_default_timeout(1000 * PATIENCE_S)
    sign_in(context, desk, who)
    page = context.new_page()
    page.goto("/desk/")
    return page
