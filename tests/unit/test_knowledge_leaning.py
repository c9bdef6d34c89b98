"""What readers and age add to an article: little, and never more than a clear lead."""

from datetime import date
from pathlib import Path

from support.knowledge import Knowledge
from support.knowledge.articles import Article
from support.knowledge.leaning import OPINION, Votes, leaning

TODAY = date(2026, 11, 27)


def article(updated: date | None = None) -> Article:
    return Article(id="late", lang="en", title="Late", questions=(), topic=None, body="",
                   passages=(), updated=updated)  # fmt: skip


def test_one_reader_says_less_than_many() -> None:
    one = leaning(article(), {("en", "late"): Votes(1, 0)}, TODAY)
    many = leaning(article(), {("en", "late"): Votes(90, 2)}, TODAY)

    assert 0 < one < many < OPINION


def test_readers_who_were_not_helped_count_against_it() -> None:
    assert leaning(article(), {("en", "late"): Votes(1, 30)}, TODAY) < 0
    assert leaning(article(), {("ja", "late"): Votes(0, 30)}, TODAY) == 0


def test_what_was_looked_over_lately_is_ahead_of_what_was_not() -> None:
    fresh, old = article(date(2026, 10, 1)), article(date(2022, 1, 1))

    assert leaning(fresh, {}, TODAY) == 0
    assert -OPINION < leaning(old, {}, TODAY) < 0


def test_votes_decide_between_near_equals_but_turn_no_clear_lead(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    for id, text in (
        ("parcels-1", "Parcels can wait in a locker near you for three days."),
        ("parcels-2", "Parcels can wait in a locker near you for three days."),
        ("gift-cards", "Gift cards are valid for two years."),
    ):
        title = "Gift cards" if id == "gift-cards" else "Collecting a parcel from a locker"
        (tmp_path / "en" / f"{id}.md").write_text(f"---\nid: {id}\ntitle: {title}\n---\n{text}\n")
    knowledge = Knowledge.load(tmp_path, tmp_path)

    def first(query: str) -> str:
        return knowledge.search(query, lang="en").hits[0].id

    knowledge.votes = {("en", "parcels-2"): Votes(40, 0)}
    assert first("can I collect my parcel from a locker?") == "parcels-2"
    knowledge.votes = {("en", "parcels-1"): Votes(40, 0), ("en", "gift-cards"): Votes(0, 90)}
    assert first("can I collect my parcel from a locker?") == "parcels-1"
    assert first("how long is a gift card valid?") == "gift-cards"
