"""Texts cut into words for the transcripts' index, in both languages."""

import re
import threading
import unicodedata

import sudachipy

_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff々〆ー]+")
_WORD = re.compile(r"\w+")
_local = threading.local()
_lock = threading.Lock()
_dictionary: list[sudachipy.Dictionary] = []


def words_of(text: str) -> list[str]:
    """The words of `text` in order: as written, Japanese in dictionary form."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    found: list[str] = []
    at = 0
    for run in _JAPANESE.finditer(folded):
        found += _WORD.findall(folded[at : run.start()])
        found += [m.dictionary_form() for m in _tokenizer().tokenize(run.group())]
        at = run.end()
    return found + _WORD.findall(folded[at:])


def _tokenizer() -> sudachipy.Tokenizer:
    # A tokenizer belongs to one thread; the dictionary behind it may be shared.
    if not hasattr(_local, "tokenizer"):
        with _lock:
            if not _dictionary:
                _dictionary.append(sudachipy.Dictionary())
            _local.tokenizer = _dictionary[0].create(mode=sudachipy.SplitMode.A)
    return _local.tokenizer
