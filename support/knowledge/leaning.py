"""What readers and age say about an article: enough to decide between near equals, no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from support.knowledge.articles import Article

# What each can add to or take from an article's sum in `verdict.judge`, where the topic of the
# conversation counts 0.5 and a clear lead is one of several points.
OPINION: Final = 0.4
AGE: Final = 0.1
# Readers who are imagined to have been undecided, so that the first real ones don't count for all.
UNDECIDED: Final = 10
# An article that was looked over within this many days is taken as fresh, none counts as older
# than twice as much.
FRESH_DAYS: Final = 365


@dataclass(frozen=True)
class Votes:
    """How many readers said that an article helped them, and how many that it didn't."""

    helpful: int
    unhelpful: int


# By language and id of the article.
AllVotes = Mapping[tuple[str, str], Votes]


def leaning(article: Article, votes: AllVotes, today: date) -> float:
    """From -OPINION - AGE to OPINION: 0 for an undated article nobody has judged."""
    return _opinion(votes.get((article.lang, article.id))) - _age(article.updated, today)


def _opinion(votes: Votes | None) -> float:
    if votes is None:
        return 0.0
    balance = votes.helpful - votes.unhelpful
    return OPINION * balance / (votes.helpful + votes.unhelpful + UNDECIDED)


def _age(updated: date | None, today: date) -> float:
    if updated is None:
        return 0.0
    days = (today - updated).days - FRESH_DAYS
    return AGE * min(max(days / FRESH_DAYS, 0.0), 1.0)
