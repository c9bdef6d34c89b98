"""Texts as the terms a lexical search compares: stems, dictionary forms, character n-grams."""

import re
import threading
import unicodedata
from pathlib import Path
from typing import Any, Final

import Stemmer

from support.japanese import tokenizer
from support.knowledge.language import LANGUAGES, Lang

# Words that say how something is asked, not what: in a small shop frequencies don't find them.
_STOP: Final = {
    lang: frozenset(
        Path(__file__).with_name("stopwords").joinpath(f"{lang}.txt").read_text("utf-8").split()
    )
    for lang in LANGUAGES
}
# Japanese parts of speech that carry no matter of their own.
_EMPTY_JA: Final = frozenset(
    {"助詞", "助動詞", "補助記号", "記号", "空白", "感動詞", "代名詞", "連体詞"}
)
_WORD: Final = re.compile(r"[a-z0-9]+(?:[.][0-9]+)?")
_APOSTROPHE: Final = re.compile(r"(?<=[a-z])['’](?=[a-z])")
_SPACES: Final = re.compile(r"[\W_]+")

_local = threading.local()


def normalise(text: str) -> str:
    """NFKC, case folded, one space: for matching only, never for display."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def words(text: str, lang: Lang) -> list[str]:
    """The content words of a text, as written (English) or in normalised form (Japanese)."""
    text = normalise(text)
    if lang == "ja":
        return _japanese(text)
    found = _WORD.findall(_APOSTROPHE.sub("", text))
    return [word for word in found if word not in _STOP["en"]]


def stem(word: str, lang: Lang) -> str:
    return str(_stemmer().stemWord(word)) if lang == "en" else word


def character_ngrams(text: str, lang: Lang) -> list[str]:
    """Pieces that survive a slip of the finger: 4 characters of a word, 2 in Japanese."""
    if lang == "ja":
        run = _SPACES.sub("", normalise(text))
        return [run[i : i + 2] for i in range(len(run) - 1)] or ([run] if run else [])
    grams: list[str] = []
    for word in words(text, "en"):
        padded = f"_{word}_"
        grams += [padded[i : i + 4] for i in range(max(1, len(padded) - 3))]
    return grams


def _japanese(text: str) -> list[str]:
    found: list[str] = []
    for morpheme in tokenizer().tokenize(text):
        speech = morpheme.part_of_speech()
        form = morpheme.normalized_form()
        if speech[0] in _EMPTY_JA or form in _STOP["ja"] or not form.strip():
            continue
        found.append(form.casefold())
    return found


def _stemmer() -> Any:
    # No two threads may use one at once: each has its own.
    stemmer = getattr(_local, "stemmer", None)
    if stemmer is None:
        stemmer = _local.stemmer = Stemmer.Stemmer("english")
    return stemmer
