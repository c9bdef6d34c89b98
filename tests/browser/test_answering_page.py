# ruff: noqa: F811 - fixtures are imported, and named again where they are asked for
"""Answering at the desk in a real browser: taking back, putting aside, finding, being helped."""

import re
from datetime import UTC, datetime, timedelta

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import APIResponse, Route, expect

from tests.browser.shop import eventually
from tests.browser.test_desk import (  # noqa: F401 - fixtures
    PHONE,
    Customer,
    Open,
    claim,
    customer,
    desk,
    pytestmark,
    row,
    sign_in,
    stop_time,
)


def test_typing_claims_and_others_see_who_writes(
    sign_in: Open,
    customer: Customer,
) -> None:
    aya, kenji = sign_in("aya"), sign_in("kenji")
    row(kenji, customer.id).click()
    row(aya, customer.id).click()
    expect(kenji.locator("p.present")).to_have_text("Aya Moriさんも閲覧しています。")
    box = aya.locator(".write textarea")
    box.press_sequentially("Hello")
    expect(aya.locator(".owner")).to_have_text("The assistant is paused. You answer here.")
    expect(box).to_have_value("Hello")

    def is_seen_to_write() -> bool:
        box.press("End")
        box.press("o")
        return "Aya Moriさんがいま入力しています。" in kenji.locator("p.present").inner_text()

    eventually(is_seen_to_write)
    expect(kenji.locator(".owner")).to_have_text("Aya Moriが担当しています。")


