"""A lead's day in a real browser: found, reviewed, learned from, written."""

# ruff: noqa: F811 - the fixtures of the desk are these tests' own too

import re
import time
from typing import Literal

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.test_desk import Open, desk, sign_in  # noqa: F401 - fixtures
from tests.harness import PATIENCE_S

pytestmark = pytest.mark.browser
Desk = dict[str, str]


@pytest.fixture(autouse=True, scope="module")
def articles_are_read(desk: Desk) -> None:
    """A first start makes the vectors of all articles; these pages wait for them."""
    for _ in range(600):
        found = httpx.get(f"{desk['url']}/readyz", trust_env=False, timeout=PATIENCE_S).json()
        if found["dependencies"]["knowledge"] == "ready":
            return
        time.sleep(0.2)


def test_a_search_is_kept_and_found_again(sign_in: Open) -> None:
    page = sign_in("lena", path="/desk/transcripts")
    page.goto("/desk/transcripts")
    page.get_by_label("Words").fill("急須")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile(r"/desk/transcripts\?q=[^&]+$"))
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Save this search").click()
    page.get_by_label("Name").fill("Teapots")
    page.get_by_role("button", name="Save", exact=True).click()
    kept = page.get_by_role("navigation", name="Saved searches")
    expect(kept.get_by_role("link", name="Teapots")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Reset").click()
    kept.get_by_role("link", name="Teapots").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    kept.get_by_role("button", name="Remove the search “Teapots”").click()
    expect(page.get_by_role("link", name="Teapots")).to_have_count(0)


def test_a_review_reaches_learning(sign_in: Open, desk: Desk) -> None:
    page = sign_in("lena")
    page.goto(f"/desk/transcripts/{desk['puzzled']}")
    page.locator(".line.customer").get_by_role("button", name="Review this message").click()
    form = page.locator("#review")
    form.get_by_label("Right intent").select_option("feedback_idea")
    expect(form.get_by_label("Verdict")).to_have_value("wrong_intent")
    form.get_by_role("radiogroup", name="Was warm and clear").get_by_label("yes").check()
    form.get_by_label("Comment").fill("An idea, not a question.")
    form.get_by_role("button", name="Save the review").click()
    expect(page.locator("#saved")).to_have_text("Saved. Thank you.")
    page.get_by_role("link", name="Learning").click()
    lesson = page.locator("[data-review]").filter(has_text="camp fire")
    expect(lesson).to_contain_text("An idea")
    lesson.get_by_role("button", name="Learn it").click()
    expect(lesson).to_have_count(0)
    page.reload()
    # Whether a message is learned from or held back is its own text's chance.
    told = re.compile(r"^1 messages to learn from|, 1 held back")
    expect(page.locator("#train + p")).to_contain_text(told)


def test_a_missed_question_becomes_an_article(sign_in: Open, desk: Desk) -> None:
    page = sign_in("lena")
    page.goto("/desk/learning")
    group = page.locator(".group").filter(has_text="camp fire")
    group.get_by_role("link", name="Write the article").click()
    expect(page.get_by_label("Questions it answers")).to_have_value(
        "can the kettle go on an open camp fire"
    )
    page.get_by_label("Short name in addresses").fill("camp-fire")
    page.get_by_label("Title").fill("Kettles over an open fire")
    page.get_by_label("Topic").fill("products")
    page.get_by_label("Text").fill("Please don't: the enamel inside an iron kettle cracks.")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#result")).to_contain_text("Missed questions it now answers: 1 of 1")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#result .in-chat")).to_contain_text("the enamel inside")
    page.get_by_role("button", name="Save and publish").click()
    expect(page).to_have_url(re.compile("/desk/articles/en/camp-fire$"))
    expect(page.get_by_text("in force")).to_be_visible()
    page.goto("/help/en/camp-fire")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kettles over an open fire")


def test_an_agent_reads_what_is_meant_for_them(sign_in: Open, desk: Desk) -> None:
    lead = sign_in("lena")
    lead.goto(f"/desk/transcripts/{desk['asked']}")
    csrf = lead.locator("meta[name=desk-csrf]").get_attribute("content")
    agents = lead.request.get("/api/v1/desk/agents").json()["agents"]
    aya = next(one["id"] for one in agents if one["name"] == "Aya Mori")
    made = lead.request.post(
        f"/api/v1/desk/conversations/{desk['asked']}/review",
        data={"verdict": "good", "comment": "Lovely.", "to_agent": aya},
        headers={"X-CSRF-Token": csrf or ""},
    )
    assert made.status == 201
    page = sign_in("aya")
    page.locator("#menu summary").click()
    page.get_by_role("link", name="Feedback for me").click()
    expect(page.get_by_text("Lovely.")).to_be_visible()
    page.get_by_role("button", name="Read, thank you").click()
    expect(page.get_by_text("Read", exact=True).first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_reports_and_transcripts_are_whole_on_paper(
    sign_in: Open, desk: Desk, scheme: Literal["light", "dark"]
) -> None:
    page = sign_in("lena", {"width": 794, "height": 1123})  # A4
    page.emulate_media(media="print", color_scheme=scheme)
    for path, dark in (
        ("reports", ".rows th a"),
        (f"transcripts/{desk['angry']}", ".summary-box a"),
    ):
        page.goto(f"/desk/{path}")
        for link in page.locator(dark).all():
            color = link.evaluate("one => getComputedStyle(one).color")
            assert max(map(int, re.findall(r"\d+", color)[:3])) < 110, color
        assert page.locator(dark).count() > 1
        assert page.evaluate("document.documentElement.scrollWidth") <= 794
        expect(page.get_by_role("navigation", name="Desk")).to_be_hidden()
    page.goto("/desk/reports")
    line = page.locator(".chart-line").evaluate("one => getComputedStyle(one).stroke")
    assert line == "rgb(30, 74, 60)"


def test_the_wall_is_filled_and_follows_what_happens(sign_in: Open, desk: Desk) -> None:
    page = sign_in("lena")
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/desk/overview?wall=1")
    tiles = page.locator("#now > .figure")
    expect(tiles).to_have_count(7)
    boxes = [box for box in (tile.bounding_box() for tile in tiles.all()) if box]
    ends = [box["y"] + box["height"] for box in boxes]
    assert 1040 < max(ends) <= 1080
    # What is looked at first is the largest: how many wait, and for how long.
    waiting, longest, *others = (box["width"] * box["height"] for box in boxes)
    assert min(waiting, longest) > 1.2 * min(others)
    before = int(page.locator("[data-at=waiting]").inner_text())
    visitor = page.request.post("/api/v1/visitor/session", data={"lang": "en"}).json()
    page.request.post(
        "/api/v1/visitor/messages",
        data={"client_id": "wall-1", "text": "a person please"},
        headers={"Authorization": f"Bearer {visitor['token']}"},
    )
    expect(page.locator("[data-at=waiting]")).to_have_text(str(before + 1))
    expect(page.locator(".at-longest")).to_contain_text("aim")
