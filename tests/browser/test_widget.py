"""The widget in a real Chromium against a server that misbehaves on demand."""

import io
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.browser.gallery import STATES, State
from tests.browser.shop import Chat, Shop, eventually

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 740}
MESSAGES = "POST /api/v1/visitor/messages"
EVENTS = "GET /api/v1/visitor/events"


# Opening and closing ----------------------------------------------------------------------------


def test_nothing_is_sent_before_the_chat_is_opened(chat: Chat) -> None:
    chat.visit()
    expect(chat.launcher).to_have_accessible_name("Open chat")
    assert chat.shop.log()["requests"] == []
    chat.launcher.click()
    expect(chat.panel.get_by_role("heading", name="How can we help?")).to_be_visible()
    eventually(lambda: len(chat.shop.requests("POST session")) == 1)


def test_keyboard_opens_writes_and_closes(chat: Chat) -> None:
    chat.visit()
    chat.launcher.focus()
    chat.page.keyboard.press("Enter")
    expect(chat.launcher).to_have_attribute("aria-expanded", "true")
    expect(chat.field).to_be_focused()
    chat.page.keyboard.type("hello")
    chat.page.keyboard.press("Enter")
    chat.shows("hello", "Hello. What can I do for you?")
    expect(chat.field).to_be_focused()
    chat.page.keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()
    expect(chat.launcher).to_be_focused()


def test_escape_closes_the_menu_before_the_chat(chat: Chat) -> None:
    chat.open()
    chat.button("More options").click()
    chat.page.keyboard.press("Escape")
    expect(chat.button("Delete my data")).to_be_hidden()
    expect(chat.button("More options")).to_be_focused()
    expect(chat.panel).to_be_visible()


def test_on_a_phone_it_fills_the_screen_and_the_page_rests(
    new_page: Callable[..., Page], shop: Shop
) -> None:
    page = new_page(viewport=PHONE, has_touch=True, is_mobile=True)
    chat = Chat(page, shop).open()
    box = chat.panel.bounding_box()
    assert box == {"x": 0, "y": 0, "width": 360, "height": 740}
    page.get_by_role("link", name="A link").evaluate("link => link.focus()")
    assert page.evaluate("document.activeElement.localName") == "omotenashi-chat"
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    chat.button("Close chat").click()
    expect(chat.launcher).to_be_focused()


def test_turning_the_phone_keeps_the_chat_open(new_page: Callable[..., Page], shop: Shop) -> None:
    page = new_page(viewport=PHONE)
    chat = Chat(page, shop).open()
    page.set_viewport_size({"width": 740, "height": 360})
    expect(chat.panel).to_have_css("width", "400px")
    page.set_viewport_size(PHONE)
    expect(chat.panel).to_have_css("width", "360px")


# Writing and reading ----------------------------------------------------------------------------


def test_enter_sends_shift_enter_breaks_the_line_and_input_methods_keep_enter(chat: Chat) -> None:
    chat.open()
    chat.field.press_sequentially("one")
    chat.field.press("Shift+Enter")
    chat.field.press_sequentially("two")
    composing = "new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true})"
    chat.field.evaluate(f"field => field.dispatchEvent({composing})")
    expect(chat.bubbles).to_have_count(0)
    chat.field.press("Enter")
    chat.shows("one\ntwo")
    expect(chat.log).to_contain_text("Sent")
    assert chat.shop.texts == ["one\ntwo"]


def test_messages_are_only_ever_text(chat: Chat) -> None:
    chat.open()
    nasty = "<img src=x onerror=alert(1)> javascript:alert(1) \u202ehttps://a.example/\u202e"
    chat.tell(nasty)
    chat.shop.say(
        "agent",
        "See https://shop.example/a?b=1. (https://b.example) data:text/html,x",
        agent={"name": "<b>Aya</b>\u202e"},
    )
    chat.shop.say("bot", "", kind="article", data={"title": "Bad", "url": "javascript:alert(1)"})
    expect(chat.bubbles).to_have_count(3)
    assert chat.bubbles.first.inner_text() == nasty
    links = chat.log.get_by_role("link")
    hrefs = [link.get_attribute("href") for link in links.all()]
    assert hrefs == ["https://a.example/", "https://shop.example/a?b=1", "https://b.example/"]
    assert {link.get_attribute("rel") for link in links.all()} == {"noopener"}
    expect(chat.log.locator(".head bdi").first).to_have_text("<b>Aya</b>\u202e")


def test_text_that_is_too_long_is_counted_and_not_sent(chat: Chat) -> None:
    chat.open()
    chat.field.fill("👩" * 3900)
    expect(chat.panel).to_contain_text("100 characters left")
    chat.field.fill("👩" * 4003)
    expect(chat.panel).to_contain_text("3 characters too many")
    expect(chat.button("Send")).to_be_disabled()
    chat.field.press("Enter")
    assert chat.shop.texts == []


def test_what_the_server_will_not_take_comes_back_to_be_changed(chat: Chat) -> None:
    chat.open()
    chat.write("unacceptable")
    expect(chat.panel).to_contain_text("couldn't be sent as it is")
    expect(chat.field).to_have_value("unacceptable")
    expect(chat.bubbles).to_have_count(0)


def test_a_draft_outlives_a_reload(chat: Chat) -> None:
    chat.open()
    chat.field.fill("not finished")
    chat.open()
    expect(chat.field).to_have_value("not finished")


def test_order_article_and_day_are_shown(chat: Chat) -> None:
    # Not the day of the run, which might be over in between.
    chat.page.clock.set_fixed_time("2026-01-07T03:00:00+00:00")
    chat.open()
    today = "2026-01-07T02:00:00+00:00"
    chat.shop.say("bot", "Earlier", created_at="2026-01-05T03:00:00+00:00")
    steps = [
        {"label": "Paid", "done": True, "at": "2026-01-05T03:00:00+00:00"},
        {"label": "Shipped", "done": True, "at": None},
        {"label": "Delivered", "done": False, "at": None},
    ]
    data = {"number": "HN-10234", "steps": steps, "tracking_url": "https://track.example/1"}
    # For channels without cards the address stands in the text, too: here it is a button.
    said = "On its way.\nhttps://track.example/1"
    chat.shop.say("bot", said, kind="order", data=data, created_at=today)
    article = {"title": "Delivery in Japan", "url": "/help/en/delivery"}
    chat.shop.say("bot", "660 yen.", kind="article", data=article, created_at=today)
    expect(chat.log.get_by_text("Order HN-10234")).to_be_visible()
    expect(chat.log.get_by_role("listitem")).to_have_count(3)
    expect(chat.log.locator("[aria-current=step]")).to_have_text("Shipped")
    expect(chat.log.get_by_text("On its way.")).to_have_text("On its way.")
    track = chat.log.get_by_role("link", name="Track the parcel")
    expect(track).to_have_attribute("href", "https://track.example/1")
    expect(chat.log.locator(".day").first).to_have_text(re.compile("Jan"))
    expect(chat.log.get_by_text("Today")).to_have_count(1)
    link = chat.log.get_by_role("link", name="Delivery in Japan")
    expect(link).to_have_attribute("href", f"{chat.shop.url}/help/en/delivery")


def test_long_texts_are_folded(chat: Chat) -> None:
    chat.open()
    chat.shop.say("bot", "A sentence of some length. " * 60)
    chat.shop.say("bot", "これは長い文章です。" * 60)
    chat.shop.say("bot", "Short.")
    expect(chat.bubbles).to_have_count(3)
    expect(chat.log.get_by_role("button", name="Show more")).to_have_count(2)
    first = chat.log.locator(".text").first
    folded = first.bounding_box()
    chat.button("Show more").first.click()
    expect(chat.button("Show less")).to_have_attribute("aria-expanded", "true")
    whole = first.bounding_box()
    assert folded is not None
    assert whole is not None
    assert whole["height"] > folded["height"]
    chat.button("Show less").click()
    assert first.bounding_box() == folded


def test_an_update_changes_the_message_in_place(chat: Chat) -> None:
    chat.open()
    first = chat.shop.say("bot", "first")
    chat.shop.say("bot", "second")
    chat.shows("first", "second")
    chat.shop.change(first, text="first, corrected")
    chat.shows("first, corrected", "second")


