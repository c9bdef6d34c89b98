"""The knowledge base: articles, and the search that finds the one that answers a question."""

import os

# One sentence is too little work for two BLAS threads, which only wait for each other on a busy
# machine (measured: p99 172 ms with two, 5 ms with one). Read once, when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from support.knowledge.articles import Article, ArticleError, Problem, load_articles
from support.knowledge.holder import KnowledgeHolder
from support.knowledge.knowledge import Hit, Knowledge, SearchResult
from support.knowledge.lines import search_lines

__all__ = [
    "Article",
    "ArticleError",
    "Hit",
    "Knowledge",
    "KnowledgeHolder",
    "Problem",
    "SearchResult",
    "load_articles",
    "search_lines",
]
