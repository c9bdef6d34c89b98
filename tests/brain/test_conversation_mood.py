"""The mood of a conversation, second wishes and other languages: the decisions by themselves."""

from __future__ import annotations

import pytest

from brain.nlu.language import is_other_language
from brain.nlu.trend import insists, repeats, tension
from brain.nlu.wishes import Wish, asked_inside, led_by, said_anywhere, second_wish

THRESHOLD = 0.6


def after(*messages: tuple[str, bool, bool]) -> float:
    """The tension after messages given as (mood, insists, repeats)."""
    tense = 0.0
    for mood, insistent, repeated in messages:
        tense = tension(tense, 0.0, mood, insistent, repeated)
    return tense


DISPLEASED, CALM = ("displeased", False, False), ("none", False, False)


def test_displeasure_adds_up_and_calm_takes_it_away() -> None:
    assert after(DISPLEASED, DISPLEASED) < THRESHOLD <= after(DISPLEASED, DISPLEASED, DISPLEASED)
    assert after(DISPLEASED, CALM, DISPLEASED, CALM, DISPLEASED) < THRESHOLD


def test_who_is_displeased_and_has_asked_before_needs_no_third_time() -> None:
    assert after(DISPLEASED, ("displeased", True, False)) >= THRESHOLD
    assert after(DISPLEASED, ("displeased", False, True)) >= THRESHOLD
    assert after(("displeased", True, False)) < THRESHOLD


def test_the_same_question_asked_calmly_takes_long() -> None:
    again = ("none", False, True)
    assert after(CALM, again, again) < THRESHOLD <= after(CALM, *[again] * 9)


def test_tension_stays_between_0_and_1() -> None:
    tense = 0.0
    for _ in range(20):
        tense = tension(tense, 1.0, "angry", True, True)
    assert tense == 1.0
    for _ in range(20):
        tense = tension(tense, 0.0, "none", False, False)
    assert 0.0 <= tense < 0.01


@pytest.mark.parametrize(
    "text",
    [
        "This is the third time I ask",
        "I already told you my number",
        "still nothing",
        "何度も同じことを言わせないでください",
        "これで３回目なんですけど",
        "いまだに届きません",
        "さっきも言いました",
    ],
)
def test_insisting(text: str) -> None:
    assert insists(text)


@pytest.mark.parametrize(
    "text",
    [
        "Can I buy it again?",
        "I need it a third of the price",
        "もう一度教えてください",
        "3回払いできますか",
    ],
)
def test_not_insisting(text: str) -> None:
    assert not insists(text)


def test_repeating_is_saying_much_the_same() -> None:
    assert repeats("where is my order", ["Where is my order??", "HN-10234"])
    assert repeats("荷物はどこですか", ["荷物、どこですか？"])
    assert not repeats("where is my order", ["do you ship to canada"])
    assert not repeats("yes", ["yes"])  # an answer, not a repeated question


def wishes(*given: tuple[str, float, str]) -> list[Wish]:
    return [Wish(intent, sure, 0, len(said), said) for intent, sure, said in given]


def test_the_surest_other_wish_is_the_second() -> None:
    found = second_wish(
        "order_status",
        wishes(
            ("order_status", 0.9, "where is my order"),
            ("faq_loyalty", 0.8, "and how do i use points"),
            ("faq_store", 0.9, "do you have a shop in Kyoto?"),
        ),
    )
    assert found is not None
    assert found.intent == "faq_store"


@pytest.mark.parametrize(
    ("intent", "part"),
    [
        ("order_status", ("faq_delivery", 0.9, "when does it come?")),  # one matter
        ("order_status", ("faq_store", 0.5, "do you have a shop?")),  # not sure
        ("order_status", ("faq_products", 0.9, "it is a blue cup")),  # asks nothing
        ("greet", ("order_status", 0.9, "where is my order?")),
        ("nlu_fallback", ("order_status", 0.9, "where is my order?")),
        ("order_status", ("complaint", 0.9, "why is it broken?")),  # belongs to the first
    ],
)
def test_no_second_wish(intent: str, part: tuple[str, float, str]) -> None:
    assert second_wish(intent, wishes(part)) is None


def test_of_a_story_that_says_nothing_as_a_whole_its_question_is_the_wish() -> None:
    found = asked_inside(
        wishes(
            ("feedback_idea", 0.9, "My sister recommended you, would you believe it?"),
            ("faq_delivery", 0.8, "What does it cost to Poland?"),
            ("faq_store", 0.95, "We moved here in spring."),  # asks nothing
            ("faq_returns", 0.6, "And if it doesn't fit?"),  # not sure
        )
    )
    assert found is not None
    assert found.intent == "faq_delivery"
    assert asked_inside(wishes(("order_status", 0.9, "It was sent in May."))) is None


def test_what_leads_is_the_surest_or_it_would_count_as_a_tie() -> None:
    (wish,) = wishes(("request_human", 0.92, "Get me your manager."))
    ranking = [
        {"name": "complaint", "confidence": 0.98},
        {"name": "request_human", "confidence": 0.3},
        {"name": "thank", "confidence": 0.1},
    ]
    assert led_by(wish, ranking) == [
        {"name": "request_human", "confidence": 0.92},
        {"name": "complaint", "confidence": 0.92},
        {"name": "thank", "confidence": 0.1},
    ]
    assert led_by(None, ranking) == ranking


def test_what_counts_anywhere_counts_in_any_part() -> None:
    heard = wishes(
        ("complaint", 0.9, "You ruined my dress."), ("request_human", 0.95, "Get me your manager.")
    )
    found = said_anywhere("complaint", heard, ["request_human"])
    assert found is not None
    assert found.intent == "request_human"
    assert said_anywhere("complaint", heard, []) is None
    assert said_anywhere("security_concern", heard, ["request_human"]) is None
    doubtful = wishes(("request_human", 0.8, "Could somebody have a look?"))
    assert said_anywhere("complaint", doubtful, ["request_human"]) is None


@pytest.mark.parametrize(
    "text",
    [
        "Où est ma commande ?",
        "Wo ist meine Bestellung?",
        "¿Dónde está mi pedido?",
        "Dov'è il mio ordine?",
        "我的订单在哪里",
        "안녕하세요 주문 확인 부탁드립니다",
        "Где мой заказ?",
        "ขอบคุณครับ",
    ],
)
def test_other_languages(text: str) -> None:
    assert is_other_language(text)


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order?",
        "chumon wa doko desu ka",
        "注文状況",
        "在庫確認",
        "HN-10234",
        "Do you ship to São Paulo?",
        "Pokémon mug",
        "café au lait bowl",
        "👍",
        "name@example.com",
    ],
)
def test_no_other_language(text: str) -> None:
    assert not is_other_language(text)
