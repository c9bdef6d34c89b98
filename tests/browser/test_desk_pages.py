"""Every page of the desk, in both languages, light and dark, wide and on a phone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.desk_gallery import SIGHTS
from tests.browser.desk_pages import (
    AGENTS,
    LEADS,
    PAGES,
    REFUSED,
    SIGN_IN,
    Desk,
    furnish,
    opened,
    running,
)

pytestmark = pytest.mark.browser
# A key of the interface's words in place of the word, or a value that isn't there.
UNTRANSLATED = re.compile(
    r"\b(?:undefined|NaN)\b|^\s*None\s*$|\[object Object\]|\b[a-z_]+\.[a-z_]+\.[a-z_]+",
    re.MULTILINE,
)
# Names of the shop's own files, and addresses, may look like one.
NOT_WORDS = re.compile(r"\S+\.(?:yml|md|example)\b|https?://\S+|www\.\S+")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, articles_cache: Path) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "cache").symlink_to(articles_cache)
    with running(folder) as found:
        furnish(found)
        yield found


def faults(page: Page) -> list[object]:
    """What axe finds, what is cut off at the side, and what nobody has put into words."""
    found: list[object] = [
        (one["id"], one["nodes"][0]["html"][:200]) for one in Axe().run(page).response["violations"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("scrolls sideways")
    said = page.evaluate(
        "[...document.querySelectorAll('main *')].filter((e) => !e.closest('textarea, pre, .text'))"
        ".flatMap((e) => [...e.childNodes]).filter((n) => n.nodeType === 3)"
        ".map((n) => n.textContent).join('\\n')"
    )
    return [*found, *UNTRANSLATED.findall(NOT_WORDS.sub("", said))]


@pytest.mark.parametrize("sight", SIGHTS)
def test_nothing_is_wrong_with_any_page(chromium: Browser, desk: Desk, sight: str) -> None:
    lang, view, scheme = SIGHTS[sight]
    complaints: list[str] = []
    told: dict[str, list[object]] = {}
    lead = opened(chromium, desk, LEADS[lang], view, scheme)
    agent = opened(chromium, desk, AGENTS[lang], view, scheme)
    lead.on("pageerror", lambda error: complaints.append(str(error)))
    places = [(name, lead, path) for name, path in PAGES.items()]
    for name, page, path in (*places, ("refused", agent, REFUSED), ("sign-in", agent, SIGN_IN)):
        if name == "sign-in":
            page.goto("about:blank")  # a page of the desk would go to the sign-in by itself
            page.context.clear_cookies()
        page.goto("/desk/" + path.format(lang=lang, **desk))
        expect(page.locator("main")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", lang)
        if name == "conversation":
            expect(page.locator(".write textarea, .talk-head").first).to_be_visible()
        if found := faults(page):
            told[name] = found
    lead.context.close()
    agent.context.close()
    assert told == {}
    assert complaints == []
