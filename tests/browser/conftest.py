"""A real Chromium and the stand-in server, each started once for a module."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.shop import Chat, Shop, stand_in
from tests.harness import PATIENCE_S

expect.set_options(timeout=1000 * PATIENCE_S)


# The address bar's lists are a page of their own for every window: two fifths of what one costs.
# Chromium takes the last list only, so those of Playwright's that concern us are in it again.
NOT_NEEDED = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "PreconnectToSearch",
)


def chromium_path() -> str | None:
    """The system's Chromium; None leaves it to Playwright to find its own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


# Not for the whole session: Playwright's event loop would stand in the way of async tests.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=["--no-sandbox", f"--disable-features={','.join(NOT_NEEDED)}"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def shop_process() -> Iterator[Shop]:
    with stand_in() as shop:
        yield shop


@pytest.fixture
def shop(shop_process: Shop) -> Shop:
    shop_process.reset()
    return shop_process


@pytest.fixture
def new_page(chromium: Browser, shop: Shop) -> Iterator[Callable[..., Page]]:
    """Pages in a context of their own, with errors in the page's script as errors of the test."""
    contexts = []
    errors: list[str] = []

    def make(**options: Any) -> Page:
        given = {"locale": "en-US", "timezone_id": "Asia/Tokyo", "reduced_motion": "reduce"}
        context = chromium.new_context(**(given | options))
        context.set_default_timeout(1000 * PATIENCE_S)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()
    assert errors == []
    assert shop.log()["violations"] == []


@pytest.fixture
def chat(new_page: Callable[..., Page], shop: Shop) -> Chat:
    return Chat(new_page(viewport={"width": 1280, "height": 800}), shop)
