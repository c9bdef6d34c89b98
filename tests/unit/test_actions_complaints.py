from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from actions.context import configure
from actions.reflection import Facts, reflection
from tests.actions_shop import DOMAIN, EMAIL, TODAY, Dialogue, services


@pytest.fixture(autouse=True)
def shop() -> Iterator[None]:
    configure(services())
    yield
    configure(None)


async def test_one_message_may_tell_everything() -> None:
    text = "The teapot from HN-10005 arrived in pieces yesterday. I'd like a new one."
    done = await Dialogue().play(
        "action_complaint",
        text,
        "complaint",
        item="kyusu",
        fault="broken",
        date="2026-11-20",
        wish="replacement",
        order_number="HN-10005",
    )
    assert done.form is None
    assert done.responses[:2] == ("utter_complaint_reflect_with_wish", "utter_case_replacement")
    assert done.responses[2:] == ("utter_where_to_answer",)  # nothing else tells it
    assert "the kyusu teapot from order HN-10005 arrived broken" in done.said
    assert "Friday, 20 November" in done.said
    assert "in pieces" not in done.said
    case = done.command("open_case")
    assert (case["what"], case["fault"], case["wish"]) == (text, "broken", "replacement")
    assert done.command("promise")
    assert "{due}" in done.said


@pytest.mark.parametrize("lang", ["en", "ja"])
async def test_a_picture_alone_tells_what_happened(lang: str) -> None:
    talk = Dialogue(lang)
    text = {"en": "I have a complaint", "ja": "クレームです"}[lang]
    assert (await talk.play("action_complaint", text, "complaint")).form == "complaint_form"
    talk.metadata["file"] = "cup.jpg"
    told = await talk.form_step("/inform", "inform")
    assert told.responses[0] == "utter_complaint_file"
    assert told.form == "complaint_form"
    assert not set(told.responses) & {"utter_complaint_what", "utter_complaint_what_again"}
    del talk.metadata["file"]
    # Only what is still missing is asked for, and the case tells of the picture.
    for _ in range(3):
        if told.form is None:
            break
        told = await talk.form_step("わかりません" if lang == "ja" else "no idea", "nlu_fallback")
        assert not set(told.responses) & {"utter_complaint_what", "utter_complaint_sorry"}
        if "utter_complaint_wish" in " ".join(told.responses):
            told = await talk.form_step("refund please", "inform", wish="refund")
    assert told.command("open_case")["what"] == f"{text} / (cup.jpg)"


async def test_asks_what_happened_only_when_it_was_not_said() -> None:
    talk = Dialogue("ja")
    vague = await talk.play("action_complaint", "クレームです", "complaint")
    assert vague.responses == ("utter_complaint_what",)
    told = await talk.form_step("蓋が欠けていました", "inform", item="lid", fault="chipped")
    assert told.responses == ("utter_complaint_reflect", "utter_complaint_order")
    assert "蓋が欠けた状態で届いた" in told.said
    passed = await talk.form_step("わかりません", "nlu_fallback")
    assert passed.responses == ("utter_complaint_wish",)
    done = await talk.form_step("返金", "inform", wish="refund")
    assert done.responses == ("utter_case_refund", "utter_where_to_answer")
    assert done.command("open_case")["wish"] == "refund"


async def test_a_late_order_is_confirmed_from_the_order_before_the_wish_is_asked() -> None:
    talk = Dialogue()
    first = await talk.play(
        "action_complaint",
        "HN-10004 still isn't here",
        "complaint",
        order_number="HN-10004",
        fault="not_arrived",
    )
    assert first.responses == ("utter_complaint_reflect", "utter_complaint_proof")
    second = await talk.form_step(EMAIL, "inform", email=EMAIL)
    assert second.responses == ("utter_known_late", "utter_complaint_wish_delivery")
    assert "Wednesday, 18 November" in second.said


async def test_a_voucher_never_stands_in_for_the_fix() -> None:
    talk = Dialogue()
    done = await talk.play(
        "action_complaint",
        "my cup is chipped, give me a voucher",
        "complaint",
        fault="chipped",
        item="yunomi",
        wish="voucher",
        order_number="HN-10005",
    )
    assert done.responses == ("utter_complaint_reflect", "utter_complaint_voucher_later")
    assert not [c for c in done.commands if c["type"] == "open_case"]
    offered = [button["payload"] for button in done.buttons]
    assert not any("voucher" in payload for payload in offered)
    done = await talk.form_step("a refund then", "inform", wish="refund")
    assert done.command("open_case")["details"] == {"voucher_mentioned": True}


async def test_wanting_a_person_hands_over_with_the_case() -> None:
    talk = Dialogue()
    await talk.play(
        "action_complaint", "your staff was rude to me", "complaint", fault="rude_service"
    )
    done = await talk.form_step("let me talk to somebody", "request_human")
    assert done.command("open_case")["wish"] == "person"
    assert done.command("handover")["reason"] == "complaint"
    assert done.command("handover")["note"]["fault"] == "rude_service"