def test_an_answer_can_be_taken_back_for_a_moment(
    sign_in: Open,
    customer: Customer,
) -> None:
    page = sign_in("aya")
    box = claim(page, customer.id)
    stop_time(page)
    box.fill("Not quite what I meant")
    box.press("Control+Enter")
    expect(page.locator(".unsent")).to_contain_text("Goes out in a moment")
    box.press("Control+z")
    expect(page.locator(".unsent .line")).to_have_count(0)
    expect(box).to_have_value("Not quite what I meant")
    box.fill("This is what I meant")
    box.press("Control+Enter")
    page.get_by_role("button", name="Undo").click()
    expect(box).to_have_value("This is what I meant")
    page.clock.resume()
    box.press("Control+Enter")
    # What ends the conversation doesn't overtake the answer before it.
    page.get_by_role("button", name="Resolve", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Resolve").click()
    expect(page.locator(".state")).to_have_text("Resolved")
    assert customer.heard() == ["This is what I meant"]


def test_a_canned_reply_is_listed_as_the_customer_will_read_it(
    sign_in: Open,
    customer: Customer,
) -> None:
    page = sign_in("aya")
    box = claim(page, customer.id)
    box.fill("/hello")
    listed = page.get_by_role("listbox").get_by_role("option")
    expect(listed).to_contain_text("Hello there, this is Aya Mori.")
    box.press("Enter")
    expect(box).to_have_value(re.compile("^Hello there, this is Aya Mori."))


def test_resolved_by_a_key_the_next_one_opens(
    sign_in: Open,
    customer: Customer,
) -> None:
    page = sign_in("aya")
    claim(page, customer.id)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Alt+e")
    page.get_by_role("dialog").get_by_role("button", name="Resolve").click()
    expect(page).to_have_url(re.compile(f"/desk/c/(?!{customer.id})[0-9a-f]+$"))
    row(page, customer.id).wait_for(state="detached")


def test_enter_sends_for_those_who_want_it(
    sign_in: Open,
    customer: Customer,
) -> None:
    page = sign_in("aya")
    box = claim(page, customer.id)
    page.get_by_label("Enter sends").check()
    box.fill("One line")
    box.press("Shift+Enter")
    expect(page.locator(".unsent .line")).to_have_count(0)
    box.press("Enter")
    expect(page.locator(".lines .line.agent")).to_contain_text("One line")
    page.reload()
    expect(page.get_by_label("Enter sends")).to_be_checked()


def test_the_wrong_language_is_noticed_once(
    sign_in: Open,
    desk: dict[str, str],
) -> None:
    page = sign_in("aya", path=f"/desk/c/{desk['broken']}")
    page.locator(".talk-head").get_by_role("button", name="Claim").click()
    box = page.locator(".write textarea")
    expect(box).to_be_focused()
    box.fill("I am sorry about the teapot")
    expect(page.locator(".write").get_by_role("alert")).to_have_text(
        "The customer writes Japanese."
    )
    box.press("Control+Enter")
    expect(page.locator(".write").get_by_role("alert")).to_contain_text("Send again")
    expect(page.locator(".unsent .line")).to_have_count(0)
    # Vetted words in the customer's language, with the agent's own beneath.
    box.fill("")
    page.get_by_role("button", name="Suggestions").click()
    page.get_by_role("button", name="Use the reply /sorry-broken").click()
    expect(box).to_have_value(re.compile("破損した状態で"))
    expect(page.locator(".own")).to_contain_text("In your language: I'm sorry it arrived broken.")
    expect(page.locator(".gist").first).to_contain_text("Complaint")


def test_putting_aside_and_finding(sign_in: Open, desk: dict[str, str]) -> None:
    page = sign_in("lena", path=f"/desk/c/{desk['angry']}")
    page.locator(".talk-head").get_by_role("button", name="Claim").click()
    expect(page.locator(".write textarea")).to_be_focused()
    expect(page.locator(".owner")).to_contain_text("You answer here")
    page.keyboard.press("Alt+f")
    page.keyboard.type("wedding")
    expect(page.locator(".find [role=status]")).to_have_text(re.compile(r"^\d of \d$"))
    assert page.locator("mark").count() >= 2
    page.keyboard.press("Escape")
    expect(page.locator("mark")).to_have_count(0)
    page.keyboard.press("Alt+m")
    page.get_by_label("Tomorrow morning").check()
    page.get_by_role("dialog").get_by_role("button", name="Snooze").click()
    expect(page.locator(".talk-head")).to_contain_text("Snoozed until")
    expect(page.locator(".line.event")).to_contain_text("Lena Vogt snoozed this until")
    page.keyboard.press("Alt+m")
    expect(page.locator(".line.event").last).to_contain_text("Taken up again")


def test_mornings_are_the_shops_wherever_the_browser_is(
    sign_in: Open, desk: dict[str, str]
) -> None:
    page = sign_in("lena", path=f"/desk/c/{desk['angry']}")
    abroad = page.context.new_cdp_session(page)
    abroad.send("Emulation.setTimezoneOverride", {"timezoneId": "America/New_York"})
    claimable = page.locator(".talk-head").get_by_role("button", name="Claim")
    expect(page.locator(".talk-head h1")).to_be_visible()
    if claimable.count():
        claimable.click()
        expect(page.locator(".write textarea")).to_be_focused()
    page.keyboard.press("Alt+m")
    for name in ("Tomorrow morning", "Monday morning"):
        choice = page.get_by_role("dialog").locator("label", has_text=name)
        expect(choice).to_contain_text(re.compile(r"\b0?9:00$"))
    own = page.get_by_role("dialog").get_by_label("At another time").last
    day = datetime.now(UTC).date() + timedelta(days=3)
    own.fill(f"{day}T10:30")
    page.get_by_role("dialog").get_by_role("button", name="Snooze").click()
    expect(page.locator(".talk-head")).to_contain_text(f"{day:%b} {day.day} 10:30")
    page.keyboard.press("Alt+m")  # taken up again
    expect(page.locator(".talk-head")).not_to_contain_text("Snoozed until")


def test_the_customer_pane_is_reached_by_a_key(sign_in: Open, desk: dict[str, str]) -> None:
    page = sign_in("lena", path=f"/desk/c/{desk['angry']}")
    expect(page.locator("#customer h2").first).to_be_visible()
    page.keyboard.press("Alt+o")
    expect(page.locator("#customer :focus")).to_be_visible()


def test_a_colleague_is_mentioned_and_finds_the_place(
    sign_in: Open,
    customer: Customer,
) -> None:
    aya, lena = sign_in("aya"), sign_in("lena")
    expect(lena.locator("#mentions .count")).to_be_empty()
    box = claim(aya, customer.id)
    aya.get_by_role("button", name="Note", exact=True).click()
    box.press_sequentially("@Len")
    expect(aya.get_by_role("option", name="@Lena Vogt")).to_be_visible()
    box.press("Tab")
    box.press_sequentially("please have a look")
    box.press("Control+Enter")
    # Held back for five seconds, so that it can be undone.
    expect(lena.locator("#mentions .count")).to_have_text("1")
    lena.get_by_role("button", name="Mentions of you").click()
    lena.get_by_role("dialog").get_by_role("link", name="Aya Mori").first.click()
    expect(lena.locator(".line.note")).to_be_focused()
    expect(lena.locator("#mentions .count")).to_be_empty()


def test_notes_and_addresses_of_the_customer(
    sign_in: Open,
    desk: dict[str, str],
) -> None:
    page = sign_in("lena", path=f"/desk/c/{desk['broken']}")
    pane = page.locator("#customer")
    expect(pane).not_to_contain_text("misaki.sato@example.jp")
    pane.get_by_role("button", name="Show addresses in full").click()
    expect(pane).to_contain_text("misaki.sato@example.jp")
    # Its event may be here before its answer: what was typed is gone from the field all the same.
    answers: list[tuple[Route, APIResponse]] = []
    page.route("**/customer-notes", lambda route: answers.append((route, route.fetch())))
    field = pane.get_by_label("Add a note for everyone")
    field.fill("<b>Mother's birthday</b> on Sunday")
    field.press("Enter")
    note = pane.locator(".customer-note")
    expect(note).to_contain_text("<b>Mother's birthday</b> on Sunday")
    [(route, answer)] = answers
    route.fulfill(response=answer)
    expect(field).to_have_value("")
    note.get_by_role("button", name="Strike the note").click()
    page.get_by_role("dialog").get_by_role("button", name="Strike the note").click()
    expect(note).to_have_count(0)


def test_ending_with_a_question_open_is_warned_of(
    sign_in: Open,
    customer: Customer,
) -> None:
    page = sign_in("aya")
    claim(page, customer.id)
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("no answer yet")
    page.keyboard.press("Escape")
    stop_time(page)
    customer.types()
    expect(page.get_by_text("The customer is typing")).to_be_visible()
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text(
        "The customer is typing just now."
    )


def test_an_order_is_put_right_within_the_limit(sign_in: Open, desk: dict[str, str]) -> None:
    page = sign_in("lena", path=f"/desk/c/{desk['angry']}")
    expect(page.locator(".talk-head h1")).to_be_visible()
    claimable = page.locator(".talk-head").get_by_role("button", name="Claim")
    if claimable.count():
        claimable.click()
    pane = page.locator("#customer")
    pane.get_by_role("button", name="Credit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Amount in yen").fill("1500")
    dialog.get_by_label("Reason").fill("late for the wedding")
    dialog.get_by_role("button", name="Credit").click()
    expect(pane.locator(".remedies")).to_contain_text("late for the wedding")
    expect(page.locator(".line.event").filter(has_text="Credit for")).to_be_visible()
    expect(
        page.locator(".line.system").filter(has_text="¥1,500 of credit is in your account")
    ).to_be_visible()


def test_a_conversation_opens_at_its_end(sign_in: Open, desk: dict[str, str]) -> None:
    page = sign_in("lena", {"width": 1280, "height": 640}, path=f"/desk/c/{desk['broken']}")
    expect(page.locator(".summary-box")).to_be_visible()
    expect(page.locator(".lines .line").last).to_be_in_viewport()


def test_a_macro_is_looked_at_and_done_as_a_whole(sign_in: Open, customer: Customer) -> None:
    page = sign_in("aya")
    claim(page, customer.id)
    page.keyboard.press("Alt+q")
    page.get_by_label("Thank and resolve").check()
    page.get_by_role("button", name="Look at the reply").click()
    text = page.get_by_role("dialog").get_by_label("Reply")
    expect(text).to_have_value(re.compile("Thank you for writing"))
    text.fill("All settled then. Good-bye!")
    page.get_by_role("button", name="Send and do it").click()
    expect(page.locator(".state")).to_have_text("Resolved")
    assert customer.heard() == ["All settled then. Good-bye!"]


def test_abuse_is_flagged_and_handed_on(sign_in: Open, customer: Customer) -> None:
    page = sign_in("kenji")
    row(page, customer.id).click()
    page.locator(".talk-head .acts .main").click()
    expect(page.locator(".write textarea")).to_be_focused()
    page.locator(".more summary").click()
    page.get_by_role("button", name="迷惑行為を報告").click()
    page.get_by_label("会話を待ち行列に戻す").check()
    page.get_by_role("dialog").get_by_role("button", name="報告する").click()
    expect(page.locator(".line.event")).to_contain_text("迷惑行為を報告")
    expect(page.locator("#customer .label")).to_contain_text("abuse")


def test_axe_and_width_with_everything_open(
    sign_in: Open,
    desk: dict[str, str],
) -> None:
    for name, view in (("lena", {"width": 1440, "height": 900}), ("reika", PHONE)):
        page = sign_in(name, view, path=f"/desk/c/{desk['asked']}")
        page.locator(".write textarea").press_sequentially("/")
        page.locator(".write textarea").fill("")
        page.locator(".compose-top [aria-controls=suggestions]").click()
        expect(page.locator(".suggestions li, .suggestions p").first).to_be_visible()
        page.locator(".more summary").click()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            found = Axe().run(page).response["violations"]
            assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") == view["width"]
