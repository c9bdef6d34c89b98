"""One spelling for matching, with every character in its place.

Patterns are matched on the folded text and their offsets used on the original: Rasa's `text`
itself is never rewritten (a full-width slash would become a command).
"""

import unicodedata
from functools import lru_cache

# Dashes and long vowel marks that people type between digits.
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣-ー―"), "-")


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    if "\u2460" <= character <= "\u2473":
        # Before an item of a list; as digits they would become part of its number.
        return " "
    folded = unicodedata.normalize("NFKC", character)
    # Ligatures and the like become several characters; they would shift all offsets.
    return folded if len(folded) == 1 else character


def fold(text: str) -> str:
    """`text` with full-width forms narrowed; same length, so offsets stay valid."""
    return text if text.isascii() else "".join(map(_fold_character, text))


def fold_dashes(text: str) -> str:
    """`fold`, and any dash (also the Japanese long vowel mark) as `-`: for numbers only."""
    return fold(text).translate(_DASHES)
