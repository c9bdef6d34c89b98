"""The knowledge base as everything else uses it: load a folder, ask it questions."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

import numpy as np

from support.knowledge.articles import Article, load_articles
from support.knowledge.details import detail
from support.knowledge.index import LanguageIndex, Synonyms
from support.knowledge.language import LANGUAGES, Lang, as_lang, language_of
from support.knowledge.leaning import AllVotes, leaning
from support.knowledge.readings import all_readings
from support.knowledge.verdict import (
    CLOSER,
    OTHER_LANGUAGE,
    SAME_LANGUAGE,
    TOPIC,
    Verdict,
    judge,
)

_DEFAULT_LANG: Final[Lang] = "en"


@dataclass(frozen=True)
class Hit:
    """`score`: calibrated probability (0-1) that this article answers. `answer`: plain text.

    `url` is the article's page in the help centre.
    """

    id: str
    title: str
    score: float
    lang: Lang
    topic: str | None
    answer: str
    url: str


@dataclass(frozen=True)
class SearchResult:
    """`verdict`: "answer" (the first hit), "clarify" (one of the first two or three), "none".

    The nearest articles are hits whatever the verdict; with "none" they are not to be shown as an
    answer. `lang` is the language the question was taken to be in.
    """

    query: str
    lang: Lang
    verdict: Verdict
    hits: tuple[Hit, ...]


class Knowledge:
    """Articles and their index. Searching blocks until the index is built; threads may share it."""

    def __init__(
        self,
        articles: Sequence[Article],
        cache_dir: Path | None = None,
        synonyms: Mapping[str, Synonyms] | None = None,
    ) -> None:
        self.articles = tuple(articles)
        self._by_key = {(article.lang, article.id): article for article in self.articles}
        self._cache_dir = cache_dir
        self._synonyms = synonyms or {}
        # What readers said of the articles; whoever knows more replaces it at any time.
        self.votes: AllVotes = {}
        self._indexes: Mapping[Lang, LanguageIndex] = {}
        self._failure: Exception | None = None
        self._builder = threading.Thread(target=self._build, name="knowledge", daemon=True)
        self._beginning = threading.Lock()

    @classmethod
    def load(
        cls,
        folder: Path,
        cache_dir: Path | None = None,
        synonyms: Mapping[str, Synonyms] | None = None,
    ) -> "Knowledge":
        """Reads and checks the articles now (ArticleError); indexes them when `begin` is called,
        or when somebody first asks.

        `cache_dir` keeps sentence vectors between starts; it is made when needed. `synonyms`: for
        each language groups of words that mean the same.
        """
        return cls(load_articles(folder), cache_dir, synonyms)

    def begin(self) -> None:
        """Build the index in the background; once more changes nothing."""
        with self._beginning:
            if self._builder.ident is None:
                self._builder.start()

    def wait(self) -> None:
        """Blocks until the index is built; raises what went wrong with it."""
        self.begin()
        self._builder.join()
        if self._failure is not None:
            raise self._failure

    @property
    def begun(self) -> bool:
        return self._builder.ident is not None

    @property
    def ready(self) -> bool:
        built = self._builder.ident is not None and not self._builder.is_alive()
        return built and self._failure is None

    @property
    def failed(self) -> bool:
        """Whether there will be no index; `wait` says why."""
        return self._failure is not None

    def article(self, id: str, lang: str) -> Article | None:
        found = as_lang(lang)
        return self._by_key.get((found, id)) if found else None

    def detail(self, id: str, lang: str, asked: str, context: str) -> str | None:
        """What an article says to `asked`, which goes on from the question `context`."""
        found = self.article(id, lang)
        return detail(found, asked, context) if found is not None else None

    def search(
        self, query: str, *, lang: str | None = None, topic: str | None = None, top: int = 5
    ) -> SearchResult:
        """The articles nearest to `query`, best first, and whether to trust them.

        `lang`: in which language to answer; by the query's script if None. Where it has no
        articles the other one's are searched. `topic` is a hint, not a filter. Never raises for
        anything a customer typed.
        """
        self.wait()
        written = language_of(query)
        wanted = as_lang(lang) or written or _DEFAULT_LANG
        if written is None or top < 1 or not self._indexes:
            return SearchResult(query, wanted, "none", ())
        index = self._indexes.get(wanted) or next(iter(self._indexes.values()))
        texts, partial = all_readings(query, index, written)
        match = index.match(texts)
        looked_at = [index.articles[place] for place in match.places]
        today = datetime.now(UTC).date()
        leanings = [
            leaning(article, self.votes, today)
            + (TOPIC if topic is not None and article.topic == topic else 0.0)
            for article in looked_at
        ]
        weights = SAME_LANGUAGE if written == index.lang else OTHER_LANGUAGE
        judgement = judge(match.features, partial, np.array(leanings, "f4"), weights)
        # A closer look costs more than all the rest: only where the first isn't sure.
        if judgement.verdict != "answer" and (closer := index.look_closer(match)):
            match = closer
            weights = CLOSER[index.lang]
            judgement = judge(match.features, partial, np.array(leanings, "f4"), weights)
        hits = (
            _hit(
                looked_at[at],
                score,
                index.answer(int(match.places[at]), match, judgement.reading),
            )
            for at, score in judgement.ranked[:top]
        )
        return SearchResult(query, wanted, judgement.verdict, tuple(hits))

    def _build(self) -> None:
        try:
            self._indexes = {
                lang: LanguageIndex(lang, articles, self._cache_dir, self._synonyms.get(lang, ()))
                for lang in LANGUAGES
                if (articles := [a for a in self.articles if a.lang == lang])
            }
            for index in self._indexes.values():
                index.match(["ready"])  # loads what is loaded on first use, before a customer waits
        except Exception as error:  # raised again to whoever asks: a thread has nobody to tell
            self._failure = error


def _hit(article: Article, score: float, answer: str) -> Hit:
    return Hit(
        id=article.id,
        title=article.title,
        score=score,
        lang=article.lang,
        topic=article.topic,
        answer=answer,
        url=f"/help/{article.lang}/{quote(article.id, safe='')}",
    )
