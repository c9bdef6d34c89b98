"""Searching a small folder: verdicts, languages, typing slips, odd input, and reloading."""

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from encoders import e5, minilm
from support.knowledge import ArticleError, Knowledge, KnowledgeHolder, search_lines

SHOPS = Path(__file__).parent.parent / "data" / "other_shops"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vectors")


@pytest.fixture(scope="module")
def english(cache: Path) -> Knowledge:
    return Knowledge.load(SHOPS / "spoke", cache)


@pytest.fixture(scope="module")
def japanese(cache: Path) -> Knowledge:
    return Knowledge.load(SHOPS / "yamabiko", cache)


def test_answers_with_the_passage_and_its_page(english: Knowledge) -> None:
    result = english.search("is a helmet included?")

    assert (result.verdict, result.lang) == ("answer", "en")
    hit = result.hits[0]
    assert hit.id == "helmets-locks-and-seats"
    assert hit.answer.startswith("Helmets and a lock are included.")
    assert hit.url == "/help/en/helmets-locks-and-seats"
    assert 0.5 < hit.score <= 1


def test_a_later_passage_is_given_when_it_is_the_one_that_answers(english: Knowledge) -> None:
    hit = english.search("is there a tube and a pump to repair a flat tyre myself?").hits[0]

    assert hit.id == "puncture"
    assert hit.answer.startswith("There is a tube and a pump in the saddle bag.")


def test_japanese_is_searched_by_its_words(japanese: Knowledge) -> None:
    result = japanese.search("朝ごはんは何時からですか")

    assert (result.verdict, result.lang, result.hits[0].id) == ("answer", "ja", "朝食")
    assert result.hits[0].url == "/help/ja/%E6%9C%9D%E9%A3%9F"


def test_slips_of_the_finger_are_forgiven(english: Knowledge) -> None:
    assert english.search("price for a ful servce").hits[0].id == "repair-prices"


def test_a_question_inside_a_story_is_found(english: Knowledge) -> None:
    story = (
        "We're a family of four and arrive by train on Friday. My husband is a keen rider, the "
        "kids less so. Do you have a child seat for our two-year-old? It's our first trip north."
    )

    assert english.search(story).hits[0].id == "helmets-locks-and-seats"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "???",
        "1234567",
        "🚲🚲🚲",
        "\u200b\u200b",
        "asdkjh aksjdh",
        "qwertyuiop",
        "x" * 5000,
    ],
)
def test_what_says_nothing_is_answered_with_nothing(english: Knowledge, text: str) -> None:
    assert english.search(text).verdict == "none"


@pytest.mark.parametrize("text", ["who is the queen", "my laptop screen is cracked"])
def test_other_matters_are_answered_with_nothing(english: Knowledge, text: str) -> None:
    assert english.search(text).verdict == "none"


def test_the_other_language_serves_where_there_is_no_article(
    english: Knowledge, japanese: Knowledge
) -> None:
    asked_in_japanese = english.search("ヘルメットは付いていますか")
    asked_in_english = japanese.search("can I bring my dog?", lang="en")

    assert asked_in_japanese.hits[0].id == "helmets-locks-and-seats"
    assert (asked_in_japanese.lang, asked_in_japanese.hits[0].lang) == ("ja", "en")
    assert asked_in_english.hits[0].id == "ペット"


def test_a_topic_is_a_hint_and_top_a_limit(english: Knowledge) -> None:
    result = english.search("is a helmet included?", topic="delivery", top=2)

    assert result.hits[0].id == "helmets-locks-and-seats"
    assert len(result.hits) == 2
    assert english.search("is a helmet included?", top=0).hits == ()


def test_many_threads_may_ask_at_once(japanese: Knowledge) -> None:
    texts = ["朝食ついてますか", "犬連れて行っていいですか", "車停められますか"] * 8
    alone = [japanese.search(text) for text in texts]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(japanese.search, texts))

    assert together == alone


def test_vectors_are_kept_and_a_damaged_cache_is_only_slower(tmp_path: Path) -> None:
    first = Knowledge.load(SHOPS / "yamabiko", tmp_path).search("朝食ついてますか")
    files = list(tmp_path.iterdir())
    kept = [file.stat().st_mtime_ns for file in files]
    second = Knowledge.load(SHOPS / "yamabiko", tmp_path).search("朝食ついてますか")
    assert [file.stat().st_mtime_ns for file in files] == kept
    for file in files:
        file.write_bytes(b"not vectors")
    third = Knowledge.load(SHOPS / "yamabiko", tmp_path).search("朝食ついてますか")

    assert first == second == third