def test_a_long_history_comes_in_pages(chat: Chat) -> None:
    chat.open()
    for number in range(70):
        chat.shop.say("bot", f"message {number}")
    chat.open()
    expect(chat.bubbles.last).to_have_text("message 69")
    expect(chat.bubbles.last).to_be_in_viewport()
    assert chat.bubbles.count() < 70
    chat.button("Earlier messages").click()
    chat.shows(*(f"message {number}" for number in range(70)))
    expect(chat.button("Earlier messages")).to_be_hidden()


def test_reading_back_is_not_disturbed_by_news(chat: Chat) -> None:
    chat.open()
    for number in range(30):
        chat.shop.say("bot", f"message {number}")
    expect(chat.bubbles).to_have_count(30)
    chat.bubbles.nth(2).scroll_into_view_if_needed()
    chat.shop.say("bot", "news")
    chat.button("New messages").click()
    expect(chat.bubbles.last).to_be_in_viewport()
    expect(chat.button("New messages")).to_be_hidden()


# Nothing lost, nothing twice --------------------------------------------------------------------


def time_passes(chat: Chat, until: Callable[[], bool]) -> None:
    """Lets the page's clock, which stands still, run fast, a second at a time."""

    def second_later() -> bool:
        chat.page.clock.fast_forward(1000)
        return until()

    eventually(second_later)


def test_a_lost_acknowledgement_makes_no_second_message(chat: Chat) -> None:
    chat.open()
    chat.shop.fault(MESSAGES, after=True)
    chat.write("once")
    eventually(lambda: len(chat.shop.requests("POST messages")) == 2)
    first, second = chat.shop.requests("POST messages")
    assert first["body"] == second["body"]
    chat.shows("once")
    assert chat.shop.texts == ["once"]


def test_what_was_not_sent_is_sent_after_a_reload(chat: Chat) -> None:
    chat.without_time().open()
    chat.shop.fault(MESSAGES, cut=True, times=1000)
    chat.write("first")
    chat.write("second")
    expect(chat.log).to_contain_text("Sending…")
    chat.page.goto("about:blank")
    chat.shop.heal()
    chat.page.clock.resume()
    chat.open()
    chat.shows("first", "second")
    eventually(lambda: chat.shop.texts == ["first", "second"])
    expect(chat.log).not_to_contain_text("Sending…")


def test_a_message_that_cannot_be_sent_says_so_and_can_be_tried_again(chat: Chat) -> None:
    chat.without_time().open()
    chat.shop.fault(MESSAGES, cut=True, times=1000)
    chat.write("patience")
    time_passes(chat, lambda: "Not sent" in chat.log.inner_text())
    expect(chat.panel).to_contain_text("Your message is kept")
    chat.shop.heal()
    chat.button("Try again").click()
    expect(chat.log).to_contain_text("Sent")
    chat.shows("patience")
    assert chat.shop.texts == ["patience"]


def test_what_was_not_sent_goes_on_by_itself(chat: Chat) -> None:
    chat.without_time().open()
    chat.shop.fault(MESSAGES, cut=True, times=1000)
    chat.write("patience")
    time_passes(chat, lambda: "Not sent" in chat.log.inner_text())
    chat.shop.heal()
    time_passes(chat, lambda: chat.shop.texts == ["patience"])
    expect(chat.log).not_to_contain_text("Not sent")
    chat.shows("patience")


def test_a_tab_that_only_follows_sends_when_the_connection_is_back(chat: Chat) -> None:
    chat.without_time().open()
    other = Chat(chat.page.context.new_page(), chat.shop).open()
    eventually(lambda: chat.shop.log()["streams"] == 1)
    chat.shop.fault("GET /api/v1/visitor/events", cut=True, times=1000)
    chat.shop.drop_streams()
    time_passes(other, lambda: "Connection lost" in other.panel.inner_text())
    # Its own next try would come much later than that of the tab that leads.
    chat.shop.fault(MESSAGES, retry_after=300, times=1000)
    other.write("patience")
    expect(other.log).to_contain_text("Not sent")
    chat.shop.heal()
    time_passes(chat, lambda: chat.shop.texts == ["patience"])
    expect(other.log).not_to_contain_text("Not sent")


def test_offline_and_back_leaves_no_gap(chat: Chat) -> None:
    chat.open()
    chat.write("before")
    expect(chat.log).to_contain_text("Sent")
    chat.page.context.set_offline(True)
    expect(chat.panel).to_contain_text("You're offline")
    chat.write("while away")
    chat.shop.say("bot", "missed one")
    chat.shop.say("agent", "missed two", agent={"name": "Aya"})
    chat.page.context.set_offline(False)
    chat.shows("before", "missed one", "missed two", "while away")
    expect(chat.panel).not_to_contain_text("You're offline")
    chat.shop.say("bot", "and on")
    chat.shows("before", "missed one", "missed two", "while away", "and on")


def test_a_dropped_stream_resumes_where_it_was(chat: Chat) -> None:
    chat.open()
    last = chat.shop.say("bot", "one")
    chat.shows("one")
    chat.shop.drop_streams()
    chat.shop.say("bot", "two")
    chat.shows("one", "two")
    eventually(lambda: len(chat.shop.requests("GET events")) == 2)
    assert chat.shop.requests("GET events")[1]["query"] in {f"after={last}", f"after={last + 1}"}
    chat.shop.say("bot", "three")
    chat.shows("one", "two", "three")


def test_a_silent_socket_is_noticed(chat: Chat) -> None:
    chat.without_time().open()
    chat.shop.say("bot", "one")
    chat.shows("one")
    chat.shop.fall_silent()
    chat.shop.say("bot", "two")
    chat.page.clock.fast_forward(30_000)
    chat.shows("one")
    time_passes(chat, lambda: chat.bubbles.count() == 2)
    chat.shows("one", "two")


def test_a_lost_connection_is_told_and_that_it_is_back(chat: Chat) -> None:
    chat.without_time().open()
    eventually(lambda: chat.shop.log()["streams"] == 1)
    chat.shop.fault(EVENTS, times=1000)
    chat.shop.drop_streams()
    time_passes(chat, lambda: "Connection lost" in chat.panel.inner_text())
    chat.shop.heal()
    time_passes(chat, lambda: "Connection lost" not in chat.panel.inner_text())


def test_tabs_share_one_stream_and_the_next_takes_over(chat: Chat) -> None:
    chat.open()
    other = Chat(chat.page.context.new_page(), chat.shop).open()
    chat.write("hello")
    for tab in (chat, other):
        tab.shows("hello", "Hello. What can I do for you?")
    eventually(lambda: chat.shop.log()["streams"] == 1)
    chat.shop.state("assigned", agent={"name": "Aya"})
    for tab in (chat, other):
        expect(tab.panel.get_by_role("heading", name="Aya")).to_be_visible()
    chat.page.close()
    eventually(lambda: len(chat.shop.requests("GET events")) == 2)
    chat.shop.say("bot", "still here")
    expect(other.bubbles).to_have_count(3)


def test_an_expired_token_begins_anew_and_the_message_arrives(chat: Chat) -> None:
    chat.open()
    chat.write("old")
    expect(chat.log).to_contain_text("Sent")
    chat.shop.expire_tokens()
    chat.write("new")
    expect(chat.panel).to_contain_text("Your earlier chat has expired")
    chat.shows("new")
    eventually(lambda: chat.shop.texts == ["new"])


def test_a_pause_asked_for_is_kept(chat: Chat) -> None:
    chat.open()
    chat.shop.fault(MESSAGES, status=429, retry_after=2)
    began = time.monotonic()
    chat.write("patience")
    expect(chat.panel).to_contain_text("Your message is kept")
    eventually(lambda: chat.shop.texts == ["patience"])
    assert time.monotonic() - began >= 2
    expect(chat.log).to_contain_text("Sent")


def test_a_server_that_starts_late_is_waited_for(chat: Chat) -> None:
    chat.shop.fault("POST /api/v1/visitor/session", status=503, retry_after=1, times=2)
    chat.visit()
    chat.launcher.click()
    chat.write("hello")
    chat.shows("hello", "Hello. What can I do for you?")


