"""The desk's pages and readings by their addresses, as leads and agents open them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from benchmarks.stored.generate import NOW

API = "/api/v1/desk"
TODAY = NOW.date()
# A file to take away, not a page: how long it may take depends on how much is taken.
NO_PAGE = ("an export of a day",)


def _query(path: str, **values: Any) -> str:
    given = {name.rstrip("_"): value for name, value in values.items()}
    return f"{path}?{urlencode(given)}" if given else path


def _since(days: int) -> dict[str, str]:
    first: date = TODAY - timedelta(days=days - 1)
    return {"from": first.isoformat(), "to": TODAY.isoformat()}


def pages(one: str, ready: Mapping[str, str]) -> dict[str, str]:
    """Addresses by what they are. `one`: a conversation; `ready`: the parts of addresses that
    depend on the data."""
    listed, past = f"{API}/conversations", {"state": "resolved"}
    found = {
        "queue": _query(listed, state="queued", sort="queue"),
        "queue, over 15 minutes, Japanese": _query(
            listed, state="queued", sort="queue", waiting=15, lang="ja"
        ),
        "mine": _query(listed, state="assigned", agent="me", snoozed=0),
        "all open": _query(listed, state="queued,assigned", snoozed=0),
        "with the assistant": _query(listed, state="bot"),
        "snoozed": _query(listed, snoozed=1),
        "counts beside the views": f"{API}/counts",
        "everything, newest": listed,
        "resolved": _query(listed, **past),
        "resolved, second page": _query(listed, **past, cursor=ready["cursor"]),
        "resolved, deep in the past": _query(listed, **past, cursor=ready["deep"]),
        "resolved, Telegram": _query(listed, **past, channel="telegram"),
        "resolved, Japanese, angry": _query(listed, **past, lang="ja", reason="angry"),
        "resolved, one topic": _query(listed, **past, topic="faq_payment"),
        "resolved, a topic nobody had": _query(listed, **past, topic="nothing"),
        "resolved, a reason nobody had": _query(listed, **past, reason="brain_down"),
        "resolved, Telegram, an agent": _query(listed, **past, channel="telegram", agent=3),
        "resolved, highest tier": _query(listed, **past, tier="grove"),
        "resolved, a label": _query(listed, **past, label="wholesale"),
        "resolved, a label nobody gave": _query(listed, **past, label="nothing"),
        "resolved, rated 1 or 2": _query(listed, **past, rating="1,2"),
        "resolved, a rating nobody gave": _query(listed, **past, rating="2"),
        "resolved, forty messages long": _query(listed, **past, longer=40),
        "the assistant failed": _query(listed, failed=1),
        "the assistant failed, nowhere": _query(
            listed, **past, failed=1, topic="goodbye", label="wholesale", rating="2"
        ),
        "a day a year ago": _query(
            listed, **{"from": TODAY - timedelta(days=365), "to": TODAY - timedelta(days=365)}
        ),
        "search, a common word": _query(listed, q="teapot"),
        "search, three words": _query(listed, q="急須 ひび 交換"),
        "search, an order number": _query(listed, q="HN-48213"),
        "a conversation": f"{listed}/{one}",
        "its messages": f"{listed}/{one}/messages",
        "a conversation of a frequent customer": f"{listed}/{ready['frequent']}",
        "an export of a day": _query(
            f"{API}/export",
            **{"from": TODAY - timedelta(days=300), "to": TODAY - timedelta(days=300)},
        ),
        "page: console": "/desk/",
        "page: transcripts": "/desk/transcripts",
        "page: transcripts, a search": _query("/desk/transcripts", q="teapot"),
        "page: transcripts, the assistant failed": _query("/desk/transcripts", failed=1),
        "page: transcripts, a day": _query(
            "/desk/transcripts", **{"from": TODAY - timedelta(9), "to": TODAY - timedelta(9)}
        ),
        "page: a transcript": f"/desk/transcripts/{one}",
        "page: overview": "/desk/overview",
        "page: overview, a quarter": _query("/desk/overview", **_since(91)),
        "page: overview, a year": _query("/desk/overview", **_since(366)),
        "page: review queue": "/desk/review",
        "page: my reviews": "/desk/feedback",
        "page: reports": "/desk/reports",
        "page: voices": "/desk/voices",
        "page: voices, a year": _query("/desk/voices", **_since(366)),
        "page: tasks": "/desk/tasks",
        "page: tasks, done": _query("/desk/tasks", state="done"),
        "page: notices": "/desk/notices",
        "page: articles": "/desk/articles",
        "page: article": "/desk/articles/en/" + ready["article"],
        "page: learning": "/desk/learning",
        "page: playbook": "/desk/playbook",
        "page: playbook, a file": "/desk/playbook/opening",
        "page: people": "/desk/people",
        "page: audit": "/desk/audit",
        "page: audit, one kind": _query("/desk/audit", action="export"),
        "page: audit, a kind that never was": _query("/desk/audit", action="nothing"),
        "page: account": "/desk/account",
        "deliveries that failed": f"{API}/outbox",
        "missed questions, open": _query(f"{API}/missed-questions", state="open"),
        "saved searches": f"{API}/searches",
    }
    for name, days in (("a day", 1), ("a month", 31), ("a quarter", 91), ("a year", 366)):
        for by in ("channel", "topic", "hour", "agent"):
            found[f"page: reports, {name} by {by}"] = _query("/desk/reports", **_since(days), by=by)
    for figure in ("conversations", "complaints", "first_response"):
        for name, days in (("a month", 31), ("a quarter", 91)):
            found[f"page: behind {figure}, {name}"] = _query(
                "/desk/reports/behind", **_since(days), figure=figure
            )
    found["page: reports, one agent, a quarter"] = _query(
        "/desk/reports", **_since(91), by="agent", part="Agent 3"
    )
    return found
