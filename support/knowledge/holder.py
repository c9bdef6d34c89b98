"""The knowledge in use, replaced as a whole when its folder changes and only by a good version."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final, Protocol

from support.knowledge.articles import Article, ArticleError, article_files, load_articles
from support.knowledge.index import Synonyms
from support.knowledge.knowledge import Knowledge, SearchResult
from support.knowledge.leaning import AllVotes

_log: Final = logging.getLogger(__name__)

# Path, size in bytes, time of change in ns.
_Print = frozenset[tuple[str, int, int]]


class Edits(Protocol):
    """What was changed at the desk: texts over the files, by their place in the folder."""

    def version(self) -> int:
        """Grows with every change. Asked every few seconds."""
        ...

    def texts(self) -> Mapping[str, str]: ...


class KnowledgeHolder:
    """Searches the last good version of a folder and of what was changed at the desk.

    The first version, of the files alone, must be good: the constructor raises ArticleError
    otherwise, which ends the start with its message. Later, `refresh` (call it from a thread,
    every few seconds or on request) reads what has changed; while that is malformed, `problem`
    says why and the version before it keeps serving.
    """

    def __init__(
        self,
        folder: Path,
        cache_dir: Path | None,
        synonyms: Mapping[str, Synonyms] | None = None,
        edits: Edits | None = None,
        today: Callable[[], date] = date.today,
    ) -> None:
        self.folder = folder
        self._cache_dir = cache_dir
        self._synonyms = synonyms
        self._edits = edits
        self._today = today
        self._refreshing = threading.Lock()
        self._seen = (_folder_print(folder), 0, today())
        self._whole = load_articles(folder)
        self._current = self._version(self._whole)
        self.problem: ArticleError | None = None

    @property
    def current(self) -> Knowledge:
        return self._current

    def heed(self, votes: AllVotes) -> None:
        """Let what readers said of the articles count from now on."""
        self._current.votes = votes

    @property
    def articles(self) -> tuple[Article, ...]:
        """Those in force, which customers may read."""
        return self._current.articles

    @property
    def everything(self) -> tuple[Article, ...]:
        """Expired ones too, for those who write them."""
        return self._whole

    def search(
        self, query: str, *, lang: str | None = None, topic: str | None = None, top: int = 5
    ) -> SearchResult:
        return self._current.search(query, lang=lang, topic=topic, top=top)

    def article(self, id: str, lang: str) -> Article | None:
        return self._current.article(id, lang)

    def detail(self, id: str, lang: str, asked: str, context: str) -> str | None:
        return self._current.detail(id, lang, asked, context)

    def checked(self, drafts: Mapping[str, str], without: str | None = None) -> tuple[Article, ...]:
        """All articles as they would be with these texts, and without one edit. ArticleError."""
        kept = {file: text for file, text in self._texts().items() if file != without}
        return load_articles(self.folder, {**kept, **drafts})

    def tried(self, drafts: Mapping[str, str]) -> Knowledge:
        """A knowledge with these texts in it, for trying; nothing else sees it."""
        return self._version(self.checked(drafts))

    def refresh(self) -> bool:
        """Takes over what has changed; True if a new version serves now. Blocks while it builds."""
        with self._refreshing:
            version = self._edits.version() if self._edits else 0
            found = (_folder_print(self.folder), version, self._today())
            if found == self._seen:
                return False
            texts = self._texts()
            new_day_only = found[:2] == self._seen[:2]
            self._seen = found
            if new_day_only and all(article.expires is None for article in self._whole):
                return False
            try:
                whole = load_articles(self.folder, texts)
                newer = self._version(whole)
                if self._current.begun:
                    newer.wait()
            except ArticleError as error:
                self.problem = error
                _log.error("articles not taken over, the last good version serves on:\n%s", error)
                return False
            newer.votes = self._current.votes
            self._whole, self._current = whole, newer
            self.problem = None
            return True

    def _texts(self) -> Mapping[str, str]:
        return self._edits.texts() if self._edits else {}

    def _version(self, articles: Sequence[Article]) -> Knowledge:
        today = self._today()
        in_force = [article for article in articles if article.in_force(today)]
        return Knowledge(in_force, self._cache_dir, self._synonyms)


def _folder_print(folder: Path) -> _Print:
    found = set()
    for path in article_files(folder):
        try:
            stat = path.stat()
        except OSError:
            continue  # gone between the listing and now: the next look will see it
        found.add((str(path), stat.st_size, stat.st_mtime_ns))
    return frozenset(found)
