"""An article's Markdown as clean HTML for a page."""

from collections.abc import Callable
from typing import Final

import nh3
from markdown_it.token import Token

from support.knowledge.articles import article_id
from support.knowledge.passages import markdown_parser

_TAGS: Final = frozenset(
    ("a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre")
    + ("strong", "table", "tbody", "td", "th", "thead", "tr", "ul")
)
_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
_DEEPEST: Final = 4
_PARSER: Final = markdown_parser()


def to_html(markdown: str, link: Callable[[str], str | None]) -> str:
    """HTML of an article's body, its headings below a page's own `h1`.

    `link` turns the id in a relative link into an address, or None where there is no such
    article: then the words stay and the link goes. Everything that isn't plain text markup is
    removed, whoever wrote the article.
    """
    tokens = _PARSER.parse(markdown)
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        tokens = tokens[3:]  # the title, which the page shows itself
    deeper = any(token.type == "heading_open" and token.tag == "h1" for token in tokens)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(_DEEPEST, max(2, int(token.tag[1]) + deeper))}"
        for child in token.children or []:
            if child.type == "link_open":
                _resolve(child, link)
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={"a": {"href"}, "td": set(), "th": set(), "ol": {"start"}},
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer",
    )


def _resolve(token: Token, link: Callable[[str], str | None]) -> None:
    target = article_id(str(token.attrs.get("href", "")))
    if target is None:
        return
    address = link(target)
    if address is None:
        del token.attrs["href"]
    else:
        token.attrs["href"] = address
