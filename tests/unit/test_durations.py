"""How long something took, as the desk's pages tell it."""

import pytest

from desk.pages import duration


@pytest.mark.parametrize(
    ("seconds", "en", "ja"),
    [
        (0, "0 s", "0秒"),
        (59, "59 s", "59秒"),
        (60, "1 min", "1分"),
        (59 * 60, "59 min", "59分"),
        (75 * 60, "1 h 15 min", "1時間15分"),
        (47 * 3600, "47 h 0 min", "47時間0分"),
        (62 * 3600 + 600, "2 d 14 h", "2日14時間"),
    ],
)
def test_a_wait_is_told_in_its_largest_units(seconds: int, en: str, ja: str) -> None:
    assert (duration(seconds, "en"), duration(seconds, "ja")) == (en, ja)
