from collections.abc import Iterator

import pytest

from actions.context import configure
from tests.actions_shop import EMAIL, POSTCODE, UNREACHABLE, Dialogue, services


@pytest.fixture(autouse=True)
def shop() -> Iterator[None]:
    configure(services())
    yield
    configure(None)


async def test_one_message_with_everything_needs_no_question() -> None:
    done = await Dialogue().play(
        "action_order_status",
        f"where is HN-10003? {EMAIL}",
        "order_status",
        order_number="HN-10003",
        email=EMAIL,
    )
    assert done.form is None
    assert "Monday, 23 November" in done.said
    assert "Yamato" in done.said
    (card,) = done.cards
    assert card["kind"] == "order"
    steps = card["data"]["steps"]
    assert [step["done"] for step in steps] == [True, True, True, False, False]
    # What lies behind is said as such.
    assert [step["label"] for step in steps] == [
        "Ordered", "Paid", "Shipped", "Out for delivery", "Delivered",
    ]  # fmt: skip
    assert done.command("order_shown") == {"type": "order_shown", "order_number": "HN-10003"}


async def test_asks_for_what_is_missing_and_only_that() -> None:
    talk = Dialogue()
    first = await talk.play("action_order_status", "where's my parcel", "order_status")
    assert first.responses == ("utter_need_number_and_proof",)
    assert first.form == "order_status_form"
    second = await talk.form_step("HN-10003", "inform", order_number="HN-10003")
    assert second.responses == ("utter_need_proof",)
    third = await talk.form_step(POSTCODE, "inform", postcode=POSTCODE)
    assert third.responses == ("utter_order_shipped",)
    assert third.form is None


async def test_a_late_order_is_admitted_with_an_apology_first() -> None:
    for lang, sorry in (("en", "I'm sorry"), ("ja", "お届けが遅れており、申し訳ございません")):
        done = await Dialogue(lang).play(
            "action_order_status",
            "HN-10004",
            "order_status",
            order_number="HN-10004",
            postcode=POSTCODE,
        )
        assert done.said.startswith(sorry)
        assert done.slots["expecting"] == "person:asked"


async def test_wrong_and_absent_look_alike() -> None:
    answers = []
    for number in ("HN-10003", "HN-55555"):
        done = await Dialogue().play(
            "action_order_status", number, "order_status", order_number=number, email="a@b.example"
        )
        assert done.command("lookup_failed")["order_number"] == number
        answers.append((done.responses, done.texts, done.cards, done.form))
    assert answers[0] == answers[1]


async def test_correcting_one_of_the_two_is_enough() -> None:
    talk = Dialogue()
    await talk.play(
        "action_order_status",
        "HN-10003",
        "order_status",
        order_number="HN-10003",
        email="a@b.example",
    )
    done = await talk.form_step(f"sorry, {EMAIL}", "inform", email=EMAIL)
    assert done.responses == ("utter_order_shipped",)


async def test_too_many_failures_bring_a_person() -> None:
    talk = Dialogue()
    await talk.play("action_order_status", "HN-10003", "order_status", order_number="HN-10003")
    responses = []
    for postcode in ("100-0001", "100-0002", "100-0003"):
        done = await talk.form_step(postcode, "inform", postcode=postcode)
        responses.append(done.responses[0])
    assert responses == [
        "utter_order_not_found",
        "utter_order_not_found_or_person",
        "utter_order_not_found_person",
    ]
    assert done.command("handover")["reason"] == "stuck"
    assert done.form is None


async def test_signed_in_customers_choose_among_their_own_orders() -> None:
    talk = Dialogue(customer={"id": "c1", "name": "Tanaka"})
    first = await talk.play("action_order_status", "where is my order?", "order_status")
    offered = " ".join(button["payload"] for button in first.buttons)
    assert {"HN-10002", "HN-10003", "HN-10005"} <= set(offered.replace('"', " ").split())
    assert "HN-10004" not in offered
    second = await talk.form_step("/inform", "inform", order_number="HN-10003")
    assert second.responses == ("utter_order_shipped",)


