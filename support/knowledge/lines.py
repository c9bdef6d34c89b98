"""`omotenashi search`: queries in, plain results out."""

from collections.abc import Iterable, Iterator
from typing import Any

from support.knowledge.knowledge import Knowledge


def search_lines(
    knowledge: Knowledge, queries: Iterable[str], *, lang: str | None = None, top: int = 5
) -> Iterator[dict[str, Any]]:
    """For each query line `{query, verdict, hits: [{id, title, score}]}`, ready for JSON.

    An empty line is a query that nothing answers, so that line n of the output belongs to line n
    of the input.
    """
    for line in queries:
        result = knowledge.search(line.rstrip("\r\n"), lang=lang, top=top)
        yield {
            "query": result.query,
            "verdict": result.verdict,
            "hits": [
                {"id": hit.id, "title": hit.title, "score": round(hit.score, 4)}
                for hit in result.hits
            ],
        }
