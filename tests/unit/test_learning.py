"""What is learned is written so that it can be trained with, and told honestly."""

from pathlib import Path

import pytest

from omotenashi.learning import add_examples, compared, stage
from omotenashi.settings import ROOT
from support.learning.lessons import Lesson, as_example, is_held_back
from support.learning.training_data import check_training_data, known_examples

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