def test_the_token_travels_in_the_header_only(chat: Chat) -> None:
    seen: list[str] = []
    chat.page.on("request", lambda request: seen.append(request.url))
    chat.open()
    chat.write("hello")
    expect(chat.bubbles).to_have_count(2)
    assert not [url for url in seen if "token" in url]


# Files ------------------------------------------------------------------------------------------

UPLOAD = "POST /api/v1/visitor/attachments"
ATTACH = "Attach a picture or PDF"


def picture(width: int = 640, height: int = 400) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(drawn, "PNG")
    return drawn.getvalue()


def pick(chat: Chat, *files: tuple[str, str, bytes]) -> None:
    with chat.page.expect_file_chooser() as chooser:
        chat.button(ATTACH).click()
    chosen: list[FilePayload] = [
        {"name": name, "mimeType": kind, "buffer": content} for name, kind, content in files
    ]
    chooser.value.set_files(chosen)


def hand(
    chat: Chat, target: Locator, event: str, name: str, kind: str, bytes_more: int = 0
) -> None:
    """Files as the clipboard or the pointer brings them."""
    target.evaluate(
        """(element, [event, name, type, more]) => {
            const carried = new DataTransfer();
            carried.items.add(new File(["%PDF-1.4", new Uint8Array(more)], name, { type }));
            const going = { bubbles: true, cancelable: true };
            const made = event === "paste"
                ? new ClipboardEvent(event, { clipboardData: carried, ...going })
                : new DragEvent(event, { dataTransfer: carried, ...going });
            element.dispatchEvent(made);
        }""",
        [event, name, kind, bytes_more],
    )


def test_a_picture_is_sent_and_shown_and_opens_large(chat: Chat) -> None:
    chat.open()
    pick(chat, ("cup.png", "image/png", picture()))
    shown = chat.log.get_by_role("img", name="cup.png")
    expect(shown).to_be_visible()
    eventually(lambda: shown.evaluate("c => c.width") == 480)
    # What is drawn is the picture, not an empty canvas.
    middle = "c => [...c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data]"
    eventually(lambda: shown.evaluate(middle) == [0, 128, 128, 255])
    expect(chat.log).to_contain_text("Sent")
    link = chat.log.get_by_role("link", name="cup.png")
    expect(link).to_have_attribute("href", re.compile(f"^blob:{chat.shop.url}"))
    # It is still one message when it comes back with the history.
    chat.open()
    expect(chat.log.get_by_role("img", name="cup.png")).to_have_count(1)


def test_an_agents_file_is_downloaded_with_the_token(chat: Chat) -> None:
    chat.open()
    chat.shop.say(
        "agent",
        "Here is the invoice.",
        agent={"name": "Aya"},
        attachments=[
            {"name": "invoice.pdf", "type": "application/pdf", "hex": b"%PDF-1.4 !".hex()}
        ],
    )
    with chat.page.expect_download() as download:
        chat.log.get_by_role("button", name="invoice.pdf").click()
    assert download.value.suggested_filename == "invoice.pdf"
    assert download.value.path().read_bytes() == b"%PDF-1.4 !"


def test_files_can_be_dropped_and_pasted(chat: Chat) -> None:
    chat.open()
    hand(chat, chat.field, "paste", "pasted.pdf", "application/pdf")
    expect(chat.log.get_by_role("button", name="pasted.pdf")).to_be_visible()
    hand(chat, chat.log, "dragover", "dropped.pdf", "application/pdf")
    expect(chat.panel.locator(".dropping")).to_be_visible()
    hand(chat, chat.log, "drop", "dropped.pdf", "application/pdf")
    expect(chat.log.get_by_role("button", name="dropped.pdf")).to_be_visible()
    expect(chat.panel.locator(".dropping")).to_have_count(0)
    assert len(chat.shop.requests("POST attachments")) == 2


def test_what_cannot_be_sent_is_told_before_it_is(chat: Chat) -> None:
    chat.open()
    hand(chat, chat.field, "paste", "drawing.svg", "image/svg+xml")
    expect(chat.panel).to_contain_text("drawing.svg can't be sent here.")
    hand(chat, chat.field, "paste", "huge.pdf", "application/pdf", 10 * 1024 * 1024)
    expect(chat.panel).to_contain_text("huge.pdf is larger than 10 MB.")
    assert chat.shop.requests("POST attachments") == []


def test_what_the_server_finds_in_a_file_is_told(chat: Chat) -> None:
    chat.open()
    chat.shop.fault(UPLOAD, status=422)
    pick(chat, ("broken.png", "image/png", b"no picture"))
    expect(chat.panel).to_contain_text("broken.png couldn't be read.")
    expect(chat.panel.get_by_role("listitem")).to_have_count(0)
    expect(chat.bubbles).to_have_count(0)


def test_a_file_whose_acknowledgement_is_lost_is_one_message(chat: Chat) -> None:
    chat.open()
    chat.shop.fault(UPLOAD, after=True)
    pick(chat, ("once.pdf", "application/pdf", b"%PDF-1.4"))
    eventually(lambda: len(chat.shop.requests("POST attachments")) == 2)
    expect(chat.panel.locator(".uploads li")).to_have_count(0)
    expect(chat.bubbles).to_have_count(1)


def test_a_file_that_cannot_be_sent_can_be_tried_again_or_taken_back(chat: Chat) -> None:
    chat.without_time().open()
    chat.shop.fault(UPLOAD, cut=True, times=1000)
    pick(chat, ("a.pdf", "application/pdf", b"%PDF"), ("b.pdf", "application/pdf", b"%PDF"))
    rows = chat.panel.locator(".uploads li")
    expect(rows).to_have_count(2)
    time_passes(chat, lambda: rows.get_by_text("Not sent").count() == 2)
    chat.button("Remove a.pdf").click()
    expect(rows).to_have_count(1)
    chat.shop.heal()
    chat.button("Try again").click()
    expect(rows).to_have_count(0)
    expect(chat.log.get_by_role("button", name="b.pdf")).to_be_visible()
    expect(chat.bubbles).to_have_count(1)


# Choices ----------------------------------------------------------------------------------------


def offer(shop: Shop, *titles: str) -> None:
    buttons = [{"id": f"b{n}", "title": title} for n, title in enumerate(titles)]
    shop.say("bot", "Which one?", kind="choice", buttons=buttons)


def test_a_choice_is_sent_once_and_closes_the_others(chat: Chat) -> None:
    chat.open()
    offer(chat.shop, "Left", "Right")
    chat.button("Left").click()
    chat.shows("Which one?", "Left")
    expect(chat.button("Right")).to_be_disabled()
    expect(chat.log).to_contain_text("Sent")
    [sent] = chat.shop.requests("POST messages")
    assert sent["body"]["button"] == "b0"
    assert "text" not in sent["body"]


def test_what_the_assistant_offered_is_over_while_a_person_answers(chat: Chat) -> None:
    chat.open()
    offer(chat.shop, "Left", "Right")
    expect(chat.button("Left")).to_be_visible()
    chat.shop.state("assigned", agent={"name": "Aya"})
    expect(chat.button("Left")).to_be_hidden()
    chat.shop.state("bot")
    expect(chat.button("Left")).to_be_visible()


def test_writing_instead_closes_the_choices(chat: Chat) -> None:
    chat.open()
    offer(chat.shop, "Left", "Right")
    expect(chat.button("Left")).to_be_enabled()
    chat.write("neither")
    expect(chat.button("Left")).to_be_disabled()


def test_a_choice_that_came_too_late_is_told_kindly(chat: Chat) -> None:
    chat.open()
    offer(chat.shop, "Left", "Right")
    expect(chat.button("Left")).to_be_enabled()
    chat.shop.fault(MESSAGES, status=409)
    chat.button("Left").click()
    expect(chat.panel).to_contain_text("That choice is no longer open")
    chat.shows("Which one?")
    expect(chat.button("Right")).to_be_disabled()


