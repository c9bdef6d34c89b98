"""Texts cut into words for the transcripts' index, in both languages."""

import re
import unicodedata

from support.japanese import tokenizer

_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff々〆ー]+")
_WORD = re.compile(r"\w+")


def words_of(text: str) -> list[str]:
    """The words of `text` in order: as written, Japanese in dictionary form."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    found: list[str] = []
    at = 0
    for run in _JAPANESE.finditer(folded):
        found += _WORD.findall(folded[at : run.start()])
        found += [m.dictionary_form() for m in tokenizer().tokenize(run.group())]
        at = run.end()
    return found + _WORD.findall(folded[at:])
