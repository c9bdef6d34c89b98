"""What generated customers and assistants say: the training examples, some sentences with numbers
in them, and the articles' first lines. Each is cut into words once, not each time it is said."""

import random
import re
from dataclasses import dataclass
from pathlib import Path

from omotenashi.parts import KNOWLEDGE
from omotenashi.settings import ROOT
from support.knowledge.articles import load_articles
from support.transcripts.search import indexed_words

NLU = ROOT / "data" / "nlu"
OWN = 6000  # sentences with a number of their own, a language
SAID = {
    "en": (
        "Hello, my order {n} has not arrived and it was promised for Friday.",
        "The {thing} came with a crack in it, could you send me another one?",
        "Do you deliver to {place}, and what does it cost?",
        "I would like to return the {thing} of order {n}. It is unused and still in its box.",
        "Thank you, that is very kind. One more thing: is the {thing} safe in a dishwasher?",
    ),
    "ja": (
        "注文{n}がまだ届きません。金曜日に届くはずでした。",
        "届いた{thing}にひびが入っていました。交換していただけますか。",
        "{place}への送料はいくらですか。",
        "注文{n}の{thing}を返品したいのですが、箱のまま未使用です。",
        "ありがとうございます。{thing}は食洗機で洗えますか。",
    ),
}
THINGS = {
    "en": ("teapot", "kyusu", "whisk", "iron kettle", "tea caddy", "yunomi", "matcha bowl"),
    "ja": ("急須", "湯呑み", "茶筅", "鉄瓶", "茶筒", "抹茶茶碗", "煎茶", "ほうじ茶"),
}
PLACES = {"en": ("Canada", "Leeds", "Porto", "Osaka"), "ja": ("札幌", "那覇", "松江", "台湾")}
_EXAMPLE = re.compile(r"^\s*- (?!intent:|synonym:|regex:|lookup:)(\S.*)$")
_MARKED = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


@dataclass(frozen=True)
class Said:
    """A sentence, and its words as the index takes them."""

    text: str
    words: str


def customers_words(lang: str, chance: random.Random) -> list[Said]:
    """Some tens of thousands of sentences."""
    own = [
        chance.choice(SAID[lang]).format(
            n=f"HN-{chance.randrange(10_000, 99_999)}",
            thing=chance.choice(THINGS[lang]),
            place=chance.choice(PLACES[lang]),
        )
        for _ in range(OWN)
    ]
    return [Said(text, indexed_words(text)) for text in own + _examples(NLU / lang)]


def assistants_words(lang: str) -> list[Said]:
    found = [
        article.body.strip().split("\n\n")[0]
        for article in load_articles(KNOWLEDGE)
        if article.lang == lang
    ]
    return [Said(text, indexed_words(text)) for text in found if text]


def _examples(folder: Path) -> list[str]:
    return [
        _MARKED.sub(r"\1", match.group(1))
        for path in sorted(folder.glob("*.yml"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if (match := _EXAMPLE.match(line))
    ]