def test_a_question_for_an_order_has_a_form(chat: Chat) -> None:
    chat.open()
    chat.shop.say("bot", "Which order?", data={"expects": ["order_number", "email", "postcode"]})
    number = chat.log.get_by_role("textbox", name="Order number")
    proof = chat.log.get_by_role("textbox", name="E-mail address or delivery postcode")
    expect(proof).to_have_attribute("autocomplete", "email")
    number.fill("HN-10234")
    number.press("Enter")
    expect(chat.log.get_by_role("alert")).to_have_text("Please fill this in.")
    expect(proof).to_be_focused()
    proof.fill("mei@example.com")
    proof.press("Enter")
    chat.shows("Which order?", "HN-10234 mei@example.com")
    # Answered: the form is out of the way.
    expect(number).to_be_hidden()
    eventually(lambda: chat.shop.texts == ["Which order?", "HN-10234 mei@example.com"])


def test_only_what_is_asked_for_is_in_the_form(chat: Chat) -> None:
    chat.open()
    chat.shop.say("bot", "Which e-mail address?", data={"expects": ["email"]})
    field = chat.log.get_by_role("textbox", name="Your e-mail address")
    expect(field).to_have_attribute("type", "email")
    chat.tell("what for?")
    expect(field).to_be_hidden()
    chat.shop.say("bot", "And the postcode?", data={"expects": ["postcode"]})
    field = chat.log.get_by_role("textbox", name="Delivery postcode")
    expect(field).to_have_attribute("autocomplete", "postal-code")
    chat.shop.say("bot", "Anything else?", data={"expects": []})
    expect(chat.log.locator(".ask")).to_have_count(2)


# People -----------------------------------------------------------------------------------------


def test_the_place_in_the_queue_and_its_choices(chat: Chat) -> None:
    chat.without_time().open()
    chat.tell("a person please")
    chat.shop.state("queued", queue={"position": 3, "estimate": [130, 290], "staffed": True})
    card = chat.panel.get_by_role("region", name="You're in line for a person")
    expect(card).to_contain_text("You're number 3 in line · about 2–5 minutes")
    chat.button("Options").click()
    next_one = {"position": 1, "estimate": [0, 50], "staffed": True}
    chat.shop.state("queued", queue=next_one, mail=True)
    expect(card).to_contain_text("You're next in line · up to 1 minute")
    chat.button("Leave a message").click()
    address = card.get_by_role("textbox", name="Your e-mail address")
    expect(address).to_be_focused()
    address.fill("not an address")
    address.press("Enter")
    expect(card.get_by_role("alert")).to_have_text("Please check what you entered.")
    address.fill("mei@example.com")
    address.press("Enter")
    expect(chat.log).to_contain_text("The answer goes to mei@example.com.")
    chat.button("Options").click()
    chat.button("Ask the assistant (your place is kept)").click()
    expect(chat.field).to_be_focused()
    chat.button("Options").click()
    chat.button("Give up my place").click()
    expect(card).to_be_hidden()
    asked = [r["body"] for r in chat.shop.requests("POST ticket")]
    assert asked == [{"action": "message", "contact": "mei@example.com"}, {"action": "cancel"}]


def test_without_mail_a_message_is_left_without_an_address(chat: Chat) -> None:
    chat.without_time().open()
    chat.write("a person please")
    card = waiting(chat)
    chat.button("Options").click()
    chat.button("Leave a message").click()
    expect(chat.field).to_be_focused()
    expect(card.get_by_role("textbox")).to_have_count(0)
    expect(card).not_to_contain_text("mail")
    eventually(
        lambda: [r["body"] for r in chat.shop.requests("POST ticket")] == [{"action": "message"}]
    )


def waiting(chat: Chat, **more: Any) -> Locator:
    place = {"position": 2, "estimate": [60, 300], "staffed": True}
    chat.shop.state("queued", queue=place, hours={"open": True}, **more)
    return chat.panel.get_by_role("region", name="You're in line for a person")


def test_a_call_back_is_booked_moved_and_cancelled(chat: Chat) -> None:
    chat.without_time().open()
    card = waiting(chat)
    chat.button("Options").click()
    chat.button("Call me back").click()
    card.get_by_role("combobox", name="Day").select_option("2026-12-02")
    expect(card).to_contain_text("Your time (Asia/Tokyo)")
    card.get_by_role("combobox", name="Time").select_option("2026-12-02T11:00+09:00")
    number = card.get_by_role("textbox", name="Your phone number")
    expect(number).to_have_attribute("type", "tel")
    number.fill("090 1234 5678")
    chat.button("Book").click()
    expect(card.get_by_role("status").first).to_have_text(
        re.compile(r"We'll be in touch: .*Dec.* 11:00.* · 090 1234 5678")
    )
    assert chat.shop.requests("GET callback-slots")[0]["query"] == "tz=Asia%2FTokyo"
    # Without a number they are written to.
    chat.button("Options").click()
    chat.button("Another time").click()
    chat.button("Book").click()
    expect(card.get_by_role("status").first).to_have_text(re.compile(r"Dec.* 10:00[^·]*$"))
    chat.button("Options").click()
    chat.button("Cancel the call").click()
    expect(card).to_contain_text("You're number 2 in line")
    asked = [r["body"] for r in chat.shop.requests("POST ticket")]
    assert asked == [
        {
            "action": "callback",
            "at": "2026-12-02T11:00+09:00",
            "contact": "090 1234 5678",
            "tz": "Asia/Tokyo",
        },
        {"action": "callback", "at": "2026-12-01T10:00+09:00", "tz": "Asia/Tokyo"},
        {"action": "callback_cancel"},
    ]


def test_a_time_that_was_taken_meanwhile_is_told_and_others_are_offered(chat: Chat) -> None:
    chat.without_time().open()
    card = waiting(chat)
    chat.button("Options").click()
    chat.button("Call me back").click()
    expect(card.get_by_role("combobox", name="Time").locator("option")).to_have_count(2)
    chat.shop.take_slots("2026-12-01T10:00+09:00")
    chat.button("Book").click()
    expect(card.get_by_role("alert").last).to_contain_text("that time has just been taken")
    expect(card.get_by_role("combobox", name="Time").locator("option")).to_have_count(1)
    chat.shop.take_slots("2026-12-01T11:00+09:00", *(f"2026-12-02T{h}:00+09:00" for h in (10, 11)))
    chat.button("Back").click()
    chat.button("Call me back").click()
    expect(card).to_contain_text("There is no free time in the next days")


def test_after_half_a_minute_the_choices_open_by_themselves(chat: Chat) -> None:
    chat.without_time().open()
    waiting(chat)
    expect(chat.button("Options")).to_be_visible()
    chat.field.focus()
    chat.page.clock.fast_forward(29_000)
    expect(chat.button("Call me back")).to_be_hidden()
    chat.page.clock.fast_forward(4_000)
    for choice in ("Keep waiting", "Leave a message", "Call me back"):
        expect(chat.button(choice)).to_be_visible()
    expect(chat.field).to_be_focused()


def test_choices_that_the_server_has_just_offered_are_not_offered_twice(chat: Chat) -> None:
    chat.without_time().open()
    waiting(chat)
    expect(chat.button("Options")).to_be_visible()
    chat.page.clock.fast_forward(30_000)
    buttons = [{"id": "w", "title": "I'll wait"}, {"id": "c", "title": "Call me back"}]
    chat.shop.say("system", "Still nobody free, I'm afraid.", buttons=buttons)
    expect(chat.button("I'll wait")).to_be_visible()
    chat.page.clock.fast_forward(10_000)
    expect(chat.button("Options")).to_be_visible()
    expect(chat.button("Call me back")).to_have_count(1)


