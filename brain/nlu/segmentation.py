"""Words of English and Japanese through spaCy, picked by script."""

import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from brain.nlu.folding import fold

_JAPANESE = re.compile(r"[\u3041-\u30ff\u31f0-\u31ff\u3400-\u9fff々〆]")
# SudachiPy refuses more than 49,149 bytes, and nobody's wish is spelled out in so many words.
_READ = 4000
# Neither SudachiPy's tokenizer nor spaCy's may be used by two threads at once.
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Word:
    """`text[start:end]` as written; `form` is its dictionary spelling (Japanese) or lower case."""

    text: str
    start: int
    form: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@lru_cache(maxsize=1)
def _english() -> Any:
    import spacy

    return spacy.blank("en")


@lru_cache(maxsize=1)
def _japanese() -> Any:
    import spacy

    # Mode B keeps お客様 whole and still splits long compounds.
    return spacy.blank("ja", config={"nlp": {"tokenizer": {"split_mode": "B"}}})


def is_japanese(text: str) -> bool:
    """Whether there is anything in Japanese script in it."""
    return _JAPANESE.search(text) is not None


def segment(text: str) -> list[Word]:
    """The words of `text` (its first 4,000 characters), without blanks; offsets are those there."""
    folded = fold(text[:_READ])
    if is_japanese(folded):
        # spaCy's tokenizer asks Sudachi for readings, parts of speech and shorter words of every
        # token, which nobody here needs: its Sudachi alone takes a fifth of the time.
        with _LOCK:
            words = [
                (found.surface(), found.begin(), found.normalized_form() or found.surface())
                for found in _japanese().tokenizer.tokenizer.tokenize(folded)
            ]
    else:
        with _LOCK:
            words = [(token.text, token.idx, token.lower_) for token in _english()(folded)]
    return [
        Word(text[start : start + len(word)], start, form)
        for word, start, form in words
        if word.strip()
    ]
