"""Japanese texts are held to what an editor would accept."""

from pathlib import Path

import pytest

from support.playbook.japanese_style import check_japanese, faults


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("返品はお受けできません。ご了承ください。", "ご了承"),
        ("了解しました。お調べします。", "了解"),
        ("あなたのご注文は発送済みです。", "あなた"),
        ("お客様がおっしゃられた件ですが", "二重敬語"),
        ("大変申し訳ございません！", "！"),
        ("ご迷惑をおかけしました🙏", "emoji"),
        ("心よりお悔やみ申し上げます♪", "emoji"),
    ],
)
def test_what_is_struck_out(text: str, part: str) -> None:
    assert any(part in reason for reason in faults(text))


@pytest.mark.parametrize(
    "text",
    [
        "かしこまりました。お調べいたします。",
        "申し訳ございません。代わりに別の色をご用意できます。",
        "ありがとうございます！",
    ],
)
def test_what_stays(text: str) -> None:
    assert not list(faults(text))


def test_file_and_line_are_told(tmp_path: Path) -> None:
    file = tmp_path / "messages.yml"
    file.write_text("hello:\n  ja: 了解しました。\n", "utf-8")
    [problem] = check_japanese([file])
    assert problem.startswith(f"{file}:2: ")
