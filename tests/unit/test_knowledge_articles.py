"""Articles are read, and what is wrong with one is said with its file and line."""

from datetime import date
from pathlib import Path

import pytest

from support.knowledge import ArticleError, load_articles

GOOD = """---
id: returns
title: Sending something back
questions:
  - Can I return this?
topic: returns
updated: 2026-04-01
---
You have **30 days**. See [delivery](delivery).

## What can't come back
Opened tea.
"""
DELIVERY = GOOD.replace("id: returns", "id: delivery").replace("[delivery](delivery)", "below")


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_our_front_matter_and_text(tmp_path: Path) -> None:
    write(tmp_path, "en/returns.md", GOOD)
    write(tmp_path, "en/delivery.md", DELIVERY)

    article = next(a for a in load_articles(tmp_path) if a.id == "returns")

    assert (article.lang, article.title, article.topic) == (
        "en",
        "Sending something back",
        "returns",
    )
    assert article.questions == ("Can I return this?",)
    assert article.updated == date(2026, 4, 1)
    assert article.answer == "You have 30 days. See delivery."
    assert article.passages[1].heading == "What can't come back"
    assert article.links == ("delivery",)


@pytest.mark.parametrize(
    ("change", "line", "what"),
    [
        (("title: Sending something back", "title: [broken"), 4, "isn't YAML"),
        (("topic: returns", "topik: returns"), 6, "unknown key 'topik'"),
        (("topic: returns\n", ""), 1, "'topic' is missing"),
        (("updated: 2026-04-01", "updated: soon"), 7, "must be a date"),
        (("updated: 2026-04-01", "updated: 2026-02-31"), 7, "isn't YAML"),
        (("  - Can I return this?", "  - 5"), 4, "must be a list of texts"),
        (("topic: returns", "topic: returns\ntopic: payment"), 7, "'topic' is there twice"),
        (("updated: 2026-04-01\n---", "updated: 2026-04-01"), 1, "not closed"),
        (("You have **30 days**. See", "## Heading\n\nSee"), 9, "begin with a paragraph"),
        (("(delivery)", "(delivry)"), 9, "a link to 'delivry'"),
        (("id: returns", "id: Returns!"), 2, "lower-case letters"),
    ],
)
def test_names_file_line_and_fault(
    tmp_path: Path, change: tuple[str, str], line: int, what: str
) -> None:
    path = write(tmp_path, "en/returns.md", GOOD.replace(*change))
    write(tmp_path, "en/delivery.md", DELIVERY)

    with pytest.raises(ArticleError) as raised:
        load_articles(tmp_path)

    found = [problem for problem in raised.value.problems if what in problem.what]
    assert [(problem.file, problem.line) for problem in found] == [(path, line)]
    assert f"{path}:{line}: " in str(raised.value)


def test_invalid_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.md"
    path.write_bytes(b"# Title\n\nfine\n\xff\xfe\n")

    with pytest.raises(ArticleError, match=r"broken\.md:4: not valid UTF-8"):
        load_articles(tmp_path)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, "en/a.md", GOOD.replace("topic: returns\n", ""))
    write(tmp_path, "en/b.md", GOOD.replace("updated: 2026-04-01", "updated: x"))

    with pytest.raises(ArticleError) as raised:
        load_articles(tmp_path)

    assert [problem.file.name for problem in raised.value.problems] == ["a.md", "b.md"]


def test_one_id_twice_in_a_language_is_a_fault(tmp_path: Path) -> None:
    write(tmp_path, "en/a.md", DELIVERY)
    write(tmp_path, "en/b.md", DELIVERY)
    write(tmp_path, "ja/a.md", DELIVERY)

    with pytest.raises(ArticleError, match=r"b\.md:1: the id 'delivery' is also that of .*a\.md"):
        load_articles(tmp_path)


@pytest.mark.parametrize("folder", ["absent", "empty"])
def test_nothing_to_read_is_a_fault(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(ArticleError, match=folder):
        load_articles(tmp_path / folder)


class TestAnothersFolder:
    def test_title_comes_from_the_heading_or_the_file_name(self, tmp_path: Path) -> None:
        write(tmp_path, "a/shipping-times.md", "Two days.\n")
        write(tmp_path, "b/refund.md", "# Getting your money back\n\nFive days.\n")

        titles = {article.id: article.title for article in load_articles(tmp_path)}

        assert titles == {"shipping-times": "shipping times", "refund": "Getting your money back"}

    def test_files_of_one_name_are_told_apart_by_their_folder(self, tmp_path: Path) -> None:
        write(tmp_path, "a/index.md", "One.\n")
        write(tmp_path, "b/index.md", "Two.\n")

        assert {a.id for a in load_articles(tmp_path)} == {"a-index", "b-index"}

    @pytest.mark.parametrize(
        ("file", "said"),
        [
            ("late-delivery.md", "late delivery"),
            ("en/orders/02_late-delivery.md", "orders late delivery"),
            ("en/orders/index.md", "orders"),
            ("ja/注文/お届け・遅れ.md", "注文 お届け 遅れ"),
            ("en/0/a123.md", ""),
            ("README.md", ""),
        ],
    )
    def test_what_a_file_is_called_is_a_name_for_it(
        self, tmp_path: Path, file: str, said: str
    ) -> None:
        write(tmp_path, file, "# Where is it?\n\nIt comes on Monday.\n")

        (article,) = load_articles(tmp_path)

        assert article.filed_as == said

    def test_language_is_told_by_the_script(self, tmp_path: Path) -> None:
        write(tmp_path, "one.md", "# Wi-Fiの使い方\n\n無料です。\n")
        write(tmp_path, "two.md", "# Circle 花の輪\n\nPoints and what they are good for.\n")

        assert {a.id: a.lang for a in load_articles(tmp_path)} == {"one": "ja", "two": "en"}

    def test_another_systems_front_matter_is_read_for_its_title(self, tmp_path: Path) -> None:
        write(tmp_path, "x.md", "---\ntitle: Opening\nlayout: page\ntags: [a]\n---\nAt nine.\n")

        (article,) = load_articles(tmp_path)

        assert (article.title, article.topic, article.answer) == ("Opening", None, "At nine.")

    def test_dead_links_and_rules_and_empty_files_are_none_of_our_business(
        self, tmp_path: Path
    ) -> None:
        write(tmp_path, "x.md", "---\n\nA rule above. [Gone](nowhere.md)\n")
        write(tmp_path, "empty.md", "\n")
        write(tmp_path, ".github/readme.md", "not an article\n")

        assert [article.id for article in load_articles(tmp_path)] == ["x"]
