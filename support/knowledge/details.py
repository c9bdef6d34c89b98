"""Of an article the one thing that a follow-up asks: "and to Canada?", "how long then?".

The first passage answers the question that opened the subject; who goes on from there wants a line
of it, not the paragraph again.
"""

import re
from typing import Final

from support.knowledge.articles import Article
from support.knowledge.language import Lang
from support.knowledge.vectors import encode
from support.knowledge.words import normalise, stem, words

# What a word of the follow-up in a line is worth beside the cosine of its vector.
_WORDS: Final = 0.6
# ... and a word of the question it goes on from.
_CONTEXT: Final = 0.25
# A second line of the same worth belongs to the answer ("EMS ..." and "DHL ...").
_AS_GOOD: Final = 0.02
_MOST_LINES: Final = 2
# What a question without a word of its own wants: a price, or a time.
_KINDS: Final = (
    (
        re.compile(r"\bhow much\b|\b(?:cost|price|charge)|いくら|料金|値段|送料", re.IGNORECASE),
        re.compile(r"\d[\d,]*(?: yen|円)", re.IGNORECASE),
    ),
    (
        re.compile(
            r"\bhow (?:long|soon|fast|many days)\b|\bwhen\b|いつ|何日|何分|どの?(?:くらい|ぐらい)",
            re.IGNORECASE,
        ),
        re.compile(
            r"\b(?:minutes?|hours?|days?|weeks?|months?)\b|\d:\d\d"
            r"|[\d一二三数半](?:営業)?(?:日|分|時間|週間|か月|ヶ月|年)",
            re.IGNORECASE,
        ),
    ),
)
# The title of a linked article at the end, which is no link in a line of a conversation.
_REFERENCE: Final = re.compile(r"\s*[(（][^()（）\d]{2,40}[)）](?=[。.]?$)")
_SENTENCE: Final = re.compile(r"[^。！？!?\n.]+(?:[。！？!?]|\.(?=\s|$)|\.)*")


def detail(article: Article, asked: str, context: str) -> str | None:
    """The line or sentence of `article` that answers `asked`, which goes on from `context`; None
    where a price or a time is asked for and the article has none."""
    lines = list(dict.fromkeys(_lines(article)))
    if len(lines) < 2:
        return None
    wanted = [kind for asks, kind in _KINDS if asks.search(asked)]
    lines = [line for line in lines if all(kind.search(line[1]) for kind in wanted)]
    if not lines:
        return None
    # The newest part of what it goes on from names what "that" is.
    newest = context.rstrip().split("\n")[-1]
    terms, before = _terms(asked, article.lang), _terms(newest, article.lang)
    vectors = encode([normalise(f"{context} {asked}"), *(normalise(line) for _, line in lines)])
    worth = []
    for (heading, line), vector in zip(lines, vectors[1:], strict=True):
        there = _terms(f"{heading} {line}", article.lang)
        shares = _WORDS * _share(terms, there) + _CONTEXT * _share(before, there)
        worth.append(float(vectors[0] @ vector) + shares)
    least = max(worth) - _AS_GOOD
    chosen = [line for (_, line), value in zip(lines, worth, strict=True) if value >= least]
    return "\n".join(chosen[:_MOST_LINES])


def _terms(text: str, lang: Lang) -> set[str]:
    return {stem(word, lang) for word in words(text, lang)}


def _share(wanted: set[str], there: set[str]) -> float:
    return len(wanted & there) / len(wanted) if wanted else 0.0


def _lines(article: Article) -> list[tuple[str, str]]:
    """Sentences and items of lists, each with the heading it stands under."""
    found = []
    for passage in article.passages:
        for block in passage.text.split("\n"):
            item = block.startswith("• ")
            pieces = [block.removeprefix("• ")] if item else _SENTENCE.findall(block)
            cut = [_REFERENCE.sub("", piece.strip()) for piece in pieces]
            found += [(passage.heading, piece) for piece in cut if len(piece) > 8]
    return found