@pytest.mark.parametrize("at", ["making its folder", "putting it in its place"])
def test_vectors_that_cannot_be_kept_are_only_slower(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, at: str
) -> None:
    """A full or read-only disk; the server would end over it, and end again."""
    folder = tmp_path / "cache"
    if at == "making its folder":
        folder.write_text("a file is in the way")
    else:
        Knowledge.load(SHOPS / "yamabiko", folder).wait()
        for file in folder.iterdir():
            file.unlink()
            file.mkdir()
    result = Knowledge.load(SHOPS / "yamabiko", folder).search("朝食ついてますか")

    assert result.hits[0].id == "朝食"
    assert "can't be kept" in caplog.text
    # Nothing half written is left.
    assert not folder.is_dir() or not list(folder.glob("*.tmp"))


QUESTIONS = {
    "spoke": ["is a helmet included?", "price for a ful servce", "how do i cancel my booking"],
    "yamabiko": ["朝ごはんは何時からですか", "犬連れて行っていいですか", "車停められますか"],
}


@pytest.mark.parametrize("shop", sorted(QUESTIONS))
def test_very_many_articles_are_found_by_a_first_look(
    shop: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closely = Knowledge.load(SHOPS / shop, cache)
    found = [closely.search(text).hits[0].id for text in QUESTIONS[shop]]
    monkeypatch.setattr("support.knowledge.index.LARGE", 3)
    monkeypatch.setattr("support.knowledge.index.CHOSEN", 4)
    monkeypatch.setattr("support.knowledge.lexicon.COMMON", 0.5)
    quickly = Knowledge.load(SHOPS / shop, cache)

    assert [quickly.search(text).hits[0].id for text in QUESTIONS[shop]] == found
    looked_at = len(quickly.search(QUESTIONS[shop][0], top=1000).hits)
    assert looked_at < len(closely.articles)


def test_words_of_customers_are_read_as_the_articles_words(cache: Path) -> None:
    groups = {"en": [["velocipede", "bike"], ["bike", "cycle"]], "ja": [["鍵", "キー"]]}
    knowledge = Knowledge.load(SHOPS / "spoke", cache, groups)
    knowledge.wait()
    index = knowledge._indexes["en"]

    assert index.reworded("How do I lock the Velocipede?") == "how do i lock the bike?"
    assert index.reworded("where are the velocipedes") is None  # another word
    assert index.reworded("how do i lock the bike?") is None  # the articles have it


def test_spare_vectors_of_another_folder_stay_in_the_cache(tmp_path: Path) -> None:
    Knowledge.load(SHOPS / "yamabiko", tmp_path).wait()
    Knowledge.load(SHOPS / "spoke", tmp_path).wait()
    (file,) = tmp_path.glob("use-*")
    kept = file.stat().st_mtime_ns
    Knowledge.load(SHOPS / "yamabiko", tmp_path).wait()
    assert file.stat().st_mtime_ns == kept  # nothing had to be computed again


OTHERWISE = [
    "will the bike fit in the boot of my car?",
    "got caught in traffic, i'll bring it late",
]


ANDERS = ["お風呂に入れるのは何時まで？", "うちの犬も一緒に泊まりたい"]


@pytest.mark.parametrize(
    ("shop", "asked", "encoder"),
    [("spoke", OTHERWISE, "minilm-*"), ("yamabiko", ANDERS, "e5-*")],
)
def test_plain_articles_are_also_read_by_a_closer_encoder(
    shop: str, asked: list[str], encoder: str, tmp_path: Path
) -> None:
    """Its vectors are kept as the others are; the other language's encoder isn't used."""
    knowledge = Knowledge.load(SHOPS / shop, tmp_path)
    first = [knowledge.search(text) for text in asked]
    files = list(tmp_path.glob(encoder))
    kept = [file.stat().st_mtime_ns for file in files]
    assert len(files) + len(list(tmp_path.glob("use-*"))) == len(list(tmp_path.iterdir()))
    again = Knowledge.load(SHOPS / shop, tmp_path)
    assert [again.search(text) for text in asked] == first
    assert kept
    assert [file.stat().st_mtime_ns for file in files] == kept


@pytest.mark.parametrize(
    ("shop", "question"), [("spoke", "is a helmet included?"), ("yamabiko", "朝食は何時からですか")]
)
def test_very_many_articles_go_without_the_closer_encoder(
    shop: str, question: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("support.knowledge.closer.MOST", {"en": 3, "ja": 3})
    knowledge = Knowledge.load(SHOPS / shop, tmp_path)
    assert knowledge.search(question).verdict == "answer"
    assert [file.name[:4] for file in tmp_path.iterdir()] == ["use-"]


def test_japanese_articles_with_many_questions_go_without_the_slowest_encoder(
    tmp_path: Path,
) -> None:
    asked = ["朝ごはんは何時？", "朝食の時間", "朝食は付いてる？", "朝は何が出る？", "朝食会場は？"]
    front = "".join(f"  - {question}\n" for question in asked)
    (tmp_path / "ja").mkdir()
    (tmp_path / "ja" / "breakfast.md").write_text(
        f"---\nid: breakfast\ntitle: 朝食\nquestions:\n{front}topic: meals\nupdated: 2026-01-01\n"
        "---\n\n朝食は7時から9時まで、1階の食堂でお出しします。\n",
        "utf-8",
    )
    kept = tmp_path / "vectors"
    assert Knowledge.load(tmp_path, kept).search("朝食の時間").verdict == "answer"
    assert [file.name[:4] for file in kept.iterdir()] == ["use-"]


def test_the_slowest_encoder_may_be_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("encoders.e5._PACKAGE", "nowhere_installed")
    knowledge = Knowledge.load(SHOPS / "yamabiko", tmp_path)
    assert knowledge.search("朝ごはんは何時からですか").verdict == "answer"


def test_the_closer_encoder_of_english_is_the_one_it_should_be() -> None:
    """Cosines that its authors' own program gives for their own example."""
    said = ["That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    first, *others = minilm.encode(["That is a happy person", *said])
    assert [float(first @ other) for other in others] == pytest.approx(
        [0.6946, 0.9429, 0.2569], abs=0.001
    )


def test_the_closer_encoder_of_japanese_is_the_one_it_should_be() -> None:
    """What fastembed's tests have of the original in 32 bits, as near as 4 bits come to it."""
    model = e5.network()
    assert model.tokens("hello world") == [0, 33600, 31, 8999, 2]
    (vector,) = model.encode(["hello world"])
    original = np.array([3.1317e-02, 3.0939e-02, -3.5117e-02, -6.7274e-02, 8.5084e-02])
    assert vector[:5] == pytest.approx(original, abs=0.01)


def test_the_closer_encoder_of_japanese_knows_what_is_meant() -> None:
    answers = [
        "ペットのご宿泊はご遠慮いただいております。",
        "全館で無料のWi-Fiをご利用いただけます。",
        "駐車場は20台分ございます。無料です。",
    ]
    asked = [
        "うちの犬も連れて行っていいですか",
        "ネットは使えますか",
        "車はどこに停めればいいですか",
    ]
    nearness = e5.questions(asked) @ e5.passages(answers).T
    assert nearness.argmax(axis=1).tolist() == [0, 1, 2]


@pytest.mark.parametrize("encode", [minilm.encode, e5.questions])
def test_closer_encoders_read_anything(encode: Callable[[Sequence[str]], np.ndarray]) -> None:
    texts = ["", " ", "_", "\x00\ud7ff", "🚲", "é" * 3000, "x" * 3000, "a b " * 3000, "自転車"]
    vectors = encode(texts)
    assert abs((vectors * vectors).sum(axis=1) - 1).max() < 1e-5
    # A text has the same vector beside others as alone.
    alone = [encode([text])[0] for text in texts]
    assert all(abs(one - other).max() < 1e-5 for one, other in zip(vectors, alone, strict=True))


def test_plain_articles_are_found_by_what_their_files_are_called(tmp_path: Path) -> None:
    said = {"hire/punctures": "Rescue on the way", "hire/lost-property": "The yellow shelf"}
    for name, title in said.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.md").write_text(f"# {title}\n\nAsk at the desk, it's free.\n")
    knowledge = Knowledge.load(tmp_path)

    assert knowledge.search("i have a puncture").hits[0].id == "punctures"
    assert knowledge.search("do you have a lost property office").hits[0].id == "lost-property"


def test_lines_are_answered_one_by_one(english: Knowledge) -> None:
    lines = list(search_lines(english, ["is a helmet included?\n", "\n"], top=1))

    assert lines[0]["query"] == "is a helmet included?"
    assert lines[0]["hits"][0].keys() == {"id", "title", "score"}
    assert [line["verdict"] for line in lines] == ["answer", "none"]
    assert lines[1]["hits"] == []


class TestReload:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return Path(shutil.copytree(SHOPS / "spoke", tmp_path / "articles"))

    def test_a_changed_folder_is_taken_over(self, folder: Path, cache: Path) -> None:
        holder = KnowledgeHolder(folder, cache)
        assert not holder.refresh()
        (folder / "piano.md").write_text("# Piano lessons\n\nMondays at five, £40.\n")

        assert holder.refresh()

        assert holder.search("do you give piano lessons?").hits[0].id == "piano"

    def test_a_malformed_one_is_told_and_the_last_good_version_serves(
        self, folder: Path, cache: Path
    ) -> None:
        holder = KnowledgeHolder(folder, cache)
        broken = folder / "broken.md"
        broken.write_text("---\nid: broken\ntitle: [oops\n---\nText.\n")

        assert not holder.refresh()
        assert holder.problem is not None
        assert str(holder.problem).startswith(f"{broken}:")
        assert holder.search("is a helmet included?").verdict == "answer"

        broken.unlink()
        assert holder.refresh()
        assert holder.problem is None

    def test_a_malformed_folder_ends_the_start(self, folder: Path) -> None:
        (folder / "broken.md").write_bytes(b"\xff")

        with pytest.raises(ArticleError, match=r"broken\.md:1"):
            KnowledgeHolder(folder, None)
