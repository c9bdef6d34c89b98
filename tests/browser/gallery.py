"""Every state of the widget as a picture, to be looked at:

    .venv/bin/python -m tests.browser.gallery FOLDER [PART-OF-A-NAME]

in both languages, light and dark, on a desktop and on a phone, and some in forced colours, on a
page that is read from right to left, and narrow. Needs Chromium (`make test` installs it).
"""

import io
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import expect, sync_playwright

from tests.browser.conftest import chromium_path
from tests.browser.shop import Chat, stand_in

BUILT = Path(__file__).parents[2] / "channels/website/static"
DESKTOP = {"viewport": {"width": 820, "height": 780}}
PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
# name: language, then what the browser is told.
SIGHTS: dict[str, tuple[str, dict[str, Any]]] = {
    "en-light": ("en", DESKTOP),
    "ja-dark": ("ja", {**DESKTOP, "color_scheme": "dark"}),
    "ja-phone": ("ja", PHONE),
    "en-phone-dark": ("en", {**PHONE, "color_scheme": "dark"}),
}
FEW: dict[str, tuple[str, dict[str, Any]]] = {
    "en-forced": ("en", {**DESKTOP, "forced_colors": "active"}),
    "ja-forced-dark": ("ja", {**DESKTOP, "forced_colors": "active", "color_scheme": "dark"}),
    "en-rtl": ("ar", DESKTOP),
    "en-narrow": ("en", {"viewport": {"width": 320, "height": 480}}),
}
STEPS = {
    "en": ("Paid", "Packed", "On its way", "Delivered"),
    "ja": ("お支払い済み", "梱包済み", "お届け中", "お届け済み"),
}
WORDS = {
    "question": ("Where is my order?", "注文した商品はいつ届きますか"),
    "order": ("It left our warehouse this morning.", "今朝、倉庫を出発いたしました。"),
    "article": (
        "We deliver everywhere in Japan for 660 yen, and free of charge from 8,000 yen.",
        "送料は全国一律660円です。8,000円以上のお買い上げで無料になります。",
    ),
    "article_title": ("Delivery in Japan", "国内の配送について"),
    "offer": ("Which order is it about?", "どちらのご注文でしょうか"),
    "left": ("HN-10234: Sencha, 100 g", "HN-10234: 煎茶 100 g"),
    "right": ("HN-10240: Kyusu teapot", "HN-10240: 急須"),
    "which": (
        "Gladly. What's the order number, and the e-mail address or delivery postcode on it?",
        "かしこまりました。ご注文番号と、ご注文時のメールアドレスまたはお届け先の郵便番号をお知らせください。",
    ),
    "agent": (
        "Hello, this is Aya. The lid is replaced free of charge; I've ordered one for you.",
        "お待たせいたしました。彩と申します。ふたを無料でお取り替えいたします。手配いたしました。",
    ),
    "joined": (
        "Aya from our team is here now. You're talking with a person.",
        "担当の彩がまいりました。ここからは担当者が直接お答えいたします。",
    ),
    "notice": (
        "Deliveries to Hokkaido take two days longer because of snow.",
        "大雪のため、北海道へのお届けに通常より2日ほど余分にお時間をいただいております。",
    ),
    "photo": ("Here is a picture of it.", "写真をお送りします。"),
    "long": ("Warm the pot before you pour. ", "お湯を注ぐ前に、急須を温めてください。"),
    "contact": (
        "If you like, leave an e-mail address and the answer will reach you there too.",
        "よろしければメールアドレスをお知らせください。お返事をメールでもお届けします。",
    ),
}
TEXTS = {lang: json.loads((BUILT / f"{lang}.json").read_text("utf-8")) for lang in ("en", "ja")}
State = Callable[[Chat, str], None]


def word(name: str, lang: str) -> str:
    return WORDS[name][lang == "ja"]


