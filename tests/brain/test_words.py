"""Dictionary, language, mood of the surface, readings: the pure parts of the pipeline."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from rasa.shared.nlu.training_data.message import Message

from brain.hub.typed_text import without_commands
from brain.nlu.intent_classifier import HybridIntentClassifier, with_details
from brain.nlu.language import detect_language
from brain.nlu.language_detector import LanguageDetector
from brain.nlu.lexicon import Lexicon, Term, terms_from
from brain.nlu.mood import MoodDataError, mood_examples, surface
from brain.nlu.nonsense import gibberish
from brain.nlu.patterns import find_patterns
from brain.nlu.reading import parts, read
from brain.nlu.segmentation import segment
from brain.nlu.spans import Span

LEXICON = Lexicon(
    terms_from(
        {
            "item": ["teapot", "iron kettle", "kettle", "cup", "急須", "急須の蓋", "湯呑み"],
            "fault": ["broken", "not arrived", "wrong item", "壊れて", "届いていません"],
        },
        {"teapot": "kyusu", "急須": "kyusu", "pot for tea": "kyusu", "iron kettle": "nambu"},
        ("fault", "item"),
    )
)


def terms(text: str) -> list[tuple[str, str]]:
    return [(span.value, text[span.start : span.end]) for span in LEXICON.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My Teapot broke", [("kyusu", "Teapot")]),
        ("two teapots", [("kyusu", "teapots")]),
        ("a cast-iron-kettle", [("nambu", "iron-kettle")]),
        ("the pot for tea", [("kyusu", "pot for tea")]),
        ("a teapotish thing, cupboard", []),
        ("kettle, iron", [("kettle", "kettle")]),
        ("it has not arrived", [("not arrived", "not arrived")]),
        ("it isn't broken", []),
        ("not only broken", [("broken", "broken")]),
        ("急須の蓋が壊れていました", [("急須の蓋", "急須の蓋"), ("壊れて", "壊れて")]),
        ("ＴＥＡＰＯＴ", [("kyusu", "ＴＥＡＰＯＴ")]),
        ("湯呑みは壊れていません", [("湯呑み", "湯呑み")]),
        ("まだ届いていません", [("届いていません", "届いていません")]),
    ],
)
def test_dictionary(text: str, expected: list[tuple[str, str]]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my order?", "en"), ("what's this", "en"), ("yes", "en"), ("refund", "en"),
        ("注文はどこですか", "ja"), ("返品", "ja"), ("ｶﾀｶﾅ", "ja"),
        ("DHLのtracking numberは？", "ja"),
        ("What does 急須 mean?", "en"), ("chuumon bangou wa 10234 desu", "ja"),
        ("kojin jouhou no atsukai wa?", "ja"), ("pasuwaado wasuremashita", "ja"),
        ("please read what I wrote about my mother's birthday, dreadful", "en"),
        ("HN-10234", None), ("10234", None), ("gyokuro", None), ("matcha to hojicha", None),
        ("kiitos paljon", None), ("taro@example.com", None), ("😀", None), ("", None),
        ("ok", None), ("DHL", None), ("asdf qwer", None), ("Où est mon colis ?", None),
        ("Wo ist meine Bestellung?", None), ("¿dónde está mi pedido?", None),
        ("请问什么时候发货", None),
        ("주문 어디에 있나요", None),
    ],
)  # fmt: skip
def test_language(text: str, language: str | None) -> None:
    assert detect_language(text, {"refund"}) == language


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("/greet", "greet"),
        ("／greet", "greet"),
        (" \u200b\ufeff／/ /greet", "greet"),
        ("///", ""),
        ("and/or", "and/or"),
        ("  hello", "  hello"),
        ("返品／交換", "返品／交換"),
    ],
)
def test_typed_slashes(text: str, seen: str) -> None:
    assert without_commands(text) == seen


def test_surface_of_a_mood() -> None:
    assert surface("where is my order").tolist() == [0, 0, 0]
    assert surface("WHERE IS MY ORDER")[0] > 1
    assert surface("HN-10234 DHL OK")[0] == 0
    assert surface("なんで！？！？")[1] == 1
    assert surface("ふざけるな")[2] == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("mood: [a", "both.yml"),
        ("moods: {}", "needs a mapping `mood:`"),
        ("mood: {furious: [a]}", "`furious` is none of"),
        ("mood: {angry: word}", "needs a list"),
        ("mood: {angry: [no, 5]}", "needs a list"),
    ],
)
def test_mood_files_say_what_is_wrong(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "both.yml").write_text(content, encoding="utf-8")
    with pytest.raises(MoodDataError, match="both.yml") as error:
        list(mood_examples(tmp_path))
    assert told in str(error.value)


def test_numbers_read_alike() -> None:
    readings = [
        read(
            f"where is {number}", segment(f"where is {number}"), [Span("order_number", "x", 9, 17)]
        )
        for number in ("HN-10001", "HN-29999")
    ]
    assert readings[0] == readings[1]
    assert readings[0].words == ("where", "is", "<order_number>")


def test_japanese_words_are_those_of_the_dictionary() -> None:
    words = segment("お客様の急須が届いた")
    assert [word.text for word in words][:2] == ["お客様", "の"]
    assert "届く" in [word.form for word in words]
    text = "お客様の急須が届いた"
    assert all(text[word.start : word.end] == word.text for word in words)


def test_gibberish_is_the_same_each_time() -> None:
    assert gibberish(30) == gibberish(30)
    assert len(set(gibberish(30))) > 25


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This is a joke!!! Where is my order?", ["This is a joke!!!", "Where is my order?"]),
        ("Where is my order?", []),
        ("My address is name.of@example.com, it cost 3.50", []),
        ("届きません。なぜですか？", ["届きません。", "なぜですか？"]),
        ("Where is it? name@example.com", []),
        ("Hi! Where is my order?", []),
        (
            "two things: 1) where is my order 2) do you have gift cards",
            ["two things:", "1) where is my order", "2) do you have gift cards"],
        ),
        ("①返品したいです②営業時間は？", ["①返品したいです", "②営業時間は？"]),
    ],
)  # fmt: skip
def test_sentences(text: str, expected: list[str]) -> None:
    found = parts(text, segment(text), find_patterns(text, date(2026, 1, 1)))
    assert [part.said.strip() for part in found] == expected
    assert all(part.whole for part in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "where is my order and do you ship to canada",
            ["where is my order", "and do you ship to canada"],
        ),
        ("返品したいです、あと店舗の営業時間は", ["返品したいです、", "あと店舗の営業時間は"]),
        (
            "where is my order, do you have gift cards",
            ["where is my order,", "do you have gift cards"],
        ),
        ("送料いくら、返品もできる？", ["送料いくら、", "返品もできる？"]),
        ("海外に送れますか、何日かかりますか", ["海外に送れますか、", "何日かかりますか"]),
        ("白か、青の湯呑み", []),
        ("a cup and a plate", []),
    ],
)
def test_clauses_of_a_single_sentence(text: str, expected: list[str]) -> None:
    found = parts(text, segment(text), ())
    assert [part.said.strip() for part in found] == expected
    assert not any(part.whole for part in found)


def test_a_sentence_has_a_reading_of_its_own() -> None:
    text = "I am furious. Order HN-10234 never came! Never."
    said = parts(text, segment(text), find_patterns(text, date(2026, 1, 1)))
    assert [part.reading.text.strip() for part in said] == [
        "I am furious.",
        "Order HN-10234 never came!",
    ]
    assert said[1].reading.marks == ("order_number",)
    assert "<order_number>" in said[1].reading.words
    assert text[said[1].start : said[1].end] == said[1].said


def test_of_a_long_story_the_first_and_the_last_sentences_count() -> None:
    text = " ".join(f"This is sentence number {n} of it." for n in range(20))
    said = [part.said.strip() for part in parts(text, segment(text), ())]
    assert [int(one.split()[4]) for one in said] == [0, 1, 2, 17, 18, 19]


def test_of_a_long_story_what_is_asked_in_its_middle_counts_too() -> None:
    told = [f"This is sentence number {n} of it." for n in range(20)]
    told[9], told[11] = "Can it be sent to Guernsey?", "How long may one keep it?"
    text = " ".join(told)
    said = [part.said.strip() for part in parts(text, segment(text), ())]
    assert said == [told[at] for at in (0, 1, 9, 11, 18, 19)]


@pytest.mark.parametrize("text", ["I want my money back", "返金してください。"])
def test_details_beside_a_wish_are_shaped_by_its_language(text: str) -> None:
    example = Message({"text": text, "intent": "return_order"})
    told = {with_details(example, number).get("text") for number in range(0, 60, 10)}
    assert len(told) == 6
    assert all(text.rstrip("。") in one and "10234" in one or "example.com" in one for one in told)
    assert any("注文" in one for one in told) is ("返金" in text)


def test_what_a_component_learned_is_kept_only_while_the_code_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = HybridIntentClassifier.fingerprint_addon({})
    assert before == LanguageDetector.fingerprint_addon({})
    monkeypatch.setattr(Path, "read_bytes", lambda path: b"changed")
    assert HybridIntentClassifier.fingerprint_addon({}) != before


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("my matcah was stale", "matcah"),
        ("broken kettel", "kettel"),
        ("two kettls", "kettls"),
        ("kettle", "kettle"),
    ],
)
def test_names_of_items_with_a_slip_in_them(text: str, found: str) -> None:
    lexicon = Lexicon([Term("item", "matcha", "matcha"), Term("item", "kettle", "kettle")])
    spans = [span for span in lexicon.find(text) if span.entity == "item"]
    assert [text[span.start : span.end] for span in spans] == [found]


@pytest.mark.parametrize("text", ["the kettles whistle", "settle it", "nettle tea", "a mettle"])
def test_ordinary_words_are_no_slips(text: str) -> None:
    lexicon = Lexicon([Term("item", "kettle", "kettle")], ordinary=["kettled", "whistle"])
    spans = [text[span.start : span.end] for span in lexicon.find(text)]
    assert spans in ([], ["kettles"])
    assert not list(lexicon.find("kettled"))
