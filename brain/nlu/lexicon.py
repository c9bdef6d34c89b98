"""Words of the trade: items, faults and wishes found by dictionary."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from brain.nlu.folding import fold
from brain.nlu.spans import Span

_LATIN = re.compile(r"^[\x00-\x7f\u00c0-\u024f’]+$")
_WORD = re.compile(r"[a-z0-9\u00c0-\u024f]+(?:['’][a-z]+)?", re.I)
# Shorter words are too near to too many others.
_LEAST_LETTERS = 5
_GAP = re.compile(r"[\s\-_]*$")
# "not broken", "isn't leaking": said to be absent. "not only broken" is present.
_DENIED_BEFORE = re.compile(r"(?:\bnot|n['’]t|\bnever|\bno)\s+(?!only|just)(?:\w+\s+)?$", re.I)
_DENIED_AFTER = re.compile(r"^[てで]?は?い?(?:ません|ない|なかった|ず)")


@dataclass(frozen=True, slots=True)
class Term:
    """`phrase` in a text means `value` as an entity of type `entity`."""

    entity: str
    phrase: str
    value: str


class Lexicon:
    """Finds terms: English ones on word boundaries, Japanese ones anywhere, longest first.

    Items are also found with a slip of the finger in a word ("matcah"), unless
    what was typed is one of the `ordinary` words.
    """

    def __init__(self, terms: Iterable[Term], ordinary: Iterable[str] = ()) -> None:
        self.terms: tuple[Term, ...] = tuple(dict.fromkeys(terms))
        # What is a name by itself; "message" in "message card" is too ordinary a word.
        names = [_words(term.phrase) for term in self.terms if term.entity == "item"]
        meant = {name[0] for name in names if len(name) == 1 and len(name[0]) >= _LEAST_LETTERS}
        self._slips = {slip: word for word in sorted(meant) for slip in (word, *_shortened(word))}
        self._known = {word for term in self.terms for word in _words(term.phrase)}
        # Of the many ordinary words only those matter that look like a slip.
        self.ordinary = frozenset(word for word in ordinary if self._meant(word) != word)
        # By first word or first character, longest first.
        self._latin: dict[str, list[tuple[tuple[str, ...], Term]]] = {}
        self._other: dict[str, list[tuple[str, Term]]] = {}
        for term in sorted(self.terms, key=lambda term: -len(term.phrase)):
            if _LATIN.match(term.phrase):
                words = tuple(_words(term.phrase))
                if words:
                    self._latin.setdefault(_singular(words[0]), []).append((words, term))
            else:
                phrase = fold(term.phrase).lower()
                self._other.setdefault(phrase[0], []).append((phrase, term))

    def find(self, text: str, deniable: Sequence[str] = ("fault",)) -> Iterator[Span]:
        """Terms in `text`; a denied fault ("it isn't broken") is left out.

        Spans of one phrase with several meanings, and those of the two scripts, may overlap.
        """
        folded = _lower(fold(text))
        seen = set()
        for start, end, term in (*self._find_latin(folded), *self._find_other(folded)):
            if (start, end, term.entity) in seen:
                continue  # "cup" and "cups" are both listed
            seen.add((start, end, term.entity))
            if term.entity in deniable and (
                _DENIED_BEFORE.search(folded, 0, start)
                or _DENIED_AFTER.match(folded[end : end + 8])
            ):
                continue
            yield Span(term.entity, term.value, start, end)

    def _find_latin(self, text: str) -> Iterator[tuple[int, int, Term]]:
        words = [
            (self._without_slip(match[0].replace("’", "'")), match.start(), match.end())
            for match in _WORD.finditer(text)
        ]
        position = 0
        while position < len(words):
            count = 0
            for phrase, term in self._latin.get(_singular(words[position][0]), ()):
                if count and len(phrase) < count:
                    break  # only other meanings of the longest one
                there = words[position : position + len(phrase)]
                if _same(phrase, there, text):
                    count = len(phrase)
                    yield there[0][1], there[-1][2], term
            position += count or 1

    def _without_slip(self, word: str) -> str:
        if len(word) < _LEAST_LETTERS or word in self.ordinary or word in self._known:
            return word
        return self._meant(word)

    def _meant(self, word: str) -> str:
        """The word of an item that `word` is one letter away from, or itself.

        Two words are a slip apart if they become one by leaving a letter out of either.
        """
        for form in (word, *_shortened(word)) if len(word) >= _LEAST_LETTERS else ():
            meant = self._slips.get(form)
            # People rarely get the first letter wrong.
            if meant is not None and meant[0] == word[0]:
                return meant
        return word

    def _find_other(self, text: str) -> Iterator[tuple[int, int, Term]]:
        position = 0
        while position < len(text):
            length = 0
            for phrase, term in self._other.get(text[position], ()):
                if len(phrase) < length:
                    break
                if text.startswith(phrase, position):
                    length = len(phrase)
                    yield position, position + length, term
            position += length or 1


def _shortened(word: str) -> list[str]:
    """`word` without one of its letters."""
    return [word[:at] + word[at + 1 :] for at in range(len(word))]


def terms_from(
    tables: Mapping[str, Iterable[str]], synonyms: Mapping[str, str], entities: Iterable[str]
) -> list[Term]:
    """Terms of the lookup `tables` (entity to phrases) with Rasa's `synonyms` (phrase to value).

    A synonym belongs to the entity whose table lists it, its value or a sibling. Values are
    names, not words: `wrong_item` or `other` is only matched where a table lists it as a phrase.
    """
    values = {_key(phrase): value for phrase, value in synonyms.items()}
    terms = []
    for entity in entities:
        listed = list(tables.get(entity, ()))
        own = {values.get(_key(phrase), phrase) for phrase in listed}
        phrases = {*listed, *(phrase for phrase, value in synonyms.items() if value in own)}
        terms += [
            Term(entity, phrase, values.get(_key(phrase), phrase)) for phrase in sorted(phrases)
        ]
    return terms


def _same(phrase: tuple[str, ...], words: list[tuple[str, int, int]], text: str) -> bool:
    if len(words) < len(phrase):
        return False
    *most, last = phrase
    if most != [word[0] for word in words[:-1]]:
        return False
    if last != words[-1][0] and last not in (words[-1][0][:-1], words[-1][0][:-2]):
        return False
    if last != words[-1][0] and not words[-1][0].endswith("s"):
        return False
    # "kettle, lid" is no "kettle lid".
    return all(_GAP.match(text[a[2] : b[1]]) for a, b in zip(words[:-1], words[1:], strict=True))


def _singular(word: str) -> str:
    # Only a key under which both forms lie; `_same` decides.
    return word.rstrip("s").removesuffix("e") if len(word) > 3 else word


def _words(phrase: str) -> list[str]:
    return [match[0].replace("’", "'") for match in _WORD.finditer(_lower(fold(phrase)))]


def _lower(text: str) -> str:
    lowered = text.lower()
    # A few letters grow when lowered; then offsets would shift.
    return lowered if len(lowered) == len(text) else text


def _key(phrase: str) -> str:
    return re.sub(r"[\s\-_]+", " ", _lower(fold(phrase)).replace("’", "'")).strip()