def test_hours_and_notice_are_told_before_the_chat(chat: Chat) -> None:
    chat.open()
    opens = {"open": False, "next_open_at": "2026-12-01T09:00:00+09:00"}
    notice = {"id": 7, "text": "Deliveries to Hokkaido are late.\nhttps://shop.example/snow"}
    chat.shop.state("bot", hours=opens, notice=notice)
    expect(chat.panel).to_contain_text(re.compile(r"Our team is back .*Dec.*9:00\sAM"))
    expect(chat.panel).not_to_contain_text("GMT")
    told = chat.panel.get_by_role("status").filter(has_text="Deliveries to Hokkaido are late.")
    expect(told).to_be_visible()
    told.get_by_role("button", name="Close").click()
    expect(told).to_be_hidden()
    # Read is read; the next one is shown again.
    chat.open()
    chat.shop.state("bot", hours={"open": True}, notice=notice)
    expect(chat.panel).to_contain_text("Our team is here now.")
    expect(told).to_be_hidden()
    chat.shop.state("bot", notice={"id": 8, "text": "Deliveries to Hokkaido are late. Still."})
    expect(told).to_be_visible()
    # The shop's messages tell times in its own zone: where the reader's is another, it is named.
    chat.shop.state("bot", hours={"open": False, "next_open_at": "2026-12-01T09:00:00+01:00"})
    expect(chat.panel).to_contain_text(re.compile(r"Our team is back .*Dec.*5:00\sPM GMT\+9"))


def test_an_address_asked_for_in_the_chat_has_a_form(chat: Chat) -> None:
    chat.open()
    chat.shop.state("queued", queue={"position": 1, "estimate": [0, 900], "staffed": False})
    chat.shop.say("system", "If you like, leave an e-mail address.", kind="contact")
    expect(chat.panel).to_contain_text("Nobody from our team is here right now.")
    opens = {"open": False, "next_open_at": "2026-12-01T00:00:00+00:00"}
    waiting = {"position": 1, "estimate": [0, 900], "staffed": False}
    chat.shop.state("queued", queue=waiting, hours=opens)
    card = chat.panel.get_by_role("region", name="You're in line for a person")
    expect(card).to_contain_text(re.compile("Our team is back .*Dec.*9:00"))
    chat.log.get_by_role("textbox", name="Your e-mail address").fill("mei@example.com")
    chat.log.get_by_role("button", name="Save").click()
    expect(chat.log).to_contain_text("The answer goes to mei@example.com.")


def test_who_speaks_and_who_writes_is_always_visible(chat: Chat) -> None:
    chat.without_time().open(name="Hanamori")
    title = chat.panel.get_by_role("heading", level=2)
    expect(title).to_have_text("Hanamori")
    expect(chat.panel.locator("header")).to_contain_text("Automated assistant")
    chat.shop.event("typing", author="bot", typing=True)
    expect(chat.panel).to_contain_text("Automated assistant is writing…")
    chat.shop.say("bot", "Here you are.")
    expect(chat.panel).not_to_contain_text("is writing…")
    chat.shop.state("assigned", agent={"name": "Aya"})
    expect(title).to_have_text("Aya")
    expect(chat.panel.locator("header")).to_contain_text("A person from our team")
    chat.shop.event("typing", author="agent", typing=True)
    expect(chat.panel).to_contain_text("Aya is writing…")
    chat.shop.say("agent", "Hello", agent={"name": "Aya"})
    expect(chat.log.locator(".agent .head")).to_contain_text("Aya")


NOTES = """
    starts = 0;
    const { start } = OscillatorNode.prototype;
    OscillatorNode.prototype.start = function (when) { starts++; start.call(this, when); };
"""


def test_a_person_who_answers_is_heard_and_seen_in_the_title(chat: Chat) -> None:
    chat.page.add_init_script(NOTES)
    chat.open()
    chat.shop.say("bot", "one")
    chat.shop.say("agent", "two", agent={"name": "Aya"})
    expect(chat.bubbles).to_have_count(2)
    # They are looking.
    assert chat.page.evaluate("starts") == 0
    chat.page.keyboard.press("Escape")
    chat.shop.say("bot", "three")
    expect(chat.launcher).to_have_accessible_name("Open chat, 1 new")
    assert chat.page.evaluate("starts") == 0
    hidden(chat, True)
    chat.shop.say("agent", "four", agent={"name": "Aya"})
    expect(chat.page).to_have_title("Aya has answered – Shop")
    assert chat.page.evaluate("starts") == 2
    hidden(chat, False)
    expect(chat.page).to_have_title("Shop")


def test_sound_and_title_are_off_by_choice_and_stay_off(chat: Chat) -> None:
    chat.page.add_init_script(NOTES)
    chat.open()
    chat.button("More options").click()
    switch = chat.button("Sound when a person answers")
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    chat.open()
    chat.button("More options").click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    chat.page.keyboard.press("Escape")
    chat.page.keyboard.press("Escape")
    hidden(chat, True)
    chat.shop.say("agent", "hello", agent={"name": "Aya"})
    expect(chat.launcher).to_have_accessible_name("Open chat, 1 new")
    expect(chat.page).to_have_title("Shop")
    assert chat.page.evaluate("starts") == 0


def hidden(chat: Chat, now: bool) -> None:
    """The page goes out of sight, or comes back (what a headless browser doesn't do by itself)."""
    chat.page.evaluate(
        f"Object.defineProperty(document, 'hidden', {{value: {str(now).lower()}, "
        "configurable: true}); document.dispatchEvent(new Event('visibilitychange'))"
    )


def test_who_signed_in_elsewhere_is_taken_along(chat: Chat) -> None:
    chat.open()
    other = Chat(chat.page.context.new_page(), chat.shop).open()
    chat.write("here")
    expect(other.bubbles).to_have_count(1)
    chat.shop.state("bot", moved=True)
    eventually(lambda: chat.page.evaluate("localStorage['omotenashi:token']") == "token-2")
    for tab in (chat, other):
        expect(tab.bubbles).to_have_count(0)
    chat.shop.say("bot", "and there")
    for tab in (chat, other):
        tab.shows("and there")


def test_an_identity_that_is_refused_keeps_nobody_out(chat: Chat) -> None:
    chat.visit()
    chat.page.evaluate("void Omotenashi.identify('bad')")
    chat.launcher.click()
    chat.write("hello")
    chat.shows("hello", "Hello. What can I do for you?")
    asked = [r["body"].get("identity") for r in chat.shop.requests("POST session")]
    assert asked[:2] == ["bad", None]


def test_unread_messages_are_counted_until_seen(chat: Chat) -> None:
    chat.open()
    chat.page.keyboard.press("Escape")
    chat.shop.say("bot", "one")
    chat.shop.say("agent", "two", agent={"name": "Aya"})
    expect(chat.launcher).to_have_accessible_name("Open chat, 2 new")
    chat.visit()
    expect(chat.launcher).to_have_accessible_name("Open chat, 2 new")
    chat.launcher.click()
    chat.page.keyboard.press("Escape")
    expect(chat.launcher).to_have_accessible_name("Open chat")
    eventually(lambda: bool(chat.shop.requests("POST read")))


def test_typing_is_told_sparingly(chat: Chat) -> None:
    chat.without_time().open()
    eventually(lambda: chat.shop.log()["streams"] == 1)
    chat.field.press_sequentially("several keys")
    chat.field.fill("")

    def told() -> list[Any]:
        return [request["body"]["typing"] for request in chat.shop.requests("POST typing")]

    eventually(lambda: told() == [True, False])


def test_a_resolved_chat_asks_once_how_it_was(chat: Chat) -> None:
    chat.open()
    chat.page.evaluate(
        """heard = []; for (const name of ["rating", "comment"])
        void Omotenashi.on(name, (detail) => heard.push([name, detail]));"""
    )
    chat.tell("thank you")
    chat.shop.state("resolved")
    group = chat.panel.get_by_role("group", name="How was this chat?")
    group.get_by_role("button", name="4 Good").click()
    chat.panel.get_by_role("textbox", name="Anything to add?").fill("Quick and kind.")
    chat.panel.locator(".rating").get_by_role("button", name="Send").click()
    expect(chat.panel.locator(".rating")).to_be_hidden()
    given = [r["body"] for r in chat.shop.requests("POST feedback")]
    assert given == [{"score": 4}, {"score": 4, "comment": "Quick and kind."}]
    # Counted once, and what was written is nobody's but the shop's.
    assert chat.page.evaluate("heard") == [["rating", {"score": 4}], ["comment", {"score": 4}]]
    chat.open()
    chat.shows("thank you")
    expect(group).to_be_hidden()


