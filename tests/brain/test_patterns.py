"""Numbers, addresses, dates and money as customers write them."""

from __future__ import annotations

import time
from datetime import date

import pytest

from brain.nlu.patterns import find_patterns

SATURDAY = date(2026, 11, 21)


def found(text: str, asked: str = "") -> list[tuple[str, str]]:
    return [(span.entity, span.value) for span in find_patterns(text, SATURDAY, asked)]


@pytest.mark.parametrize(
    "text",
    [
        "#10234", "HN-10234", "hn 10234", "hn10234 please", "HN―10234", "ＨＮ－１０２３４",
        "注文番号10234", "注文番号は１０２３４です", "注文番号：HN-10234", "オーダー番号10234",
        "order number is 10234", "Order no. 10234", "my order 10234 hasn't come", "10234",
        "＃１０２３４", "10234です", "No. 10234", "it's order#10234!", "①HN-10234はいつ届きますか",
    ],
)  # fmt: skip
def test_order_numbers(text: str) -> None:
    assert found(text) == [("order_number", "HN-10234")]


@pytest.mark.parametrize(
    "text",
    [
        "12960 yen", "¥12960", "12960円です", "I have 10234 points", "https://x.example/10234/a",
        "4111 1111 1111 1111", "1234-5678-9012", "360ml", "10:00-18:00", "a10234b", "10,234",
        "taro10234@example.com", "102345678901",
    ],
)  # fmt: skip
def test_not_every_number_is_an_order(text: str) -> None:
    assert "order_number" not in dict(found(text))


@pytest.mark.parametrize(
    "text",
    ["C-123456", "c123456", "case 123456", "受付番号は１２３４５６です", "C―123456の件", "123456"],
)
def test_case_numbers(text: str) -> None:
    assert found(text) == [("case_number", "C-123456")]


@pytest.mark.parametrize(
    ("text", "postcode"),
    [
        ("〒604-8091", "604-8091"), ("６０４－８０９１です", "604-8091"), ("6048091", "604-8091"),
        ("郵便番号は6048091です", "604-8091"), ("604ー8091", "604-8091"), ("zip 94110", "94110"),
        ("San Francisco, CA 94110", "94110"), ("94110-1234", "94110-1234"),
        ("sw1a 1aa", "SW1A 1AA"), ("SW1A1AA", "SW1A 1AA"), ("k1a0b1", "K1A 0B1"),
        ("my postal code is 10115", "10115"),
    ],
)  # fmt: skip
def test_postcodes(text: str, postcode: str) -> None:
    assert found(text) == [("postcode", postcode)]


