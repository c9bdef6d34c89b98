"""Markdown becomes plain markup; nothing an article holds becomes script."""

import pytest

from support.knowledge.rendering import to_html


def link(target: str) -> str | None:
    return f"/help/en/{target}" if target == "returns" else None


def test_links_between_articles_lead_to_their_pages() -> None:
    html = to_html("See [a](returns), [b](../en/returns.md#when) and [c](gone.md).", link)

    assert html.count('href="/help/en/returns"') == 2
    assert "c" in html
    assert "gone" not in html


def test_addresses_elsewhere_stay() -> None:
    html = to_html("[m](mailto:a@b.example) [w](https://x.example/y) [s](/checkout)", link)

    for address in ("mailto:a@b.example", "https://x.example/y", "/checkout"):
        assert f'href="{address}"' in html


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](https://tracker.example/pixel.png)",
        '<svg onload="alert(1)">',
        "[x]( java&#115;cript:alert(1))",
    ],
)
def test_nothing_active_comes_through(markdown: str) -> None:
    html = to_html(markdown, link)

    for active in ("<script", "<img", "<svg", 'href="javascript', 'href="data'):
        assert active not in html


def test_headings_stand_below_the_pages_own() -> None:
    assert to_html("# Title\n\nText.\n\n## Part", link) == "<p>Text.</p>\n<h2>Part</h2>\n"
    assert "<h2>One</h2>" in to_html("Text.\n\n# One\n\n## Two", link)
    assert "<h3>Two</h3>" in to_html("Text.\n\n# One\n\n## Two", link)


def test_tables_and_lists_stay() -> None:
    html = to_html("| a | b |\n| --- | --- |\n| 1 | 2 |\n\n1. one\n2. two\n", link)

    assert "<td>1</td>" in html
    assert "<ol>" in html
