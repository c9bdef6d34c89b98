"""The knowledge in use, replaced as a whole when its folder changes and only by a good version."""

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from support.knowledge.articles import Article, ArticleError, article_files
from support.knowledge.index import Synonyms
from support.knowledge.knowledge import Knowledge, SearchResult
from support.knowledge.leaning import AllVotes

_log: Final = logging.getLogger(__name__)

# Path, size in bytes, time of change in ns.
_Print = frozenset[tuple[str, int, int]]


class KnowledgeHolder:
    """Searches the last good version of a folder.

    The first version must be good: the constructor raises ArticleError otherwise, which ends the
    start with its message. Later, `refresh` (call it from a thread, every few seconds or on
    request) reads a changed folder; while that is malformed, `problem` says why and the version
    before it keeps serving.
    """

    def __init__(
        self,
        folder: Path,
        cache_dir: Path | None,
        synonyms: Mapping[str, Synonyms] | None = None,
    ) -> None:
        self._folder = folder
        self._cache_dir = cache_dir
        self._synonyms = synonyms
        self._refreshing = threading.Lock()
        self._print = _folder_print(folder)
        self._current = Knowledge.load(folder, cache_dir, synonyms)
        self.problem: ArticleError | None = None

    @property
    def current(self) -> Knowledge:
        return self._current

    def heed(self, votes: AllVotes) -> None:
        """Let what readers said of the articles count from now on."""
        self._current.votes = votes

    @property
    def articles(self) -> tuple[Article, ...]:
        return self._current.articles

    def search(
        self, query: str, *, lang: str | None = None, topic: str | None = None, top: int = 5
    ) -> SearchResult:
        return self._current.search(query, lang=lang, topic=topic, top=top)

    def article(self, id: str, lang: str) -> Article | None:
        return self._current.article(id, lang)

    def refresh(self) -> bool:
        """Takes over a changed folder; True if a new version serves now. Blocks while it builds."""
        with self._refreshing:
            found = _folder_print(self._folder)
            if found == self._print:
                return False
            self._print = found
            try:
                version = Knowledge.load(self._folder, self._cache_dir, self._synonyms)
                version.wait()
            except ArticleError as error:
                self.problem = error
                _log.error("articles not taken over, the last good version serves on:\n%s", error)
                return False
            version.votes = self._current.votes
            self._current = version
            self.problem = None
            return True


def _folder_print(folder: Path) -> _Print:
    found = set()
    for path in article_files(folder):
        try:
            stat = path.stat()
        except OSError:
            continue  # gone between the listing and now: the next look will see it
        found.add((str(path), stat.st_size, stat.st_mtime_ns))
    return frozenset(found)