def test_what_was_asked_decides_about_five_digits() -> None:
    assert found("94110") == [("order_number", "HN-94110")]
    assert found("94110", asked="proof") == [("postcode", "94110")]
    assert found("HN-94110", asked="proof") == [("order_number", "HN-94110")]


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("taro@example.com", "taro@example.com"),
        ("メールはTaro.Y@example.co.jpです", "taro.y@example.co.jp"),
        ("ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏｍ", "taro@example.com"),
        ("write to <a+b@mail.example.org>.", "a+b@mail.example.org"),
    ],
)
def test_emails(text: str, email: str) -> None:
    assert found(text) == [("email", email)]


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("075-000-0123", "0750000123"), ("０９０－１２３４－５６７８", "09012345678"),
        ("+81 75 000 0123", "+81750000123"), ("(415) 555-2671", "4155552671"),
    ],
)  # fmt: skip
def test_phones(text: str, phone: str) -> None:
    assert found(text) == [("phone", phone)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("yesterday", "2026-11-20"), ("today", "2026-11-21"), ("last Monday", "2026-11-16"),
        ("it came on Friday", "2026-11-20"), ("by Tuesday", "2026-11-24"),
        ("next Saturday", "2026-11-28"), ("three days ago", "2026-11-18"),
        ("two weeks ago", "2026-11-07"), ("November 3", "2026-11-03"),
        ("3rd of November", "2026-11-03"), ("5 January", "2027-01-05"),
        ("Nov 3, 2025", "2025-11-03"), ("11/3/2026", "2026-11-03"), ("2026-11-03", "2026-11-03"),
        ("昨日届きました", "2026-11-20"), ("一昨日", "2026-11-19"), ("先週の金曜", "2026-11-13"),
        ("今週の月曜日", "2026-11-16"), ("来週の水曜", "2026-11-25"), ("１１月３日", "2026-11-03"),
        ("3日前", "2026-11-18"), ("２週間前", "2026-11-07"), ("3日に届いた", "2026-11-03"),
        ("令和8年11月3日", "2026-11-03"), ("明後日までに", "2026-11-23"),
        # A day of the week alone is the last one, unless it is still to come.
        ("my cup came broken. i need it for my mums bday on friday", "2026-11-27"),
        ("will it get here on Friday?", "2026-11-27"), ("the party was on Friday", "2026-11-20"),
        ("I ordered on Friday and need it soon", "2026-11-20"),
        ("it was promised for Friday", "2026-11-20"), ("母の誕生日が金曜なんです", "2026-11-27"),
        ("金曜に使う予定です", "2026-11-27"), ("金曜に届いたけど割れてた", "2026-11-20"),
    ],
)  # fmt: skip
def test_dates(text: str, day: str) -> None:
    assert found(text) == [("date", day)]


@pytest.mark.parametrize(
    "text", ["May I ask something?", "2月30日", "99/99", "the sun is out", "march"]
)
def test_no_dates(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("¥3,300", "3300 JPY"), ("３，３００円", "3300 JPY"), ("3300 yen", "3300 JPY"),
        ("$29.90", "29.90 USD"), ("1万5千円", "15000 JPY"), ("20 euros", "20 EUR"),
    ],
)  # fmt: skip
def test_amounts(text: str, amount: str) -> None:
    assert found(text) == [("amount", amount)]


def test_offsets_are_those_of_the_text() -> None:
    text = "注文番号は１０２３４、ﾒｰﾙはtaro@example.comです"
    spans = find_patterns(text, SATURDAY)
    assert [text[span.start : span.end] for span in spans] == ["１０２３４", "taro@example.com"]


@pytest.mark.parametrize(
    "piece", ["a'", "a@", "1", "1 ", "1-", "HN", "#1", "1月", "(1", "a.", "〒1"]
)
def test_long_texts_take_no_long_time(piece: str) -> None:
    began = time.process_time()
    find_patterns(piece * (20_000 // len(piece)), SATURDAY)
    # Quadratic behaviour would take minutes; a busy machine some tenths.
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        ("HN-10244, 10119", None, {"order_number": "HN-10244", "postcode": "10119"}),
        ("where is HN-10291 69004", None, {"order_number": "HN-10291", "postcode": "69004"}),
        ("10244", None, {"order_number": "HN-10244"}),
        ("059818", "proof", {"postcode": "059818"}),
        ("059818", None, {"case_number": "C-059818"}),
        ("C-123456", "proof", {"case_number": "C-123456"}),
        ("HN-10244 cost 12000 yen", None, {"order_number": "HN-10244", "amount": "12000 JPY"}),
        ("HN-10244 and HN-10245", None, {"order_number": "HN-10245"}),
    ],
)
def test_a_number_beside_an_order_number_is_the_postcode(
    text: str, asked: str | None, expected: dict[str, str]
) -> None:
    found = find_patterns(text, date(2026, 11, 18), asked)
    assert {span.entity: span.value for span in found} == expected


def test_an_address_that_was_asked_for_holds_no_order_number() -> None:
    text = "12 Sejong-daero, Seoul 03180"
    assert ("order_number", "HN-03180") not in found(text, asked="change_what")
    assert ("order_number", "HN-10234") in found("HN-10234: " + text, asked="change_what")