# The menu and the page --------------------------------------------------------------------------


def test_the_language_can_be_changed_and_stays(chat: Chat) -> None:
    chat.open()
    chat.write("hello")
    expect(chat.bubbles).to_have_count(2)
    chat.button("More options").click()
    chat.button("日本語").click()
    expect(chat.field).to_have_attribute("placeholder", "メッセージを入力")
    expect(chat.panel).to_contain_text("自動応答アシスタント")
    expect(chat.bubbles).to_have_count(2)
    chat.open()
    expect(chat.field).to_have_attribute("placeholder", "メッセージを入力")
    eventually(lambda: chat.shop.requests("POST session")[-1]["body"]["lang"] == "ja")


@pytest.mark.parametrize(
    ("locale", "page", "name"),
    [
        ("ja-JP", "fr", "チャットを開く"),
        ("en-GB", "fr", "Open chat"),
        ("fr-FR", "fr", "Open chat"),
        # The page comes before the browser.
        ("ja-JP", "en", "Open chat"),
    ],
)
def test_without_a_word_of_the_page_the_browser_says_which_language(
    new_page: Callable[..., Page], shop: Shop, locale: str, page: str, name: str
) -> None:
    chat = Chat(new_page(locale=locale), shop).visit(lang=page)
    expect(chat.launcher).to_have_accessible_name(name)


def test_the_page_says_which_language(new_page: Callable[..., Page], shop: Shop) -> None:
    chat = Chat(new_page(), shop).open(lang="ja")
    expect(chat.launcher).to_have_accessible_name("チャットを閉じる")


def test_the_transcript_is_downloaded(chat: Chat) -> None:
    chat.open()
    chat.write("hello")
    expect(chat.bubbles).to_have_count(2)
    chat.button("More options").click()
    with chat.page.expect_download() as download:
        chat.button("Download this chat").click()
    assert download.value.path().read_text().splitlines()[0] == "hello"


def test_the_transcript_is_mailed_where_the_shop_sends_mail(chat: Chat) -> None:
    chat.open()
    chat.button("More options").click()
    expect(chat.button("Download this chat")).to_be_visible()
    expect(chat.button("E-mail this chat")).to_be_hidden()
    chat.page.keyboard.press("Escape")
    chat.shop.state("bot", mail=True)
    chat.offer("E-mail this chat").click()
    address = chat.panel.get_by_role("textbox", name="Your e-mail address")
    expect(address).to_be_focused()
    address.fill("mei@example.com")
    address.press("Enter")
    expect(chat.panel).to_contain_text("The chat is on its way to you.")
    expect(address).to_be_hidden()
    assert chat.shop.requests("POST transcript")[0]["body"] == {"email": "mei@example.com"}


def test_the_conversation_goes_on_in_telegram_and_can_be_taken_back(chat: Chat) -> None:
    chat.open()
    chat.write("hello")
    expect(chat.bubbles).to_have_count(2)
    chat.button("More options").click()
    expect(chat.button("Continue on Telegram")).to_be_hidden()
    chat.page.keyboard.press("Escape")
    chat.shop.state("bot", links=[{"channel": "telegram", "linked": False}])
    chat.offer("Continue on Telegram").click()
    link = chat.panel.get_by_role("link", name="Open Telegram")
    expect(link).to_be_focused()
    expect(link).to_have_attribute("href", "https://t.me/shop_bot?start=c0de")
    # Scanned or typed on the phone, say: it has done its work here, too.
    chat.shop.state("bot", links=[{"channel": "telegram", "linked": True}])
    expect(link).to_be_hidden()
    expect(chat.button("More options")).to_be_focused()
    chat.shop.say("customer", "from my phone", channel="telegram")
    expect(chat.log.locator(".foot").last).to_contain_text("Telegram")
    chat.button("More options").click()
    chat.button("Disconnect Telegram").click()
    eventually(lambda: len(chat.shop.requests("DELETE link")) == 1)


def test_where_answers_go_is_chosen_and_taken_back_in_the_menu(chat: Chat) -> None:
    chat.open()
    always = "Always answer on Telegram"
    telegram = {"channel": "telegram", "linked": True}
    chat.shop.state("bot", links=[{**telegram, "preferred": False}])
    chat.offer(always, **{"aria-pressed": "false"})
    chat.shop.state("bot", links=[{**telegram, "preferred": True}])
    chat.offer(always, **{"aria-pressed": "true"}).click()
    eventually(lambda: len(chat.shop.requests("POST link/preferred")) == 1)
    chat.shop.state("bot", links=[{**telegram, "preferred": False}])
    chat.offer(always, **{"aria-pressed": "false"}).click()
    eventually(lambda: len(chat.shop.requests("POST link/preferred")) == 2)
    asked = [request["body"] for request in chat.shop.requests("POST link/preferred")]
    assert asked == [{"channel": None}, {"channel": "telegram"}]


def test_deleting_ones_data_asks_first_and_clears_the_browser(chat: Chat) -> None:
    chat.open()
    chat.write("my secret")
    expect(chat.log).to_contain_text("Sent")
    chat.button("More options").click()
    chat.button("Delete my data").click()
    expect(chat.panel).to_contain_text("There is no way back")
    chat.button("Back").click()
    chat.shows("my secret")
    chat.button("More options").click()
    chat.button("Delete my data").click()
    chat.button("Delete").click()
    expect(chat.panel).to_contain_text("have been deleted")
    expect(chat.bubbles).to_have_count(0)
    assert chat.page.evaluate("Object.keys(localStorage)") == []
    chat.write("hello")
    chat.shows("hello", "Hello. What can I do for you?")


def test_signing_out_clears_every_tab_and_leaves_nothing_kept(chat: Chat) -> None:
    chat.open()
    chat.write("hello")
    expect(chat.bubbles).to_have_count(2)
    # Reopened, the token is kept anew behind what was read: the order of the keys is another.
    chat.page.evaluate(
        "const t = localStorage['omotenashi:token'];"
        "delete localStorage['omotenashi:token']; localStorage['omotenashi:token'] = t"
    )
    other = Chat(chat.page.context.new_page(), chat.shop).open()
    expect(other.bubbles).to_have_count(2)
    chat.field.fill("half a thought")
    chat.page.evaluate("Omotenashi.identify(null)")
    for tab in (chat, other):
        expect(tab.bubbles).to_have_count(0)
    # Whatever the tabs tell each other of it has come by now.
    other.page.evaluate("new Promise((done) => setTimeout(done, 200))")
    assert other.page.evaluate("Object.keys(localStorage)") == []


def held_first(held: list[Route]) -> Callable[[Route], None]:
    """The first request that changes something waits in `held`."""

    def handle(route: Route) -> None:
        if route.request.method == "POST" and not held:
            held.append(route)
        else:
            route.continue_()

    return handle


def test_who_signs_out_while_the_page_takes_up_the_chat_leaves_nothing_behind(chat: Chat) -> None:
    chat.open()
    chat.tell("my secret")
    held: list[Route] = []
    chat.page.route("**/visitor/session", held_first(held))
    chat.page.reload()
    expect(chat.launcher).to_be_visible()
    eventually(lambda: bool(chat.page.evaluate("true") and held))
    chat.page.evaluate("Omotenashi.identify(null)")
    with chat.page.expect_response("**/visitor/session"):
        held[0].continue_()
    # What the page makes of the answer it has made by then.
    chat.page.evaluate("new Promise((done) => setTimeout(done, 200))")
    assert chat.page.evaluate("Object.keys(localStorage)") == []
    chat.launcher.click()
    chat.write("hello")
    chat.shows("hello", "Hello. What can I do for you?")


def test_who_signs_out_while_a_message_is_on_its_way_loses_not_the_next_one(chat: Chat) -> None:
    chat.open()
    held: list[Route] = []
    chat.page.route("**/visitor/messages*", held_first(held))
    chat.write("first")
    eventually(lambda: bool(chat.page.evaluate("true") and held))
    chat.page.evaluate("Omotenashi.identify(null)")
    expect(chat.bubbles).to_have_count(0)
    chat.write("second")
    held[0].continue_()
    chat.shows("second")
    expect(chat.log).to_contain_text("Sent")
    assert chat.shop.texts[-1] == "second"


