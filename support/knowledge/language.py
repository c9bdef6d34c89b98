"""Which of the two languages a text is written in, told by its script."""

import unicodedata
from typing import Final, Literal

Lang = Literal["en", "ja"]
LANGUAGES: Final[tuple[Lang, ...]] = ("en", "ja")

# English may quote the odd Japanese name (花の輪); Japanese is full of Latin brands.
JAPANESE_SHARE: Final = 0.2


def as_lang(value: str | None) -> Lang | None:
    """`value` if it names one of our languages, else None."""
    return next((lang for lang in LANGUAGES if lang == value), None)


def language_of(text: str) -> Lang | None:
    """The language of a text of any length; None if it holds no letters at all."""
    japanese = latin = 0
    for character in unicodedata.normalize("NFKC", text):
        if _is_japanese(character):
            japanese += 1
        elif character.isalpha():
            latin += 1
    if not japanese and not latin:
        return None
    return "ja" if japanese >= JAPANESE_SHARE * (japanese + latin) else "en"


def _is_japanese(character: str) -> bool:
    return (
        "\u3041" <= character <= "\u30ff"  # kana
        or "\u3400" <= character <= "\u9fff"  # kanji
        or character in "々〆"
    )
