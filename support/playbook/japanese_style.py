"""What a Japanese editor would strike out of texts for customers."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_RULES: Final = (
    (
        re.compile(r"ご了承(?:ください|下さい|願い|のほど|いただけますと)"),
        "a refusal doesn't end with ご了承ください: say what can be done instead",
    ),
    (
        re.compile(r"了解(?:しました|いたしました|です)"),
        "了解 is said among colleagues: かしこまりました or 承知いたしました",
    ),
    (re.compile(r"あなた"), "nobody is called あなた: leave it out, or use お客様"),
    (
        re.compile(r"おっしゃられ|ご覧になられ|お召し上がりになられ|お見えになられ"),
        "twice polite (二重敬語)",
    ),
)
_APOLOGY: Final = re.compile(
    r"申し?訳(?:ござい|あり)ません|お?詫び|すみません|すいません|ごめん|失礼(?:しました|いたしました)|"
    r"ご迷惑|お悔やみ|ご愁傷|ご冥福|お見舞い"
)
_CHEER: Final = re.compile(r"[!！\u2600-\u27bf\U0001f300-\U0001faff♪]")


def faults(text: str) -> Iterator[str]:
    """What is wrong with a text, a reason each."""
    for pattern, reason in _RULES:
        if pattern.search(text):
            yield reason
    if _APOLOGY.search(text) and _CHEER.search(text):
        yield "no ！ and no emoji beside an apology or a condolence"


def check_japanese(files: Iterable[Path]) -> list[str]:
    """`file:line: what is wrong` for every line of `files`, whatever their format."""
    return [
        f"{path}:{number}: {reason}"
        for path in files
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for reason in faults(line)
    ]
