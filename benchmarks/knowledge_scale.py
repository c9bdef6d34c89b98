"""The knowledge search on very many articles: `python -m benchmarks.knowledge_scale`.

Writes N Markdown articles (half English, half Japanese) on the maintenance of invented devices,
reads and indexes them without a cache, and asks for some of them in other words. Prints how long
that took, the memory of the process at its largest, the time of a search, and how often the right
article came first. Aims: 100,000 articles in under 10 minutes and 2 GB, 30 ms at the 99th
percentile.
"""

import argparse
import random
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

# As support.knowledge does, and like it before numpy is imported: see there.
from support.knowledge import Knowledge  # isort: skip

import numpy as np

_SYLLABLES = ("ba", "ko", "mi", "ru", "ten", "sa", "lo", "vi", "ne", "dor", "ka", "zu", "pel", "ho")
_THINGS = {
    "en": ("kettle", "scooter", "lamp", "drill", "freezer", "camera", "tent", "piano", "stroller",
           "printer", "heater", "mixer", "saddle", "router", "blender", "projector"),
    "ja": ("電気ケトル", "キックボード", "ランプ", "ドリル", "冷凍庫", "カメラ", "テント", "ピアノ",
           "ベビーカー", "プリンター", "ヒーター", "ミキサー", "サドル", "ルーター", "ブレンダー",
           "プロジェクター"),
}  # fmt: skip
_MATTERS = {
    "en": (
        ("Cleaning the {thing} {name}", "how do i clean my {name} {thing}",
         "Unplug the {thing} and wipe it with a damp cloth. Use {n} g of citric acid in a litre of"
         " water once a month. Never put the {name} into water."),
        ("Warranty of the {thing} {name}", "how long is the {name} {thing} under warranty",
         "The {name} has a warranty of {n} months from the day of delivery. Keep the receipt; wear"
         " and falls are not covered. Repairs are made in our own workshop."),
        ("Spare parts for the {thing} {name}", "where do i get parts for the {name} {thing}",
         "Spare parts for the {name} are kept for {n} years after it is taken out of the range."
         " Order them with the number on the plate below the {thing}."),
        ("First use of the {thing} {name}", "what must i do before using the {name} {thing}",
         "Remove all films, charge the {name} for {n} hours and let the {thing} run once without"
         " load. A slight smell is normal and goes away after a few minutes."),
        ("Error lights on the {thing} {name}", "{name} {thing} blinks red, what does it mean",
         "If the {name} blinks {n} times, switch the {thing} off, wait a minute and try again. If"
         " it still blinks, send it to us with a note of the colour of the light."),
    ),
    "ja": (
        ("{thing}「{name}」のお手入れ", "{name}の{thing}はどう洗えばいいですか",
         "{thing}の電源を抜き、湿らせた布で拭いてください。月に一度、水1リットルにクエン酸{n}グラムを溶かして洗浄します。"
         "「{name}」を水に浸けないでください。"),
        ("{thing}「{name}」の保証", "{name}の{thing}の保証は何年ですか",
         "「{name}」の保証期間はお届けから{n}か月です。領収書を保管してください。落下や消耗は対象外です。修理は自社の工房で行います。"),
        ("{thing}「{name}」の交換部品", "{name}の{thing}の部品はどこで買えますか",
         "「{name}」の部品は販売終了後{n}年間保管しています。{thing}の底の番号を添えてご注文ください。"),
        ("{thing}「{name}」をはじめてお使いの方へ", "{name}の{thing}を使う前に何をすればいいですか",
         "保護フィルムをはがし、「{name}」を{n}時間充電してから、{thing}を一度空運転してください。においは数分で消えます。"),
        ("{thing}「{name}」のエラー表示", "{name}の{thing}が赤く点滅しています",
         "「{name}」が{n}回点滅したら、{thing}の電源を切り、一分待ってからもう一度お試しください。続くときは光の色を書き添えてお送りください。"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    text: str
    lang: str
    expect: str


def write_articles(folder: Path, count: int, questions: int) -> list[Asked]:
    """`count` files below `folder`, and questions for some of them."""
    chance = random.Random(7)  # noqa: S311 - the same articles each time
    asked = []
    wanted = set(chance.sample(range(count), min(questions, count)))
    for number in range(count):
        lang = "en" if number % 2 == 0 else "ja"
        at = number // 2
        name = "".join(chance.choice(_SYLLABLES) for _ in range(4)).capitalize() + str(at % 97)
        thing = _THINGS[lang][at % len(_THINGS[lang])]
        title, question, text = _MATTERS[lang][at % len(_MATTERS[lang])]
        values = {"name": name, "thing": thing, "n": 2 + at % 47}
        place = folder / lang / f"{at // 1000}"
        place.mkdir(parents=True, exist_ok=True)
        body = f"# {title.format(**values)}\n\n{text.format(**values)}\n"
        (place / f"a{number}.md").write_text(body, "utf-8")
        if number in wanted:
            asked.append(Asked(question.format(**values), lang, f"a{number}"))
    return asked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=400)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        asked = write_articles(Path(made), arguments.articles, arguments.questions)
        before = _memory_mb()
        start = time.perf_counter()
        knowledge = Knowledge.load(Path(made))
        read = time.perf_counter()
        knowledge.wait()
        built = time.perf_counter()
    print(
        f"{arguments.articles} articles: read in {read - start:.0f} s, indexed in"
        f" {built - read:.0f} s; memory {_memory_mb():.0f} MB (before: {before:.0f} MB)"
    )
    times, first = [], 0
    for question in asked:
        began = time.perf_counter()
        found = knowledge.search(question.text, lang=question.lang, top=3)
        times.append(1000 * (time.perf_counter() - began))
        first += bool(found.hits) and found.hits[0].id == question.expect
    middle, late = np.percentile(times, [50, 99])
    print(
        f"search: p50 {middle:.1f} ms, p99 {late:.1f} ms; right first {first / len(asked):.3f}"
        f" of {len(asked)}"
    )


def _memory_mb() -> float:
    """The largest the process has been."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