def test_the_page_has_its_handles(chat: Chat) -> None:
    chat.visit()
    page = chat.page
    page.evaluate("heard = []; void Omotenashi.on('message', (detail) => heard.push(detail))")
    page.evaluate("Omotenashi.setLanguage('ja'); Omotenashi.open()")
    expect(chat.launcher).to_have_accessible_name("チャットを閉じる")
    chat.write("hello")
    expect(chat.bubbles).to_have_count(2)
    assert page.evaluate("heard.map(({ author }) => author)") == ["customer", "bot"]
    page.evaluate("Omotenashi.identify('signed.by.shop')")
    eventually(
        lambda: chat.shop.requests("POST session")[-1]["body"]["identity"] == "signed.by.shop"
    )
    chat.shows("hello", "Hello. What can I do for you?")
    assert page.evaluate("Omotenashi.identify('bad').catch(() => 'refused')") == "refused"
    chat.shows("hello", "Hello. What can I do for you?")
    # Refused, and gone on without.
    chat.shop.say("bot", "still here")
    expect(chat.bubbles).to_have_count(3)
    page.evaluate("Omotenashi.identify(null)")
    expect(chat.bubbles).to_have_count(0)
    page.evaluate("Omotenashi.close()")
    expect(chat.panel).to_be_hidden()


def test_the_page_hears_what_happens(chat: Chat) -> None:
    chat.visit()
    chat.page.evaluate(
        """heard = []; for (const name of ["open", "close", "state", "unread"])
        void Omotenashi.on(name, (detail) => heard.push(JSON.stringify([name, detail])));"""
    )

    def heard() -> list[Any]:
        # A word on the state may come again, where something else of it has changed.
        found = chat.page.evaluate("[...new Set(heard)].map(JSON.parse)")
        chat.page.evaluate("void (heard.length = 0)")
        return list(found)

    chat.launcher.click()
    eventually(lambda: bool(chat.page.evaluate("localStorage['omotenashi:token']")))
    chat.write("hello")
    expect(chat.bubbles).to_have_count(2)
    assert heard() == [["open", {}]]
    chat.shop.state("queued")
    expect(chat.panel.locator(".queue")).to_be_visible()
    assert heard() == [["state", {"state": "queued"}]]
    chat.page.keyboard.press("Escape")
    assert heard() == [["close", {}]]
    chat.shop.say("bot", "Are you still there?")
    expect(chat.launcher).to_have_accessible_name("Open chat, 1 new")
    assert heard() == [["unread", {"unread": 1}]]
    chat.launcher.click()
    assert heard() == [["unread", {"unread": 0}], ["open", {}]]


def test_what_the_page_listens_to_itself_it_goes_on_hearing(chat: Chat) -> None:
    chat.open(own="yes")
    page = chat.page
    page.evaluate("void (heard.length = 0)")
    page.set_viewport_size({"width": 500, "height": 500})
    # The viewport's own and the window's.
    eventually(lambda: page.evaluate("heard").count("resize") >= 2)
    now = """[visualViewport.onresize, visualViewport.onscroll, document.onvisibilitychange,
              window.ononline, window.onoffline, window.onstorage, window.onresize]"""
    assert (
        page.evaluate(f"{now}.map((handler, i) => !!handler && handler === own[i])") == [True] * 7
    )


# For everybody ----------------------------------------------------------------------------------


def everything(chat: Chat) -> None:
    """A conversation with one of each."""
    chat.tell("hello")
    steps = [{"label": "Paid", "done": True}, {"label": "Delivered", "done": False}]
    chat.shop.say("bot", "Yes", kind="order", data={"number": "HN-10234", "steps": steps})
    chat.shop.say("bot", "Here", kind="article", data={"title": "Delivery", "url": "/help/en/x"})
    chat.shop.say("agent", "Hello, https://a.example/", agent={"name": "Aya"})
    chat.shop.say("system", "Your address?", kind="contact")
    offer(chat.shop, "Left", "Right")
    chat.shop.event("typing", author="bot", typing=True)
    chat.shop.state("queued", queue={"position": 2, "estimate": [60, 300], "staffed": True})
    chat.panel.locator(".queue button").click()
    expect(chat.bubbles).to_have_count(7)


@pytest.mark.parametrize(
    ("lang", "theme", "width", "colour", "state"),
    [
        ("en", "light", 360, "#2f5d50", "queued"),
        ("ja", "dark", 1280, "#2f5d50", "resolved"),
        ("en", "dark", 360, "#ffd400", "resolved"),
        ("ja", "light", 1280, "#808080", "queued"),
    ],
)
def test_axe_finds_nothing(
    new_page: Callable[..., Page],
    shop: Shop,
    lang: str,
    theme: str,
    width: int,
    colour: str,
    state: str,
) -> None:
    page = new_page(viewport={"width": width, "height": 740}, color_scheme=theme)
    chat = Chat(page, shop).open(lang=lang, color=colour)
    everything(chat)
    if state == "resolved":
        shop.state(state)
        expect(chat.panel.locator(".rating")).to_be_visible()
    found = Axe().run(page, context="omotenashi-chat").response["violations"]
    assert [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]] == []


@pytest.mark.parametrize(("lang", "theme", "width"), [("en", "dark", 360), ("ja", "light", 1280)])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_axe_finds_nothing_in_any_state(
    new_page: Callable[..., Page], shop: Shop, state: State, lang: str, theme: str, width: int
) -> None:
    page = new_page(viewport={"width": width, "height": 740}, color_scheme=theme)
    state(Chat(page, shop).open(lang=lang), lang)
    found = Axe().run(page, context="omotenashi-chat").response["violations"]
    assert [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]] == []


def test_a_whole_conversation_with_the_keyboard_alone(chat: Chat) -> None:
    """Tab, arrows, Enter and typing; the pointer is never used."""
    chat.without_time().visit()
    press, page = chat.page.keyboard.press, chat.page

    def tab_to(control: Locator) -> None:
        for _ in range(40):
            if control.evaluate("e => e === e.getRootNode().activeElement"):
                # What has the focus shows it.
                assert control.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
                return
            press("Tab")
        pytest.fail(f"can't be reached: {control}")

    tab_to(chat.launcher)
    press("Enter")
    expect(chat.field).to_be_focused()
    page.keyboard.type("hello")
    press("Enter")
    expect(chat.bubbles).to_have_count(2)
    offer(chat.shop, "Left", "Right")
    expect(chat.button("Right")).to_be_enabled()
    tab_to(chat.button("Right"))
    press("Enter")
    expect(chat.bubbles).to_have_count(4)
    chat.shop.say("bot", "Which order?", data={"expects": ["order_number", "email"]})
    number = chat.log.get_by_role("textbox", name="Order number")
    expect(number).to_be_visible()
    tab_to(number)
    page.keyboard.type("HN-10234")
    press("Tab")
    page.keyboard.type("mei@example.com")
    press("Enter")
    expect(chat.bubbles.last).to_have_text("HN-10234 mei@example.com")
    waiting(chat)
    tab_to(chat.button("Options"))
    press("Enter")
    tab_to(chat.button("Call me back"))
    press("Enter")
    expect(chat.panel.get_by_role("combobox", name="Day")).to_be_focused()
    press("ArrowDown")
    tab_to(chat.button("Book"))
    press("Enter")
    expect(chat.panel).to_contain_text("We'll be in touch")
    chat.shop.state("resolved")
    score = chat.button("4 Good")
    expect(score).to_be_visible()
    tab_to(score)
    press("Enter")
    tab_to(chat.panel.locator(".rating textarea"))
    page.keyboard.type("Quick and kind.")
    press("Tab")
    press("Enter")
    expect(chat.panel.locator(".rating")).to_be_hidden()
    tab_to(chat.button("More options"))
    press("Enter")
    expect(chat.button("日本語")).to_be_focused()
    press("Escape")
    press("Escape")
    expect(chat.panel).to_be_hidden()
    expect(chat.launcher).to_be_focused()
    assert chat.shop.requests("POST feedback")[-1]["body"]["comment"] == "Quick and kind."


