"""The desk in a real browser: two people at it, a customer at the other end."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.desk_pages import running
from tests.browser.desk_pages import sign_in as signed_in
from tests.browser.shop import eventually
from tests.harness import PATIENCE_S

pytestmark = pytest.mark.browser

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
Open = Callable[..., Page]
# Being offline, and a refused file, are told by the browser itself, and meant by the test.
MEANT = ("ERR_INTERNET_DISCONNECTED", "status of 422")


@pytest.fixture(scope="module")
def desk(
    tmp_path_factory: pytest.TempPathFactory, articles_cache: Path
) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "cache").symlink_to(articles_cache)
    with running(folder) as found:
        yield found


@pytest.fixture
def sign_in(chromium: Browser, desk: dict[str, str]) -> Iterator[Open]:
    """Opens the desk as somebody; fails if a page of it complained in the console."""
    contexts = []
    complaints: list[str] = []

    def opened(name: str, view: dict[str, Any] = WIDE, path: str = "/desk/") -> Page:
        context = chromium.new_context(viewport=view, reduced_motion="reduce", base_url=desk["url"])
        contexts.append(context)
        context.set_default_timeout(1000 * PATIENCE_S)
        signed_in(context, desk, name)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text)
                if said.type == "error" and not any(meant in said.text for meant in MEANT)
                else None
            ),
        )
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


class Customer:
    """A visitor in the queue, over HTTP."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE_S)
        made = self.client.post("/api/v1/visitor/session", json={"lang": "en"}).json()
        self.client.headers["Authorization"] = f"Bearer {made['token']}"
        self.id: str = made["conversation_id"]

    def say(self, text: str) -> None:
        body = {"client_id": uuid4().hex, "text": text}
        assert self.client.post("/api/v1/visitor/messages", json=body).status_code == 202

    def types(self) -> None:
        body = {"typing": True}
        assert self.client.post("/api/v1/visitor/typing", json=body).status_code == 204

    def heard(self) -> list[str]:
        page = self.client.get("/api/v1/visitor/messages").json()
        return [m["text"] for m in page["messages"] if m["author"] == "agent"]


@pytest.fixture
def customer(desk: dict[str, str]) -> Iterator[Customer]:
    made = Customer(desk["url"])
    made.say("a person please")
    yield made
    made.client.close()


def row(page: Page, id: str) -> Any:
    return page.locator(f'a.row[data-id="{id}"]')


def stop_time(page: Page) -> None:
    """What lasts a few seconds in the page from now on lasts until `page.clock.resume()`."""
    now = datetime.now(UTC)
    page.clock.install(time=now - timedelta(hours=1))
    page.clock.pause_at(now)


def claim(page: Page, id: str) -> Any:
    """Claims a waiting conversation; its answer box."""
    row(page, id).click()
    page.get_by_role("banner").or_(page.locator(".talk-head")).get_by_role(
        "button", name="Claim"
    ).click()
    box = page.locator(".write textarea")
    expect(box).to_be_focused()
    return box


def test_the_form_of_the_sign_in(chromium: Browser, desk: dict[str, str]) -> None:
    page = chromium.new_page(base_url=desk["url"])
    page.set_default_timeout(1000 * PATIENCE_S)
    page.goto("/desk/sign-in?lang=en")
    page.get_by_label("E-mail").fill("aya@example.com")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("The e-mail address or the password is wrong.")
    page.get_by_label("Password").fill(desk["password"])
    page.keyboard.press("Enter")
    expect(page.locator("a.row").first).to_be_visible()
    page.close()


def test_the_queue_is_by_priority_and_in_words(sign_in: Open, desk: dict[str, str]) -> None:
    page = sign_in("aya")
    rows = page.locator("a.row")
    expect(rows.first).to_contain_text("Angry")
    expect(rows.first).to_contain_text("over the target")
    assert rows.first.get_attribute("data-id") == desk["angry"]


def test_a_conversation_live_from_both_ends(sign_in: Open, customer: Customer) -> None:
    page = sign_in("aya")
    box = claim(page, customer.id)
    box.fill("Hello, this is Aya.\nHow can I help?")
    box.press("Control+Enter")
    expect(page.locator(".line.agent").last).to_contain_text("How can I help?")
    expect(page.locator(".unsent .line")).to_have_count(0)
    assert customer.heard() == ["Hello, this is Aya.\nHow can I help?"]
    stop_time(page)
    customer.types()
    expect(page.get_by_text("The customer is typing")).to_be_visible()
    page.clock.resume()
    customer.say("<img src=x onerror=\"document.title='taken over'\"> a cup is broken")
    line = page.locator(".line.customer").last
    expect(line).to_contain_text("<img src=x onerror=")
    assert page.locator(".line img").count() == 0
    assert "taken over" not in page.title()


