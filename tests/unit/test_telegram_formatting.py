"""What Telegram is sent: HTML that can't break, in pieces that it takes."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.telegram.formatting import Rich, Span, as_html, keyboard, pieces, rich
from support.values import Author, Button, Message
from tests.contract.telegram_bot_api import shown

ZONE = ZoneInfo("Asia/Tokyo")


def message(text: str = "Hello", author: Author = Author.BOT, **values: Any) -> Message:
    made: dict[str, Any] = {"kind": "text", **values}
    return Message(1, 1, "t", "c", author, text=text, created_at=datetime.now(UTC), **made)


def html(said: Message, lang: str = "en", base_url: str | None = "https://shop.example") -> str:
    return "".join(pieces(rich(said, base_url, lang, ZONE)))


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "a & b &amp; c", "<b>not bold", "**stars** _and_ [x](y)", "</a>"],
)
def test_what_is_typed_is_shown_as_typed(text: str) -> None:
    assert shown(html(message(text))) == text
    assert shown(html(message(text, Author.AGENT, agent_name="A<y>a"))) == f"A<y>a: {text}"
    assert shown(html(message(text, Author.CUSTOMER))) == f"You, on the website:\n{text}"


def test_an_article_leads_to_its_page() -> None:
    data = {"title": "Tea & cups", "url": '/help/en/"cups"'}
    made = html(message("Like this.", kind="article", data=data))
    assert made == (
        'Like this.\n\n<a href="https://shop.example/help/en/&quot;cups&quot;">Tea &amp; cups</a>'
    )
    assert html(message("Like this.", kind="article", data=data), base_url=None) == "Like this."
    # A page that is elsewhere stays there.
    outside = {"title": "The post", "url": "https://post.example/x"}
    assert 'href="https://post.example/x"' in html(message(kind="article", data=outside))


STEPS = [
    {"label": "Being prepared", "done": True, "at": "2026-11-01T16:00:00+00:00"},
    {"label": "Sent", "done": True, "at": "2026-11-03"},
    {"label": "Delivered", "done": False, "at": None},
]


def test_the_way_of_an_order_is_readable() -> None:
    said = message("On its way.", kind="order", data={"number": "HN-10234", "steps": STEPS})
    assert shown(html(said)).splitlines() == [
        "On its way.",
        "",
        "✓ Being prepared (2 Nov)",
        "● Sent (3 Nov)",
        "○ Delivered",
    ]
    assert "<b>● Sent (3 Nov)</b>" in html(said)
    assert "● Sent（11月3日）" in shown(html(said, "ja"))


@pytest.mark.parametrize("steps", [None, [], "x", [{}], [{"at": "never", "label": 5}]])
def test_strange_steps_break_nothing(steps: Any) -> None:
    assert shown(html(message("On its way.", kind="order", data={"steps": steps}))).startswith(
        "On its way."
    )


def test_short_titles_share_a_row() -> None:
    titles = ("Green tea", "1", "2", "3", "4", "5", "6", "Other")
    rows = keyboard(tuple(Button(f"id-{t}", t) for t in titles))
    assert [[title for title, _ in row] for row in rows] == [
        ["Green tea"],
        ["1", "2", "3", "4", "5"],
        ["6"],
        ["Other"],
    ]


TEXTS = st.text(st.sampled_from("ab<&>\"' \n。.茶😀"), max_size=120)


@given(st.lists(st.tuples(TEXTS, st.booleans()), max_size=8), st.integers(20, 60))
def test_pieces_are_whole_and_short_enough(parts: list[tuple[str, bool]], longest: int) -> None:
    whole = Rich("")
    for text, is_marked in parts:
        marked = text[:10] if is_marked else ""
        whole += Rich(marked, (Span(0, len(marked), "b"),) if marked else ())
        whole += Rich(text[len(marked) :])
    made = pieces(whole, longest)
    for piece in made:
        assert len(shown(piece).encode("utf-16-le")) // 2 <= longest
    joined = "".join("".join(shown(piece) for piece in made).split())
    assert joined == "".join(whole.text.split())


def test_a_cut_never_goes_through_a_link() -> None:
    link = Span(15, 25, "a", "https://shop.example/")
    first, second = pieces(Rich("x" * 15 + "y" * 10 + "z" * 10, (link,)), 20)
    assert first == "x" * 15
    assert second == '<a href="https://shop.example/">yyyyyyyyyy</a>zzzzzzzzzz'
    assert as_html(Rich("a<b")) == "a&lt;b"
