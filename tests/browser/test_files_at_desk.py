"""Files at the desk, in a real browser: looked at, and sent by button, drop and paste."""

import base64
import io
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from tests import uploads
from tests.browser.test_desk import (
    PHONE,
    Customer,
    Open,
    claim,
    customer,
    desk,
    row,
    sign_in,
)

__all__ = ["customer", "desk", "sign_in"]  # the fixtures of the desk's other tests

pytestmark = pytest.mark.browser
ATTACHMENTS = "/api/v1/visitor/attachments"
LARGE = uploads.picture(size=(900, 600))


def gives(customer: Customer, content: bytes, name: str) -> None:
    response = customer.client.post(
        ATTACHMENTS, data={"client_id": name}, files={"file": (name, content, "x/y")}
    )
    assert response.status_code == 201, response.text


def received(customer: Customer) -> list[dict[str, Any]]:
    """What agents have sent, with the bytes of each."""
    page = customer.client.get("/api/v1/visitor/messages").json()
    sent = [
        one
        for message in page["messages"]
        if message["author"] == "agent"
        for one in message.get("attachments", ())
    ]
    return [{**one, "content": customer.client.get(one["url"]).content} for one in sent]


def bring(page: Page, event: str, target: str, name: str, kind: str, content: bytes) -> None:
    """Drop or paste a file, as the browser would."""
    page.evaluate(
        """([event, target, name, kind, data]) => {
          const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
          const carried = new DataTransfer();
          carried.items.add(new File([bytes], name, { type: kind }));
          const how = event === "paste" ? { clipboardData: carried } : { dataTransfer: carried };
          const made = event === "paste" ? ClipboardEvent : DragEvent;
          document.querySelector(target).dispatchEvent(
            new made(event, { ...how, bubbles: true, cancelable: true }));
        }""",
        [event, target, name, kind, base64.b64encode(content).decode()],
    )


def test_a_customers_picture_is_seen_and_opens_larger(sign_in: Open, customer: Customer) -> None:
    gives(customer, LARGE, "cup.jpg")
    gives(customer, uploads.PDF, "<b>invoice.pdf")
    page = sign_in("aya")
    claim(page, customer.id)
    picture = page.get_by_role("button", name="Open the picture cup.jpg")
    expect(picture.locator("img")).to_have_js_property("naturalWidth", 900)
    file = page.locator(".scroller").get_by_role("link", name="Save _b_invoice.pdf, 1 KB")
    expect(file).to_have_attribute("download", "_b_invoice.pdf")
    with page.expect_download() as saved:
        file.click()
    assert saved.value.suggested_filename == "_b_invoice.pdf"
    # By keyboard: open, look, Esc, and back where one was.
    picture.focus()
    page.keyboard.press("Enter")
    viewer = page.get_by_role("dialog", name="cup.jpg")
    expect(viewer.get_by_role("img", name="Picture cup.jpg")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.keyboard.press("Escape")
    expect(viewer).not_to_be_attached()
    expect(picture).to_be_focused()
    # It comes live, too.
    gives(customer, uploads.picture("PNG"), "second.png")
    expect(page.get_by_role("button", name="Open the picture second.png")).to_be_visible()


def test_a_file_is_chosen_looked_at_and_sent(sign_in: Open, customer: Customer) -> None:
    page = sign_in("aya")
    box = claim(page, customer.id)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add files").click()
    chooser.value.set_files(
        [
            {"name": "label.jpg", "mimeType": "image/jpeg", "buffer": uploads.photo_with_place()},
            {"name": "wrong.png", "mimeType": "image/png", "buffer": uploads.picture("PNG")},
        ]
    )
    tray = page.get_by_role("region", name="Files to send")
    expect(tray.get_by_role("listitem")).to_have_count(2)
    expect(tray.locator("img").first).to_have_js_property("naturalWidth", 40)
    assert received(customer) == []  # nothing goes before it was looked at
    assert Axe().run(page).response["violations"] == []
    tray.get_by_role("button", name="Remove wrong.png").click()
    tray.get_by_role("button", name="Send file").click()
    expect(page.locator(".line.agent .picture")).to_have_count(1)
    expect(tray).to_be_hidden()
    expect(box).to_be_focused()
    [sent] = received(customer)
    assert (sent["name"], sent["type"]) == ("label.jpg", "image/jpeg")
    assert b"living room" not in sent["content"]
    assert Image.open(io.BytesIO(sent["content"])).size == (40, 60)


def test_drop_and_paste_and_the_keyboard(sign_in: Open, customer: Customer) -> None:
    page = sign_in("aya")
    box = claim(page, customer.id)
    bring(page, "drop", "#main .scroller", "dropped.png", "image/png", uploads.picture("PNG"))
    tray = page.get_by_role("region", name="Files to send")
    expect(tray.get_by_text("dropped.png")).to_be_visible()
    bring(page, "paste", ".write textarea", "pasted.png", "image/png", uploads.picture("PNG"))
    expect(tray.get_by_role("button", name="Send 2 files")).to_be_focused()
    # What is written goes along: one key for all of it.
    box.fill("Here are both.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".line.agent .picture")).to_have_count(2)
    assert [one["name"] for one in received(customer)] == ["dropped.png", "pasted.png"]
    # Words can be taken back for a moment, and go out then.
    expect(page.locator(".unsent .line")).to_have_count(0)
    assert "Here are both." in customer.heard()


def test_what_is_not_taken_says_why_and_the_rest_goes(sign_in: Open, customer: Customer) -> None:
    page = sign_in("aya")
    claim(page, customer.id)
    bring(page, "drop", "#main", "notes.svg", "image/svg+xml", uploads.SVG)
    expect(page.get_by_role("alert").filter(has_text="notes.svg")).to_contain_text("PDF")
    # Says that it is a picture, and is none: the server looks.
    bring(page, "drop", "#main", "fake.jpg", "image/jpeg", uploads.picture()[:200])
    page.get_by_role("button", name="Send file").click()
    tray = page.get_by_role("region", name="Files to send")
    expect(tray.get_by_role("alert").filter(has_text="Not sent")).to_contain_text("can't be read")
    tray.get_by_role("button", name="Remove fake.jpg").click()
    expect(page.locator(".write textarea")).to_be_focused()
    assert received(customer) == []


def test_only_who_holds_the_conversation_sends(sign_in: Open, customer: Customer) -> None:
    page = sign_in("kenji")
    row(page, customer.id).click()
    expect(page.locator(".compose")).to_be_visible()
    expect(page.get_by_role("button", name="ファイルを追加")).to_be_hidden()
    bring(page, "drop", "#main .scroller", "cup.png", "image/png", uploads.picture("PNG"))
    expect(page.get_by_role("region", name="送信するファイル")).to_be_hidden()


def test_on_a_phone_in_japanese(sign_in: Open, customer: Customer) -> None:
    gives(customer, LARGE, "湯呑.jpg")
    page = sign_in("kenji", PHONE)
    row(page, customer.id).click()
    page.locator(".compose").get_by_role("button", name="引き受ける").click()
    page.get_by_role("button", name="画像湯呑.jpgを開く").click()
    viewer = page.get_by_role("dialog", name="湯呑.jpg")
    expect(viewer.get_by_role("img")).to_have_js_property("naturalWidth", 900)
    image = viewer.get_by_role("img").bounding_box()
    assert image is not None
    assert image["x"] >= 0
    assert image["x"] + image["width"] <= PHONE["width"]
    viewer.get_by_role("link", name="保存").wait_for()