def test_a_press_is_not_lost_on_what_is_drawn_anew_under_it(
    sign_in: Open, customer: Customer
) -> None:
    page = sign_in("aya")
    row(page, customer.id).hover()
    page.mouse.down()
    with page.expect_response("**/api/v1/desk/conversations?*"):
        customer.say("Are you there?")
    page.mouse.up()
    expect(page).to_have_url(re.compile(f"/desk/c/{customer.id}$"))
    expect(row(page, customer.id)).to_contain_text("Are you there?")
    box = claim(page, customer.id)
    page.clock.set_fixed_time(datetime.now(UTC))
    box.fill("Not quite what I meant")
    box.press("Control+Enter")
    page.get_by_role("button", name="Undo").hover()
    page.mouse.down()
    customer.say("Hello?")
    expect(page.locator(".line.customer").last).to_contain_text("Hello?")
    page.mouse.up()
    expect(box).to_have_value("Not quite what I meant")


def test_what_a_colleague_takes_is_seen_to_be_taken(sign_in: Open, customer: Customer) -> None:
    aya, kenji = sign_in("aya"), sign_in("kenji")
    row(kenji, customer.id).click()
    expect(kenji.locator(".owner")).to_contain_text("担当者をお待ちです")
    claim(aya, customer.id)
    expect(kenji.locator(".owner")).to_have_text("Aya Moriが担当しています。")
    expect(kenji.locator(".talk-head .main")).to_have_count(0)


def test_an_answer_written_offline_arrives_once(sign_in: Open, customer: Customer) -> None:
    page = sign_in("aya")
    box = claim(page, customer.id)
    page.context.set_offline(True)
    box.fill("Written in a tunnel.")
    box.press("Control+Enter")
    expect(page.locator(".unsent")).to_contain_text("retrying")
    assert customer.heard() == []
    page.context.set_offline(False)
    expect(page.locator(".lines .line.agent").get_by_text("Written in a tunnel.")).to_have_count(1)
    expect(page.locator(".unsent .line")).to_have_count(0)
    expect(page.locator("#lost")).to_be_hidden()
    assert customer.heard() == ["Written in a tunnel."]


NOTIFICATIONS = """
window.told = [];
window.allowed = "default";
window.Notification = class {
  static get permission() { return window.allowed; }
  static async requestPermission() { return (window.allowed = window.answer); }
  constructor(text) { window.told.push(text); }
  addEventListener() {}
};
Object.defineProperty(document, "hidden", { get: () => Boolean(window.away) });
"""


def test_the_browser_tells_whoever_looks_elsewhere(
    sign_in: Open, desk: dict[str, str], customer: Customer
) -> None:
    page = sign_in("aya")
    page.add_init_script(NOTIFICATIONS)
    page.reload()
    bell = page.locator("#sound")
    page.evaluate("window.answer = 'denied'")
    bell.click()
    expect(page.get_by_role("alert")).to_contain_text("doesn't allow notifications")
    bell.click()
    page.evaluate("window.allowed = 'granted'")
    bell.click()
    expect(bell).to_have_attribute("aria-pressed", "true")

    claim(page, customer.id)
    # Mine is not in the list of the queue any more, and its customer is heard of all the same.
    expect(row(page, customer.id)).to_have_count(0)
    page.evaluate("window.away = true")
    customer.say("is somebody there?")
    eventually(lambda: page.evaluate("window.told.length") > 0)
    assert page.evaluate("window.told[0]") == f"New message from Visitor {customer.id[:4].upper()}"
    row(page, desk["angry"]).click()
    page.evaluate("window.away = false; window.told.length = 0")
    other = Customer(desk["url"])
    other.say("a person please")
    # Who looks at the page sees it there.
    expect(row(page, other.id)).to_be_visible()
    assert page.evaluate("window.told") == []
    other.client.close()


def test_a_printed_report_says_what_it_is_of(sign_in: Open) -> None:
    page = sign_in("lena", path="/desk/reports?from=2026-11-01&to=2026-11-18&by=lang")
    days = page.get_by_text("2026-11-01 – 2026-11-18 · Language")
    expect(days).to_be_hidden()
    page.emulate_media(media="print")
    expect(days).to_be_visible()
    expect(page.get_by_role("navigation").first).to_be_hidden()


