"""Returns, cancellations and changes."""

from collections.abc import Iterator

import pytest

from actions.context import configure
from tests.actions_shop import EMAIL, POSTCODE, Dialogue, services


@pytest.fixture(autouse=True)
def shop() -> Iterator[None]:
    configure(services())
    yield
    configure(None)


async def test_a_return_names_the_last_date_and_starts_after_a_yes() -> None:
    talk = Dialogue()
    first = await talk.play(
        "action_return_order",
        "I'd like to return the teapot of HN-10005",
        "return_order",
        order_number="HN-10005",
        email=EMAIL,
        item="kyusu",
    )
    assert first.responses == ("utter_return_possible",)
    assert "Wednesday, 16 December" in first.said
    assert not [c for c in first.commands if c["type"] == "open_case"]
    done = await talk.form_step("yes", "affirm")
    case = done.command("open_case")
    assert (case["kind"], case["order_number"], case["item"]) == ("return", "HN-10005", "kyusu")
    assert "{case_number}" in done.said
    assert "{due}" in done.said
    assert done.command("promise")
    assert done.form is None


async def test_a_no_starts_nothing() -> None:
    talk = Dialogue()
    await talk.play(
        "action_return_order",
        "",
        "return_order",
        order_number="HN-10005",
        email=EMAIL,
        item="kyusu",
    )
    done = await talk.form_step("no", "deny")
    assert not done.commands
    assert done.form is None


async def test_which_item_is_asked_only_where_there_are_several() -> None:
    talk = Dialogue()
    first = await talk.play(
        "action_return_order", "", "return_order", order_number="HN-10005", postcode=POSTCODE
    )
    assert first.responses == ("utter_which_item",)
    assert [button["title"] for button in first.buttons][-1] == "Everything"
    done = await talk.form_step("all of it", "inform")
    assert "Tokoname kyusu teapot and Sencha Midori" in done.said


@pytest.mark.parametrize(
    ("number", "response", "offer"),
    [
        ("HN-10006", "utter_return_refused_engraved", "utter_offer_complaint_or_person"),
        ("HN-10007", "utter_return_too_late", "utter_offer_person"),
        ("HN-10003", "utter_return_not_delivered_shipped", "utter_offer_person"),
        ("HN-10002", "utter_return_not_delivered_preparing", "utter_offer_cancel_or_person"),
    ],
)
async def test_a_refused_return_comes_with_an_alternative_and_a_person(
    number: str, response: str, offer: str
) -> None:
    done = await Dialogue("ja").play(
        "action_return_order", number, "return_order", order_number=number, email=EMAIL
    )
    assert done.responses == (response, offer)
    assert "/request_human" in [button["payload"] for button in done.buttons]
    queued = await Dialogue("ja", state="queued").play(
        "action_return_order", number, "return_order", order_number=number, email=EMAIL
    )
    assert queued.responses == (response,)


async def test_a_faulty_item_comes_back_at_our_cost() -> None:
    done = await Dialogue().play(
        "action_return_order",
        "the cup came chipped, I want to send it back",
        "return_order",
        order_number="HN-10006",
        email=EMAIL,
        fault="chipped",
    )
    assert done.responses == ("utter_return_possible_faulty",)


async def test_cancelling_asks_once_and_goes_to_a_person_as_a_case() -> None:
    talk = Dialogue()
    first = await talk.play(
        "action_cancel_order", "", "cancel_order", order_number="HN-10002", email=EMAIL
    )
    assert first.responses == ("utter_cancel_confirm",)
    done = await talk.form_step("yes", "affirm")
    assert done.command("open_case")["kind"] == "cancellation"
    assert done.command("handover")["reason"] == "asked"
    assert done.form is None


async def test_a_shipped_order_cannot_be_cancelled_but_refused_or_returned() -> None:
    done = await Dialogue().play(
        "action_cancel_order", "", "cancel_order", order_number="HN-10003", email=EMAIL
    )
    assert done.responses == ("utter_cancel_refused_shipped", "utter_offer_person")
    assert not [c for c in done.commands if c["type"] in {"open_case", "handover"}]


async def test_a_change_told_at_once_is_not_asked_for_again() -> None:
    text = f"please deliver HN-10002 to 1-2-3 Umeda, Osaka instead, {EMAIL}"
    done = await Dialogue().play(
        "action_change_order", text, "change_order", order_number="HN-10002", email=EMAIL
    )
    assert done.command("open_case")["what"] == text
    assert done.command("handover")["reason"] == "asked"


async def test_the_postcode_of_a_new_address_proves_nothing() -> None:
    talk = Dialogue()
    done = await talk.play(
        "action_change_order",
        "please change the delivery address of HN-10002 to 1-2-3 Umeda, Osaka 530-0001",
        "change_order",
        order_number="HN-10002",
        postcode="530-0001",
    )
    assert done.responses == ("utter_need_proof",)
    done = await talk.form_step(POSTCODE, "inform", postcode=POSTCODE)
    assert "Umeda" in done.command("open_case")["what"]


async def test_another_task_inside_a_form_is_left_to_the_rules() -> None:
    talk = Dialogue()
    await talk.play("action_cancel_order", "cancel my order", "cancel_order")
    left = await talk.form_step(
        "actually, where is HN-10003", "order_status", order_number="HN-10003"
    )
    assert left.rejected
    moved = await talk.play(
        "action_order_status", "where is HN-10003", "order_status", order_number="HN-10003"
    )
    assert moved.form == "order_status_form"


async def test_a_question_inside_a_form_is_left_to_the_rules_and_the_form_resumes() -> None:
    talk = Dialogue()
    await talk.play(
        "action_cancel_order", "cancel HN-10002", "cancel_order", order_number="HN-10002"
    )
    assert (await talk.form_step("how long is delivery?", "faq_delivery")).rejected
    answered = await talk.play("action_answer", "how long is delivery?", "faq_delivery")
    assert answered.responses == ("utter_article",)
    assert answered.next_action is None
    resumed = await talk.play(
        "validate_cancel_form", "how long is delivery?", "faq_delivery", acted=True
    )
    assert resumed.responses == ("utter_resume_proof",)
    assert talk.form == "cancel_form"


async def test_stopping_forgets_the_task() -> None:
    talk = Dialogue()
    await talk.play("action_cancel_order", "cancel my order", "cancel_order")
    assert (await talk.form_step("forget it", "cancel_dialogue")).rejected
    done = await talk.play("action_cancel_dialogue", "forget it", "cancel_dialogue")
    assert done.responses == ("utter_stopped",)
    assert done.form is None


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "can I change the delivery address of my order, please?"),
        ("en", "I would like to change something in my order HN-10002"),
        ("ja", "HN-10002の配送先を変更したいのですが"),
    ],
)
async def test_what_to_change_is_asked_where_only_the_wish_was_told(lang: str, text: str) -> None:
    done = await Dialogue(lang).play(
        "action_change_order",
        text,
        "change_order",
        order_number="HN-10002",
        email=EMAIL,
    )
    assert done.responses == ("utter_need_change_what",)
