"""A message as the texts to search for: all of it, and in a long one each of its sentences.

People tell a story and put the question in the middle of it; one vector of all of it is mostly
about the story.
"""

import re
from typing import Final

from support.knowledge.index import LanguageIndex
from support.knowledge.language import Lang

# Below this a message is one thought, however many full stops it has.
LONG: Final = {"en": 60, "ja": 28}
SENTENCES: Final = 4
CHARACTERS: Final = 1500
_SENTENCE: Final = re.compile(r"[^。！？!?\n]+?(?:[。！？!?\n]+|\.(?=\s|$)|$)")
_LETTERS: Final = re.compile(r"[^\W\d_]")


def readings(message: str, lang: Lang) -> list[str]:
    """The whole message first; then at most SENTENCES sentences, questions before statements."""
    whole = message[:CHARACTERS].strip()
    if len(_LETTERS.findall(whole)) < LONG[lang]:
        return [whole]
    sentences = [found.strip() for found in _SENTENCE.findall(whole)]
    sentences = [sentence for sentence in sentences if len(_LETTERS.findall(sentence)) > 5]
    if len(sentences) < 2:
        return [whole]
    asked = sorted(sentences, key=lambda sentence: sentence[-1] not in "?？")
    return [whole, *asked[:SENTENCES]]


def all_readings(message: str, index: LanguageIndex, lang: Lang) -> tuple[list[str], list[bool]]:
    """The readings of a message in `lang`, its corrected spelling and wording among them.

    Beside them for each whether it is only a part of the message.
    """
    texts = readings(message, lang)
    partial = [False, *[True] * (len(texts) - 1)]
    if lang == index.lang:
        for other in (index.corrected(texts[0]), index.reworded(texts[0])):
            if other:
                texts.append(other)
                partial.append(False)
    return texts, partial
