"""What a widget test holds in its hands: the stand-in server, and the chat on a page."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.harness import PATIENCE_S


def eventually(check: Callable[[], bool]) -> None:
    """For what no locator sees. (Playwright's wait_for_function is stopped by a strict policy.)"""
    end = time.monotonic() + PATIENCE_S
    while not check():
        assert time.monotonic() < end
        time.sleep(0.03)


@dataclass(frozen=True)
class Shop:
    """The stand-in server of fake_server.py, steered from outside."""

    url: str
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=PATIENCE_S))

    def _steer(self, what: str, said: Any = None) -> Any:
        response = self.client.post(f"{self.url}/test/{what}", json=said or {})
        response.raise_for_status()
        return response.json() if response.content else None

    def _tell(self, what: str, said: Any = None) -> None:
        """What is lost on whoever doesn't listen yet."""
        eventually(lambda: self.log()["streams"] > 0)
        self._steer(what, said)

    def reset(self) -> None:
        self._steer("reset")

    def say(self, author: str, text: str, **more: Any) -> int:
        seq: int = self._steer("say", {"author": author, "body": text, **more})["seq"]
        return seq

    def change(self, seq: int, **changed: Any) -> None:
        self._tell("update", {"seq": seq, **changed})

    def state(self, state: str, **more: Any) -> None:
        self._steer("state", {"state": state, **more})

    def event(self, name: str, **data: Any) -> None:
        self._tell("event", {"event": name, "data": data})

    def fault(self, where: str, **how: Any) -> None:
        self._steer("fault", {"where": where, **how})

    def heal(self) -> None:
        self._steer("heal")

    def take_slots(self, *at: str) -> None:
        self._steer("take", list(at))

    def drop_streams(self) -> None:
        self._tell("drop")

    def fall_silent(self, silent: bool = True) -> None:
        self._tell("silent", silent or None)

    def expire_tokens(self) -> None:
        self._steer("expire")

    def log(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"{self.url}/test/log").json()
        return found

    @property
    def texts(self) -> list[str]:
        """What the server has stored, over all threads."""
        found: list[str] = self.log()["texts"]
        return found

    def requests(self, name: str) -> list[dict[str, Any]]:
        """Requests so far, by the beginning of e.g. 'POST /api/v1/visitor/messages'."""
        verb, _, path = name.partition(" ")
        begin = f"{verb} /api/v1/visitor/{path}"
        return [r for r in self.log()["requests"] if r["name"].startswith(begin)]


@contextmanager
def stand_in() -> Iterator[Shop]:
    """The stand-in server in a process of its own, as long as it is needed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.browser.fake_server", str(port)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    shop = Shop(f"http://127.0.0.1:{port}")

    def answers() -> bool:
        assert process.poll() is None
        try:
            return bool(shop.log())
        except httpx.TransportError:
            return False

    try:
        eventually(answers)
        yield shop
    finally:
        shop.client.close()
        process.terminate()
        process.wait()


@dataclass(frozen=True)
class Chat:
    """The widget on a page, found as a customer finds it: by role and name."""

    page: Page
    shop: Shop

    def visit(self, **query: str) -> "Chat":
        self.page.goto(str(httpx.URL(self.shop.url, params=query)))
        expect(self.launcher).to_be_visible()
        return self

    def without_time(self) -> "Chat":
        """Said before the page is there: its time passes only where a test says so."""
        now = datetime.now(UTC)
        self.page.clock.install(time=now - timedelta(hours=1))
        self.page.clock.pause_at(now)
        return self

    def open(self, **query: str) -> "Chat":
        self.visit(**query)
        self.launcher.click()
        expect(self.panel).to_be_visible()
        eventually(lambda: bool(self.page.evaluate("localStorage['omotenashi:token']")))
        return self

    @property
    def launcher(self) -> Locator:
        return self.page.locator("omotenashi-chat .launcher")

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def field(self) -> Locator:
        return self.panel.get_by_role(
            "textbox", name=re.compile("Write a message|メッセージを入力")
        )

    @property
    def log(self) -> Locator:
        return self.panel.get_by_role("log")

    @property
    def bubbles(self) -> Locator:
        return self.log.locator(".bubble")

    def button(self, name: str) -> Locator:
        return self.panel.get_by_role("button", name=name, exact=True)

    def offer(self, name: str, **attributes: str) -> Locator:
        """An entry of the menu, which has what was known when it was opened: opened anew until
        it is there, with these attributes."""
        entry, opener = self.button(name), self.panel.locator("header .icon").first

        def offered() -> bool:
            if opener.get_attribute("aria-expanded") == "true":
                opener.click()
            opener.click()
            return entry.count() > 0 and all(
                entry.get_attribute(key) == value for key, value in attributes.items()
            )

        eventually(offered)
        return entry

    def write(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def tell(self, text: str) -> None:
        """Written, and at the shop before anything that comes after it."""
        self.write(text)
        eventually(lambda: text in self.shop.texts)

    def shows(self, *texts: str) -> None:
        """Exactly these messages, in this order."""
        expect(self.bubbles).to_have_text(list(texts))

    def shows_last(self, text: str) -> None:
        expect(self.bubbles.last).to_have_text(text)
