"""Tasks and notices at the desk, in a real browser: by keyboard, in both languages."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Route, expect

from tests.browser.shop import eventually
from tests.browser.test_desk import PHONE, WIDE, Customer, Open, customer, desk, sign_in

__all__ = ["customer", "desk", "sign_in"]  # fixtures
pytestmark = pytest.mark.browser


def book(one: Customer) -> None:
    body = {"action": "callback", "contact": "+81 90-1234-5678"}
    # The assistant's turn puts them into the queue first.
    eventually(lambda: one.client.post("/api/v1/visitor/ticket", json=body).status_code == 204)


def test_a_call_comes_up_is_taken_and_done_by_keyboard(sign_in: Open, customer: Customer) -> None:
    page = sign_in("aya", path="/desk/tasks")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tasks")
    book(customer)
    task = page.locator("li.task", has_text="+81 90-1234-5678")
    expect(task).to_be_visible()
    task.get_by_role("button", name="Take").focus()
    page.keyboard.press("Enter")
    expect(task).to_contain_text("Aya Mori does it")
    task.get_by_role("button", name="Done").focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("radio", name="We have spoken").focus()
    page.keyboard.press("Enter")
    expect(task).to_have_count(0)
    state = customer.client.get("/api/v1/visitor/messages").json()
    assert state["agent"] == {"name": "Aya Mori"}


def test_the_focus_stays_where_it_is_while_the_list_changes(
    sign_in: Open, customer: Customer, desk: dict[str, str]
) -> None:
    page = sign_in("aya", path="/desk/tasks")
    book(customer)
    tasks = page.locator("li.task")
    take = tasks.first.get_by_role("button", name="Take")
    take.focus()
    before = tasks.count()
    other = Customer(desk["url"])
    other.say("a person please")
    book(other)
    expect(tasks).to_have_count(before + 1)
    expect(take).to_be_focused()
    other.client.close()


def test_what_is_due_stands_beside_the_tasks(sign_in: Open) -> None:
    told = 'event: tasks\ndata: {"due": 2, "overdue": 1}\n\n'
    page = sign_in("aya")
    expect(page.locator("#due")).to_be_hidden()
    page.route(
        "**/api/v1/desk/events",
        lambda route: route.fulfill(content_type="text/event-stream", body=told),
    )
    page.reload()
    link = page.get_by_role("link", name="Tasks 2 due, some of them overdue")
    expect(link).to_be_visible()


def test_a_notice_is_previewed_told_and_ended(sign_in: Open, customer: Customer) -> None:
    page = sign_in("lena", path="/desk/notices")
    page.get_by_label("English").fill("<b>Snow</b> in the north.")
    page.get_by_label("Japanese").fill("北は雪です。")
    expect(page.locator('[data-preview="en"]')).to_have_text("<b>Snow</b> in the north.")
    page.get_by_role("button", name="Tell customers").click()
    listed = page.locator("#notices li", has_text="<b>Snow</b> in the north.")
    expect(listed).to_contain_text("Being told")
    state = customer.client.get("/api/v1/visitor/messages").json()
    assert state["notice"]["text"] == "<b>Snow</b> in the north."
    listed.get_by_role("button", name="End it").click()
    expect(listed).to_contain_text("Ended")


def test_nothing_is_shown_before_it_can_be_used(sign_in: Open) -> None:
    page = sign_in("lena")
    held: list[Route] = []
    page.route("**/notices.js", lambda route: held.append(route))
    page.goto("/desk/notices", wait_until="commit")
    expect(page.get_by_role("button", name="Tell customers")).to_be_attached()
    page.evaluate("new Promise((done) => setTimeout(done, 500))")
    painted = "performance.getEntriesByType('paint').length"
    assert page.evaluate(painted) == 0
    held[0].continue_()
    eventually(lambda: page.evaluate(painted) > 0)
    page.get_by_label("English").fill("Snow")
    expect(page.locator('[data-preview="en"]')).to_have_text("Snow")


def test_agents_do_not_get_to_the_notices(sign_in: Open) -> None:
    page = sign_in("aya")
    assert page.get_by_role("link", name="Notices").count() == 0
    assert page.context.request.get("/desk/notices").status == 403


@pytest.mark.parametrize("who", ["lena", "reika"])
@pytest.mark.parametrize("view", [WIDE, PHONE], ids=["wide", "phone"])
def test_nothing_that_axe_finds_wrong(
    sign_in: Open, customer: Customer, who: str, view: dict[str, int]
) -> None:
    book(customer)
    for path in ("/desk/tasks", "/desk/notices"):
        page = sign_in(who, view, path)
        page.wait_for_selector("li.task, li.nothing")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