async def test_no_wish_is_a_case_all_the_same() -> None:
    talk = Dialogue()
    await talk.play(
        "action_complaint", "your staff was rude to me", "complaint", fault="rude_service"
    )
    done = await talk.form_step("nothing, I just wanted you to know", "deny")
    assert done.responses == ("utter_case_noted", "utter_where_to_answer")
    assert "wish" not in done.command("open_case")


async def test_what_is_added_afterwards_opens_no_second_case() -> None:
    talk = Dialogue()
    await talk.play(
        "action_complaint",
        "my cup is chipped, please send a new one",
        "complaint",
        fault="chipped",
        item="yunomi",
        wish="replacement",
        order_number="HN-10005",
    )
    more = await talk.play(
        "action_complaint", "the box was open as well", "complaint", item="parcel"
    )
    assert more.responses == ("utter_case_added",)
    other = await talk.play(
        "action_complaint", "and I was charged twice", "complaint", fault="double_charged"
    )
    assert other.responses[0] == "utter_complaint_reflect"


async def test_an_item_named_before_is_not_asked_for_again() -> None:
    talk = Dialogue()
    talk.slots["item"] = "nambu_kettle"
    done = await talk.play("action_complaint", "mine leaks", "complaint", fault="leaking")
    assert "the Nambu iron kettle leaks" in done.said


def test_every_fault_can_be_said_back_in_both_languages() -> None:
    faults = ["broken", "chipped", "missing", "wrong_item", "late", "leaking", "stale", "stained",
              "not_as_described", "not_arrived", "double_charged", "rude_service",
              "other"]  # fmt: skip
    for fault in faults:
        for item in (None, "kyusu", "unheard_of"):
            for number in (None, "HN-10005"):
                facts = Facts(item, fault, date(2026, 11, 20), "refund", number)
                for lang in ("en", "ja"):
                    said = reflection(facts, lang, TODAY)
                    assert bool(said) == (fault != "other" or item is not None)
                    assert "{" not in said
                    assert "None" not in said
                    assert "unheard_of" not in said


def test_a_day_that_is_over_and_one_that_matters_are_said_apart() -> None:
    over = Facts("kyusu", "broken", date(2026, 11, 17))
    ahead = Facts("kyusu", "broken", TODAY + timedelta(days=6))
    assert reflection(over, "en", TODAY).endswith("(you mentioned Tuesday, 17 November)")
    assert reflection(over, "ja", TODAY).endswith("（11月17日）")
    assert "and it's for " in reflection(ahead, "en", TODAY)
    assert reflection(ahead, "ja", TODAY).endswith("日までをご希望）")


def test_nothing_understood_is_nothing_said_back() -> None:
    assert reflection(Facts(date=date(2026, 11, 20)), "en", TODAY) == ""


def test_the_form_names_what_it_may_ask() -> None:
    assert DOMAIN["forms"]["complaint_form"]["required_slots"] == [
        "what_happened",
        "order_number",
        "proof",
        "arrived",
        "wish",
    ]


@pytest.mark.parametrize("action", ["action_return_order", "action_inform", "action_order_status"])
async def test_a_fault_is_a_complaint_whatever_it_was_taken_for(action: str) -> None:
    done = await Dialogue().play(
        action,
        "my teapot HN-10005 arrived broken, I want a new one",
        "inform",
        order_number="HN-10005",
        item="kyusu",
        fault="broken",
        wish="replacement",
    )
    assert done.responses[-2:] == ("utter_case_replacement", "utter_where_to_answer")


async def test_gibberish_is_no_complaint() -> None:
    talk = Dialogue()
    await talk.play("action_complaint", "wibble wobble", "complaint")
    heard = [await talk.form_step("splorf", "out_of_scope") for _ in range(3)]
    assert [one.responses[0] for one in heard[1:]] == ["utter_complaint_what_again", "utter_stuck"]
    assert heard[2].command("handover")["reason"] == "stuck"


async def test_wanting_the_money_back_for_a_late_order_is_about_that_order() -> None:
    talk = Dialogue()
    await talk.play(
        "action_order_status", "HN-10004", "order_status", order_number="HN-10004", email=EMAIL
    )
    done = await talk.play(
        "action_return_order", "I want my money back", "return_order", wish="refund"
    )
    assert done.responses[0] == "utter_complaint_reflect_with_wish"
    assert "order HN-10004 is late" in done.said
    assert done.command("open_case")["fault"] == "late"


async def test_taking_back_that_there_is_anything_wrong() -> None:
    talk = Dialogue()
    await talk.play("action_complaint", "I have a complaint", "complaint")
    done = await talk.form_step("no", "deny")
    assert done.responses == ("utter_stopped",)
    assert done.form is None


async def test_anger_leaves_the_form_to_the_escalation_policy() -> None:
    talk = Dialogue()
    await talk.play("action_complaint", "I have a complaint", "complaint")
    text = "you broke my cup, you thieves!!!"
    assert (await talk.form_step(text, "complaint", anger=0.9, fault="broken")).rejected
    calm = await talk.form_step("my cup came broken", "complaint", anger=0.4, fault="broken")
    assert not calm.rejected
