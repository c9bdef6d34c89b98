"""Pictures of a running product, for the README: a chat on the shop page, and the desk.

    .venv/bin/python -m tests.browser.screenshots http://127.0.0.1:8080 EMAIL < password

Needs Chromium (`make test` installs it).
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
CHATS = {
    "en": (
        "do you ship to Canada, and how much is it?",
        "my teapot arrived broken, order HN-10195",
        "I'd like to talk to a person",
    ),
    "ja": (
        "送料はいくらですか",
        "届いた湯呑みが欠けていました。HN-10195です",
        "担当者の方とお話しできますか",
    ),
}


def chat(page: Page, base: str, lang: str) -> None:
    page.goto(f"{base}/?lang={lang}")
    page.locator("omotenashi-chat").get_by_role("button").first.click()
    box = page.locator("omotenashi-chat").get_by_role("textbox")
    for text in CHATS[lang]:
        box.fill(text)
        box.press("Enter")
        page.wait_for_timeout(2500)


def main(base: str, email: str, password: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for lang, name in (("en", "chat.png"), ("ja", "chat-ja.png")):
            page = browser.new_page(viewport={"width": 1180, "height": 800})
            chat(page, base, lang)
            page.screenshot(path=IMAGES / name)
        page = browser.new_page(viewport={"width": 390, "height": 780})
        chat(page, base, "ja")
        page.screenshot(path=IMAGES / "chat-phone.png")
        desk = browser.new_page(viewport={"width": 1440, "height": 860})
        desk.goto(f"{base}/desk/")
        desk.locator("input[type=email]").fill(email)
        desk.locator("input[type=password]").fill(password)
        desk.keyboard.press("Enter")
        desk.wait_for_timeout(2500)
        desk.get_by_text("Visitor").first.click()
        desk.wait_for_timeout(2500)
        desk.screenshot(path=IMAGES / "desk.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2], sys.stdin.readline().rstrip("\n"))
