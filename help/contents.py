"""What the pages are made of: articles by topic, neighbours of an article, the wanted language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from help.wording import TOPICS, topic_name
from support.knowledge.articles import Article
from support.knowledge.language import LANGUAGES, Lang

RELATED: Final = 4


@dataclass(frozen=True)
class Topic:
    key: str
    name: str
    articles: tuple[Article, ...]


def by_topic(articles: Iterable[Article], lang: Lang) -> tuple[Topic, ...]:
    groups: dict[str | None, list[Article]] = {topic: [] for topic in TOPICS}
    for article in articles:
        if article.lang == lang:
            groups.setdefault(article.topic, []).append(article)
    rest = groups.pop(None, [])
    named = [
        Topic(key, topic_name(key, lang), tuple(found))
        for key, found in groups.items()
        if (key is not None and found)
    ]
    return (*named, Topic("other", topic_name(None, lang), tuple(rest))) if rest else tuple(named)


def related(article: Article, articles: Sequence[Article]) -> tuple[Article, ...]:
    """First what it links to, then what links to it, then its topic."""
    same_language = [other for other in articles if other.lang == article.lang]
    by_id = {other.id: other for other in same_language}
    ordered = [
        *(by_id[link] for link in article.links if link in by_id),
        *(other for other in same_language if article.id in other.links),
        *(other for other in same_language if other.topic == article.topic is not None),
    ]
    distinct = {other.id: other for other in ordered if other.id != article.id}
    return tuple(distinct.values())[:RELATED]


def preferred_language(accept_language: str) -> Lang:
    """The language of ours that an Accept-Language header likes best; English if none."""
    best: tuple[float, Lang] = (0.0, "en")
    for part in accept_language.split(","):
        tag, _, parameters = part.strip().partition(";")
        quality = 1.0
        name, _, value = parameters.strip().partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                continue
        for lang in LANGUAGES:
            if tag.partition("-")[0].lower() == lang and best[0] < quality <= 1:
                best = (quality, lang)
    return best[1]
