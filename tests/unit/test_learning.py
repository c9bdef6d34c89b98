"""What is learned is written so that it can be trained with, and told honestly."""

from pathlib import Path

import pytest
import yaml

from desk.bodies import INTENTS
from omotenashi.learning import add_examples, apart, compared, stage
from omotenashi.settings import ROOT
from support.learning.lessons import Lesson, is_held_back
from support.learning.replays import Said, difference
from support.learning.reviewed import as_example
from support.learning.training_data import check_training_data, known_examples
from support.learning.wordings import Wordings
from tests.harness import OPEN_TIME

TAKEN = (
    Lesson(1, "where on earth did my teapot wander off to", "en", "order_status"),
    Lesson(2, "Where on earth did my teapot wander off to!", "en", "order_status"),
    Lesson(3, "急須はいまどこを旅していますか", "ja", "order_status"),
    Lesson(4, "do you take oysters: as payment", "en", "faq_payment"),
    Lesson(5, "how long does delivery take", "en", "faq_delivery"),
)


def test_examples_are_written_once_and_can_be_trained_with(tmp_path: Path) -> None:
    stage(tmp_path, TAKEN[:3], {"en/new.md": "---\nid: new\n---\n"})
    nlu = tmp_path / "data" / "nlu"
    # A second run adds to the file of the first.
    assert add_examples(nlu, TAKEN) == 1
    assert add_examples(nlu, TAKEN) == 0
    assert check_training_data(nlu, ROOT / "domain.yml") == []
    written = (nlu / "en" / "reviewed.yml").read_text("utf-8")
    assert written.count("teapot wander") == 1
    assert "how long does delivery take" not in written
    assert "旅" in (nlu / "ja" / "reviewed.yml").read_text("utf-8")
    assert (tmp_path / "data" / "knowledge" / "en" / "new.md").exists()
    assert (tmp_path / "brain" / "train.py").exists()


def test_one_strange_intent_does_not_keep_the_rest_from_being_learned(tmp_path: Path) -> None:
    strange = Lesson(6, "is the moon for sale", "en", "buy_a_moon")
    # Nobody gives examples of what is not understood.
    unheard = Lesson(7, "hrmpf", "en", "nlu_fallback")
    known = set(known_examples(ROOT / "data" / "nlu").values())
    fit, left = apart([strange, TAKEN[0], unheard], known)
    assert (fit, left) == ([TAKEN[0]], [strange, unheard])
    stage(tmp_path, fit, {})
    assert check_training_data(tmp_path / "data" / "nlu", ROOT / "domain.yml") == []


def test_every_intent_has_a_name_at_the_desk() -> None:
    domain = yaml.load((ROOT / "domain.yml").read_text("utf-8"), yaml.CSafeLoader)
    assert set(domain["intents"]) == INTENTS


def test_lines_are_read_as_the_yaml_they_are(tmp_path: Path) -> None:
    stage(tmp_path, (), {})
    known = known_examples(tmp_path / "data" / "nlu")
    assert len(known) > 15_000
    assert known["howlongdoesdeliverytake"] == "faq_delivery"


def test_what_got_better_and_worse_is_told(tmp_path: Path) -> None:
    messages = [("a", "greet"), ("b", "thank"), ("c", "out_of_scope"), ("d", "deny")]
    told = compared(
        messages, ["greet", "greet", "greet", "x"], ["thank", "thank", "nlu_fallback", "y"]
    )
    assert (told.messages, told.old_right, told.new_right) == (4, 1, 2)
    assert [one.text for one in told.better] == ["b", "c"]
    assert [(one.text, one.old, one.new) for one in told.worse] == [("a", "greet", "thank")]
    assert [one.text for one in told.wrong] == ["a", "d"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("- [HN-1](order_number)\n{x}", "- HN-1 (order_number) x"),
        ("write to a.b@shop.example", "write to a***@***"),
        ("カード 4111 1111 1111 1111 です", "カード **** 1111 です"),
    ],
)
def test_an_example_is_one_line_without_markup_and_personal_data(typed: str, kept: str) -> None:
    assert as_example(typed) == kept


def test_some_are_held_back_and_likes_with_them() -> None:
    texts = [f"where is parcel number {word}" for word in "abcdefghijklmnopqrstuvwxyz"]
    assert 0 < sum(map(is_held_back, texts)) < len(texts) / 2
    assert is_held_back("Where is it?") == is_held_back("where is it ?")


THANKED = "Thank you for the idea. It's with the team now, noted as {case_number}."


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        # Drawn by lot, and the number filled in.
        (
            "Thank you, that's a good thought. I've passed it on to the team as it is, under I-12.",
            THANKED,
            True,
        ),
        # Another language, another response, another thing filled in.
        ("ご提案をありがとうございます。I-12として社内で共有いたします。", THANKED, False),
        ("Hello again. What can I do for you?", THANKED, False),
        ("I can't take this back for a change of mind (a cup). If something is wrong with it, we "
         "replace or refund it.",
         "I can't take this back for a change of mind (a bag). If something is wrong with it, we "
         "replace or refund it.", False),
        # An article is nobody's wording.
        ("Delivery takes three days.", "Delivery takes a week.", False),
    ],
)  # fmt: skip
def test_another_wording_is_no_other_answer(then: str, now: str, same: bool) -> None:
    wordings = Wordings.load(ROOT / "domain.yml")
    said = Said(1, OPEN_TIME, "well?", "greet", (then,))
    assert (difference("c", said, "greet", [now], wordings) is None) is same
