"""The widget on the demonstration shop's page, with the product behind it."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.desk_server import IDENTITY_SECRET
from tests.browser.shop import Chat, Shop, eventually
from tests.browser.shop_page import ShopPage, shop_page
from tests.harness import PATIENCE_S

pytestmark = pytest.mark.browser
Arrive = Callable[..., Chat]


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[ShopPage]:
    with shop_page() as page:
        yield page


@pytest.fixture(scope="module")
def product(
    tmp_path_factory: pytest.TempPathFactory, articles_cache: Path, elsewhere: ShopPage
) -> Iterator[dict[str, str]]:
    script = Path(__file__).with_name("desk_server.py")
    folder = tmp_path_factory.mktemp("product")
    (folder / "cache").symlink_to(articles_cache)
    process = subprocess.Popen(
        [sys.executable, str(script), str(folder), elsewhere.origin],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    elsewhere.chat = told["url"]
    yield told
    process.stdout.close()
    process.terminate()
    process.wait()


@pytest.fixture
def arrive(chromium: Browser, product: dict[str, str]) -> Iterator[Arrive]:
    """Customers, each in a browser of their own. Fails if the page's policy was broken."""
    contexts = []
    complaints: list[str] = []

    def made(url: str = product["url"], **options: Any) -> Chat:
        given = {"locale": "en-US", "timezone_id": "Europe/Berlin", "reduced_motion": "reduce"}
        context = chromium.new_context(**(given | options))
        context.set_default_timeout(1000 * PATIENCE_S)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if "policy" in said.text.lower() else None,
        )
        return Chat(page, Shop(url)).open(lang="en")

    yield made
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def aya(product: dict[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{product['url']}/api/v1/desk", timeout=PATIENCE_S) as client:
        body = {"email": "aya@example.com", "password": product["password"]}
        client.headers["X-CSRF-Token"] = client.post("/login", json=body).json()["csrf"]
        yield client


def conversation(page: Page, chat: str = "") -> str:
    """Which one it is, as the server at `chat` names it; the page's own if not given."""
    token = page.evaluate("localStorage['omotenashi:token']")
    state = page.request.get(
        f"{chat or page.evaluate('location.origin')}/api/v1/visitor/messages",
        headers={"Authorization": f"Bearer {token}"},
    )
    return str(state.json()["conversation_id"])


def attach_a_picture(chat: Chat) -> Locator:
    """Where it is then shown."""
    drawn = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(drawn, "PNG")
    with chat.page.expect_file_chooser() as chooser:
        chat.button("Attach a picture or PDF").click()
    chooser.value.set_files(
        [{"name": "lid.png", "mimeType": "image/png", "buffer": drawn.getvalue()}]
    )
    return chat.log.get_by_role("img", name=re.compile("lid"))


def test_a_picture_goes_to_a_person_who_answers(arrive: Arrive, aya: httpx.Client) -> None:
    chat = arrive()
    chat.write("a person please")
    picture = attach_a_picture(chat)
    expect(picture).to_be_visible()
    eventually(lambda: picture.evaluate("c => c.width") > 0)
    number = conversation(chat.page)
    assert aya.post(f"/conversations/{number}/claim").status_code == 200
    heading = chat.panel.get_by_role("heading", level=2)
    expect(heading).to_have_text("Aya Mori")
    reply = {"client_id": "1", "text": "Thank you, I see it."}
    assert aya.post(f"/conversations/{number}/reply", json=reply).status_code == 202
    expect(chat.log).to_contain_text("Thank you, I see it.")
    # All of it is there again after a reload, the picture fetched anew.
    chat.open(lang="en")
    expect(chat.log).to_contain_text("Thank you, I see it.")
    expect(picture).to_have_count(1)
    eventually(lambda: picture.evaluate("c => c.width") > 0)


def test_on_a_page_of_the_shops_own_all_of_it_works(
    arrive: Arrive, aya: httpx.Client, product: dict[str, str], elsewhere: ShopPage
) -> None:
    chat = arrive(elsewhere.origin)
    chat.write("a person please")
    expect(chat.panel).to_contain_text("Options")
    picture = attach_a_picture(chat)
    eventually(lambda: picture.evaluate("c => c.width") > 0)
    chat.button("Options").click()
    chat.button("Call me back").click()
    expect(chat.panel.get_by_role("combobox", name="Time")).to_be_visible()
    number = conversation(chat.page, product["url"])
    assert aya.post(f"/conversations/{number}/claim").status_code == 200
    aya.post(f"/conversations/{number}/reply", json={"client_id": "1", "text": "I see it."})
    expect(chat.log).to_contain_text("I see it.")
    chat.button("More options").click()
    with chat.page.expect_download() as saved:
        chat.button("Download this chat").click()
    assert "I see it." in Path(saved.value.path()).read_text("utf-8")
    # On another page of the shop it is the same conversation.
    chat.page.goto(f"{elsewhere.origin}/cups?page=2")
    chat.launcher.click()
    expect(chat.log).to_contain_text("I see it.")
    chat.button("More options").click()
    chat.button("Delete my data").click()
    chat.button("Delete").click()
    expect(chat.panel).to_contain_text("Your chat and its data have been deleted.")
    assert chat.page.evaluate("Object.keys(localStorage)") == []


def test_what_is_no_picture_is_found_out(arrive: Arrive) -> None:
    chat = arrive()
    with chat.page.expect_file_chooser() as chooser:
        chat.button("Attach a picture or PDF").click()
    page = b"<html><script>alert(1)</script>"
    chooser.value.set_files([{"name": "x.png", "mimeType": "image/png", "buffer": page}])
    expect(chat.panel).to_contain_text(re.compile(r"x\.png (can't be sent|couldn't be read)"))
    expect(chat.bubbles).to_have_count(0)


def test_a_call_is_booked_in_the_customers_time_zone(arrive: Arrive) -> None:
    chat = arrive()
    chat.write("a person please")
    chat.button("Options").click()
    chat.button("Call me back").click()
    card = chat.panel.get_by_role("region", name="You're in line for a person")
    expect(card).to_contain_text("Your time (Europe/Berlin)")
    # The shop is open from 9:00 to 18:00 in Japan: from midnight to 10:00 in Berlin.
    times = card.get_by_role("combobox", name="Time").locator("option").all_text_contents()
    assert times
    assert all(re.fullmatch(r"(12|[1-9]):[03]0\sAM", time) for time in times)
    card.get_by_role("textbox", name="Your phone number").fill("+81 90 1234 5678")
    chat.button("Book").click()
    expect(card).to_contain_text("We'll be in touch")
    chat.button("Options").click()
    card.get_by_role("button", name="Cancel the call").click()
    expect(card).not_to_contain_text("We'll be in touch")


def test_hours_are_told_before_the_chat(arrive: Arrive, aya: httpx.Client) -> None:
    expect(arrive().panel).to_contain_text("Our team is here now.")


def test_signed_in_on_two_devices_it_is_one_conversation(arrive: Arrive) -> None:
    claims = {"sub": "C-77", "exp": datetime.now(UTC) + timedelta(minutes=5)}
    token = jwt.encode(claims, IDENTITY_SECRET, "HS256")
    desktop, phone = arrive(), arrive()
    desktop.write("from my desk")
    expect(desktop.bubbles).to_have_count(2)
    for device in (desktop, phone):
        device.page.evaluate("token => Omotenashi.identify(token)", token)
    expect(phone.bubbles.first).to_have_text("from my desk")
    phone.write("and from my phone")
    expect(desktop.log).to_contain_text("and from my phone")
    # Signing out leaves nothing behind in this browser, and the other goes on.
    phone.page.evaluate("Omotenashi.identify(null)")
    expect(phone.bubbles).to_have_count(0)
    assert phone.page.evaluate("Object.keys(localStorage)") == []
    expect(desktop.bubbles.first).to_have_text("from my desk")
