"""domain.yml holds every sentence, in both languages, for all that the actions say."""

import re
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk.executor import ActionExecutor

import actions
from support.orders import OrderState
from tests.actions_shop import DOMAIN, variations

ROOT = Path(__file__).parents[2]
RESPONSES: dict[str, list[dict[str, Any]]] = DOMAIN["responses"]
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "actions").glob("*.py"))
# Names put together in the code: the prefix, and what may follow.
BUILT = {
    "utter_order_": [state.value for state in OrderState],
    "utter_case_": ["open", "in_progress", "done", "refund", "replacement", "repair",
                    "explanation",
                    "noted"],
    "utter_complaint_not_there_": ["shipped", "shipped_undated", "preparing", "cancelled"],
    "utter_refund_": ["made", "arranged", "nothing_paid", "cancelled", "cancelled_undated",
                      "cancelled_late", "returned", "not_owed_sent", "not_owed_not_sent"],
    "utter_help_": ["order_number", "order_number_or_person", "proof", "proof_or_person"],
    "utter_need_": ["order_number", "proof"],
    "utter_resume_": ["order_number", "proof"],
    "utter_offer_": ["person", "return_or_person", "cancel_or_person", "complaint_or_person"],
    "utter_cancel_refused_": ["shipped", "delivered", "cancelled", "returned"],
    "utter_change_refused_": ["shipped", "delivered", "cancelled", "returned"],
    "utter_return_refused_": ["engraved", "final_sale", "other"],
    "utter_return_not_delivered_": [
        state.value
        for state in OrderState
        if state not in {OrderState.DELIVERED, OrderState.RETURNED}
    ],
}  # fmt: skip
UNDATED = ["utter_order_preparing_undated", "utter_order_shipped_undated",
           "utter_order_delivered_undated", "utter_order_cancelled_undated",
           "utter_order_late_queued", "utter_order_late_preparing_queued",
           "utter_order_late_and_more", "utter_order_late_preparing_and_more"]  # fmt: skip


def said_by_actions() -> set[str]:
    built = {prefix + ending for prefix, endings in BUILT.items() for ending in endings}
    written = set(re.findall(r"\"(utter_\w+[a-z])\"", SOURCES))
    return built | written | set(UNDATED)


def test_everything_said_is_in_the_domain_and_nothing_else() -> None:
    assert said_by_actions() == set(RESPONSES)


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_each_response_has_a_default_and_a_japanese_wording(name: str) -> None:
    assert any("condition" not in one for one in RESPONSES[name])
    for one in variations(name, "ja"):
        assert one.get("condition") == [{"type": "slot", "name": "language", "value": "ja"}]


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_both_languages_tell_the_same(name: str) -> None:
    def told(lang: str) -> list[tuple[set[str], list[str]]]:
        return [
            (
                set(re.findall(r"\{(\w+)\}", one["text"])),
                [button["payload"] for button in one.get("buttons", ())],
            )
            for one in variations(name, lang)
        ]

    offered = {tuple(payloads) for _, payloads in told("en") + told("ja")}
    assert len(offered) == 1
    facts = [names - {"items", "total"} for names, _ in told("en") + told("ja")]
    assert all(names >= facts[0] & {"expected", "last_date", "case_number", "due"}
               for names in facts)  # fmt: skip


@pytest.mark.parametrize("name", ["utter_hello", "utter_welcome", "utter_goodbye", "utter_person",
                                  "utter_not_understood", "utter_not_understood_or_person",
                                  "utter_stuck", "utter_need_number_and_proof",
                                  "utter_need_order_number", "utter_need_proof",
                                  "utter_complaint_what", "utter_complaint_reflect", "utter_angry",
                                  "utter_order_shipped", "utter_order_late"])  # fmt: skip
def test_what_is_said_often_has_variations(name: str) -> None:
    assert len(variations(name, "en")) >= 2
    assert len(variations(name, "ja")) >= 2


def test_words_that_the_shop_does_not_use() -> None:
    unwanted = r"あなた|了解しました|ご了承ください|understand your frustration|unfortunately"
    loud_apology = r"(?:sorry|apologi|申し訳|お詫び).*[!！]|[!！].*(?:sorry|申し訳)"
    for name, every in RESPONSES.items():
        for one in every:
            assert not re.search(unwanted, one["text"], re.IGNORECASE), name
            assert not re.search(loud_apology, one["text"], re.IGNORECASE), name


def test_domain_and_code_know_the_same_actions_and_forms() -> None:
    executor = ActionExecutor()
    executor.register_package(actions)
    assert set(executor.actions) == set(DOMAIN["actions"])
    assert {f"validate_{form}" for form in DOMAIN["forms"]} <= set(DOMAIN["actions"])


def test_nothing_that_is_said_steers_the_policies() -> None:
    for entity in DOMAIN["entities"]:
        ((_, settings),) = entity.items()
        assert settings == {"influence_conversation": False}
    for name, slot in DOMAIN["slots"].items():
        # Rasa has type "any" never influence anything.
        assert slot["type"] == "any" or slot["influence_conversation"] is False, name
