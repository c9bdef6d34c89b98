"""Every page of the desk as a picture, to be looked at:

    .venv/bin/python -m tests.browser.desk_gallery FOLDER [PART-OF-A-NAME]

in both languages, light and dark, on a desktop and on a phone. Needs Chromium (`make test`
installs it).
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import chromium_path
from tests.browser.desk_pages import (
    AGENTS,
    DESKTOP,
    LEADS,
    PAGES,
    PHONE,
    REFUSED,
    SIGN_IN,
    furnish,
    opened,
    running,
)

# name: language, size and scheme.
SIGHTS = {
    "en-light": ("en", DESKTOP, "light"),
    "ja-dark": ("ja", DESKTOP, "dark"),
    "ja-phone": ("ja", PHONE, "light"),
    "en-phone-dark": ("en", PHONE, "dark"),
}


def main(folder: Path, part: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        running(Path(data)) as desk,
        sync_playwright() as playwright,
    ):
        furnish(desk)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        for sight, (lang, view, scheme) in SIGHTS.items():
            lead = opened(browser, desk, LEADS[lang], view, scheme)
            agent = opened(browser, desk, AGENTS[lang], view, scheme)
            places = [(name, lead, path) for name, path in PAGES.items()]
            places.append(("refused", agent, REFUSED))
            agents_reviews = ("feedback-of-agent", agent, "feedback")
            for name, page, path in (*places, agents_reviews, ("sign-in", agent, SIGN_IN)):
                if part not in f"{name}-{sight}":
                    continue
                if name == "sign-in":
                    page.goto("about:blank")  # a page of the desk would go there by itself
                    page.context.clear_cookies()
                page.goto("/desk/" + path.format(lang=lang, **desk))
                page.wait_for_timeout(700)
                # What scrolls in itself is shown as it stands; a page is shown to its end.
                whole = name not in ("console", "conversation")
                page.screenshot(path=folder / f"{name}-{sight}.png", full_page=whole)
            lead.context.close()
            agent.context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