def cup() -> bytes:
    """A picture of something."""
    image = Image.new("RGB", (1200, 800), "#d8cbb4")
    draw = ImageDraw.Draw(image)
    draw.ellipse((350, 180, 850, 640), fill="#4c6b5d")
    draw.ellipse((400, 200, 800, 380), fill="#263a32")
    drawn = io.BytesIO()
    image.save(drawn, "PNG")
    return drawn.getvalue()


def welcome(chat: Chat, lang: str) -> None:
    """Nothing was said yet."""


def talk(chat: Chat, lang: str) -> None:
    chat.tell(word("question", lang))
    began = datetime.now(UTC) - timedelta(days=1)
    steps = [
        {"label": label, "done": n < 3, "at": (began + timedelta(hours=6 * n)).isoformat()}
        for n, label in enumerate(STEPS[lang])
    ]
    data = {"number": "HN-10234", "steps": steps, "tracking_url": "https://track.example/1"}
    chat.shop.say("bot", word("order", lang), kind="order", data=data)
    article = {"title": word("article_title", lang), "url": "/help/en/x"}
    chat.shop.say("bot", word("article", lang), kind="article", data=article)
    expect(chat.bubbles).to_have_count(3)


def choices(chat: Chat, lang: str) -> None:
    chat.tell(word("question", lang))
    buttons = [{"id": side, "title": word(side, lang)} for side in ("left", "right")]
    chat.shop.say("bot", word("offer", lang), kind="choice", buttons=buttons)
    expect(chat.bubbles).to_have_count(2)
    chat.shop.event("typing", author="bot", typing=True)


def form(chat: Chat, lang: str) -> None:
    chat.tell(word("question", lang))
    expects = ["order_number", "email", "postcode"]
    chat.shop.say("bot", word("which", lang), data={"expects": expects})
    chat.log.get_by_role("button").last.click()


def queue(chat: Chat, lang: str) -> None:
    chat.tell(word("question", lang))
    chat.shop.state("queued", queue={"position": 2, "estimate": [60, 300], "staffed": True})
    expect(chat.panel.locator(".queue")).to_be_visible()


def choices_of_the_queue(chat: Chat, lang: str) -> None:
    queue(chat, lang)
    chat.panel.locator(".queue button").first.click()


def nobody_there(chat: Chat, lang: str) -> None:
    chat.tell(word("question", lang))
    chat.shop.state("queued", queue={"position": 1, "estimate": [0, 900], "staffed": False})
    chat.shop.say("system", word("contact", lang), kind="contact")
    expect(chat.bubbles).to_have_count(2)


def person(chat: Chat, lang: str) -> None:
    name = "彩" if lang == "ja" else "Aya"
    chat.write(word("photo", lang))
    with chat.page.expect_file_chooser() as chooser:
        chat.panel.locator(".composer .icon").first.click()
    chooser.value.set_files([{"name": "lid.png", "mimeType": "image/png", "buffer": cup()}])
    expect(chat.bubbles).to_have_count(2)
    chat.shop.state("assigned", agent={"name": name})
    chat.shop.say("system", word("joined", lang), kind="agent")
    invoice = {"name": "invoice.pdf", "type": "application/pdf", "hex": "00" * 84_000}
    agent = {"name": name}
    chat.shop.say("agent", word("agent", lang), agent=agent, attachments=[invoice])
    expect(chat.bubbles).to_have_count(4)
    chat.shop.event("typing", author="agent", typing=True)


def long(chat: Chat, lang: str) -> None:
    chat.shop.say("bot", word("long", lang) * 40)
    expect(chat.bubbles).to_have_count(1)


def sending(chat: Chat, lang: str) -> None:
    chat.tell(word("question", lang))
    chat.shop.fault("POST /api/v1/visitor/messages", times=1000, retry_after=60)
    chat.shop.fault("POST /api/v1/visitor/attachments", times=1000, delay=60)
    chat.write(word("photo", lang))
    with chat.page.expect_file_chooser() as chooser:
        chat.panel.locator(".composer .icon").first.click()
    chooser.value.set_files([{"name": "lid.png", "mimeType": "image/png", "buffer": cup()}])
    expect(chat.panel.locator(".problem").first).to_be_visible()