async def test_a_signed_in_customer_still_proves_an_order_of_another_account() -> None:
    talk = Dialogue(customer={"id": "c1"})
    done = await talk.play(
        "action_order_status", "HN-10004", "order_status", order_number="HN-10004"
    )
    assert done.responses == ("utter_need_proof",)


async def test_a_verified_order_needs_no_proof_again() -> None:
    talk = Dialogue(verified_orders=["HN-10003"])
    done = await talk.play(
        "action_order_status", "HN-10003?", "order_status", order_number="HN-10003"
    )
    assert done.responses == ("utter_order_shipped",)


async def test_unreachable_orders_are_admitted_and_bring_a_person() -> None:
    done = await Dialogue().play(
        "action_inform", UNREACHABLE, "inform", order_number=UNREACHABLE, email=EMAIL
    )
    assert done.responses == ("utter_orders_unavailable",)
    assert done.command("handover")["reason"] == "stuck"


async def test_a_thing_that_is_not_in_the_order_is_not_sent_back() -> None:
    talk = Dialogue()
    first = await talk.play(
        "action_return_order",
        f"return HN-10005 {EMAIL}",
        "return_order",
        order_number="HN-10005",
        email=EMAIL,
    )
    assert first.form == "return_form"
    second = await talk.form_step("the iron kettle", "inform", item="nambu_kettle")
    assert second.responses[0] == "utter_item_not_in_order"
    assert "kettle" in second.said
    assert second.form == "return_form"


async def test_not_understood_inside_the_form_helps_then_offers_then_hands_over() -> None:
    talk = Dialogue()
    await talk.play("action_order_status", "my parcel", "order_status")
    heard = []
    for _ in range(2):
        left = await talk.form_step("blub", "nlu_fallback")
        assert left.rejected
        await talk.play("action_answer", "blub", "nlu_fallback")
        asked = await talk.play("validate_order_status_form", "blub", "nlu_fallback", acted=True)
        heard.append(asked.responses)
    assert heard == [("utter_help_order_number",), ("utter_help_order_number_or_person",)]
    last = await talk.play("action_answer", "blub", "nlu_fallback")
    assert last.command("handover")["reason"] == "stuck"
    assert last.form is None


async def test_who_waits_for_a_person_is_not_offered_one() -> None:
    done = await Dialogue(state="queued").play(
        "action_order_status",
        "HN-10004",
        "order_status",
        order_number="HN-10004",
        email=EMAIL,
    )
    assert done.responses == ("utter_order_late_queued",)
    assert not done.buttons
    assert done.slots["expecting"] is None


@pytest.mark.parametrize("text", ["unopened", "just don't like it", "未開封です"])
async def test_a_reason_is_no_refusal_of_the_return(text: str) -> None:
    talk = Dialogue()
    first = await talk.play(
        "action_return_order",
        f"return the teapot from HN-10005 {EMAIL}",
        "return_order",
        order_number="HN-10005",
        email=EMAIL,
        item="kyusu",
    )
    assert first.slots["requested_slot"] == "confirmed"
    reason = await talk.form_step(text, "deny")
    assert reason.responses == ("utter_reason_noted", "utter_return_confirm_again")
    done = await talk.form_step("yes", "affirm")
    assert done.command("open_case")["kind"] == "return"


async def test_a_wish_to_change_the_address_is_asked_which() -> None:
    talk = Dialogue()
    first = await talk.play(
        "action_change_order",
        f"can i still change the address of HN-10002? moving next week {EMAIL}",
        "change_order",
        order_number="HN-10002",
        email=EMAIL,
        date="2026-12-01",
    )
    assert first.responses == ("utter_need_change_what",)
    assert (await talk.form_step("wait, where is it now", "order_status")).rejected
