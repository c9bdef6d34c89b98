"""Japanese cut into words: Sudachi's dictionary, loaded once for all who ask."""

import threading

import sudachipy

_local = threading.local()
_lock = threading.Lock()
_dictionary: list[sudachipy.Dictionary] = []


def tokenizer() -> sudachipy.Tokenizer:
    """The calling thread's own, over the one dictionary: no two threads may use one at once."""
    if not hasattr(_local, "tokenizer"):
        with _lock:
            if not _dictionary:
                _dictionary.append(sudachipy.Dictionary(dict="core"))
            _local.tokenizer = _dictionary[0].create(mode=sudachipy.SplitMode.A)
    made: sudachipy.Tokenizer = _local.tokenizer
    return made