def test_drafts_notes_and_canned_replies(sign_in: Open, customer: Customer) -> None:
    page = sign_in("aya")
    box = claim(page, customer.id)
    box.fill("/sorry-l")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(1)
    box.press("Enter")
    expect(box).to_have_value(re.compile(r"your order \{order\} is late"))
    box.press("Control+Enter")
    expect(page.locator(".write").get_by_role("alert")).to_contain_text("Order number")
    box.fill("half an answ")
    page.get_by_role("button", name="Note", exact=True).click()
    expect(box).to_have_value("")
    box.fill("She has been a customer for years.")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".lines .line.note")).to_contain_text("for years")
    page.reload()
    expect(page.locator(".write textarea")).to_have_value("half an answ")
    assert customer.heard() == []


def test_returning_and_resolving_are_asked(sign_in: Open, customer: Customer) -> None:
    page = sign_in("aya")
    claim(page, customer.id)
    page.get_by_role("button", name="Return to assistant").click()
    page.get_by_label("Hint for the assistant").fill("Opening hours only.")
    page.get_by_role("dialog").get_by_role("button", name="Return").click()
    expect(page.locator(".state")).to_have_text("With the assistant")
    page.get_by_role("button", name="Resolve", exact=True).click()
    page.get_by_label("Nothing to do").check()
    page.get_by_role("dialog").get_by_role("button", name="Resolve").click()
    expect(page.locator(".state")).to_have_text("Resolved")
    expect(page.locator(".owner")).to_contain_text("Nothing to do")