def test_on_a_page_read_from_right_to_left_it_is_itself(chat: Chat) -> None:
    chat.open(lang="ar")
    chat.write("שלום hello")
    panel = chat.panel.bounding_box()
    assert panel is not None
    # Where the lines of such a page end, and wholly in sight.
    assert panel["x"] == 20
    assert chat.panel.locator(".frame").evaluate("e => getComputedStyle(e).direction") == "ltr"
    text = chat.bubbles.locator(".text")
    assert text.evaluate("e => getComputedStyle(e).direction") == "rtl"


def test_targets_are_large_enough(new_page: Callable[..., Page], shop: Shop) -> None:
    chat = Chat(new_page(viewport=PHONE), shop).without_time().open()
    everything(chat)
    for state in ("queued", "resolved"):
        if state == "resolved":
            shop.state(state)
            expect(chat.panel.locator(".rating")).to_be_visible()
            expect(chat.panel.locator(".queue")).to_be_hidden()
        for control in chat.panel.locator("button:visible, input:visible, textarea:visible").all():
            box = control.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 44, control.evaluate("e => e.outerHTML")
    # As narrow as a page magnified four times.
    chat.page.set_viewport_size({"width": 320, "height": 640})
    assert chat.page.evaluate("document.documentElement.scrollWidth") == 320
    assert chat.panel.locator(".list").evaluate("e => e.scrollWidth <= e.clientWidth")


# The browser's and the system's settings ---------------------------------------------------------


def test_forced_colours_leave_every_control_and_every_state_to_be_seen(
    new_page: Callable[..., Page], shop: Shop
) -> None:
    chat = Chat(new_page(forced_colors="active", viewport=PHONE), shop).open()
    everything(chat)
    chat.button("More options").click()
    outlined = """e => {
        const { borderTopWidth, borderTopColor } = getComputedStyle(e);
        const around = e.parentElement?.closest("dialog") ?? document.body;
        const { backgroundColor } = getComputedStyle(around);
        return parseFloat(borderTopWidth) > 0 && borderTopColor !== backgroundColor;
    }"""
    # Their grounds are gone: what is left to see is an edge.
    for seen in (".launcher", ".send", ".customer .bubble", ".menu", "dialog textarea", "header"):
        found = chat.page.locator(f"omotenashi-chat {seen}").first
        assert found.evaluate(outlined), seen
    sound = chat.button("Sound when a person answers")
    expect(sound).to_have_attribute("aria-pressed", "true")
    state = "e => JSON.stringify(Object.values(%s).map(p => getComputedStyle(e, '::after')[p]))"
    state %= (
        "['content', 'borderTopColor', 'backgroundColor', 'backgroundImage', 'left', 'transform']"
    )
    on = sound.evaluate(state)
    sound.click()
    chat.button("More options").click()
    assert sound.evaluate(state) != on
    chat.page.keyboard.press("Tab")
    focused = chat.panel.locator(":focus-visible")
    assert focused.evaluate("e => parseFloat(getComputedStyle(e).outlineWidth)") >= 2


@pytest.mark.parametrize(("wish", "moves"), [("no-preference", True), ("reduce", False)])
def test_the_panel_moves_only_for_those_who_like_it(
    new_page: Callable[..., Page], shop: Shop, wish: str, moves: bool
) -> None:
    chat = Chat(new_page(reduced_motion=wish), shop).open()
    everything(chat)
    style = """e => [e, ...e.shadowRoot.querySelectorAll("*")].flatMap((one) => {
        const { animationName, transitionDuration, scrollBehavior } = getComputedStyle(one);
        return [animationName !== "none", parseFloat(transitionDuration) > 0,
                scrollBehavior === "smooth"];
    }).some(Boolean)"""
    assert chat.page.locator("omotenashi-chat").evaluate(style) is moves


def test_over_the_keyboard_on_the_screen_the_field_stays_in_sight(
    new_page: Callable[..., Page], shop: Shop
) -> None:
    page = new_page(viewport=PHONE, has_touch=True, is_mobile=True)
    # No test browser has such a keyboard: it makes what can be seen lower than the page.
    page.add_init_script(
        """const seen = { height: 740, offsetTop: 0, scale: 1 };
        for (const name of Object.keys(seen))
            Object.defineProperty(visualViewport, name, { get: () => seen[name] });
        window.see = (changed) => {
            Object.assign(seen, changed);
            visualViewport.dispatchEvent(new Event("resize"));
        };"""
    )
    chat = Chat(page, shop).open()
    page.evaluate("see({ height: 420, offsetTop: 60 })")
    assert chat.panel.bounding_box() == {"x": 0, "y": 60, "width": 360, "height": 420}
    field = chat.field.bounding_box()
    assert field is not None
    assert field["y"] + field["height"] <= 480
    # Magnified by two fingers the panel stays as it was, and can be looked over.
    page.evaluate("see({ height: 300, offsetTop: 90, scale: 2 })")
    assert chat.panel.bounding_box() == {"x": 0, "y": 60, "width": 360, "height": 420}
    page.evaluate("see({ height: 740, offsetTop: 0, scale: 1 })")
    assert chat.panel.bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 740}


def test_a_notch_covers_nothing(new_page: Callable[..., Page], shop: Shop) -> None:
    page = new_page(viewport=PHONE, has_touch=True, is_mobile=True)
    chat = Chat(page, shop).visit()
    insets = {"top": 47, "bottom": 34, "left": 11, "right": 12}
    page.context.new_cdp_session(page).send(
        "Emulation.setSafeAreaInsetsOverride", {"insets": insets}
    )

    def above_the_edge() -> bool:
        launcher = chat.launcher.bounding_box()
        assert launcher is not None
        return 740 - launcher["y"] - launcher["height"] >= insets["bottom"]

    eventually(above_the_edge)
    chat.launcher.click()
    close, field = chat.button("Close chat").bounding_box(), chat.field.bounding_box()
    assert close is not None
    assert field is not None
    assert close["y"] >= insets["top"]
    assert close["x"] + close["width"] <= 360 - insets["right"]
    assert field["y"] + field["height"] <= 740 - insets["bottom"]
    assert field["x"] >= insets["left"]


def test_news_is_announced_and_history_is_not(chat: Chat) -> None:
    chat.open()
    chat.write("hello")
    expect(chat.bubbles).to_have_count(2)
    for number in range(60):
        chat.shop.say("bot", f"message {number}")
    expect(chat.bubbles).to_have_count(62)
    # What is put into the log, and whether it is then one that is read out.
    chat.page.add_init_script(
        """added = []; new MutationObserver((_, self) => {
            const root = document.querySelector("omotenashi-chat")?.shadowRoot;
            const log = root?.querySelector(".log");
            if (!log) return;
            self.disconnect();
            new MutationObserver((changes) => {
                for (const { addedNodes } of changes) for (const node of addedNodes)
                    if (node.matches?.(".item"))
                        added.push([node.querySelector(".text")?.textContent, log.ariaLive,
                                    node.ariaLive]);
            }).observe(log, { childList: true });
        }).observe(document, { childList: true, subtree: true });"""
    )
    chat.page.reload()
    chat.launcher.click()
    expect(chat.bubbles.last).to_have_text("message 59")
    expect(chat.log).to_have_attribute("aria-live", "polite")
    kept = chat.page.evaluate("added.splice(0)")
    assert len(kept) >= 30
    assert {live for _, live, _ in kept} == {"off"}
    chat.button("Earlier messages").click()
    expect(chat.bubbles.first).to_have_text("hello")
    assert {live for _, live, _ in chat.page.evaluate("added.splice(0)")} == {"off"}
    expect(chat.log).to_have_attribute("aria-live", "polite")
    chat.shop.say("bot", "This is new.")
    chat.shows_last("This is new.")
    assert chat.page.evaluate("added.splice(0)") == [["This is new.", "polite", None]]
    # The customer knows what they wrote.
    chat.write("thanks")
    chat.shows_last("thanks")
    assert {own for _, _, own in chat.page.evaluate("added.splice(0)")} == {"off"}
