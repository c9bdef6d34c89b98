"""What identifies somebody is masked, and looking for it takes no long time."""

import pytest

from support.privacy.masking import mask


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("write to mei.sato+tea@mail.shop.example, please", "write to m***@***, please"),
        ("宛先はmei@shop.exampleです", "宛***@***"),
        ("a@b.co and c@d.co", "a***@*** and c***@***"),
        ("a@b.co;c@d.co", "a***@***;c***@***"),
        ("no @ address, nor @mei or mei@", "no @ address, nor @mei or mei@"),
        ("mei@shop@shop.example", "mei@s***@***"),
    ],
)
def test_addresses(said: str, shown: str) -> None:
    assert mask(said) == shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("call +49 30 901820 or 090-1234-5678", "call ***20 or ***78"),
        ("on 2026-11-28 13:08 it broke", "on 2026-11-28 13:08 it broke"),
        ("2026-11-28 090-1234-5678", "2026-11-28 ***78"),
    ],
)
def test_numbers_to_call_but_no_dates(said: str, shown: str) -> None:
    assert mask(said) == shown


@pytest.mark.timeout(30)
@pytest.mark.parametrize("letter", ["寿", "a", ".", "1", "@", "a@", "a.", "@a.", "password "])
def test_a_long_text_takes_no_long_time(letter: str) -> None:
    # Letter by letter to the end for each of them, this would be ten thousand million steps.
    mask(letter * 100_000)
