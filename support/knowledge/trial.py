"""What a draft would change, before anybody sees it: asked with real questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from support.knowledge import Knowledge
from support.knowledge.articles import Article
from support.knowledge.vectors import encode
from support.knowledge.words import normalise

# Questions that a draft can be right for are near it: so many are asked.
MOST_MISSED: Final = 120
MOST_OTHERS: Final = 80


@dataclass(frozen=True)
class Trial:
    """`answers`: missed questions that the draft answers now. `takes`: questions that another
    article answered before and wouldn't any more, or not alone, with that article. `asked`: how
    many missed questions were tried."""

    answers: tuple[str, ...]
    takes: tuple[tuple[str, str], ...]
    asked: int


def tried(before: Knowledge, after: Knowledge, draft: Article, missed: Sequence[str]) -> Trial:
    """Ask both the missed questions, and the questions of the other articles nearest to it."""
    asked = _nearest(draft, missed, MOST_MISSED)
    answers = [
        question
        for question in asked
        if _answer(after, question, draft) == draft.id
        and _answer(before, question, draft) != draft.id
    ]
    others = [
        question
        for article in before.articles
        if article.lang == draft.lang and article.id != draft.id
        for question in article.questions
    ]
    takes = []
    for question in _nearest(draft, others, MOST_OTHERS):
        was = _answer(before, question, draft)
        if was not in (None, draft.id) and _answer(after, question, draft) != was:
            takes.append((question, str(was)))
    return Trial(tuple(answers), tuple(takes), len(asked))


def _answer(knowledge: Knowledge, question: str, draft: Article) -> str | None:
    """The article that would be given; None where the customer would be asked, or told of none."""
    found = knowledge.search(question, lang=draft.lang, top=1)
    return found.hits[0].id if found.verdict == "answer" and found.hits else None


def _nearest(draft: Article, questions: Sequence[str], most: int) -> list[str]:
    distinct = list(dict.fromkeys(questions))
    if len(distinct) <= most:
        return distinct
    own = encode([normalise(text) for text in (draft.title, *draft.questions)])
    nearness: Any = (encode([normalise(text) for text in distinct]) @ own.T).max(axis=1)
    return [distinct[i] for i in sorted(nearness.argsort()[::-1][:most].tolist())]