def menu(chat: Chat, lang: str) -> None:
    talk(chat, lang)
    chat.panel.locator("header .icon").first.click()


def erase(chat: Chat, lang: str) -> None:
    menu(chat, lang)
    chat.panel.locator(".menu > *").last.click()


def rating(chat: Chat, lang: str) -> None:
    talk(chat, lang)
    chat.shop.state("resolved")
    expect(chat.panel.locator(".rating")).to_be_visible()


def comment(chat: Chat, lang: str) -> None:
    rating(chat, lang)
    chat.panel.locator(".score").nth(3).click()
    expect(chat.panel.locator(".rating textarea")).to_be_visible()


def unread(chat: Chat, lang: str) -> None:
    talk(chat, lang)
    chat.page.keyboard.press("Escape")
    chat.shop.say("agent", word("agent", lang), agent={"name": "Aya"})
    expect(chat.launcher.locator(".badge")).to_be_visible()


def named(chat: Chat, text: str) -> None:
    """Press what is called so in the language of the chat's texts."""
    chat.panel.get_by_role("button", name=text, exact=True).click()


def closed_with_notice(chat: Chat, lang: str) -> None:
    opens = {"open": False, "next_open_at": "2026-12-01T00:00:00+00:00"}
    chat.shop.state("bot", hours=opens, notice={"id": 7, "text": word("notice", lang)})
    expect(chat.panel.get_by_text(word("notice", lang))).to_be_visible()


def call_back(chat: Chat, lang: str) -> None:
    chat.tell(word("question", lang))
    place = {"position": 2, "estimate": [60, 300], "staffed": True}
    chat.shop.state("queued", queue=place, hours={"open": True})
    chat.panel.locator(".queue button").first.click()
    named(chat, TEXTS[lang]["callMe"])
    expect(chat.panel.get_by_role("combobox")).to_have_count(2)


def call_agreed(chat: Chat, lang: str) -> None:
    call_back(chat, lang)
    named(chat, TEXTS[lang]["book"])
    expect(chat.panel.get_by_role("combobox")).to_have_count(0)


def mail_transcript(chat: Chat, lang: str) -> None:
    talk(chat, lang)
    chat.shop.state("bot", mail=True)
    chat.offer(TEXTS[lang]["mailTranscript"]).click()


def go_on_elsewhere(chat: Chat, lang: str) -> None:
    talk(chat, lang)
    chat.shop.state("bot", links=[{"channel": "telegram", "linked": False}])
    chat.offer(TEXTS[lang]["goOn"].replace("{}", "Telegram")).click()
    expect(chat.panel.get_by_role("link", name="Telegram")).to_be_visible()


STATES: tuple[State, ...] = (
    welcome, talk, choices, form, queue, choices_of_the_queue, nobody_there, person, long, sending,
    menu, erase, rating, comment, unread, closed_with_notice, call_back, call_agreed,
    mail_transcript, go_on_elsewhere,
)  # fmt: skip


def pictures(part: str) -> Iterator[tuple[str, State, str, dict[str, Any]]]:
    """Name, state, language of the page, and the browser's settings."""
    for state in STATES:
        few = FEW if state in (talk, form, choices_of_the_queue, person, rating) else {}
        for sight, (lang, options) in {**SIGHTS, **few}.items():
            name = f"{state.__name__}-{sight}"
            if part in name:
                yield name, state, lang, options


def main(folder: Path, part: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with stand_in() as shop, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        for name, state, lang, options in pictures(part):
            shop.reset()
            context = browser.new_context(
                locale="en-GB", timezone_id="Asia/Tokyo", reduced_motion="reduce", **options
            )
            chat = Chat(context.new_page(), shop).open(lang=lang, name="Hanamori")
            state(chat, "ja" if lang == "ja" else "en")
            chat.page.wait_for_timeout(400)
            chat.page.screenshot(path=folder / f"{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