def test_by_keyboard_alone(sign_in: Open, desk: dict[str, str]) -> None:
    page = sign_in("lena")
    expect(row(page, desk["angry"])).to_be_visible()
    page.keyboard.press("Alt+j")
    expect(row(page, desk["angry"])).to_have_attribute("aria-current", "true")
    page.keyboard.press("Alt+j")
    expect(row(page, desk["security"])).to_have_attribute("aria-current", "true")
    page.keyboard.press("Alt+k")
    expect(page.locator(".summary-box dt").first).to_have_text("Wish")
    page.keyboard.press("Alt+p")
    expect(page.locator(".write textarea")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Next conversation")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(row(page, desk["angry"])).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("camp fire")
    expect(page.locator("a.row")).to_have_count(1)


def test_a_summary_line_opens_its_message(sign_in: Open, desk: dict[str, str]) -> None:
    page = sign_in("aya", path=f"/desk/c/{desk['angry']}")
    page.locator(".summary-box").get_by_role("button", name=re.compile("^angry")).click()
    line = page.locator(".line.customer").filter(has_text="SATURDAY")
    expect(line).to_be_focused()
    line.locator(".reading summary").click()
    expect(line.locator(".reading")).to_contain_text("Complaint 95 %")


def test_things_stand_by_their_names(sign_in: Open, desk: dict[str, str]) -> None:
    """What the assistant calls kyusu, in the words of whoever reads."""
    for who, named in (("aya", "kyusu teapot"), ("kenji", "急須")):
        page = sign_in(who, path=f"/desk/c/{desk['broken']}")
        pane = page.locator("#customer")
        expect(pane.locator("dd").get_by_text(named, exact=True)).to_be_visible()
        expect(pane.locator(".card").filter(has_text="C-")).to_contain_text(f"· {named} ·")
        expect(page.locator(".summary-box")).to_contain_text(named)
        # By its number in the shop: as the order has it, else as it is.
        words = page.locator("script[src*='console.js']").get_attribute("src")
        found = page.evaluate(
            """async (path) => {
              const { factValue } = await import(path);
              const orders = [{ items: [{ sku: "TS-7", name: "Tray" }] }];
              return ["TS-7", "TS-8"].map((sku) => factValue("item", sku, orders));
            }""",
            str(words).replace("console.js", "words.js"),
        )
        assert found == ["Tray", "TS-8"]


def test_a_phone_shows_one_pane_at_a_time(sign_in: Open, desk: dict[str, str]) -> None:
    page = sign_in("kenji", PHONE)
    row(page, desk["angry"]).click()
    expect(page.locator(".talk-head h1")).to_be_visible()
    expect(page.locator("#list")).to_be_hidden()
    page.get_by_role("button", name="お客様情報").click()
    expect(page.locator("#customer h2")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="一覧へ戻る").click()
    expect(row(page, desk["angry"])).to_be_focused()
    for path, ready in (
        ("", "a.row"),
        (f"c/{desk['broken']}", ".line"),
        (f"transcripts/{desk['angry']}", ".line"),
    ):
        page.goto(f"/desk/{path}")
        expect(page.locator(ready).first).to_be_attached()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert (path, width) == (path, PHONE["width"])


def test_leads_review_and_settle(sign_in: Open, desk: dict[str, str]) -> None:
    page = sign_in("reika", path=f"/desk/transcripts/{desk['puzzled']}")
    page.get_by_role("button", name="このメッセージをレビュー").first.click()
    page.get_by_label("判定").select_option("no_answer")
    page.get_by_label("コメント").fill("キャンプでの使い方を記事に追加したい")
    page.get_by_role("button", name="レビューを保存").click()
    expect(page.locator("#reviews")).to_contain_text("キャンプでの使い方")
    page.goto("/desk/overview")
    page.get_by_role("button", name="回答を用意した").click()
    expect(page.locator("[data-question]")).to_have_count(0)


COUNTS = "**/api/v1/desk/counts"
# Sound is heard by how often it is begun.
EAR = """window.chimes = 0;
window.AudioContext = class extends AudioContext {
  createOscillator() { window.chimes += 1; return super.createOscillator(); }
};"""


def test_who_reads_a_page_without_events_hears_of_who_waits(
    sign_in: Open, desk: dict[str, str]
) -> None:
    page = sign_in("aya", path="/desk/account")
    page.get_by_role("button", name="Sound and notifications").click()
    page.add_init_script(EAR)
    page.clock.install()
    page.goto("about:blank")  # no answer is still on its way
    with page.expect_response(COUNTS) as before:
        page.goto("/desk/account")
    queued = before.value.json()["queued"]
    later = Customer(desk["url"])
    later.say("a person please")
    try:

        def they_wait() -> bool:
            with page.expect_response(COUNTS) as asked:
                page.clock.run_for(15_000)
            return bool(asked.value.json()["queued"] > queued)

        eventually(they_wait)
        eventually(lambda: page.evaluate("window.chimes") >= 2)
    finally:
        later.client.close()


def test_the_palette_has_what_can_be_done_and_does_it(sign_in: Open, customer: Customer) -> None:
    page = sign_in("lena")
    row(page, customer.id).click()
    expect(page.locator(".talk-head h1")).to_be_visible()
    offered = page.locator(".palette [role=option]")

    def ask(words: str) -> None:
        page.keyboard.press("Control+k")
        expect(page.get_by_role("combobox", name="What would you like to do?")).to_be_focused()
        page.keyboard.type(words)

    ask("")
    known = offered.all_inner_texts()
    for wanted in ("Claim", "Resolve", "Reply", "Views: Mine", "Your status: Busy", "Reports",
                   "Filters", "Keyboard shortcuts", "Sign out"):  # fmt: skip
        assert any(one.startswith(wanted) for one in known), (wanted, known)
    page.keyboard.press("Escape")
    ask("busy")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your status")).to_have_value("busy")
    ask("avail")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your status")).to_have_value("available")
    ask("claim")
    page.keyboard.press("Enter")
    expect(page.locator(".owner")).to_contain_text("You answer here")
    ask("views mine")
    page.keyboard.press("Enter")
    expect(page.locator('#views [data-view="mine"]')).to_have_attribute("aria-pressed", "true")
    ask("transcr")
    expect(offered.first).to_contain_text("Transcript")
    ask_for = offered.filter(has_text="Transcripts")
    ask_for.click()
    expect(page.get_by_role("heading", name="Transcripts")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_that_axe_finds_wrong(sign_in: Open, desk: dict[str, str], scheme: str) -> None:
    page = sign_in("lena")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path, ready in (
        (f"c/{desk['angry']}", "#customer h2"),
        ("transcripts", "table"),
        (f"transcripts/{desk['angry']}", ".line"),
        ("overview", ".figures"),
    ):
        page.goto(f"/desk/{path}")
        expect(page.locator(ready).first).to_be_attached()
        found = Axe().run(page)
        told = [(one["id"], one["nodes"][0]["html"][:200]) for one in found.response["violations"]]
        assert (path, told) == (path, [])


def test_hurrying_through_the_list_ends_where_it_ends(sign_in: Open, desk: dict[str, str]) -> None:
    page = sign_in("lena")
    expect(row(page, desk["angry"])).to_be_visible()
    asked: set[Request] = set()
    page.on("request", lambda one: asked.add(one) if "/conversations/" in one.url else None)
    page.on("requestfinished", lambda one: asked.discard(one))
    page.on("requestfailed", lambda one: asked.discard(one))
    for _ in range(6):
        page.keyboard.press("Alt+j")
        page.keyboard.press("Alt+j")
        page.keyboard.press("Alt+k")
        page.keyboard.press("Alt+k")
    page.keyboard.press("Alt+j")
    opened = page.locator("a.row[aria-current]").get_attribute("data-id")
    expect(page).to_have_url(re.compile(f"/desk/c/{opened}$"))
    shown = page.locator(".lines .line[data-seq]")
    expect(shown.first).to_be_attached()
    # Every answer has come, also those for what was passed by.
    eventually(lambda: bool(page.evaluate("true")) and not asked)
    kept = page.evaluate(
        "id => fetch(`/api/v1/desk/conversations/${id}/messages`).then((found) => found.json())",
        opened,
    )
    seqs = [message["seq"] for message in kept["messages"]]
    eventually(
        lambda: shown.evaluate_all("lines => lines.map((one) => Number(one.dataset.seq))") == seqs
    )


def test_an_agents_day_by_keyboard_alone(sign_in: Open, customer: Customer) -> None:
    """Ctrl+K and keys, from the queue to the end of a matter; no pointer touches the page."""
    page = sign_in("aya")
    expect(row(page, customer.id)).to_be_visible()
    page.keyboard.press("Control+k")
    palette = page.get_by_role("combobox", name="What would you like to do?")
    expect(palette).to_be_focused()
    page.keyboard.type(customer.id[:4])
    expect(page.locator(".palette [role=option]").first).to_contain_text(customer.id[:4].upper())
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/desk/c/{customer.id}$"))
    expect(page.locator(".lines .line").first).to_be_attached()
    page.keyboard.press("Alt+c")
    box = page.locator(".write textarea")
    expect(box).to_be_focused()
    page.keyboard.type("Hello, I am looking into it.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".lines .line.agent")).to_contain_text("looking into it")
    page.keyboard.press("Alt+p")
    page.keyboard.type("Asked the warehouse.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".lines .line.note")).to_contain_text("warehouse")
    page.keyboard.press("Alt+2")
    expect(page.get_by_role("button", name="Mine", exact=False).first).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(row(page, customer.id)).to_be_visible()
    page.keyboard.press("Alt+e")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Resolve the conversation")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".state")).to_have_text("Resolved")
    page.keyboard.press("Control+k")
    page.keyboard.type("busy")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your status")).to_have_value("busy")
    page.keyboard.press("Control+k")
    page.keyboard.type("available")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your status")).to_have_value("available")


def test_filters_and_kept_views(sign_in: Open, desk: dict[str, str]) -> None:
    page = sign_in("lena")
    expect(row(page, desk["security"])).to_be_visible()
    page.get_by_role("button", name="Filter the list").click()
    page.get_by_label("Channel").select_option("telegram")
    expect(row(page, desk["angry"])).to_have_count(0)
    expect(row(page, desk["security"])).to_be_visible()
    page.get_by_role("button", name="Keep as a view").click()
    page.get_by_label("Name").fill("Telegram, waiting")
    page.get_by_label("For everybody").check()
    page.get_by_role("dialog").get_by_role("button", name="Keep").click()
    kept = page.get_by_role("button", name="Telegram, waiting", exact=True)
    expect(kept).to_be_visible()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(row(page, desk["angry"])).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Filter the list")).to_be_focused()
    kenji = sign_in("kenji")
    kenji.get_by_role("button", name="Telegram, waiting").click()
    expect(row(kenji, desk["security"])).to_be_visible()
    expect(row(kenji, desk["angry"])).to_have_count(0)
    expect(kenji.get_by_role("button", name="一覧「Telegram, waiting」を削除")).to_have_count(0)
    page.get_by_role("button", name="Remove the view Telegram, waiting").click()
    expect(kept).to_have_count(0)


def test_the_list_shows_who_is_where(sign_in: Open, customer: Customer) -> None:
    aya = sign_in("aya")
    expect(row(aya, customer.id)).to_be_visible()
    kenji = sign_in("kenji")
    kenji.evaluate(
        """(id) => fetch(`/api/v1/desk/conversations/${id}/presence`, {
            method: "POST",
            headers: {
                "Content-Type": "application/json",
                "X-CSRF-Token": document.querySelector('meta[name="desk-csrf"]').content,
            },
            body: JSON.stringify({ doing: "viewing" }),
        })""",
        customer.id,
    )
    expect(row(aya, customer.id)).to_contain_text("田中 健二 is here")


def complaints_of(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page)
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found.response["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_filters_and_palette(sign_in: Open, scheme: str) -> None:
    for name, view in (("lena", WIDE), ("kenji", PHONE)):
        page = sign_in(name, view)
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.locator("#filter").click()
        expect(page.locator("#filters select").first).to_be_focused()
        assert complaints_of(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("Control+k")
        expect(page.locator(".palette [role=option]").first).to_be_visible()
        assert complaints_of(page) == []
